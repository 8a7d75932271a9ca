"""The configurations that are measured: vane's, and the same work for Telegraf."""

# What both agents are told alike: the csv of the flow, and a store that is never asked to unpack.
CSV = """
  offset = "oldest"
  data_format = "csv"
  csv_column_names = ["coin", "timestamp", "value"]
  csv_column_types = ["string", "int", "float"]
  csv_tag_columns = ["coin"]
  csv_timestamp_column = "timestamp"
  csv_timestamp_format = "unix_ms"
  name_override = "mess"
"""
STORE = """
  urls = ["{url}"]
  token = "token"
  organization = "project"
  bucket = "binance"
  content_encoding = "identity"
"""

KAFKA_TO_INFLUX = """
[agent]
  omit_hostname = true
[[inputs.kafka_in]]
  brokers = ["{brokers}"]
  topics = ["{topic}"]
  consumer_group = "{group}"
""" + CSV + """
[[outputs.influx_out]]
""" + STORE

# Larger batches than Telegraf's defaults, which are made for a few hundred metrics a second.
KAFKA_TO_INFLUX_TELEGRAF = """
[agent]
  omit_hostname = true
  metric_batch_size = 5000
  metric_buffer_limit = 100000
  flush_interval = "1s"
[[inputs.kafka_consumer]]
  brokers = ["{brokers}"]
  topics = ["{topic}"]
  consumer_group = "{group}"
  max_undelivered_messages = 20000
""" + CSV + """
[[outputs.influxdb_v2]]
""" + STORE

# A file that grows, to a file: {tail} is how each agent says that.
FILES = """
[agent]
  omit_hostname = true
{tail}
  files = ["{folder}/prices.influx"]
  data_format = "influx"
[[outputs.file]]
  files = ["{target}"]
  data_format = "influx"
"""
TAIL = "[[inputs.file]]\n  tail = true"
TAIL_TELEGRAF = "[[inputs.tail]]"
READ = "[[inputs.file]]"

# The first half of config/bitcoin.toml, for many symbols.
WEBSOCKET_TO_KAFKA = """
[agent]
  omit_hostname = true
[[inputs.binance_ws]]
  url = "{exchange}"
  symbols = [{symbols}]
  streams = ["ticker"]
[[outputs.kafka_out]]
  brokers = ["{brokers}"]
  topic = "{topic}"
  key_tag = "symbol"
  data_format = "csv"
  csv_columns = ["tag.symbol", "timestamp", "field.open"]
  csv_timestamp_format = "unix_ms"
"""

# Processors: what a file holds, to a file; {processor} is what each agent puts in between, {input} and {output} are for
# those two.
PROCESS = """
[agent]
  omit_hostname = true
[[inputs.file_in]]
  files = ["{file}"]
  data_format = "influx"
{input}
{processor}
[[outputs.file_out]]
  files = ["/dev/null"]
  data_format = "influx"
{output}
"""
PROCESS_TELEGRAF = """
[agent]
  omit_hostname = true
  metric_batch_size = 5000
  metric_buffer_limit = 100000
[[inputs.file]]
  files = ["{file}"]
  data_format = "influx"
{input}
{processor}
[[outputs.file]]
  files = ["/dev/null"]
  data_format = "influx"
{output}
"""
WINDOW = """
[[processors.window]]
  every = "1m"
  fields = ["value"]
  aggregates = ["count", "mean", "min", "max"]
  drop_original = true
"""
BASICSTATS = """
[[aggregators.basicstats]]
  period = "1m"
  grace = "10m"
  stats = ["count", "mean", "min", "max"]
  drop_original = true
"""
LUA = """
[[processors.lua]]
  source = '''
function apply(metric)
  local value = metric.fields.value
  metric.fields.double = value * 2
  metric.tags.kind = "price"
  return metric
end
'''
"""
STARLARK = """
[[processors.starlark]]
  source = '''
def apply(metric):
  value = metric.fields["value"]
  metric.fields["double"] = value * 2
  metric.tags["kind"] = "price"
  return metric
'''
"""
