//! What lamports are worth in what an order buys, so that what a route costs is set against what it pays; in what it
//! sells, where what it buys is exact.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use domain::fee::UnitPrice;
use domain::{Asset, BaseUnits, Mint};

use crate::offers::{self, Asked};
use crate::request::QuoteRequest;
use crate::thirds::Third;

/// What an account of 165 bytes must hold, which does not come back: an account of a third token stays.
pub(crate) const ACCOUNT_RENT: u64 = 2_039_280;
/// Compute units of a further swap.
const SWAP_UNITS: u128 = 45_000;
/// Assets of which it is remembered what SOL was worth in them.
const ASSETS_MAX: usize = 1_024;

/// What the rent of an account was worth in assets when the pools of SOL were last seen: third tokens are not looked at
/// for every order, and a further swap costs each of them the same.
#[derive(Debug, Default)]
pub(crate) struct Rents(Mutex<HashMap<Mint, u64>>);

impl Rents {
    fn remember(&self, asset: Asset, rent: u64) {
        let mut known = self.known();
        if known.len() >= ASSETS_MAX && !known.contains_key(&asset.mint) {
            known.clear();
        }
        known.insert(asset.mint, rent);
    }

    fn of(&self, asset: Asset) -> Option<u64> {
        self.known().get(&asset.mint).copied()
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Mint, u64>> {
        self.0
            .lock()
            .expect("invariant: nothing panics while holding it")
    }
}

/// What is known of SOL's price in what is not exact of an order: what a sale brings, or what a purchase costs.
#[derive(Debug)]
pub(crate) struct Worth<'a> {
    counted_in: Asset,
    /// What the best pool pays or asks, and the exact amount of what.
    best: Option<(BaseUnits, BaseUnits, Asset)>,
    thirds: &'a [Third],
    rents: &'a Rents,
}

/// What a further swap costs at this price.
pub(crate) fn swap_lamports(price: UnitPrice) -> u64 {
    let micro = u128::from(price.get()) * SWAP_UNITS;
    u64::try_from(micro.div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

impl<'a> Worth<'a> {
    pub(crate) fn new(
        request: QuoteRequest,
        asked: &[Asked],
        thirds: &'a [Third],
        rents: &'a Rents,
    ) -> Self {
        let offers = asked.iter().flat_map(Asked::offers);
        let (counted_in, other, best) = match request.amount_out {
            None => {
                let paid = offers.map(|it| it.amount_out).max();
                (request.asset_out, request.asset_in, paid)
            }
            Some(_) => {
                let least = offers.filter_map(|it| it.amount_in).min();
                (request.asset_in, request.asset_out, least)
            }
        };
        let worth = Self {
            counted_in,
            best: best.map(|best| (best, request.amount(), other)),
            thirds,
            rents,
        };
        if let Some(rent) = worth.by_third(ACCOUNT_RENT).filter(|rent| *rent > 0) {
            rents.remember(counted_in, rent);
        }
        worth
    }

    /// So many lamports in that; nothing where nobody tells their price.
    pub(crate) fn of(&self, lamports: u64) -> BaseUnits {
        if lamports == 0 || self.counted_in.is_native() {
            return BaseUnits::new(lamports);
        }
        let found = match self.best {
            Some((best, exact, other)) if other.is_native() => {
                let worth = u128::from(lamports) * u128::from(best.get());
                let worth = worth.checked_div(exact.get().into());
                worth.and_then(|worth| u64::try_from(worth).ok())
            }
            _ => self.by_third(lamports).or_else(|| self.by_rent(lamports)),
        };
        BaseUnits::new(found.unwrap_or(0))
    }

    /// By what the pools of SOL pay for them.
    fn by_third(&self, lamports: u64) -> Option<u64> {
        let sol = self.thirds.iter().find(|it| it.asset.is_native())?;
        let assets = (sol.asset, self.counted_in);
        let answered = sol.from.iter().filter_map(|it| it.pools.as_ref().ok());
        let paid = answered.flat_map(|among| {
            let pools = among.pools.iter().filter_map(|it| it.state.as_deref().ok());
            pools.filter_map(|pool| offers::quote(pool, among, assets, lamports).ok())
        });
        paid.map(|(quote, _)| quote.amount_out).max()
    }

    /// By what the rent of an account was worth the last time.
    fn by_rent(&self, lamports: u64) -> Option<u64> {
        let rent = self.rents.of(self.counted_in)?;
        let worth = u128::from(lamports) * u128::from(rent) / u128::from(ACCOUNT_RENT);
        u64::try_from(worth).ok()
    }
}
