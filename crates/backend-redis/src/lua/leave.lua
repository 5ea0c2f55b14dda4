-- A worker stops and gives back what it holds. ARGV: worker.
-- Crash order: all of it goes back in one step, and the worker is forgotten with it.
local given = give_back(ARGV[1])
ring_bell(given)
return { epoch, count, given }
