//! What every program of the engine does first and last: settings, logs, metrics, the choice of
//! backends, signals.
//!
//! It must not know what the gateway, the worker or the all-in-one engine do; only mains see it.
//!
//! Begin with `config.rs`; the one match on the configured backend is in `backend.rs`.

pub mod args;
pub mod backend;
pub mod config;
pub mod measure;
pub mod runtime;
pub mod secret;
pub mod signals;
pub mod status;
pub mod telemetry;
pub mod world;

/// What `--version` says beside the program's name: version, commit and its day.
pub const VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    " (",
    env!("ORDER_ENGINE_BUILD"),
    ")"
);

pub use config::Config;
/// The allocator of all programs: small objects, many threads, little left behind.
pub use mimalloc::MiMalloc;
pub use secret::Secret;
