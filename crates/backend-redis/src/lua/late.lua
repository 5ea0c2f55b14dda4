-- A start began long after the limiter let it pass: it counts again. ARGV: the limiter's interval in us
-- and burst.
local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
set_arrival(arrival(burst * interval) + interval)
return { epoch, count, 0 }
