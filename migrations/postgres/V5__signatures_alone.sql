-- Replaced by order_attempts_signature, which becomes a rule of the table: PostgreSQL refuses that, and this
-- whole step, where the index is not unique, or was built by hand and its building failed.
alter table order_attempts
    drop constraint order_attempts_signature_key,
    add constraint order_attempts_signature unique using index order_attempts_signature;
