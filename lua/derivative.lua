-- derivative - how fast fields change, per second, series by series.
--
--   apply = require("derivative") {
--     fields = { "bytes" }, suffix = "_rate", per = 1, non_negative = true, max_gap = 60,
--   }
--
-- The rate is added as FIELD_rate, beginning with the second metric of a series. non_negative: none where the value
-- went down (a counter that was reset). max_gap: none where the last metric is older, in seconds. A metric that is
-- not newer than the last one of its series gets none and changes nothing.

local SECOND = 1000000000

return function(given)
  local options = options_of("derivative", given, {
    fields = { "table" }, suffix = { "string", "_rate" }, per = { "number", 1 }, non_negative = { "boolean", false },
    max_gap = { "number", math.huge },
  })

  local function rate(last, value, seconds)
    local change = value - last
    if change < 0 and options.non_negative then return nil end
    return change / seconds * options.per
  end

  return function(metric)
    local fields, time = metric.fields, metric.time
    local last = series_state(metric, "derivative")
    local seconds = last.time and (time - last.time) / SECOND
    if seconds and seconds <= 0 then return metric end
    for _, key in ipairs(options.fields) do
      local value = fields[key]
      if type(value) == "number" then
        if last[key] and seconds <= options.max_gap then
          fields[key .. options.suffix] = rate(last[key], value, seconds)
        end
        last[key] = value
      end
    end
    last.time = time
    return metric
  end
end
