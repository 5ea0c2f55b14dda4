//! Private servers for tests and for the cluster on a machine without containers: a PostgreSQL and
//! a Redis, on free ports and temporary folders, that can be killed, frozen and restarted.
//!
//! It must not know the engine, and needs no client of either server: a backend's tests bring their
//! own.
//!
//! Begin with `process.rs`.

pub mod free_port;
pub mod postgres;
pub mod process;
pub mod redis;
pub mod tls;

mod losing_proxy;
mod redis_cluster;

pub use losing_proxy::{LosingProxy, Then, Whose};
pub use postgres::PostgresServer;
pub use redis::{RedisServer, RedisSnapshot};
pub use redis_cluster::RedisCluster;
