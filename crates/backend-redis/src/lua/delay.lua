-- Adds an entry that may be handed out later. ARGV: id, kind, client, delay in ms.
-- Crash order: as in push.lua.
local id, entry, delay = ARGV[1], ARGV[2] .. ARGV[3], tonumber(ARGV[4])
if make_known(id, entry, true) then
    redis.call('ZADD', key('delayed'), now_ms + delay, id)
    -- A worker that waits for a later one must learn of this one.
    if redis.call('ZRANK', key('delayed'), id) == 0 then ring_bell(1) end
end
return { epoch, count, 0 }
