//! The pools: one for every pair of listed tokens on each venue, priced by the venues' own arithmetic.
//!
//! Every quote and swap computes the pool anew from its reference reserves, the height's movement and its
//! deviation. A swap pays its whole effect on the price. Arbitrage then undoes most of that effect at once
//! and the rest over the next blocks, so that a one-sided load neither runs a pool dry nor fails the
//! orders beside it.

use std::sync::{Mutex, PoisonError};

use crate::token::Token;
use amm::{ChainTime, Direction, Refusal, cpmm, damm_v2};
use dex_router::venue::QuoteError;
use domain::quote::Offer;
use domain::route::PoolRef;
use domain::venue::Program;
use domain::{BaseUnits, Venue};
use ports::chain::Revert;

use crate::prices::{self, ONE};
use crate::transaction::SwapInstruction;

/// Raydium's trade fee, 0.25 %, in its own unit of millionths.
const RAYDIUM_FEE_PPM: u32 = 2_500;
/// Meteora's fee, 0.30 %, in millionths; the venue counts it in billionths.
const METEORA_FEE_PPM: u32 = 3_000;
/// A side of a pool is worth 12 to 20 million dollars.
const DEPTH_USD_MIN: u64 = 12_000_000;
const DEPTH_USD_SPREAD: u64 = 8_000_000;
/// The part (one in so many) of a swap's effect on the price that outlasts its block; arbitrage undoes the rest.
const LASTING_SHARE: i64 = 16;
/// Each block undoes this part (one in so many) of what is left.
const DECAY_SHARE: i64 = 8;
/// However one-sided the load, the price stays within 20 % of where it should be.
const DEVIATION_MAX: i64 = ONE / 5;

/// How far swaps have moved a pool from its price, and at which height.
#[derive(Debug, Clone, Copy, Default)]
struct Deviation {
    billionths: i64,
    height: u64,
}

/// Every pool of the world. Each has a lock of its own, held for a few nanoseconds.
#[derive(Debug)]
pub(crate) struct Pools {
    seed: u64,
    deviations: Vec<Mutex<Deviation>>,
}

/// Which pool, and which way through it.
#[derive(Debug, Clone, Copy)]
struct Way {
    venue: Venue,
    first: Token,
    second: Token,
    pair: usize,
    direction: Direction,
}

/// A swap as the venue's arithmetic prices it.
struct Priced {
    amount_out: u64,
    /// What reached the curve of the input.
    net_in: u64,
    reserve_in: u128,
    /// The price after the swap over the price before it, first token in second ones, in billionths.
    moved: i64,
}

impl Pools {
    pub(crate) fn new(seed: u64) -> Self {
        let count = pair_count() * Venue::ALL.len();
        let deviations = (0..count).map(|_| Mutex::default()).collect();
        Self { seed, deviations }
    }

    /// What the venue would pay for an amount at this height.
    pub(crate) fn quote(
        &self,
        venue: Venue,
        (token_in, token_out): (Token, Token),
        amount_in: BaseUnits,
        height: u64,
    ) -> Result<Offer, QuoteError> {
        let way = Way::new(venue, token_in, token_out)
            .ok_or_else(|| QuoteError::Unavailable("there is no such pool".to_owned()))?;
        let deviation = self.deviation(way).at(height);
        let priced = self
            .price(way, amount_in.get(), height, deviation)
            .map_err(declined)?;
        let (program, fee_ppm) = listing(venue);
        Ok(Offer {
            pool: PoolRef::unaddressed(program),
            amount_out: BaseUnits::new(priced.amount_out),
            fee_ppm,
            impact_ppm: priced.impact_ppm(),
        })
    }

    /// Executes a swap, or says why it is rolled back. The pool moves only where it takes effect.
    pub(crate) fn swap(&self, swap: &SwapInstruction, height: u64) -> Result<BaseUnits, Revert> {
        let way = Way::new(swap.venue, swap.token_in, swap.token_out)
            .filter(|_| swap.pool == listing(swap.venue).0)
            .ok_or_else(|| Revert::Other("there is no such pool".to_owned()))?;
        let mut slot = self
            .slot(way)
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let deviation = slot.at(height);
        let priced = self
            .price(way, swap.amount_in.get(), height, deviation)
            .map_err(reverted)?;
        if priced.amount_out < swap.min_amount_out.get() {
            return Err(Revert::SlippageExceeded);
        }
        let lasting = (priced.moved - ONE) / LASTING_SHARE;
        *slot = Deviation {
            billionths: (deviation + lasting).clamp(-DEVIATION_MAX, DEVIATION_MAX),
            height: height.max(slot.height),
        };
        Ok(BaseUnits::new(priced.amount_out))
    }

    fn slot(&self, way: Way) -> &Mutex<Deviation> {
        let offset = match way.venue {
            Venue::Raydium => 0,
            Venue::Meteora => pair_count(),
        };
        &self.deviations[offset + way.pair]
    }

    fn deviation(&self, way: Way) -> Deviation {
        *self
            .slot(way)
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn price(
        &self,
        way: Way,
        amount_in: u64,
        height: u64,
        deviation: i64,
    ) -> Result<Priced, Refusal> {
        let (first, second) = self.reserves(way, height, deviation);
        let reserve_in = match way.direction {
            Direction::FirstToSecond => first,
            Direction::SecondToFirst => second,
        };
        // A constant product never runs out, but a sale larger than the pool's reserve is a mistake.
        if amount_in > reserve_in {
            return Err(Refusal::InsufficientLiquidity);
        }
        let now = ChainTime {
            slot: height,
            unix_time: height,
            ..ChainTime::default()
        };
        let (amount_out, net_in, after) = match way.venue {
            Venue::Raydium => {
                let pool = cpmm::quote::Pool::with_trade_fee(first, second, RAYDIUM_FEE_PPM.into());
                let swap = pool.quote_exact_in(way.direction, amount_in, now)?;
                (
                    swap.amount_out,
                    amount_in.saturating_sub(swap.trade_fee),
                    swap.after.reserves()?,
                )
            }
            Venue::Meteora => {
                let numerator = u64::from(METEORA_FEE_PPM) * 1_000;
                let pool = damm_v2::quote::Pool::from_reserves(first, second, numerator)?;
                let swap = pool.quote_exact_in(way.direction, amount_in, now)?;
                let (after_first, after_second) = swap.after.reserves()?;
                (
                    swap.amount_out,
                    swap.net_amount_in,
                    (after_first.into(), after_second.into()),
                )
            }
        };
        if amount_out == 0 {
            return Err(Refusal::ZeroOutput);
        }
        Ok(Priced {
            amount_out,
            net_in,
            reserve_in: reserve_in.into(),
            moved: price_change((first.into(), second.into()), after),
        })
    }

    /// The reserves that stand for the price of this height: the first side is fixed, the second follows.
    fn reserves(&self, way: Way, height: u64, deviation: i64) -> (u64, u64) {
        let key = u64::try_from(way.pair).unwrap_or(u64::MAX);
        let usd = DEPTH_USD_MIN + prices::mix(key) % DEPTH_USD_SPREAD;
        let factor = ONE + prices::movement(self.seed, way.venue, way.pair, height);
        let second = scaled(units_worth(usd, way.second), factor);
        (units_worth(usd, way.first), scaled(second, ONE + deviation))
    }
}

impl Deviation {
    /// What is left of it at a height, which may be older than the last swap's.
    fn at(self, height: u64) -> i64 {
        let mut left = self.billionths;
        for _ in self.height..height {
            if left.abs() < DECAY_SHARE {
                return 0;
            }
            left -= left / DECAY_SHARE;
        }
        left
    }
}

impl Way {
    fn new(venue: Venue, token_in: Token, token_out: Token) -> Option<Self> {
        let (first, second, direction) = match token_in.cmp(&token_out) {
            std::cmp::Ordering::Less => (token_in, token_out, Direction::FirstToSecond),
            std::cmp::Ordering::Greater => (token_out, token_in, Direction::SecondToFirst),
            std::cmp::Ordering::Equal => return None,
        };
        let place = |wanted| Token::all().position(|token| token == wanted);
        let (low, high) = (place(first)?, place(second)?);
        // Row `low` of the upper triangle of all pairs.
        let pair = low * (2 * Token::all().len() - low - 1) / 2 + (high - low - 1);
        Some(Self {
            venue,
            first,
            second,
            pair,
            direction,
        })
    }
}

impl Priced {
    /// With a constant product, the price paid is below the pool's by the sale's share of the reserve after
    /// the sale.
    fn impact_ppm(&self) -> u32 {
        let net = u128::from(self.net_in);
        let ppm = net * 1_000_000 / (self.reserve_in + net).max(1);
        u32::try_from(ppm).unwrap_or(u32::MAX)
    }
}

fn pair_count() -> usize {
    let tokens = Token::all().len();
    tokens * (tokens - 1) / 2
}

/// The program that holds a venue's pools, and its fee.
const fn listing(venue: Venue) -> (Program, u32) {
    match venue {
        Venue::Raydium => (Program::Cpmm, RAYDIUM_FEE_PPM),
        Venue::Meteora => (Program::DammV2, METEORA_FEE_PPM),
    }
}

/// How many smallest units of a token this many dollars buy at its reference price.
fn units_worth(usd: u64, token: Token) -> u64 {
    let micro_usd = u128::from(usd) * 1_000_000;
    let unit = 10u128.pow(u32::from(token.decimals()));
    let units = micro_usd * unit / u128::from(prices::reference_micro_usd(token));
    u64::try_from(units).unwrap_or(u64::MAX)
}

fn scaled(amount: u64, billionths: i64) -> u64 {
    let scaled =
        u128::from(amount) * u128::from(billionths.unsigned_abs()) / u128::from(ONE.unsigned_abs());
    u64::try_from(scaled).unwrap_or(u64::MAX).max(1)
}

/// The second reserve over the first, after over before, in billionths.
fn price_change(before: (u128, u128), after: (u128, u128)) -> i64 {
    let one = u128::from(ONE.unsigned_abs());
    let first = after.0.saturating_mul(one) / before.0.max(1);
    let second = after.1.saturating_mul(one) / before.1.max(1);
    i64::try_from(second.saturating_mul(one) / first.max(1)).unwrap_or(i64::MAX)
}

fn declined(error: Refusal) -> QuoteError {
    match error {
        Refusal::ZeroOutput => QuoteError::AmountTooSmall,
        Refusal::InsufficientLiquidity | Refusal::PriceRange | Refusal::Overflow => {
            QuoteError::InsufficientLiquidity
        }
        Refusal::NoQuote | Refusal::NotTradable => QuoteError::Unavailable(error.to_string()),
    }
}

fn reverted(error: Refusal) -> Revert {
    match declined(error) {
        QuoteError::InsufficientLiquidity => Revert::InsufficientLiquidity,
        other => Revert::Other(other.to_string()),
    }
}

#[cfg(test)]
mod tests;
