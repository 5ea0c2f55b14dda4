//! What the pools of a venue offer: each priced by its program's own arithmetic, as one slot shows it.

use std::cmp::Reverse;

use amm::token::TransferFees;
use amm::{Address, Conditions, Direction, Pool, Quote, Refusal, amm_v4};
use domain::quote::{Answer, Offer};
use domain::route::PoolRef;
use domain::{Asset, BaseUnits, Mint, Venue};

use crate::pools::{FoundPool, PairPools, Unavailable};
use crate::request::QuoteRequest;

/// Why a pool or a venue makes no offer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Declined {
    /// The venue answered that there is none.
    #[error("it has no pool of this pair")]
    NoPool,
    /// No pool of the pair can fill the amount.
    #[error("not enough liquidity for this amount")]
    InsufficientLiquidity,
    /// The amount buys less than one unit.
    #[error("the amount is too small to buy anything")]
    AmountTooSmall,
    /// No answer, or not a sensible one; there may be one the next time.
    #[error("{0}")]
    Passing(String),
}

/// What a venue was asked, and what came back.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) venue: Venue,
    pub(crate) answer: Result<Quoted, Unavailable>,
}

/// A venue's pools with what each of them offers.
#[derive(Debug)]
pub(crate) struct Quoted {
    pub(crate) slot: u64,
    pub(crate) pools: Vec<(PoolRef, Result<Offer, Declined>)>,
}

impl Asked {
    /// The best offer, with the slot that it stands in; else the reason that says most.
    pub(crate) fn best(&self) -> Result<(u64, &Offer), Declined> {
        let quoted = self.answer.as_ref();
        let quoted = quoted.map_err(|unavailable| Declined::Passing(unavailable.to_string()))?;
        match best(quoted.offers()) {
            Some(offer) => Ok((quoted.slot, offer)),
            None => Err(quoted.reason()),
        }
    }

    /// The same as it is kept with the order.
    pub(crate) fn answer(&self) -> domain::quote::Quote {
        let answer = match self.best() {
            Ok((_, offer)) => Answer::Offered(offer.clone()),
            Err(declined) => declined.into(),
        };
        domain::quote::Quote {
            venue: self.venue,
            answer,
        }
    }
}

impl Quoted {
    /// Every pool of the answer, asked for a quote.
    pub(crate) fn of(found: &PairPools, request: QuoteRequest) -> Self {
        let quote = |it: &FoundPool| (it.pool, offer(it, found, request));
        Self {
            slot: found.slot,
            pools: found.pools.iter().map(quote).collect(),
        }
    }

    fn offers(&self) -> impl Iterator<Item = &Offer> {
        self.pools.iter().filter_map(|(_, it)| it.as_ref().ok())
    }

    /// Why none of the pools makes an offer. What is too small for a pool that trades is no question of depth, and a
    /// pool that does not trade says less than one that does.
    fn reason(&self) -> Declined {
        let declined = |of: &Declined| {
            let mut all = self.pools.iter();
            all.any(|(_, answer)| answer.as_ref().is_err_and(|it| it == of))
        };
        let lasting = [Declined::AmountTooSmall, Declined::InsufficientLiquidity];
        if let Some(reason) = lasting.into_iter().find(declined) {
            return reason;
        }
        let first = self.pools.iter().find_map(|(_, it)| it.as_ref().err());
        first.cloned().unwrap_or(Declined::NoPool)
    }
}

impl From<Declined> for Answer {
    fn from(declined: Declined) -> Self {
        Self::Declined {
            reason: declined.to_string(),
        }
    }
}

/// The offer that pays most; between equals the one that moves the price less, then an order that is always the same.
pub(crate) fn best<'a>(offers: impl Iterator<Item = &'a Offer>) -> Option<&'a Offer> {
    offers.min_by_key(|offer| rank(offer))
}

/// What comes first is better.
pub(crate) fn rank(offer: &Offer) -> impl Ord + use<> {
    let PoolRef { program, address } = offer.pool;
    (
        Reverse(offer.amount_out),
        offer.impact_ppm,
        program,
        address,
    )
}

fn offer(found: &FoundPool, among: &PairPools, request: QuoteRequest) -> Result<Offer, Declined> {
    let pool = found.state.as_deref();
    let pool = pool.map_err(|why| Declined::Passing(why.clone()))?;
    let amount_in = request.amount_in.get();
    if matches!(pool, Pool::AmmV4(_)) && amount_in < amm_v4::quote::DUST_LIMIT {
        return Err(Declined::AmountTooSmall);
    }
    let (quote, direction) = quote(
        pool,
        among,
        (request.asset_in, request.asset_out),
        amount_in,
    )?;
    let absurd = || Declined::Passing("the offer makes no sense".to_owned());
    Ok(Offer {
        pool: found.pool,
        amount_out: BaseUnits::new(quote.amount_out),
        fee_ppm: quote.fee_ppm().ok_or_else(absurd)?,
        impact_ppm: quote.impact_ppm(direction).ok_or_else(absurd)?,
    })
}

/// What one of these pools gives for an amount, and which way that goes through it.
pub(crate) fn quote(
    pool: &Pool,
    among: &PairPools,
    (asset_in, asset_out): (Asset, Asset),
    amount_in: u64,
) -> Result<(Quote, Direction), Declined> {
    let direction = direction(pool, asset_in.mint, asset_out.mint)?;
    let (input, output) = among.transfer_fees;
    let conditions = Conditions {
        direction,
        transfer_fees: TransferFees { input, output },
        now: among.now,
    };
    let quote = pool.quote_in(amount_in, &conditions).map_err(declined)?;
    Ok((quote, direction))
}

/// Which way a swap of these mints goes through a pool.
pub(crate) fn direction(pool: &Pool, from: Mint, to: Mint) -> Result<Direction, Declined> {
    let address = |mint: Mint| Address(*mint.address().bytes());
    Direction::between(pool.mints(), address(from), address(to))
        .ok_or_else(|| Declined::Passing("the pool is of other tokens".to_owned()))
}

/// A program's refusal by what can be done about it.
fn declined(refusal: Refusal) -> Declined {
    match refusal {
        Refusal::ZeroOutput => Declined::AmountTooSmall,
        // Amounts that no pool could hold leave its range, or that of its arithmetic.
        Refusal::InsufficientLiquidity | Refusal::PriceRange | Refusal::Overflow => {
            Declined::InsufficientLiquidity
        }
        Refusal::NotTradable => {
            Declined::Passing("the pool is closed or has not opened yet".to_owned())
        }
        Refusal::NoQuote => Declined::Passing(refusal.to_string()),
    }
}
