-- convert - other types for fields; fields into tags and back.
--
--   apply = require("convert") {
--     fields = { price = "float", count = "integer", up = "boolean", code = "string" },
--     to_tags = { "host_name" }, to_fields = { "port" },
--   }
--
-- What cannot be converted ("abc" to a float) is removed with drop = true, else left as it is. A float becomes an
-- integer by rounding down; texts that are true are "true", "t", "yes", "on" and "1". to_fields gives texts, on
-- which `fields` works as on others.

local TRUE = { ["true"] = true, t = true, yes = true, on = true, ["1"] = true }
local FALSE = { ["false"] = true, f = true, no = true, off = true, ["0"] = true }

local to = {}

function to.float(value)
  if type(value) == "boolean" then return value and 1.0 or 0.0 end
  local number = tonumber(value)
  return number and number + 0.0
end

function to.integer(value)
  if type(value) == "boolean" then return value and 1 or 0 end
  local number = tonumber(value)
  return number and math.tointeger(math.floor(number))
end

function to.boolean(value)
  if type(value) == "boolean" then return value end
  if type(value) == "number" then return value ~= 0 end
  local text = value:lower()
  if TRUE[text] then return true end
  if FALSE[text] then return false end
end

function to.string(value)
  return tostring(value)
end

return function(given)
  local options = options_of("convert", given, {
    fields = { "table", {} }, to_tags = { "table", {} }, to_fields = { "table", {} }, drop = { "boolean", false },
  })
  for field, kind in pairs(options.fields) do
    if not to[kind] then
      error("convert: " .. field .. " = '" .. tostring(kind) .. "': " .. table.concat(keys(to), ", "), 2)
    end
  end
  return function(metric)
    local fields, tags = metric.fields, metric.tags
    for _, key in ipairs(options.to_fields) do
      if tags[key] then fields[key], tags[key] = tags[key], nil end
    end
    for key, kind in pairs(options.fields) do
      local value = fields[key]
      local converted
      if value ~= nil then converted = to[kind](value) end
      if converted ~= nil then
        fields[key] = converted
      elseif value ~= nil and options.drop then
        fields[key] = nil
      end
    end
    for _, key in ipairs(options.to_tags) do
      if fields[key] ~= nil then tags[key], fields[key] = tostring(fields[key]), nil end
    end
    if #fields == 0 then return nil end
    return metric
  end
end
