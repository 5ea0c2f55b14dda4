//! The nouns and rules of the trade: ids, amounts, assets, the order, its events, and the table of
//! which event may follow in which state.
//!
//! It must not know async, IO, a clock or randomness: callers pass in times and ids.
//!
//! Begin with that table, `order/transition.rs`.

pub mod address;
pub mod amount;
pub mod asset;
pub mod books;
pub mod event;
pub mod fee;
pub mod ids;
pub mod impact;
pub mod landing;
pub mod order;
pub mod price;
pub mod quality;
pub mod quote;
pub mod route;
pub mod slippage;
pub mod spending;
pub mod time;
pub mod token_list;
pub mod transaction;
pub mod venue;
pub mod volume;
pub mod waiting;
pub mod wallet;

mod base58;
mod failure_code;
mod named;
mod status;

pub use address::Address;
pub use amount::BaseUnits;
pub use asset::{Asset, Mint};
pub use event::{Event, EventData, NewEvent};
pub use fee::FeeLevel;
pub use ids::{ClientId, ClientOrderId, EventId, IdempotencyKey, OcoGroup, OrderId, Seq, WorkerId};
pub use impact::MaxImpact;
pub use order::{Order, OrderType, State, Terms};
pub use price::Price;
pub use route::Route;
pub use slippage::Bps;
pub use status::Status;
pub use time::Timestamp;
pub use token_list::TokenList;
pub use venue::Venue;
pub use wallet::{NamedWallet, WalletName};
