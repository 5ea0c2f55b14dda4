//! The gateway: takes orders in, stores them, and shows what becomes of them over HTTP and WebSocket.
//!
//! It must not know how orders are executed, nor of any store's, queue's or venue's technology.
//!
//! Begin with `intake.rs` (how an order gets in) and `ws/replay.rs` (how a client sees all of it once);
//! `routes.rs` lists every call.

pub mod account_stream;
pub mod acts;
pub mod asyncapi;
pub mod auth;
pub mod cancelling;
pub mod error;
pub mod forwarded;
pub mod gateway;
pub mod http;
pub mod intake;
pub mod limits;
pub mod openapi;
pub mod postman;
pub mod settings;
pub mod sse;
pub mod state;
pub mod stats;
pub mod telemetry;
pub mod unconfirmed;
pub mod ws;

mod dashboard;
mod deadline;
mod routes;
mod trace;
mod views;

pub use gateway::{Gateway, GatewayParts};
pub use settings::GatewaySettings;
