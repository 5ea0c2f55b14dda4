//! The promises of [`ports::order_store`], by their numbers.

mod accepting;
mod claiming;
mod due;
mod expiring;
mod recording;
mod withdrawing;

pub use accepting::*;
pub use claiming::*;
pub use due::*;
pub use expiring::*;
pub use recording::*;
pub use withdrawing::*;
