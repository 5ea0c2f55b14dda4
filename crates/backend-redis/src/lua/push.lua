-- Adds entries that are not known yet, and were not handed out just now. ARGV: capacity, just now
-- in ms, then id, kind and client of each.
-- Crash order: an entry becomes known and listed in the same step, so that none is known but in no
-- list.
local capacity, just_now = tonumber(ARGV[1]), tonumber(ARGV[2])
local room = capacity - redis.call('HLEN', key('known'))

local function was_popped(id)
    if just_now == 0 then return false end
    local at = tonumber(redis.call('ZSCORE', key('popped'), id) or '-inf')
    -- An entry handed out later than now was handed out before the clock was set back.
    return at > now_ms - just_now and at <= now_ms
end

local added, refused = 0, false
for i = 3, #ARGV, 3 do
    local id, entry = ARGV[i], ARGV[i + 1] .. ARGV[i + 2]
    if added >= room then
        redis.call('SET', key('starved'), '1')
        break
    end
    if not was_popped(id) then
        if make_known(id, entry, false) then
            added = added + 1
            enqueue(id, entry)
        else
            refused = true
        end
    end
end
ring_bell(added)

-- Somebody deleted lists from outside: an id that is known but in no list would be refused for
-- ever.
if refused and just_now > 0
    and redis.call('HLEN', key('known')) > queued() + redis.call('ZCARD', key('delayed')) then
    wipe()
end
return { epoch, count, added }
