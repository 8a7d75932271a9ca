-- dedup - leaves out metrics that say nothing new.
--
--   apply = require("dedup") { interval = 60, fields = { "price" } }
--
-- A metric is left out when each of its fields (or of those named) has the value it had in the last metric of the
-- series that was let through, and that one is less than `interval` seconds older.

local SECOND = 1000000000

return function(given)
  local options = options_of("dedup", given, { interval = { "number", 600 }, fields = { "table", nil_default } })
  local wanted
  if options.fields then
    wanted = {}
    for _, key in ipairs(options.fields) do wanted[key] = true end
  end

  local function is_repeated(metric, last)
    if not last.time or metric.time - last.time >= options.interval * SECOND then return false end
    for key, value in pairs(metric.fields) do
      if (not wanted or wanted[key]) and last.values[key] ~= value then return false end
    end
    return true
  end

  return function(metric)
    local last = series_state(metric, "dedup")
    if is_repeated(metric, last) then return nil end
    last.time = metric.time
    last.values = {}
    for key, value in pairs(metric.fields) do
      if not wanted or wanted[key] then last.values[key] = value end
    end
    return metric
  end
end
