-- pivot - the value of a tag becomes the name of a field.
--
--   apply = require("pivot") { tag = "sensor", value = "value" }
--
--   temperature,sensor=a value=1.5      ->      temperature a=1.5
--
-- Metrics without the tag or the field go on as they are.

return function(given)
  local options = options_of("pivot", given, { tag = { "string" }, value = { "string", "value" } })
  return function(metric)
    local fields, tags = metric.fields, metric.tags
    local key, value = tags[options.tag], fields[options.value]
    if key and value ~= nil then
      tags[options.tag] = nil
      fields[options.value] = nil
      fields[key] = value
    end
    return metric
  end
end
