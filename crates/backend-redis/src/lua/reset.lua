-- Starts over after a rollback, unless another process has done so. ARGV: the epoch seen, and the
-- count that it had reached.
if epoch == ARGV[1] and count < tonumber(ARGV[2]) then wipe() end
return { epoch, count, 0 }
