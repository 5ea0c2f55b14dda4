//! The pools that one transaction uses, with the amounts that go through each.

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::amount::BaseUnits;
use crate::asset::Asset;
use crate::venue::{Program, Venue};

/// A pool: its program and, where it is known, its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolRef {
    pub program: Program,
    /// Version 1 stored none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
}

/// One pool's part of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leg {
    pub pool: PoolRef,
    pub asset_in: Asset,
    pub asset_out: Asset,
    pub amount_in: BaseUnits,
    pub amount_out: BaseUnits,
}

/// An amount that stays in the wallet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leftover {
    pub asset: Asset,
    pub amount: BaseUnits,
}

/// The legs of one transaction, in its order: side by side, one after another, or both. There is at
/// least one, and what goes in fits 64 bits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Leg>")]
pub struct Route(Vec<Leg>);

/// Why legs are no route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoRoute {
    #[error("a route has at least one leg")]
    Empty,
    #[error("the amounts that go into the route exceed 64 bits")]
    TooMuch,
}

impl PoolRef {
    /// A pool whose address is not known.
    #[must_use]
    pub const fn unaddressed(program: Program) -> Self {
        Self {
            program,
            address: None,
        }
    }
}

impl Leg {
    /// The venue of its pool.
    #[must_use]
    pub const fn venue(&self) -> Venue {
        self.pool.program.venue()
    }
}

impl Route {
    /// A route through one pool.
    #[must_use]
    pub fn of(leg: Leg) -> Self {
        Self(vec![leg])
    }

    /// The legs, in the transaction's order.
    #[must_use]
    pub fn legs(&self) -> &[Leg] {
        &self.0
    }

    /// What the order sells.
    #[must_use]
    pub fn asset_in(&self) -> Asset {
        self.first().asset_in
    }

    /// What the order buys.
    #[must_use]
    pub fn asset_out(&self) -> Asset {
        self.0.last().unwrap_or_else(|| self.first()).asset_out
    }

    /// How much the order sells, through all legs that take it.
    #[must_use]
    pub fn amount_in(&self) -> BaseUnits {
        let sum = sold(&self.0).expect("invariant: a route's amounts fit 64 bits");
        BaseUnits::new(sum)
    }

    /// A leg's part of an amount, by how much of what the order sells it takes; rounded down.
    #[must_use]
    pub fn part_of(&self, amount: BaseUnits, leg: &Leg) -> BaseUnits {
        let part = u128::from(leg.amount_in.get()) * u128::from(amount.get());
        let part = part.checked_div(self.amount_in().get().into()).unwrap_or(0);
        BaseUnits::new(u64::try_from(part).unwrap_or(u64::MAX))
    }

    /// The same where the legs that take what the order sells took so much together: each its part, the last one the
    /// rest.
    #[must_use]
    pub(crate) fn having_sold(self, amount_in: BaseUnits) -> Self {
        let (mut filled, sold) = (self.clone(), self.asset_in());
        let mut rest = amount_in.get();
        let mut last = None;
        for leg in filled.0.iter_mut().filter(|leg| leg.asset_in == sold) {
            let part = self.part_of(amount_in, leg).get().min(rest);
            rest -= part;
            leg.amount_in = BaseUnits::new(part);
            last = Some(leg);
        }
        if let Some(leg) = last {
            leg.amount_in = BaseUnits::new(leg.amount_in.get().saturating_add(rest));
        }
        filled
    }

    /// Whether several pools side by side take what the order sells.
    #[must_use]
    pub fn is_divided(&self) -> bool {
        self.selling_legs().nth(1).is_some()
    }

    /// The leg that takes most of what the order sells; between equals the first.
    #[must_use]
    pub fn largest(&self) -> &Leg {
        let selling = self.selling_legs();
        selling
            .reduce(|largest, leg| match leg.amount_in > largest.amount_in {
                true => leg,
                false => largest,
            })
            .unwrap_or_else(|| self.first())
    }

    /// What its legs give and no leg takes, of what lies between that which the order sells and that which it buys.
    #[must_use]
    pub fn leftover(&self) -> Vec<Leftover> {
        let mut all: Vec<Leftover> = Vec::new();
        for leg in &self.0 {
            let asset = leg.asset_out;
            let is_between = asset != self.asset_out() && asset != self.asset_in();
            if !is_between || all.iter().any(|it| it.asset == asset) {
                continue;
            }
            let sum = |amounts: &mut dyn Iterator<Item = BaseUnits>| {
                amounts.fold(0_u64, |sum, amount| sum.saturating_add(amount.get()))
            };
            let giving = self.0.iter().filter(|it| it.asset_out == asset);
            let taking = self.0.iter().filter(|it| it.asset_in == asset);
            let given = sum(&mut giving.map(|it| it.amount_out));
            let left = given.saturating_sub(sum(&mut taking.map(|it| it.amount_in)));
            if left > 0 {
                let amount = BaseUnits::new(left);
                all.push(Leftover { asset, amount });
            }
        }
        all
    }

    fn selling_legs(&self) -> impl Iterator<Item = &Leg> {
        selling(&self.0)
    }

    fn first(&self) -> &Leg {
        self.0
            .first()
            .expect("invariant: a route has at least one leg")
    }
}

/// The legs that take what the first one takes. A later leg of a hop takes something else.
fn selling(legs: &[Leg]) -> impl Iterator<Item = &Leg> {
    let sold = legs.first().map(|leg| leg.asset_in.mint);
    legs.iter()
        .filter(move |leg| Some(leg.asset_in.mint) == sold)
}

fn sold(legs: &[Leg]) -> Option<u64> {
    selling(legs).try_fold(0_u64, |sum, leg| sum.checked_add(leg.amount_in.get()))
}

impl TryFrom<Vec<Leg>> for Route {
    type Error = NoRoute;

    fn try_from(legs: Vec<Leg>) -> Result<Self, NoRoute> {
        if legs.is_empty() {
            return Err(NoRoute::Empty);
        }
        sold(&legs).ok_or(NoRoute::TooMuch)?;
        Ok(Self(legs))
    }
}

#[cfg(test)]
mod tests;
