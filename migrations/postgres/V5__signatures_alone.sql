-- Replaced by order_attempts_signature.
alter table order_attempts drop constraint order_attempts_signature_key;
