-- Appends events to a shard's stream and renews the live states of their orders. KEYS: the shard.
-- ARGV: how many events to keep, then order, seq, state, the state's seconds (0: none is kept) and
-- event of each.
-- Crash order: nothing depends on it; followers miss what is lost here and read the store.
local base = KEYS[1]
local kept = ARGV[1]
for i = 2, #ARGV, 5 do
    local live = base .. ':state:' .. ARGV[i]
    local seconds = tonumber(ARGV[i + 3])
    redis.call('XADD', base .. ':events', 'MAXLEN', '~', kept, '*', 'e', ARGV[i + 4])
    -- Events of one order may come from two processes: a late one must not overwrite a newer one.
    local newest = string.match(redis.call('GET', live) or '-1', '^-?%d+')
    if tonumber(newest or '-1') < tonumber(ARGV[i + 1]) then
        if seconds > 0 then
            redis.call('SET', live, ARGV[i + 2], 'EX', seconds)
        else
            redis.call('DEL', live)
        end
    end
end
return 0
