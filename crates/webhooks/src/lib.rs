//! Tells a receiver outside of events: takes what is due from the store's outbox, signs it by the Standard Webhooks
//! convention, posts it, and keeps trying.
//!
//! It must not know any database, nor how orders are executed: an order never waits for a receiver.
//!
//! Begin with `sender.rs`; `receiver.rs` is the way over HTTP, `address.rs` says whereto.

pub mod address;
pub mod receiver;
pub mod sender;
pub mod settings;
pub mod signature;

mod metrics;

pub use receiver::{HttpReceiver, InvalidReceiver, Message, Receiver, Untaken};
pub use sender::Sender;
pub use settings::Settings;
pub use signature::SigningKey;

pub use self::metrics::describe;
