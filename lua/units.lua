-- units - fields in other units.
--
--   apply = require("units") {
--     fields = { temp = { from = "F", to = "C" }, size = { from = "B", to = "MiB", as = "size_mib" } },
--   }
--
-- `as` puts the result into another field. Results are floats.

local KINDS = {
  temperature = { K = 1, C = { 1, 273.15 }, F = { 5 / 9, 459.67 * 5 / 9 } },
  bytes = { bit = 0.125, B = 1, kB = 1e3, MB = 1e6, GB = 1e9, TB = 1e12, KiB = 1024, MiB = 1024 ^ 2, GiB = 1024 ^ 3,
            TiB = 1024 ^ 4 },
  time = { ns = 1e-9, us = 1e-6, ms = 1e-3, s = 1, min = 60, h = 3600, d = 86400 },
  length = { mm = 1e-3, cm = 1e-2, m = 1, km = 1e3, ["in"] = 0.0254, ft = 0.3048, mi = 1609.344 },
  mass = { g = 1e-3, kg = 1, t = 1e3, oz = 0.028349523125, lb = 0.45359237 },
  pressure = { Pa = 1, hPa = 100, kPa = 1e3, bar = 1e5, psi = 6894.757293168361 },
  speed = { ["m/s"] = 1, ["km/h"] = 1 / 3.6, mph = 0.44704, kn = 1852 / 3600 },
  energy = { J = 1, kJ = 1e3, Wh = 3600, kWh = 3.6e6 },
  share = { ratio = 1, percent = 0.01, bps = 1e-4 },
}

local function find(unit)
  for kind, units in pairs(KINDS) do
    local found = units[unit]
    if found then
      if type(found) == "number" then found = { found, 0 } end
      return kind, found[1], found[2]
    end
  end
  error("units: there is no unit '" .. tostring(unit) .. "'", 4)
end

local function converter(field, want)
  local from, from_factor, from_offset = find(want.from)
  local to, to_factor, to_offset = find(want.to)
  if from ~= to then
    error("units: " .. field .. ": " .. want.from .. " is a " .. from .. ", " .. want.to .. " a " .. to, 3)
  end
  return function(value)
    return (value * from_factor + from_offset - to_offset) / to_factor
  end
end

return function(given)
  local options = options_of("units", given, { fields = { "table" } })
  local convert = {}
  for field, want in pairs(options.fields) do
    convert[field] = converter(field, want)
  end
  return function(metric)
    local fields = metric.fields
    for field, want in pairs(options.fields) do
      local value = fields[field]
      if type(value) == "number" then fields[want.as or field] = convert[field](value) end
    end
    return metric
  end
end
