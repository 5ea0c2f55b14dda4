-- Hands entries out, without ever waiting. ARGV: how many at most, 'any' or 'resumes', the
-- limiter's interval in us (0: none) and burst, capacity, the longest delay in ms.
-- Crash order: this step removes the id. If the worker dies, or the answer is lost, the id is lost
-- too, and the sweeper brings it again. A permit used then is lost, so fewer executions start,
-- never more.
local max, wanted = tonumber(ARGV[1]), ARGV[2]
local interval, burst, capacity = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local longest_rest = tonumber(ARGV[6])

-- Entries looked at besides those taken: unreadable entries must neither stop this script nor make
-- it arbitrarily long.
local LOOKS_LIMIT = 200
local PROMOTED_LIMIT = 200

local due = redis.call('ZRANGEBYSCORE', key('delayed'), '-inf', now_ms, 'LIMIT', 0, PROMOTED_LIMIT)
if #due < PROMOTED_LIMIT then
    -- An entry that is due later than the longest delay was written before the clock was set back.
    local ahead = redis.call('ZRANGEBYSCORE', key('delayed'), '(' .. (now_ms + longest_rest), '+inf',
        'LIMIT', 0, PROMOTED_LIMIT - #due)
    for _, id in ipairs(ahead) do due[#due + 1] = id end
end
for _, id in ipairs(due) do
    redis.call('ZREM', key('delayed'), id)
    local entry = redis.call('HGET', key('known'), id)
    if entry then enqueue(id, entry) else bury(id) end
end

local taken, ids, popped, looks = {}, {}, {}, 0
-- An unreadable entry is also removed from the known ids, so that the sweeper may bring the order
-- again.
local function take(id, entry)
    if not is_id(id) or not is_known_as(entry) then
        redis.call('HDEL', key('known'), id)
        bury(id .. ' ' .. entry)
        looks = looks + 1
        return false
    end
    ids[#ids + 1] = id
    popped[#popped + 1] = now_ms
    popped[#popped + 1] = id
    taken[#taken + 1] = id
    taken[#taken + 1] = entry
    return true
end
local function may_go_on()
    return #ids < max and looks < LOOKS_LIMIT
end

while may_go_on() do
    local id = redis.call('LPOP', key('resumes'))
    if not id then break end
    local entry = redis.call('HGET', key('known'), id)
    if entry then take(id, entry) else bury(id); looks = looks + 1 end
end

-- The generic cell rate algorithm: how long until the next execution may start.
local tat = now_us
if interval > 0 then
    tat = arrival(burst * interval)
end
local function wait_us()
    if interval == 0 then return 0 end
    return math.max(0, tat - (burst - 1) * interval - now_us)
end

local limited_us = 0
while wanted == 'any' and may_go_on() do
    local client = redis.call('LPOP', key('ring'))
    if not client then break end
    limited_us = wait_us()
    if limited_us > 0 then
        redis.call('LPUSH', key('ring'), client)
        break
    end
    local list = key('ready:' .. client)
    local id = redis.call('LPOP', list)
    if redis.call('EXISTS', list) == 1 then redis.call('RPUSH', key('ring'), client) end
    if not id then
        looks = looks + 1
    elseif not is_id(id) then
        bury(id)
        looks = looks + 1
    else
        local entry = redis.call('HGET', key('known'), id) or 's' .. client
        if string.sub(entry, 1, 1) == 'r' then
            -- It is in the resumes.
            looks = looks + 1
        elseif take(id, entry) then
            tat = tat + interval
        end
    end
end
if interval > 0 then set_arrival(tat) end

if #ids > 0 then
    redis.call('HDEL', key('known'), unpack(ids))
    -- What was handed out later than now was so before the clock was set back. It would take the place of what
    -- is handed out from now on, and count as handed out just now once the clock is there again.
    redis.call('ZREMRANGEBYSCORE', key('popped'), '(' .. now_ms, '+inf')
    redis.call('ZADD', key('popped'), unpack(popped))
    redis.call('ZREMRANGEBYRANK', key('popped'), 0, -POPPED_LIMIT - 1)
end

-- Promoted entries beyond what this worker takes are for others.
if #due > #ids then ring_bell(#due - #ids) end

local hungry = 0
if redis.call('EXISTS', key('starved')) == 1
    and redis.call('HLEN', key('known')) < capacity / 2 then
    redis.call('DEL', key('starved'))
    hungry = 1
end

local next_due_ms = -1
local first = redis.call('ZRANGE', key('delayed'), 0, 0, 'WITHSCORES')
if first[2] then next_due_ms = math.max(0, math.ceil(tonumber(first[2]) - now_ms)) end

return { epoch, count, { taken, math.ceil(limited_us), next_due_ms, hungry, buried } }
