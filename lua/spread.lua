-- spread - mid price and spread from a book ticker.
--
--   apply = require("spread") { bid = "bid", ask = "ask", bid_size = "bid_quantity", ask_size = "ask_quantity" }
--
-- Adds mid, spread (ask less bid) and spread_bps (of the mid, in hundredths of a percent); where both sizes are there
-- also microprice, the mid weighted by the other side's size. A book that is crossed (ask below bid) or has no price
-- gets nothing.

return function(given)
  local options = options_of("spread", given or {}, {
    bid = { "string", "bid" }, ask = { "string", "ask" }, bid_size = { "string", "bid_quantity" },
    ask_size = { "string", "ask_quantity" },
  })
  return function(metric)
    local fields = metric.fields
    local bid, ask = fields[options.bid], fields[options.ask]
    if type(bid) ~= "number" or type(ask) ~= "number" or bid <= 0 or ask < bid then return metric end
    local mid = (bid + ask) / 2
    fields.mid = mid
    fields.spread = ask - bid + 0.0
    fields.spread_bps = (ask - bid) / mid * 10000
    local bid_size, ask_size = fields[options.bid_size], fields[options.ask_size]
    if type(bid_size) == "number" and type(ask_size) == "number" and bid_size + ask_size > 0 then
      fields.microprice = (bid * ask_size + ask * bid_size) / (bid_size + ask_size)
    end
    return metric
  end
end
