-- How full the queue is.
return { epoch, count, {
    queued(),
    redis.call('ZCARD', key('delayed')),
    redis.call('LLEN', key('dead')),
    redis.call('EXISTS', key('starved')),
} }
