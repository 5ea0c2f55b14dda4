//! Private servers for tests and for the cluster on a machine without containers: a PostgreSQL and a
//! Redis of one's own, on free ports and throw-away folders, that can be killed, frozen and restarted.

mod losing_proxy;
pub(crate) mod postgres;
pub(crate) mod process;
pub(crate) mod redis;
pub mod tls;

pub use losing_proxy::{LosingProxy, Then, Whose};
pub use postgres::PostgresServer;
pub use redis::{RedisServer, RedisSnapshot};
