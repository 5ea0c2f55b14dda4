-- What the limiter let pass did not start: the next may start that much sooner, never at once with more than
-- the burst. ARGV: the limiter's interval in us and burst.
local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
set_arrival(math.max(now_us, arrival(burst * interval) - interval))
return { epoch, count, 0 }
