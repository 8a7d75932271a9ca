-- unpivot - a metric for each field, whose name becomes a tag.
--
--   apply = require("unpivot") { tag = "sensor", value = "value" }
--
--   temperature a=1.5,b=2      ->      temperature,sensor=a value=1.5
--                                      temperature,sensor=b value=2

return function(given)
  local options = options_of("unpivot", given, { tag = { "string", "name" }, value = { "string", "value" } })
  return function(metric)
    local made = {}
    for key, value in pairs(metric.fields) do
      local one = Metric(metric.name)
      for tag, text in pairs(metric.tags) do one.tags[tag] = text end
      one.tags[options.tag] = key
      one.fields[options.value] = value
      one.time = metric.time
      made[#made + 1] = one
    end
    return made
  end
end
