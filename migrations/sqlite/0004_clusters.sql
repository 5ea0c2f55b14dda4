-- A store belongs to a Solana cluster, by mode and genesis hash. Null until the first process has started on it.
-- A store with transactions that only the chain of 0.1.0 knows is not brought here: `store.rs` refuses it before.
alter table engine add column cluster_mode text;
alter table engine add column cluster_genesis blob;

-- A signature is unique together with the blockhash of its transaction's bytes. The height until which it may
-- land no longer does: it is judged from what endpoints say, so that one signature might come with two. What
-- 0.1.0 stored has no blockhash.
alter table order_attempts add column blockhash blob;

create unique index order_attempts_blockhash
    on order_attempts (blockhash, signature) where blockhash is not null;
drop index order_attempts_signature;
