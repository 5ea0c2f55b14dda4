-- How full the queue is.
return { epoch, count, {
    queued(),
    redis.call('ZCARD', key('delayed')),
    in_flight(),
    redis.call('LLEN', key('dead')),
    redis.call('EXISTS', key('starved')),
} }
