//! The API's calls, one file per noun. Handlers read parameters, call the engine's parts, and
//! answer; `intake.rs` accepts orders.

pub(crate) mod admin;
pub(crate) mod books;
pub(crate) mod cancel;
pub(crate) mod change;
pub(crate) mod edge;
pub(crate) mod events;
pub(crate) mod execute;
pub(crate) mod fallback;
pub(crate) mod fills;
pub(crate) mod ledger;
pub(crate) mod market;
pub(crate) mod orders;
pub(crate) mod payload;
pub(crate) mod reconcile;
pub(crate) mod sim;
pub(crate) mod stats;
pub(crate) mod system;
pub(crate) mod tokens;
pub(crate) mod transaction;
pub(crate) mod wallet;
pub(crate) mod webhooks;
pub(crate) mod words;

mod accept;
mod bodiless;
mod caller;
mod cors;
mod fields;
mod fill_csv;
mod issues;
mod pair;
mod unread;
mod waiting;
