//! What the engine's trades came to, from receipts alone: positions with their cost, profits that are realised, and what
//! each wallet took in and gave away of each token.
//!
//! **Invariant:** every figure is a whole number of base units, and nothing is lost in a sum: what was bought is what is
//! held and what was sold at a cost; what it cost is what that which is held cost and what that which was sold did.
//!
//! There is no price in here but those that were paid: a position is counted in the other token of its own trades (see
//! [`Pair`]). Fees and rent are in lamports and stand apart from every profit.

mod figures;
mod pair;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use figures::{Figures, Flow, Position};
pub use pair::Pair;

use crate::address::Address;
use crate::asset::{Asset, Mint};
use crate::quote::{Fill, Receipt};
use crate::time::Timestamp;

/// Pairs of wallets that are counted; trades of others are counted together in [`Books::left_out`].
pub const POSITIONS_MAX: usize = 20_000;
/// Days of pairs of wallets that are told; the oldest day makes room.
pub const DAYS_MAX: usize = 50_000;

const MILLIS_PER_DAY: i64 = 86_400_000;

/// A day of UTC, counted from 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i64);

/// The wallet that paid, where its order names one.
pub type Payer = Option<Address>;

/// All trades that were added, together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Books {
    positions: BTreeMap<(Payer, Pair), Position>,
    days: BTreeMap<(Day, Payer, Pair), Figures>,
    flows: BTreeMap<(Payer, Mint), Flow>,
    assets: BTreeMap<Mint, Asset>,
    days_from: Option<Day>,
    fills: u64,
    left_out: u64,
}

impl Day {
    /// The day of this moment.
    #[must_use]
    pub const fn of(at: Timestamp) -> Self {
        Self(at.as_millis().div_euclid(MILLIS_PER_DAY))
    }

    /// The one after it.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// Its beginning.
    #[must_use]
    pub const fn start(self) -> Timestamp {
        Timestamp::from_millis(self.0 * MILLIS_PER_DAY)
    }
}

impl Books {
    /// Adds an execution. They are added in the order in which they were recorded: the cost of what is sold depends on
    /// what was bought before.
    pub fn add_fill(&mut self, payer: Payer, at: Timestamp, fill: &Fill) {
        let route = &fill.route;
        let (sold, bought) = (route.asset_in(), route.asset_out());
        let pair = Pair::of(sold.mint, bought.mint);
        if !self.takes(payer, pair) {
            return;
        }
        self.fills += 1;
        let amounts = (route.amount_in().get().into(), fill.amount_out.get().into());
        let mut figures = Figures {
            fills: 1,
            ..Figures::default()
        };
        match fill.receipt.as_deref() {
            Some(receipt) => figures.add_receipt(receipt),
            None => figures.without_receipt = 1,
        }
        let position = self.positions.entry((payer, pair)).or_default();
        match pair.token == bought.mint {
            true => position.buy(&mut figures, amounts),
            false => position.sell(&mut figures, amounts),
        }
        self.count((payer, pair), at, &figures);
        self.move_asset(payer, sold, |flow| flow.given += amounts.0);
        self.move_asset(payer, bought, |flow| flow.taken += amounts.1);
        if let Some(receipt) = fill.receipt.as_deref() {
            self.add_costs(payer, receipt);
        }
    }

    /// Adds a transaction of this order that was rolled back for a fee.
    pub fn add_rolled_back(
        &mut self,
        payer: Payer,
        at: Timestamp,
        (sold, bought): (Asset, Asset),
        fee_lamports: u64,
    ) {
        let pair = Pair::of(sold.mint, bought.mint);
        if !self.takes(payer, pair) {
            return;
        }
        let figures = Figures {
            rolled_back: 1,
            rolled_back_lamports: fee_lamports.into(),
            ..Figures::default()
        };
        for asset in [sold, bought] {
            self.assets.insert(asset.mint, asset);
        }
        self.count((payer, pair), at, &figures);
        self.move_asset(payer, Asset::SOL, |flow| {
            flow.fees += u128::from(fee_lamports);
        });
    }

    /// What is held of each pair's token, and all that led there.
    pub fn positions(&self) -> impl Iterator<Item = (Payer, Pair, &Position)> {
        self.positions
            .iter()
            .map(|((payer, pair), it)| (*payer, *pair, it))
    }

    /// The same day by day, the oldest first, without what is held.
    pub fn days(&self) -> impl DoubleEndedIterator<Item = (Day, Payer, Pair, &Figures)> {
        let days = self.days.iter();
        days.map(|((day, payer, pair), it)| (*day, *payer, *pair, it))
    }

    /// What each wallet took in and gave away.
    pub fn flows(&self) -> impl Iterator<Item = (Payer, Mint, &Flow)> {
        self.flows
            .iter()
            .map(|((payer, mint), it)| (*payer, *mint, it))
    }

    /// The facts of a mint that was traded.
    #[must_use]
    pub fn asset(&self, mint: Mint) -> Option<Asset> {
        self.assets.get(&mint).copied()
    }

    /// The first day of which everything is told, where the oldest ones made room.
    #[must_use]
    pub const fn days_from(&self) -> Option<Day> {
        self.days_from
    }

    /// Executions that were added.
    #[must_use]
    pub const fn fills(&self) -> u64 {
        self.fills
    }

    /// Transactions of pairs that are too many: they are in no figure.
    #[must_use]
    pub const fn left_out(&self) -> u64 {
        self.left_out
    }

    fn takes(&mut self, payer: Payer, pair: Pair) -> bool {
        let has_room = self.positions.len() < POSITIONS_MAX;
        let takes = has_room || self.positions.contains_key(&(payer, pair));
        self.left_out += u64::from(!takes);
        takes
    }

    fn count(&mut self, (payer, pair): (Payer, Pair), at: Timestamp, figures: &Figures) {
        let position = self.positions.entry((payer, pair)).or_default();
        position.figures.add(figures);
        let day = Day::of(at);
        if self.days_from.is_some_and(|from| day < from) {
            return;
        }
        self.days
            .entry((day, payer, pair))
            .or_default()
            .add(figures);
        while self.days.len() > DAYS_MAX {
            let Some(((oldest, ..), _)) = self.days.first_key_value() else {
                return;
            };
            let next = oldest.next();
            self.days.retain(|(day, ..), _| *day >= next);
            self.days_from = Some(next);
        }
    }

    fn add_costs(&mut self, payer: Payer, receipt: &Receipt) {
        for left in &receipt.leftover {
            let amount = u128::from(left.amount.get());
            self.move_asset(payer, left.asset, |flow| flow.left_over += amount);
        }
        self.move_asset(payer, Asset::SOL, |flow| {
            flow.fees += u128::from(receipt.fee_lamports);
            flow.rent_paid += u128::from(receipt.rent_paid_lamports);
            flow.rent_returned += u128::from(receipt.rent_returned_lamports);
        });
    }

    fn move_asset(&mut self, payer: Payer, asset: Asset, change: impl FnOnce(&mut Flow)) {
        self.assets.insert(asset.mint, asset);
        change(self.flows.entry((payer, asset.mint)).or_default());
    }
}
