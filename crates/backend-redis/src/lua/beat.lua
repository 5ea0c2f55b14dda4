-- A sign of life. ARGV: worker.
redis.call('ZADD', key('beats'), now_ms, ARGV[1])
return { epoch, count, 0 }
