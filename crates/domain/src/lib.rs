//! The nouns and rules of the trade: ids, amounts, tokens, the order, its events, and the table of which
//! event may follow which state.
//!
//! It must not know of async, of IO, of a clock or of randomness: times and ids are handed in.
//!
//! Begin with `order/transition.rs`: that table.

pub mod amount;
pub mod event;
pub mod ids;
pub mod order;
pub mod price;
pub mod quote;
pub mod slippage;
pub mod time;
pub mod token;
pub mod transaction;
pub mod venue;

mod named;
mod status;

pub use amount::BaseUnits;
pub use event::{Event, EventData, NewEvent};
pub use ids::{ClientId, ClientOrderId, EventId, IdempotencyKey, OrderId, Seq, WorkerId};
pub use order::{Order, State, Terms};
pub use slippage::Bps;
pub use status::Status;
pub use time::Timestamp;
pub use token::Token;
pub use venue::Venue;
