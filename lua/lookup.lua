-- lookup - adds columns of a csv file, found by a tag.
--
--   apply = require("lookup") { file = "coins.csv", tag = "coin", column = "symbol", add = { "name", "issuer" } }
--
-- The file lies in the script's folder (or in `folder` of the config) and is read once, at the start. Without
-- `column` the tag's own name is the column's; without `add` all other columns are added. They become tags, or
-- fields with into = "fields" (numbers where they look like numbers). missing: what a tag gets that is not in the
-- file.

return function(given)
  local options = options_of("lookup", given, {
    file = { "string" }, tag = { "string" }, column = { "string", nil_default }, add = { "table", nil_default },
    into = { "string", "tags" }, missing = { "string", nil_default },
  })
  if options.into ~= "tags" and options.into ~= "fields" then
    error("lookup: into is 'tags' or 'fields'", 2)
  end
  local column = options.column or options.tag
  local rows = csv_table(options.file, column)
  local add = options.add
  if not add then
    add = {}
    local _, row = next(rows)
    for key in pairs(row or {}) do
      if key ~= column then add[#add + 1] = key end
    end
  end

  return function(metric)
    local row = rows[metric.tags[options.tag] or ""]
    local part = metric[options.into]
    for _, key in ipairs(add) do
      local value = row and row[key] or options.missing
      if value and options.into == "fields" then value = tonumber(value) or value end
      if value then part[key] = value end
    end
    return metric
  end
end
