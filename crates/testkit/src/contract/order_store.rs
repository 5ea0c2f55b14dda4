//! The promises of [`ports::order_store`], by their numbers.

mod accepting;
mod claiming;
mod clock_turning;
mod due;
mod dying;
mod expiring;
mod naming;
mod recording;
mod wallets;
mod withdrawing;

pub use accepting::*;
pub use claiming::*;
pub use clock_turning::*;
pub use due::*;
pub use dying::*;
pub use expiring::*;
pub use naming::*;
pub use recording::*;
pub use wallets::*;
pub use withdrawing::*;
