-- A signature is unique together with the height until which it may land: it is made over bytes that hold
-- that height's block, so the same signature has the same height. Signatures alone are random: each new one
-- touched a page of its own, and after a checkpoint the log got the whole of that page. Led by the height,
-- new ones stand beside each other.

alter table order_attempts drop constraint order_attempts_signature_key;
create unique index order_attempts_signature on order_attempts (last_valid_height, signature);
