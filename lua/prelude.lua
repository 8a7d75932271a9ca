-- prelude - what every script finds beside the library; it runs before the script.

-- A copy of a metric (Starlark's name for it).
function deepcopy(metric)
  return metric:copy()
end

-- Calls a function; answers the error as text, or nil where there was none (Starlark's catch).
function catch(f, ...)
  local good, why = pcall(f, ...)
  if not good then return tostring(why) end
end

-- The keys of a table in their order (pairs has the same), and how many it has.
function keys(t)
  local list = {}
  for key in pairs(t) do list[#list + 1] = key end
  return list, #list
end

-- The table that is kept for the series of a metric under a name, made when it is first asked for. Several
-- transforms of one script keep what they need side by side under their names.
function series_state(metric, name)
  local series = metric.series
  local all = state[series]
  if all == nil then
    all = {}
    state[series] = all
  elseif type(all) ~= "table" then
    error("state[" .. series .. "] is a " .. type(all) .. ": the script itself keeps something there", 2)
  end
  local own = all[name]
  if own == nil then
    own = {}
    all[name] = own
  end
  return own
end

-- Options of a transform: checked against { name = { "type", default } }. Without a default it must be given;
-- with the default nil_default it may be left out.
nil_default = {}
function options_of(transform, given, known)
  if type(given) ~= "table" then
    error(transform .. ": options are a table, as in " .. transform .. "{ ... }", 3)
  end
  local options = {}
  for name in pairs(given) do
    if not known[name] then
      error(transform .. ": there is no option '" .. tostring(name) .. "': " .. table.concat(keys(known), ", "), 3)
    end
  end
  for name, want in pairs(known) do
    local value = given[name]
    if value == nil then
      if want[2] == nil then error(transform .. ": the option '" .. name .. "' is missing", 3) end
      if want[2] ~= nil_default then value = want[2] end
    elseif type(value) ~= want[1] then
      error(transform .. ": the option '" .. name .. "' is a " .. type(value) .. ", not a " .. want[1], 3)
    end
    options[name] = value
  end
  return options
end
