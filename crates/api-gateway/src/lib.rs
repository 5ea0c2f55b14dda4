//! The gateway: takes orders in, stores them, and shows what becomes of them over HTTP and WebSocket.
//!
//! It must not know how orders are executed, nor of any store's, queue's or venue's technology.
//!
//! Begin with `intake.rs` (how an order gets in) and `live/replay.rs` (how a client sees all of it once);
//! `routes.rs` lists every call.

mod acts;
pub mod asyncapi;
pub mod auth;
pub mod error;
pub mod gateway;
mod http;
pub mod intake;
mod limits;
pub mod live;
pub mod openapi;
pub mod settings;
mod stats;
mod telemetry;

mod dashboard;
mod deadline;
mod documents;
mod doors;
mod doorstep;
mod parameters;
mod routes;
mod state;
mod trace;
mod views;

pub use gateway::{Gateway, GatewayParts};
pub use settings::GatewaySettings;
