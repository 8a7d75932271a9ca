-- threshold - an alert when a field crosses a level, and another when it is back, with room between.
--
--   apply = require("threshold") { field = "price", raise = 50000, clear = 49500, measurement = "alert" }
--
-- raise above clear watches for what is too high, raise below clear for what is too low. An alert is raised when
-- the value reaches `raise` (`count` metrics in a row), cleared when it reaches `clear`; between both nothing
-- changes, so a value that trembles around a level raises one alert. Metrics go on; an alert is a metric of its
-- own:
--
--   alert,<tags of the metric>,field=price,state=raised value=50010,raise=50000,clear=49500

local NAMES = { raised = true, cleared = true }

return function(given)
  local options = options_of("threshold", given, {
    field = { "string" }, raise = { "number" }, clear = { "number" }, count = { "number", 1 },
    measurement = { "string", "alert" },
  })
  if options.raise == options.clear then error("threshold: raise and clear are the same", 2) end
  local sign = options.raise > options.clear and 1 or -1

  local function alert(metric, name, value)
    assert(NAMES[name])
    local made = Metric(options.measurement)
    for tag, text in pairs(metric.tags) do made.tags[tag] = text end
    made.tags.field = options.field
    made.tags.state = name
    made.fields.value = value
    made.fields.raise = options.raise + 0.0
    made.fields.clear = options.clear + 0.0
    return made
  end

  return function(metric)
    local value = metric.fields[options.field]
    if type(value) ~= "number" then return metric end
    local kept = series_state(metric, "threshold")
    local reached = (value - options.raise) * sign >= 0
    kept.count = reached and (kept.count or 0) + 1 or 0
    if not kept.raised and kept.count >= options.count then
      kept.raised = true
      return metric, alert(metric, "raised", value)
    end
    if kept.raised and (value - options.clear) * sign <= 0 then
      kept.raised = false
      return metric, alert(metric, "cleared", value)
    end
    return metric
  end
end
