-- Appends events to a shard's stream and renews the live state of their orders. KEYS: the shard.
-- ARGV: how many events to keep, the live state's seconds, then order, seq, state and event of each.
-- Crash order: nothing depends on it; watchers miss what is lost here and read the store.
local base = KEYS[1]
local kept, seconds = ARGV[1], ARGV[2]
for i = 3, #ARGV, 4 do
    local live = base .. ':order:' .. ARGV[i]
    redis.call('XADD', base .. ':events', 'MAXLEN', '~', kept, '*', 'e', ARGV[i + 3])
    -- Events of one order may come from two processes: a late one must not undo a newer.
    if tonumber(redis.call('HGET', live, 'seq') or '-1') < tonumber(ARGV[i + 1]) then
        redis.call('HSET', live, 'seq', ARGV[i + 1], 'state', ARGV[i + 2])
        redis.call('EXPIRE', live, seconds)
    end
end
return 0
