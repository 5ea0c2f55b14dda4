-- A start was recorded long after the limiter allowed it, and so came closer to the starts after
-- it: the limiter pauses for as long. Starts that are late together, or one after the other, cost
-- only the longest of their delays, once. ARGV: the limiter's interval in us and burst, late by how
-- many us.
local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local by = math.min(tonumber(ARGV[3]), MINUTE_US)
local TOGETHER_MS = 10000

local paid = tonumber(redis.call('GET', key('late')) or '0') or 0
if by > paid then
    set_arrival(arrival(burst * interval) + by - paid)
    paid = by
end
redis.call('SET', key('late'), string.format('%.0f', paid), 'PX', TOGETHER_MS)
return { epoch, count, 0 }
