//! All that is known of a pair's pools, for people.

use domain::route::PoolRef;
use domain::{Asset, BaseUnits, price};

use crate::gates::PairGates;
use crate::offers::{self, Declined};
use crate::pools::{FoundPool, MintFacts, PairPools};

/// A pool's small change: a sale of one part in so many of what it holds tells its fee.
const SMALL_PART: u64 = 10_000;
/// The same where it is not known what it holds.
const SMALL_AMOUNT: u64 = 1_000_000;

/// Every pool of a pair, with what must be known of its mints where any pool was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairReport {
    pub mints: Option<(MintFacts, MintFacts)>,
    pub pools: Vec<PoolReport>,
}

/// A pool of a pair, used or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolReport {
    pub pool: PoolRef,
    /// What it holds of the asset sold, where that could be read.
    pub depth_in: Option<BaseUnits>,
    /// What it holds of the asset bought.
    pub depth_out: Option<BaseUnits>,
    /// The asset sold in the asset bought, in whole units: a decimal of 18 digits, truncated.
    pub price: Option<String>,
    /// What a small sale pays in fees now, in millionths.
    pub fee_ppm: Option<u32>,
    /// Why no order goes there.
    pub unusable: Option<String>,
    /// The slot that shows it so.
    pub slot: u64,
}

impl PairReport {
    /// Of what the venues have.
    pub(crate) fn of(venues: &[PairPools], gates: &PairGates<'_>) -> Self {
        let mut pools = Vec::new();
        let mut answers: Vec<Vec<Result<(), Declined>>> = Vec::new();
        for venue in venues {
            let reports = venue
                .pools
                .iter()
                .map(|pool| PoolReport::of(pool, venue, gates));
            let (reports, of_venue): (Vec<_>, Vec<_>) = reports.unzip();
            pools.extend(reports);
            answers.push(of_venue);
        }
        let all = venues.iter().zip(answers.iter_mut().map(Vec::as_mut_slice));
        offers::refuse_far_prices(gates, all);
        for (report, answer) in pools.iter_mut().zip(answers.into_iter().flatten()) {
            report.unusable = answer.err().map(|declined| declined.to_string());
        }
        Self {
            mints: venues.iter().find_map(|venue| venue.mints),
            pools,
        }
    }
}

impl PoolReport {
    fn of(
        found: &FoundPool,
        among: &PairPools,
        gates: &PairGates<'_>,
    ) -> (Self, Result<(), Declined>) {
        let assets = gates.assets;
        let held = |asset: Asset| found.holds.and_then(|holds| holds.of(asset.mint));
        let mut report = Self {
            pool: found.pool,
            depth_in: held(assets.0),
            depth_out: held(assets.1),
            price: None,
            fee_ppm: None,
            unusable: None,
            slot: among.slot,
        };
        let answer = match &found.state {
            Ok(pool) => report.look_at(pool, among, assets),
            Err(why) => Err(Declined::Passing(why.clone())),
        };
        let refused = gates
            .refuse_tokens(among)
            .or_else(|| gates.refuse_depth(found));
        let answer = match refused {
            Some(refused) => Err(Declined::Refused(refused)),
            None => answer,
        };
        (report, answer)
    }

    fn look_at(
        &mut self,
        pool: &amm::Pool,
        among: &PairPools,
        assets: (Asset, Asset),
    ) -> Result<(), Declined> {
        self.price = price_of(pool, assets);
        let part = self.depth_in.map(|depth| depth.get() / SMALL_PART);
        let amount = part.unwrap_or(SMALL_AMOUNT).max(1);
        match offers::quote(pool, among, assets, amount) {
            Ok((quote, _)) => self.fee_ppm = quote.fee_ppm(),
            // It is the question that is too small here.
            Err(Declined::AmountTooSmall) => {}
            Err(declined) => return Err(declined),
        }
        Ok(())
    }
}

fn price_of(pool: &amm::Pool, (asset_in, asset_out): (Asset, Asset)) -> Option<String> {
    let price = offers::price(pool, (asset_in, asset_out))?;
    let (digits, places) = price.decimal()?;
    let exponent = i32::from(asset_in.decimals) - i32::from(asset_out.decimals);
    let places = i32::try_from(places).ok()?;
    Some(price::ratio(digits, 1, exponent - places))
}
