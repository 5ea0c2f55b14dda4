//! The store on PostgreSQL: the truth for any number of gateways and workers.
//!
//! Concurrent calls of one kind are written in one statement (`coalesce.rs`); every statement
//! stands beside its function and begins with its name. It must not know the queue, the feed or
//! HTTP.
//!
//! Begin with `store.rs`, then `record.rs`.

mod accept;
mod address;
mod claim;
mod cluster;
mod coalesce;
mod connect;
mod counts;
mod db;
mod directory;
mod doubt;
mod due;
mod expire;
mod failure;
mod fills;
mod finality;
mod history;
mod housekeeping;
mod list;
mod list_desk;
mod liveness;
mod make_due;
mod migrate;
mod operations;
mod outbox;
mod page;
mod peek;
mod recent;
mod record;
mod registry;
mod release;
mod rows;
mod safety;
mod settings;
mod store;
mod tls;
mod volumes;
mod waiting;
mod wallet_uses;
mod webhooks;
mod withdraw;

pub use address::ConnectError;
pub use migrate::{Migrated, migrate};
pub use peek::{limits_of_workers, peek};
pub use settings::{PgSettings, StatementCache};
pub use store::PgStore;
