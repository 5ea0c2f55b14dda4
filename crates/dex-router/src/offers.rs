//! What the pools of a venue offer: each priced by its program's own arithmetic, as one slot shows it.

use amm::token::TransferFees;
use amm::{
    Activation, Address, Conditions, Direction, Marginal, Pool, Price, Quote, Refusal, amm_v4,
};
use domain::quote::{Answer, Offer};
use domain::route::PoolRef;
use domain::{Asset, BaseUnits, Mint, Venue};

use crate::gates::deviation::{Standing, deviations};
use crate::gates::{Gate, PairGates, Refused};
use crate::pools::{FoundPool, PairPools, Unavailable};
use crate::request::QuoteRequest;
use crate::split::Aim;

/// How long a slot takes.
const SLOT_MS: u64 = 400;

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
    /// It does not trade now.
    #[error("the pool is closed or has not opened yet")]
    Closed,
    /// It may not be used.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// No answer, or not a sensible one; there may be one the next time.
    #[error("{0}")]
    Passing(String),
}

impl Declined {
    /// Whether there may be an offer the next time.
    pub(crate) const fn may_pass(&self) -> bool {
        match self {
            Self::NoPool | Self::InsufficientLiquidity | Self::AmountTooSmall => false,
            Self::Closed | Self::Passing(_) => true,
            Self::Refused(refused) => matches!(refused.gate, Gate::Price | Gate::Fee),
        }
    }
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
    found: PairPools,
    /// One for each pool.
    answers: Vec<Result<Offer, Declined>>,
}

impl Asked {
    /// The best offer, else the reason that says most.
    pub(crate) fn best(&self) -> Result<&Offer, Declined> {
        let quoted = self.answer.as_ref();
        let quoted = quoted.map_err(|unavailable| Declined::Passing(unavailable.to_string()))?;
        best(quoted.offers()).ok_or_else(|| quoted.reason())
    }

    /// Every pool's offer.
    pub(crate) fn offers(&self) -> impl Iterator<Item = &Offer> {
        self.answer.iter().flat_map(Quoted::offers)
    }

    /// Every pool with what it answered.
    pub(crate) fn pools(
        &self,
    ) -> impl Iterator<Item = (&PairPools, &FoundPool, &Result<Offer, Declined>)> {
        self.answer.iter().flat_map(|quoted| {
            let pools = quoted.found.pools.iter().zip(&quoted.answers);
            pools.map(|(pool, answer)| (&quoted.found, pool, answer))
        })
    }

    /// In how many seconds the first of its pools opens that are closed until then and for no other reason.
    pub(crate) fn opens_in(&self) -> Option<u64> {
        let closed = self
            .pools()
            .filter(|(_, _, answer)| matches!(answer, Err(Declined::Closed)));
        let ahead = closed.filter_map(|(among, found, _)| {
            let opening = found.state.as_deref().ok()?.opening()?;
            let ahead = opening.ahead_of(among.now);
            match opening {
                Activation::UnixTime(_) => Some(ahead),
                Activation::Slot(_) => Some(ahead * SLOT_MS / 1_000),
            }
        });
        ahead.filter(|ahead| *ahead > 0).min()
    }

    /// The same as it is kept with the order.
    pub(crate) fn answer(&self) -> domain::quote::Quote {
        let answer = match self.best() {
            Ok(offer) => Answer::Offered(offer.clone()),
            Err(declined) => declined.into(),
        };
        domain::quote::Quote {
            venue: self.venue,
            answer,
        }
    }
}

impl Quoted {
    /// Every pool of the answer that may be used, asked for a quote.
    pub(crate) fn of(found: PairPools, request: QuoteRequest, gates: &PairGates<'_>) -> Self {
        let answers = match gates.refuse_tokens(&found) {
            Some(refused) => vec![Err(Declined::Refused(refused)); found.pools.len()],
            None => {
                let quote = |it: &FoundPool| match gates.refuse_depth(it) {
                    Some(refused) => Err(Declined::Refused(refused)),
                    None => {
                        let answer = within_fee(offer(it, &found, request), gates);
                        match request.aim() {
                            Aim::Sell => answer,
                            Aim::Buy => within_depth(it, answer, gates),
                        }
                    }
                };
                found.pools.iter().map(quote).collect()
            }
        };
        Self { found, answers }
    }

    /// What each pool answered.
    pub(crate) fn into_answers(self) -> impl Iterator<Item = (PoolRef, Result<Offer, Declined>)> {
        let pools: Vec<PoolRef> = self.found.pools.iter().map(|it| it.pool).collect();
        pools.into_iter().zip(self.answers)
    }

    fn offers(&self) -> impl Iterator<Item = &Offer> {
        self.answers.iter().filter_map(|it| it.as_ref().ok())
    }

    /// Which gates its pools did not pass.
    pub(crate) fn gates(&self) -> impl Iterator<Item = Gate> {
        self.answers.iter().filter_map(|it| match it {
            Err(Declined::Refused(refused)) => Some(refused.gate),
            _ => None,
        })
    }

    /// Why none of the pools makes an offer. What is too small for a pool that trades is no question of depth; a pool
    /// that does not trade says less than one that does, and one that never may says least.
    fn reason(&self) -> Declined {
        let mut reasons = self.answers.iter().filter_map(|it| it.as_ref().err());
        let rank = |declined: &&Declined| match declined {
            Declined::AmountTooSmall => 0,
            Declined::InsufficientLiquidity => 1,
            other if other.may_pass() => 2,
            _ => 3,
        };
        let first = reasons.by_ref().min_by_key(rank);
        first.cloned().unwrap_or(Declined::NoPool)
    }
}

/// Takes back the offers of pools whose price is too far from the pair's. Pools that do not trade, or may not be used
/// for another reason, say nothing of the price.
pub(crate) fn refuse_far_prices<'a, T: 'a>(
    gates: &PairGates<'_>,
    venues: impl Iterator<Item = (&'a PairPools, &'a mut [Result<T, Declined>])>,
) {
    if gates.gates.max_deviation_bps == 0 {
        return;
    }
    let (mut standing, mut answers) = (Vec::new(), Vec::new());
    let counted_in = gates.counted_in();
    for (found, of_venue) in venues {
        for (pool, answer) in found.pools.iter().zip(of_venue) {
            if matches!(answer, Err(Declined::Closed | Declined::Refused(_))) {
                continue;
            }
            let depth = pool.holds.and_then(|holds| holds.of(counted_in));
            let state = pool.state.as_deref().ok();
            let price = state.and_then(|state| price(state, gates.assets));
            if let Some(price) = price.filter(says_anything) {
                standing.push(Standing {
                    address: pool.pool.address,
                    depth: depth.map_or(0, BaseUnits::get),
                    price,
                });
                answers.push(answer);
            }
        }
    }
    for (deviation, answer) in deviations(&standing).into_iter().zip(answers) {
        if let Some(refused) = gates.refuse_price(deviation) {
            *answer = Err(Declined::Refused(refused));
        }
    }
}

/// Whether a price is more than nothing and less than everything.
fn says_anything(price: &Price) -> bool {
    let (numerator, denominator) = price.ratio();
    !numerator.is_zero() && !denominator.is_zero()
}

/// The price of the asset sold in the asset bought, where the pool has one.
pub(crate) fn price(pool: &Pool, (asset_in, asset_out): (Asset, Asset)) -> Option<Price> {
    let direction = direction(pool, asset_in.mint, asset_out.mint).ok()?;
    let price = pool.price().ok()?;
    Some(match direction {
        Direction::FirstToSecond => price,
        Direction::SecondToFirst => price.inverse(),
    })
}

impl Asked {
    /// The venue's pools with what each answered, where it answered at all.
    pub(crate) fn answers(&mut self) -> Option<(&PairPools, &mut [Result<Offer, Declined>])> {
        let quoted = self.answer.as_mut().ok()?;
        Some((&quoted.found, &mut quoted.answers))
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
    (offer.rank(), offer.impact_ppm, program, address)
}

/// The same, unless the pool charges too much.
fn within_fee(answer: Result<Offer, Declined>, gates: &PairGates<'_>) -> Result<Offer, Declined> {
    let refused = match &answer {
        Ok(offer) => gates.refuse_fee(offer.fee_ppm),
        // It could take a part, at a fee that nobody has looked at.
        Err(Declined::InsufficientLiquidity) => gates.refuse_unknown_fee(),
        Err(_) => None,
    };
    refused.map_or(answer, |refused| Err(Declined::Refused(refused)))
}

/// The same of a purchase, unless the pool is too small for what it asks.
fn within_depth(
    found: &FoundPool,
    answer: Result<Offer, Declined>,
    gates: &PairGates<'_>,
) -> Result<Offer, Declined> {
    let refused = match answer {
        Ok(offer) => return Ok(gates.admit(found, offer)?),
        Err(Declined::InsufficientLiquidity) => gates.refuse_unknown_cost(),
        Err(_) => None,
    };
    refused.map_or(answer, |refused| Err(Declined::Refused(refused)))
}

fn offer(found: &FoundPool, among: &PairPools, request: QuoteRequest) -> Result<Offer, Declined> {
    let pool = found.state.as_deref();
    let pool = pool.map_err(|why| Declined::Passing(why.clone()))?;
    let conditions = conditions(pool, among, (request.asset_in, request.asset_out))?;
    let quote = match request.amount_out {
        Some(amount_out) => pool.quote_out(amount_out.get(), &conditions),
        None => pool.quote_in(request.amount_in.get(), &conditions),
    };
    let quote = quote.map_err(declined)?;
    if matches!(pool, Pool::AmmV4(_)) && quote.amount_in < amm_v4::quote::DUST_LIMIT {
        return Err(Declined::AmountTooSmall);
    }
    let absurd = || Declined::Passing("the offer makes no sense".to_owned());
    Ok(Offer {
        pool: found.pool,
        amount_out: BaseUnits::new(quote.amount_out),
        fee_ppm: quote.fee_ppm().ok_or_else(absurd)?,
        impact_ppm: quote.impact_ppm(conditions.direction).ok_or_else(absurd)?,
        amount_in: request.amount_out.map(|_| BaseUnits::new(quote.amount_in)),
    })
}

/// What the next unit brings at one of these pools.
pub(crate) fn marginal(
    found: &FoundPool,
    among: &PairPools,
    assets: (Asset, Asset),
) -> Result<Marginal, Declined> {
    let pool = found.state.as_deref();
    let pool = pool.map_err(|why| Declined::Passing(why.clone()))?;
    let direction = direction(pool, assets.0.mint, assets.1.mint)?;
    pool.marginal(direction, among.now).map_err(declined)
}

/// What one of these pools gives for an amount, and which way that goes through it.
pub(crate) fn quote(
    pool: &Pool,
    among: &PairPools,
    assets: (Asset, Asset),
    amount_in: u64,
) -> Result<(Quote, Direction), Declined> {
    let conditions = conditions(pool, among, assets)?;
    let quote = pool.quote_in(amount_in, &conditions).map_err(declined)?;
    Ok((quote, conditions.direction))
}

/// What a pool's quotes of these assets follow from beside the pool.
pub(crate) fn conditions(
    pool: &Pool,
    among: &PairPools,
    (asset_in, asset_out): (Asset, Asset),
) -> Result<Conditions, Declined> {
    let direction = direction(pool, asset_in.mint, asset_out.mint)?;
    let (input, output) = among.mints.unwrap_or_default();
    Ok(Conditions {
        direction,
        transfer_fees: TransferFees {
            input: input.transfer_fee,
            output: output.transfer_fee,
        },
        now: pool.priced_at(among.now, among.lead_seconds),
    })
}

/// Which way a swap of these mints goes through a pool.
fn direction(pool: &Pool, from: Mint, to: Mint) -> Result<Direction, Declined> {
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
        Refusal::NotTradable => Declined::Closed,
        Refusal::NoQuote => Declined::Passing(refusal.to_string()),
    }
}
