//! Why a pool gives no quote.

/// Why a pool gives no quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
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
