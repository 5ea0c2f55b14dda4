-- A publisher's beat. Publishers that were silent for too long may have died between the store and
-- this stream: this script writes the loss marks that they owed. KEYS: the shard. ARGV: publisher,
-- the silence in ms, how many events to keep.
-- Crash order: the mark is written before the publisher is forgotten, because a second mark does no
-- harm.
local publishers = KEYS[1] .. ':publishers'
local time = redis.call('TIME')
local now_ms = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', publishers, now_ms, ARGV[1])
-- A publisher seen later than now was seen before the clock was set back: the silence counts from
-- now on.
for _, ahead in ipairs(redis.call('ZRANGEBYSCORE', publishers, '(' .. now_ms, '+inf', 'LIMIT', 0, 100)) do
    redis.call('ZADD', publishers, now_ms, ahead)
end
-- As many as one script may handle; the next beat takes more.
local silent = redis.call('ZRANGEBYSCORE', publishers, '-inf', now_ms - ARGV[2], 'LIMIT', 0, 100)
if #silent > 0 then
    redis.call('XADD', KEYS[1] .. ':events', 'MAXLEN', '~', ARGV[3], '*', 'lost', '1')
    redis.call('ZREM', publishers, unpack(silent))
end
return #silent
