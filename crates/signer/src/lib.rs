//! The last gate before a signature: a process of its own that alone has the wallet's key, and signs only what its
//! rules allow.
//!
//! Workers send messages over a Unix socket ([`server`]). Each is decoded and judged by what stands in it alone
//! ([`judge()`]); what it may spend is counted against limits ([`limits`]) in a journal that survives a kill
//! ([`journal`]); then it is signed. It works without the network, so it cannot look at the chain: everything that is
//! the wallet's must stand in the message itself, and what a swap of a known program does is that program's word.
//!
//! It must not know of orders, stores or venues' prices. A stolen worker can make pools of its own and trade with them
//! up to the limits, unless the pools are listed; it can move nothing anywhere else.

pub mod crash_point;
mod files;
pub mod journal;
pub mod judge;
pub mod limits;
pub mod server;

pub use judge::{Refusal, Rules, Spending, judge};
pub use limits::Limits;
pub use server::{Door, Signer};
