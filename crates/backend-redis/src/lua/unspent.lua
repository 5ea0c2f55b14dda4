-- A start that the limiter allowed did not happen: the next may start that much sooner, but never
-- more than the burst at once. ARGV: the limiter's interval in us and burst.
local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
set_arrival(math.max(now_us, arrival(burst * interval) - interval))
return { epoch, count, 0 }
