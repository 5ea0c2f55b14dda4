//! Which pools an order may use: anybody can make a pool, of any depth and at any price, and a token.

pub(crate) mod deviation;

use amm::token::TransferFee;
use domain::order::PoolGates;
use domain::quote::Offer;
use domain::{Asset, BaseUnits, Mint, TokenList};

use crate::pools::{FoundPool, MintFacts, PairPools};

/// A token program that keeps more than this of a transfer leaves nothing to trade with.
const TRANSFER_FEE_MAX_BPS: u16 = 1_000;

/// What operators ask of pools.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gates {
    pub min_depth: MinDepth,
    /// How far a pool's price may be from the pair's, in hundredths of a percent; 0 = as far as it likes.
    pub max_deviation_bps: u32,
}

/// What a pool must hold to be used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum MinDepth {
    /// Anything.
    #[default]
    Any,
    /// At least so much of each of these that is among its tokens.
    Of(Vec<(Asset, BaseUnits)>),
    /// So many times what the order sells.
    TimesOrder(u32),
}

/// Which of the gates a pool does not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Gate {
    /// One of its tokens cannot be traded.
    Token,
    /// It holds too little.
    Depth,
    /// Its price is too far from that of the others.
    Price,
    /// It charges more than a sniper pays.
    Fee,
}

/// A pool that may not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Refused {
    pub gate: Gate,
    pub why: String,
}

/// The gates for one pair and, where there is one, for one order of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PairGates<'a> {
    pub(crate) gates: &'a Gates,
    pub(crate) tokens: &'a TokenList,
    pub(crate) assets: (Asset, Asset),
    pub(crate) amount_in: Option<BaseUnits>,
    /// A sniper's own.
    pub(crate) sniping: Option<PoolGates>,
}

/// Why a mint is not traded, as what is said of it; nothing where it is.
#[must_use]
pub fn untradable(facts: &MintFacts) -> Option<String> {
    let MintFacts {
        transfer_fee: TransferFee { basis_points, .. },
        obstacle,
        ..
    } = facts;
    match obstacle {
        Some(obstacle) => Some(obstacle.to_string()),
        None if *basis_points > TRANSFER_FEE_MAX_BPS => Some(format!(
            "loses {basis_points} bps in each transfer, more than the {TRANSFER_FEE_MAX_BPS} that are accepted"
        )),
        None => None,
    }
}

impl PairGates<'_> {
    /// Why none of a pair's pools may be used, whichever it is.
    pub(crate) fn refuse_tokens(&self, among: &PairPools) -> Option<Refused> {
        let (first, second) = among.mints.as_ref()?;
        let of = |asset: Asset, facts| untradable(facts).map(|why| (asset, why));
        let refused = of(self.assets.0, first).or_else(|| of(self.assets.1, second));
        let (asset, why) = refused.or_else(|| Some((self.assets.1, self.kept_by(second)?)))?;
        Some(Refused {
            gate: Gate::Token,
            why: format!("{} {why}", self.tokens.name_of(asset.mint)),
        })
    }

    /// That somebody still has a say over what a sniper buys.
    fn kept_by(&self, bought: &MintFacts) -> Option<String> {
        self.sniping.filter(|gates| gates.require_renounced)?;
        let what = match (bought.is_mintable, bought.is_freezable) {
            (true, true) => "be minted and frozen",
            (true, false) => "be minted",
            (false, true) => "be frozen",
            (false, false) => return None,
        };
        Some(format!("can still {what} by its issuer"))
    }

    /// Why a pool is too small. One of which nobody knows what it holds passes only where that does not matter.
    pub(crate) fn refuse_depth(&self, pool: &FoundPool) -> Option<Refused> {
        let least = self.sniping.and_then(|gates| gates.min_liquidity);
        let too_small = least.and_then(|least| self.refuse_less(pool, self.assets.0, least));
        if too_small.is_some() {
            return too_small;
        }
        match (&self.gates.min_depth, self.amount_in) {
            (MinDepth::Any, _) | (MinDepth::TimesOrder(_), None) => None,
            (MinDepth::TimesOrder(times), Some(amount_in)) => {
                let needed = amount_in.get().saturating_mul(u64::from(*times));
                self.refuse_less(pool, self.assets.0, BaseUnits::new(needed))
            }
            (MinDepth::Of(floors), _) => floors.iter().find_map(|(asset, floor)| {
                let mint = asset.mint;
                let is_of_pair = mint == self.assets.0.mint || mint == self.assets.1.mint;
                is_of_pair.then(|| self.refuse_less(pool, *asset, *floor))?
            }),
        }
    }

    /// That nobody knows whether a pool is large enough for a part of a purchase, because it cannot give the whole.
    pub(crate) fn refuse_unknown_cost(&self) -> Option<Refused> {
        let MinDepth::TimesOrder(_) = self.gates.min_depth else {
            return None;
        };
        Some(Refused {
            gate: Gate::Depth,
            why: "it cannot give the whole amount, so that nobody knows what it must hold"
                .to_owned(),
        })
    }

    /// The offer of a purchase, where the pool is not too small for what that costs.
    pub(crate) fn admit(&self, pool: &FoundPool, offer: Offer) -> Result<Offer, Refused> {
        let costing = Self {
            amount_in: offer.amount_in,
            ..*self
        };
        match costing.refuse_depth(pool) {
            Some(refused) => Err(refused),
            None => Ok(offer),
        }
    }

    fn refuse_less(&self, pool: &FoundPool, asset: Asset, needed: BaseUnits) -> Option<Refused> {
        let held = pool.holds.and_then(|holds| holds.of(asset.mint));
        if held.is_some_and(|held| held >= needed) {
            return None;
        }
        let printed = |amount: BaseUnits| amount.to_decimal(asset.decimals);
        let name = self.tokens.name_of(asset.mint);
        let held = held.map_or_else(|| "an unknown amount of".to_owned(), printed);
        Some(Refused {
            gate: Gate::Depth,
            why: format!(
                "it holds {held} {name}, less than the {} it must hold",
                printed(needed)
            ),
        })
    }

    /// Of two mints the one that depths are counted in: which pools are deep must not be decided by a token that
    /// somebody makes himself. SOL goes first, then the token list in its order.
    pub(crate) fn counted_in(&self) -> Mint {
        let place = |mint: Mint| {
            let listed = self.tokens.place_of(mint).unwrap_or(usize::MAX);
            (mint != Mint::SOL, listed, mint)
        };
        let (first, second) = (self.assets.0.mint, self.assets.1.mint);
        match place(first) <= place(second) {
            true => first,
            false => second,
        }
    }

    /// That a pool charges more than a sniper pays.
    pub(crate) fn refuse_fee(&self, fee_ppm: u32) -> Option<Refused> {
        let most = self.sniping?.max_fee_bps?;
        (fee_ppm > u32::from(most) * 100).then(|| Refused {
            gate: Gate::Fee,
            why: format!(
                "it charges {} bps now, more than the {most} that are accepted",
                fee_ppm.div_ceil(100)
            ),
        })
    }

    /// That nobody knows what a pool charges for the whole amount, because it cannot take it.
    pub(crate) fn refuse_unknown_fee(&self) -> Option<Refused> {
        let most = self.sniping?.max_fee_bps?;
        Some(Refused {
            gate: Gate::Fee,
            why: format!("it cannot take the whole amount at {most} bps or less"),
        })
    }

    /// That a pool's price is so far from the others'.
    pub(crate) fn refuse_price(&self, deviation_bps: u32) -> Option<Refused> {
        let most = self.gates.max_deviation_bps;
        (most > 0 && deviation_bps > most).then(|| Refused {
            gate: Gate::Price,
            why: format!(
                "its price is {deviation_bps} bps from that of the pair's other pools, more than {most}"
            ),
        })
    }
}

#[cfg(test)]
mod tests;
