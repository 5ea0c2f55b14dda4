-- A pause that was confirmed holds for every claim, those under way included: each claim holds the gate
-- for as long as its transaction takes, and who changes the pause waits until all of them are through.
-- The gate is an advisory lock ("pause" in ASCII), so that claims share it without writing a row.

-- Volatile, so that the row is read as it is once the gate is held, not as the statement began.
create function starts_are_held_back() returns boolean language plpgsql volatile as $$
begin
    perform pg_advisory_xact_lock_shared(482671424357);
    return (select paused from engine_state);
end
$$;

create function wait_for_claims() returns boolean language plpgsql volatile as $$
begin
    perform pg_advisory_xact_lock(482671424357);
    return true;
end
$$;
