//! Four programs that swap tokens, to the last unit and the last byte: Raydium's CPMM and AMM v4, Meteora's DAMM v2
//! and DLMM. Accounts become a pool, a pool gives quotes both ways, the instruction that swaps, and the accounts as
//! that swap leaves them.
//!
//! It must not know of any runtime, RPC or key, of orders or venues; it reads no clock, does no IO, is not async and
//! never panics on bytes or amounts. What it needs of the chain comes in as bytes and goes out as bytes.
//!
//! Begin with `pool.rs`, the one face of the four. Each program is a module of the same parts: `account` (bytes and
//! fields), `quote` (the arithmetic), `state` (a pool with its accounts, and what a swap makes of them), `instruction`,
//! and `swap` (what the program does with one). Of the arithmetic `cpmm/quote.rs` is the simplest; `rounding.rs` says
//! which way every division goes. Who runs swaps begins with `execution.rs`.

pub mod address;
pub mod amm_v4;
mod anchor;
pub mod cpmm;
pub mod damm_v2;
pub mod direction;
pub mod dlmm;
pub mod error;
pub mod execution;
pub mod instruction;
pub mod layout;
pub mod pool;
pub mod price;
pub mod q64;
pub mod quoting;
pub mod refusal;
pub mod rounding;
pub mod snapshot;
pub mod swap;
pub mod time;
pub mod token;

pub use address::Address;
pub use direction::Direction;
pub use pool::{Pool, Program};
pub use price::Price;
pub use quoting::{Conditions, Fees, Marginal, Quote};
pub use refusal::Refusal;
pub use swap::Swap;
pub use time::{Activation, ChainTime};
