//! What every program of the engine does first and last: logs, metrics, the choice of backends,
//! signals.
//!
//! It must not know what the gateway, the worker or the all-in-one engine do; only programs depend
//! on it.
//!
//! Begin with `service.rs`, the first and last lines of every program. The one match on the
//! configured backend is in `backend.rs`.

pub mod backend;
pub mod doctor;
pub mod measure;
pub mod runtime;
pub mod service;
pub mod signals;
pub mod signer;
pub mod status;
pub mod telemetry;
pub mod world;

mod halt_signal;
mod open_files;

/// What `--version` prints after the program's name: version, commit and its date.
pub const VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    " (",
    env!("ORDER_ENGINE_BUILD"),
    ")"
);

/// The allocator of all programs: fast with many threads and small objects, and returns memory.
pub use mimalloc::MiMalloc;
