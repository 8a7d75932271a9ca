-- zscore - how far a field is from what its series usually does, in standard deviations.
--
--   apply = require("zscore") { field = "price", window = 60, threshold = 4, warmup = 30 }
--
-- Mean and variance are exponentially weighted, with the weight of a mean over `window` metrics (2 / (window + 1)):
-- a metric is judged by those before it, then counts itself. It gets FIELD_z, and FIELD_anomaly = true where that is
-- at least `threshold`; nothing while fewer than `warmup` came, or while the series has not moved at all.

return function(given)
  local options = options_of("zscore", given, {
    field = { "string" }, window = { "number", 60 }, threshold = { "number", 4 }, warmup = { "number", 30 },
  })
  local weight = 2 / (options.window + 1)

  return function(metric)
    local fields = metric.fields
    local value = fields[options.field]
    if type(value) ~= "number" or value ~= value or value == math.huge or value == -math.huge then return metric end
    local kept = series_state(metric, "zscore")
    local count, mean, variance = kept.count or 0, kept.mean or value + 0.0, kept.variance or 0.0
    local difference = value - mean
    if count >= options.warmup and variance > 0 then
      local z = difference / math.sqrt(variance)
      fields[options.field .. "_z"] = z
      fields[options.field .. "_anomaly"] = math.abs(z) >= options.threshold
    end
    kept.count = count + 1
    kept.mean = mean + weight * difference
    kept.variance = (1 - weight) * (variance + weight * difference * difference)
    return metric
  end
end
