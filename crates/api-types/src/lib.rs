//! The JSON types of the API: requests, answers, events and problems, with their conversion from
//! the domain. The API document is generated from these types.
//!
//! It must not know HTTP servers, the internals of stores, or how orders are executed.
//!
//! Begin with `event.rs` and `order.rs`.

pub mod admin;
pub mod books;
pub mod doubt;
pub mod event;
pub mod execution;
pub mod fill;
pub mod landing;
pub mod ledger;
pub mod names;
pub mod native_sol;
pub mod order;
pub mod pool;
pub mod problem;
pub mod quality;
pub mod quote;
pub mod receipt;
pub mod reconciliation;
pub mod route;
pub mod sim;
pub mod sniping;
pub mod socket;
pub mod stats;
pub mod submit;
pub mod system;
pub mod token;
pub mod transaction;
pub mod wallet;
pub mod webhook;

pub use event::EventView;
pub use order::OrderView;
pub use problem::Problem;
