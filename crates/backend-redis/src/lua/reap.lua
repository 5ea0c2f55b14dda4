-- Gives back what silent workers held, and starts over where entries got lost from outside: an id that
-- is known and in no list would be refused for ever. ARGV: the lease time in ms.
-- Crash order: as in leave.lua.
local given = 0
-- Whoever was heard later than now was heard before the clock was set back: the lease counts from now on.
for _, worker in ipairs(redis.call('ZRANGEBYSCORE', key('beats'), '(' .. now_ms, '+inf')) do
    redis.call('ZADD', key('beats'), now_ms, worker)
end
local silent = redis.call('ZRANGEBYSCORE', key('beats'), '-inf', '(' .. (now_ms - tonumber(ARGV[1])))
for _, worker in ipairs(silent) do given = given + give_back(worker) end
ring_bell(given)
local listed = queued() + in_flight() + redis.call('ZCARD', key('delayed'))
if redis.call('HLEN', key('known')) > listed then wipe() end
return { epoch, count, given }
