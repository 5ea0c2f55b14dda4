//! The venues' own arithmetic, to the last unit.
//!
//! Each child module prices one kind of pool exactly as its program on the chain does: the same
//! integers, the same order of operations, the same rounding. A pool is a plain value; a quote is
//! a pure function of the pool, the amount and the chain's time, and yields a `Swap` which also
//! carries the pool as the swap would leave it. Nothing here reads a clock, does IO or panics.
//!
//! Begin with [`cpmm`], the simplest. [`rounding`] says which way every division goes.

pub mod amm_v4;
pub mod cpmm;
pub mod damm_v2;
pub mod dlmm;
pub mod q64;
pub mod rounding;

/// Which of the pool's two tokens is paid in.
///
/// The first token is what the venues call token 0 (CPMM), coin (AMM v4), A (DAMM v2) or X (DLMM).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Pays the first token, receives the second.
    FirstToSecond,
    /// Pays the second token, receives the first.
    SecondToFirst,
}

/// The chain's time, as its clock account states it at the moment of the swap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChainTime {
    /// The slot.
    pub slot: u64,
    /// Seconds since the Unix epoch.
    pub unix_time: u64,
}

/// The point from which a pool may be traded, in the unit its creator chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// A slot number.
    Slot(u64),
    /// Seconds since the Unix epoch.
    UnixTime(u64),
}

impl Activation {
    /// The activation point itself.
    #[must_use]
    pub const fn point(self) -> u64 {
        match self {
            Self::Slot(point) | Self::UnixTime(point) => point,
        }
    }

    /// The present moment in the activation's own unit.
    #[must_use]
    pub const fn now(self, now: ChainTime) -> u64 {
        match self {
            Self::Slot(_) => now.slot,
            Self::UnixTime(_) => now.unix_time,
        }
    }
}

/// Why a pool gives no quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The amount is zero, or so small that nothing would come out.
    #[error("the swap would pay out nothing")]
    ZeroOutput,
    /// The pool, or the part of it that was loaded, does not hold enough of the output token.
    #[error("the pool does not hold enough liquidity")]
    InsufficientLiquidity,
    /// The swap would push the price out of the range the pool trades in.
    #[error("the swap would leave the pool's price range")]
    PriceRange,
    /// The program itself fails on this pool's configuration, whatever the amount.
    #[error("the program cannot price this pool")]
    NoQuote,
    /// An intermediate value does not fit, as it would not in the program.
    #[error("arithmetic overflow")]
    Overflow,
    /// The pool is disabled or has not opened yet.
    #[error("the pool does not trade now")]
    NotTradable,
}
