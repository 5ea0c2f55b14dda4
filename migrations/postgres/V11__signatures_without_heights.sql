-- Replaced by order_attempts_blockhash. Needs the table for itself for a moment.
alter table order_attempts drop constraint if exists order_attempts_signature;
