//! Live connections: following orders as they happen, over WebSockets.
//!
//! Begin with `ws/replay.rs`, how a client sees all of an order once; then `ws/hub.rs`, what all
//! connections share; then `ws/socket.rs`, one connection.

pub mod close;
pub mod doors;
pub mod hub;
pub mod limits;
pub mod replay;
pub mod settings;
pub mod tcp;

mod frame_guard;
pub(crate) mod socket;
pub(crate) mod telemetry;
pub(crate) mod terms_book;

pub use hub::Hub;
pub use settings::Settings;
