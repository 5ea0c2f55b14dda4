//! Meteora DAMM v2: one range of liquidity, or a constant product that compounds its fees.
//!
//! A pool charges in the output token, or always in its second token; which of the two also
//! decides whether the fee is taken before or after the curve. [`fee`] holds the fee schedules.

mod curve;
pub mod fee;
mod parts;
mod pricing;
pub mod rate_limiter;
pub mod volatility;

#[cfg(test)]
mod tests;

pub use fee::{BaseFee, Fees, Referral};
pub(super) use parts::DENOMINATOR as FEE_DENOMINATOR;

use curve::Range;
use fee::FeeSplit;

use crate::{Activation, ChainTime, Direction, Refusal};

/// The lowest square-root price of a full range.
pub const MIN_SQRT_PRICE: u128 = 4_295_048_016;

/// The highest square-root price of a full range.
pub const MAX_SQRT_PRICE: u128 = 79_226_673_521_066_979_257_578_248_091;

/// The highest fee, 99 %, of pools of the current fee version.
pub const MAX_FEE_NUMERATOR: u64 = 990_000_000;

/// The highest fee, 50 %, of pools of the first fee version.
pub const MAX_FEE_NUMERATOR_FIRST_VERSION: u64 = 500_000_000;

/// The protocol's and the referrer's usual percentage.
const STANDARD_SHARE_PERCENT: u8 = 20;

/// Where the pool's fee is taken, and what becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeeCollection {
    /// In the output token.
    OutputToken,
    /// In the second token, whichever way the swap goes.
    SecondToken,
    /// In the second token, with a part of it added to the reserves of a constant product.
    Compounding {
        /// The reserve of the first token.
        reserve_first: u64,
        /// The reserve of the second token.
        reserve_second: u64,
    },
}

/// What the given amount of a swap means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// All of it is sold; a swap that would leave the price range fails.
    ExactIn,
    /// As much of it is sold as the price range takes.
    PartialIn,
    /// It is what shall be received.
    ExactOut,
}

/// A pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pool {
    /// Liquidity, in Q64.64.
    pub liquidity: u128,
    /// Present square-root price, in Q64.64.
    pub sqrt_price: u128,
    /// Lower bound of the price.
    pub sqrt_price_min: u128,
    /// Upper bound of the price.
    pub sqrt_price_max: u128,
    /// The price the pool began with.
    pub initial_sqrt_price: u128,
    /// The fee and its schedule.
    pub fees: Fees,
    /// Where the fee is taken.
    pub collection: FeeCollection,
    /// The protocol's fees waiting in the first token's vault.
    pub protocol_fees_first: u64,
    /// The protocol's fees waiting in the second token's vault.
    pub protocol_fees_second: u64,
    /// From when the pool trades.
    pub activation: Activation,
    /// False where the pool was switched off.
    pub enabled: bool,
}

/// A priced swap. The program lets dust through that pays out nothing, and so does this quote:
/// `amount_out` may be zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Swap {
    /// What is paid, fee included.
    pub amount_in: u64,
    /// What of it reaches the curve.
    pub net_amount_in: u64,
    /// What a partial fill left unspent.
    pub amount_left: u64,
    /// What is received.
    pub amount_out: u64,
    /// The fee and who gets it, in the token [`Pool::fee_is_on_input`] names.
    pub fee: FeeSplit,
    /// The pool as the swap leaves it.
    pub after: Pool,
}

impl Pool {
    /// An enabled full-range pool with a fixed fee in the output token.
    #[must_use]
    pub const fn constant_fee(liquidity: u128, sqrt_price: u128, fee_numerator: u64) -> Self {
        Self {
            liquidity,
            sqrt_price,
            sqrt_price_min: MIN_SQRT_PRICE,
            sqrt_price_max: MAX_SQRT_PRICE,
            initial_sqrt_price: sqrt_price,
            fees: Fees {
                cliff_numerator: fee_numerator,
                base: BaseFee::Constant,
                volatility: None,
                max_numerator: MAX_FEE_NUMERATOR,
                protocol_percent: STANDARD_SHARE_PERCENT,
                referral_percent: STANDARD_SHARE_PERCENT,
                compounding_bps: 0,
            },
            collection: FeeCollection::OutputToken,
            protocol_fees_first: 0,
            protocol_fees_second: 0,
            activation: Activation::UnixTime(0),
            enabled: true,
        }
    }

    /// An enabled full-range pool with a fixed fee whose price and liquidity stand for these
    /// reserves, rounded down.
    pub fn from_reserves(
        reserve_first: u64,
        reserve_second: u64,
        fee_numerator: u64,
    ) -> Result<Self, Refusal> {
        let liquidity = curve::liquidity_of(reserve_first, reserve_second)?;
        let sqrt_price = curve::sqrt_price_of(reserve_first, reserve_second)?;
        if !(MIN_SQRT_PRICE..=MAX_SQRT_PRICE).contains(&sqrt_price) {
            return Err(Refusal::PriceRange);
        }
        Ok(Self::constant_fee(liquidity, sqrt_price, fee_numerator))
    }

    /// What the curve holds of the first and the second token, rounded down.
    pub fn reserves(&self) -> Result<(u64, u64), Refusal> {
        match self.collection {
            FeeCollection::Compounding {
                reserve_first,
                reserve_second,
            } => Ok((reserve_first, reserve_second)),
            FeeCollection::OutputToken | FeeCollection::SecondToken => self.range().reserves(),
        }
    }

    /// What the curve holds of either token as the program writes it down, rounded up.
    pub(super) fn reserves_rounded_up(&self) -> Result<(u64, u64), Refusal> {
        match self.collection {
            FeeCollection::Compounding { .. } => self.reserves(),
            FeeCollection::OutputToken | FeeCollection::SecondToken => {
                self.range().reserves_rounded_up()
            }
        }
    }

    /// Whether a swap in this direction pays its fee in the input token.
    #[must_use]
    pub fn fee_is_on_input(&self, direction: Direction) -> bool {
        self.collection_is_second_token() && direction == Direction::SecondToFirst
    }

    /// Whether a swap in this direction pays its fee in the second token.
    pub(super) fn fee_is_in_second_token(&self, direction: Direction) -> bool {
        self.collection_is_second_token() || direction == Direction::FirstToSecond
    }

    /// Whether the rate limiter bears on a swap in this direction now.
    pub(crate) fn is_rate_limited(&self, direction: Direction, now: ChainTime) -> bool {
        let at = self.circumstances(direction, now);
        match &self.fees.base {
            BaseFee::RateLimiter(limiter) => limiter.applies(&at),
            _ => false,
        }
    }

    /// Prices the sale of exactly `amount_in`, unreferred.
    pub fn quote_exact_in(
        &self,
        direction: Direction,
        amount_in: u64,
        now: ChainTime,
    ) -> Result<Swap, Refusal> {
        self.quote(Mode::ExactIn, direction, amount_in, Referral::None, now)
    }

    /// Prices the purchase of exactly `amount_out`, unreferred.
    pub fn quote_exact_out(
        &self,
        direction: Direction,
        amount_out: u64,
        now: ChainTime,
    ) -> Result<Swap, Refusal> {
        self.quote(Mode::ExactOut, direction, amount_out, Referral::None, now)
    }

    fn collection_is_second_token(&self) -> bool {
        match self.collection {
            FeeCollection::OutputToken => false,
            FeeCollection::SecondToken | FeeCollection::Compounding { .. } => true,
        }
    }

    fn range(&self) -> Range {
        Range {
            liquidity: self.liquidity,
            sqrt_price: self.sqrt_price,
            sqrt_price_min: self.sqrt_price_min,
            sqrt_price_max: self.sqrt_price_max,
        }
    }

    fn product_reserves(&self, direction: Direction) -> Option<(u64, u64)> {
        match self.collection {
            FeeCollection::Compounding {
                reserve_first,
                reserve_second,
            } => Some(direction.in_out((reserve_first, reserve_second))),
            FeeCollection::OutputToken | FeeCollection::SecondToken => None,
        }
    }
}
