//! What every SQLite file of this project needs: a lock against a second process, connections with
//! the same settings, schema upgrades, and threads that write and read.
//!
//! It must not know what is in the tables.
//!
//! Begin with `database.rs`, then `threads.rs`.

mod checkpoints;
mod database;
mod lock;
mod threads;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use database::{Database, OpenError, VersionIn};
pub use lock::{Lock, LockError};
pub use threads::{Pool, Readers, Stopped, Writer, WriterThread};

/// Every change under this crate's mutexes is complete before anything can panic.
fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
