//! The gateway: takes orders in, stores them, and shows what becomes of them over HTTP and WebSocket.
//!
//! It must not know how orders are executed, nor of any store's, queue's or venue's technology.
//!
//! Begin with `intake.rs` (how an order gets in) and `ws/replay.rs` (how a client sees all of it once);
//! `routes.rs` lists every call.

pub mod account_stream;
mod acts;
pub mod asyncapi;
pub mod auth;
pub mod error;
pub mod gateway;
mod http;
pub mod intake;
mod limits;
pub mod openapi;
pub mod postman;
pub mod settings;
mod sse;
mod stats;
mod telemetry;
mod unconfirmed;
pub mod ws;

mod dashboard;
mod deadline;
mod doorstep;
mod parameters;
mod routes;
mod state;
mod trace;

pub use gateway::{Gateway, GatewayParts};
pub use settings::GatewaySettings;
