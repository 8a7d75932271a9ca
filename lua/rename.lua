-- rename - other names for measurements, tags and fields.
--
--   apply = require("rename") {
--     measurements = { mess = "price" }, tags = { coin = "symbol" }, fields = { o = "open" },
--   }
--
-- A name that is taken already is replaced. Renames do not build on each other: { a = "b", b = "a" } swaps.

local function move(part, names)
  local values = {}
  for old, new in pairs(names) do
    values[new] = part[old]
  end
  for old, new in pairs(names) do
    if part[old] ~= nil and values[old] == nil then part[old] = nil end
  end
  for new, value in pairs(values) do
    part[new] = value
  end
end

return function(given)
  local options = options_of("rename", given, {
    measurements = { "table", {} }, tags = { "table", {} }, fields = { "table", {} },
  })
  return function(metric)
    local name = options.measurements[metric.name]
    if name then metric.name = name end
    if next(options.tags) then move(metric.tags, options.tags) end
    if next(options.fields) then move(metric.fields, options.fields) end
    return metric
  end
end
