-- What every script of the queue begins with. To everybody else a script is one step, even if Redis is
-- killed in the middle: its writes reach the append-only file as one transaction. All keys share the hash
-- tag of KEYS[1], so that they are on one node of a cluster.
--
--   epoch     when this queue began: another one means that it was emptied from outside
--   count     scripts run since: one lower than seen before means that it was rolled back
--   known     hash: every id that is queued or delayed -> kind ('s' starts, 'f' starts after it has fired,
--             'r' resumes) .. client
--   resumes   list of ids that start no execution
--   ready:C   list of ids of client C
--   ring      list of the clients whose list is not empty, next one first
--   delayed   sorted set: id -> due time in ms
--   popped    sorted set: the latest ids that were handed out -> when, in ms
--   bell      list of wake-ups for waiting workers
--   tat       the limiter's theoretical arrival time in us
--   late      by how many us, at most, recent starts were late; the limiter has paused for as long
--   starved   set if pushes were refused because the queue was full
--   dead      list of entries that could not be read
local base = KEYS[1]
local function key(name) return base .. ':' .. name end

local time = redis.call('TIME')
local now_us = tonumber(time[1]) * 1000000 + tonumber(time[2])
local now_ms = math.floor(now_us / 1000)

local BELL_LIMIT = 32
local DEAD_LIMIT = 1000
local POPPED_LIMIT = 10000

local function begin_epoch()
    local epoch = string.format('%.0f', now_us)
    redis.call('SET', key('epoch'), epoch)
    return epoch
end

local epoch = redis.call('GET', key('epoch')) or begin_epoch()
local count = redis.call('INCR', key('count'))

local ID = string.format('^%s%%-%s%%-%s%%-%s%%-%s$', string.rep('%x', 8), string.rep('%x', 4),
    string.rep('%x', 4), string.rep('%x', 4), string.rep('%x', 12))
local function is_id(entry)
    return string.match(entry, ID) ~= nil
end

-- The kind, and a client as domain::ClientId accepts it: 1 to 64 visible characters.
local function is_known_as(entry)
    return #entry <= 65 and string.match(entry, '^[sfr][\33-\126]+$') ~= nil
end

-- The limiter's theoretical arrival time; starts that began late may have moved it on by a minute
-- at most. `ahead` is how far pops alone can move it.
local MINUTE_US = 60000000
local function arrival(ahead)
    local tat = math.max(now_us, tonumber(redis.call('GET', key('tat')) or '0') or 0)
    -- A clock that was set back must not block starts for that long.
    return math.min(tat, now_us + ahead + MINUTE_US)
end
local function set_arrival(tat)
    redis.call('SET', key('tat'), string.format('%.0f', tat))
end

local buried = 0
local function bury(entry)
    redis.call('LPUSH', key('dead'), entry)
    redis.call('LTRIM', key('dead'), 0, DEAD_LIMIT - 1)
    buried = buried + 1
end

-- How many of a client's first ids are searched for the place of an older one: more than a sweeper
-- brings at a time.
local PLACES_LIMIT = 64

local function has_fired(id)
    return string.sub(redis.call('HGET', key('known'), id) or '', 1, 1) == 'f'
end

-- Puts a known id where workers take it from: those that have fired first. Ids sort by time: an id that is
-- older than others of its client and kind goes before them, because it was lost on the way, or had to wait.
local function enqueue(id, entry)
    if string.sub(entry, 1, 1) == 'r' then
        redis.call('RPUSH', key('resumes'), id)
        return
    end
    local client = string.sub(entry, 2)
    local list = key('ready:' .. client)
    local fired = string.sub(entry, 1, 1) == 'f'
    local last = redis.call('LINDEX', list, -1)
    if last and (fired or id < last) then
        for _, other in ipairs(redis.call('LRANGE', list, 0, PLACES_LIMIT - 1)) do
            -- Most others are told apart by their ids alone, without a read.
            if fired and not has_fired(other) or id < other and has_fired(other) == fired then
                redis.call('LINSERT', list, 'BEFORE', other, id)
                return
            end
        end
    end
    if redis.call('RPUSH', list, id) == 1 then
        redis.call('RPUSH', key('ring'), client)
    end
end

-- Makes an id known; returns whether it must be put into a list. A resume replaces a start (the
-- start that stays in its list is skipped later), and one that waits where this one does not.
local function make_known(id, entry, waits)
    if redis.call('HSETNX', key('known'), id, entry) == 1 then return true end
    if string.sub(entry, 1, 1) ~= 'r' then return false end
    if string.sub(redis.call('HGET', key('known'), id), 1, 1) == 'r' then
        return not waits and redis.call('ZREM', key('delayed'), id) == 1
    end
    redis.call('HSET', key('known'), id, entry)
    redis.call('ZREM', key('delayed'), id)
    return true
end

local function ring_bell(times)
    local missing = BELL_LIMIT - redis.call('LLEN', key('bell'))
    for _ = 1, math.min(times, missing) do
        redis.call('RPUSH', key('bell'), '1')
    end
end

local function queued()
    local ready = redis.call('LLEN', key('resumes'))
    for _, client in ipairs(redis.call('LRANGE', key('ring'), 0, -1)) do
        ready = ready + redis.call('LLEN', key('ready:' .. client))
    end
    return ready
end

-- Deletes all entries; the store knows what belongs here. The limiter keeps its state.
local function wipe()
    local clients = {}
    for _, client in ipairs(redis.call('LRANGE', key('ring'), 0, -1)) do clients[client] = true end
    for _, entry in ipairs(redis.call('HVALS', key('known'))) do
        clients[string.sub(entry, 2)] = true
    end
    for client in pairs(clients) do redis.call('DEL', key('ready:' .. client)) end
    for _, name in ipairs({ 'known', 'resumes', 'ring', 'delayed', 'popped', 'bell', 'starved' }) do
        redis.call('DEL', key(name))
    end
    redis.call('SET', key('count'), 0)
    count = 0
    epoch = begin_epoch()
end
