//! The gateway: accepts orders, stores them, and shows over HTTP and WebSocket what becomes of
//! them.
//!
//! It must not know how orders are executed, nor the technology of any store, queue or venue.
//!
//! Begin with `intake.rs` (how an order gets in) and `live/replay.rs` (how a client sees every
//! event once); `routes.rs` lists every call.

mod acts;
mod assets;
pub mod asyncapi;
pub mod auth;
mod books;
pub mod error;
mod execution;
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
mod json_object;
mod parameters;
mod routes;
mod spending;
mod state;
mod trace;
mod views;
mod wallets;

pub use gateway::{Gateway, GatewayParts};
pub use settings::GatewaySettings;
