-- Hands an entry out again, at once or later. ARGV: worker, id, kind, client, delay in ms.
-- Crash order: before this step the id is in flight and comes back with its worker's end; after it, it
-- waits. Where it is no longer in flight, another worker has it, or it was forgotten.
local worker, id, entry, delay = ARGV[1], ARGV[2], ARGV[3] .. ARGV[4], tonumber(ARGV[5])
local held = redis.call('LREM', key('flight:' .. worker), 1, id) > 0
if held or redis.call('HEXISTS', key('known'), id) == 0 then
    redis.call('HSET', key('known'), id, entry)
    if delay == 0 then
        enqueue(id, entry, 'RPUSH')
        ring_bell(1)
    else
        redis.call('ZADD', key('delayed'), now_ms + delay, id)
        if redis.call('ZRANK', key('delayed'), id) == 0 then ring_bell(1) end
    end
end
return { epoch, count, 0 }
