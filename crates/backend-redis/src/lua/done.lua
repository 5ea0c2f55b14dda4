-- Done with entries. ARGV: worker and id of each.
-- Crash order: before this step an id is in flight and comes back with its worker's end; after it, it is
-- gone. Where it is no longer in flight, another worker has it, or it was forgotten.
local done = {}
for i = 1, #ARGV, 2 do
    if redis.call('LREM', key('flight:' .. ARGV[i]), 1, ARGV[i + 1]) > 0 then
        done[#done + 1] = ARGV[i + 1]
    end
end
if #done > 0 then redis.call('HDEL', key('known'), unpack(done)) end
return { epoch, count, 0 }
