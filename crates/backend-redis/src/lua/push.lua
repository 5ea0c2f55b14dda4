-- Adds entries that are not known yet. ARGV: capacity, then id, kind and client of each.
-- Crash order: an entry is known and listed in the same step, so that none is known and nowhere.
local capacity = tonumber(ARGV[1])
local room = capacity - redis.call('HLEN', key('known'))
local added = 0
for i = 2, #ARGV, 3 do
    local id, entry = ARGV[i], ARGV[i + 1] .. ARGV[i + 2]
    if added >= room then
        redis.call('SET', key('starved'), '1')
        break
    end
    if redis.call('HSETNX', key('known'), id, entry) == 1 then
        enqueue(id, entry, 'RPUSH')
        added = added + 1
    end
end
ring_bell(added)
return { epoch, count, added }
