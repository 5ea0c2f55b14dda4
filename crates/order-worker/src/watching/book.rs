//! The waiting orders of one pair, so ordered that whoever looks at the pair meets those that may fire first and no
//! others: plain state.
//!
//! Orders of which nothing but the amount tells the prices apart form a class, one for each power of two of the amount;
//! within a class they stand by their price. Trailing stops of one trail stand by their acceptance: the older one has the
//! higher high, and so the higher trigger. Those that are not activated stand by their activation price.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use dex_router::request::QuoteRequest;
use dex_router::router::{AmountClass, Bounds, Look, RouteRequest};
use domain::order::Condition;
use domain::venue::VenueSet;
use domain::waiting::{Highs, Trail};
use domain::{
    Asset, BaseUnits, Bps, FeeLevel, MaxImpact, OrderId, OrderType, Price, Terms, Timestamp,
};

use crate::looking::{largest, power};

/// Orders of a pair that are looked at in one round, and of one side of a class at least and at most.
const OF_PAIR_MAX: usize = 1_024;
const OF_CLASS: (usize, usize) = (16, 128);
/// Classes of a pair. Orders that would need a further one are left to the scan.
const CLASSES_MAX: usize = 256;

/// What tells the prices of orders apart, beside their amounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Kind {
    venues: VenueSet,
    max_impact: Option<MaxImpact>,
    fee_level: Option<FeeLevel>,
    /// No amount is as large as two to the power of this.
    power: u32,
}

#[derive(Debug)]
struct Class {
    kind: Kind,
    above: BTreeMap<(Price, OrderId), BaseUnits>,
    below: BTreeMap<(Price, OrderId), BaseUnits>,
}

/// Where an order stands.
#[derive(Debug, Clone, Copy)]
enum Place {
    Above(u32, Price),
    Below(u32, Price),
    Trailing(Trail, Timestamp),
    Dormant(Price, Timestamp),
}

/// An order whose price is to be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) id: OrderId,
    pub(super) asked: RouteRequest,
    pub(super) condition: Condition,
    pub(super) price: Price,
}

impl Candidate {
    /// Whether its condition holds where its amount brings so much.
    pub(super) fn holds_at(&self, look: Look) -> bool {
        let QuoteRequest {
            asset_in,
            asset_out,
            amount_in,
            ..
        } = self.asked.quote;
        self.condition.holds(
            self.price,
            (asset_in, amount_in),
            (asset_out, look.amount_out),
        )
    }

    /// What its amount is sold at.
    pub(super) fn price_of(&self, look: Look) -> String {
        let QuoteRequest {
            asset_in,
            asset_out,
            amount_in,
            ..
        } = self.asked.quote;
        domain::price::price(asset_in, amount_in, asset_out, look.amount_out)
    }
}

/// The waiting orders of one pair.
#[derive(Debug)]
pub(super) struct Book {
    assets: (Asset, Asset),
    classes: Vec<Class>,
    kinds: HashMap<Kind, u32>,
    trailing: BTreeMap<Trail, BTreeSet<(Timestamp, OrderId)>>,
    /// Those that are not activated.
    dormant: BTreeMap<(Price, OrderId), (Trail, Timestamp)>,
    /// When those were accepted.
    sleeping_since: BTreeSet<(Timestamp, OrderId)>,
    /// Some of those may have been reached before they were entered.
    has_new_dormant: bool,
    places: HashMap<OrderId, Place>,
}

impl Book {
    /// A book without orders, of a pair that sells the first for the second.
    pub(super) fn new(assets: (Asset, Asset)) -> Self {
        Self {
            assets,
            classes: Vec::new(),
            kinds: HashMap::new(),
            trailing: BTreeMap::new(),
            dormant: BTreeMap::new(),
            sleeping_since: BTreeSet::new(),
            has_new_dormant: false,
            places: HashMap::new(),
        }
    }

    pub(super) const fn assets(&self) -> (Asset, Asset) {
        self.assets
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Enters an order, or puts it where its terms belong now. `max_impact` is the narrower of its own and the worker's.
    pub(super) fn put(
        &mut self,
        id: OrderId,
        terms: &Terms,
        accepted_at: Timestamp,
        max_impact: Option<MaxImpact>,
    ) {
        self.remove(id);
        let place = match (terms.order_type, terms.order_type.condition()) {
            (OrderType::TrailingStop { trail, activation }, _) => match activation {
                Some(price) => {
                    self.dormant.insert((price, id), (trail, accepted_at));
                    self.sleeping_since.insert((accepted_at, id));
                    self.has_new_dormant = true;
                    Place::Dormant(price, accepted_at)
                }
                None => self.trail(id, trail, accepted_at),
            },
            // A sniper's price is that of the pools alone that pass its gates: it is left to the scan.
            (OrderType::Sniper(_), _) | (_, None) => return,
            (_, Some((condition, price))) => {
                let kind = Kind {
                    venues: terms.venues,
                    max_impact,
                    fee_level: terms.fee_level,
                    power: power(terms.amount_in),
                };
                let Some(index) = self.class(kind) else {
                    return;
                };
                let class = &mut self.classes[index as usize];
                match condition {
                    Condition::AtOrAbove => {
                        class.above.insert((price, id), terms.amount_in);
                        Place::Above(index, price)
                    }
                    Condition::AtOrBelow => {
                        class.below.insert((price, id), terms.amount_in);
                        Place::Below(index, price)
                    }
                }
            }
        };
        self.places.insert(id, place);
    }

    fn trail(&mut self, id: OrderId, trail: Trail, accepted_at: Timestamp) -> Place {
        let of_trail = self.trailing.entry(trail).or_default();
        of_trail.insert((accepted_at, id));
        Place::Trailing(trail, accepted_at)
    }

    fn class(&mut self, kind: Kind) -> Option<u32> {
        if let Some(known) = self.kinds.get(&kind) {
            return Some(*known);
        }
        let index = u32::try_from(self.classes.len()).ok()?;
        if self.classes.len() >= CLASSES_MAX {
            return None;
        }
        self.kinds.insert(kind, index);
        self.classes.push(Class {
            kind,
            above: BTreeMap::new(),
            below: BTreeMap::new(),
        });
        Some(index)
    }

    /// The order waits no more.
    pub(super) fn remove(&mut self, id: OrderId) {
        match self.places.remove(&id) {
            Some(Place::Above(class, price)) => {
                self.classes[class as usize].above.remove(&(price, id));
            }
            Some(Place::Below(class, price)) => {
                self.classes[class as usize].below.remove(&(price, id));
            }
            Some(Place::Trailing(trail, at)) => {
                if let Some(of_trail) = self.trailing.get_mut(&trail) {
                    of_trail.remove(&(at, id));
                    if of_trail.is_empty() {
                        self.trailing.remove(&trail);
                    }
                }
            }
            Some(Place::Dormant(price, at)) => {
                self.dormant.remove(&(price, id));
                self.sleeping_since.remove(&(at, id));
            }
            None => {}
        }
    }

    /// Whether the order stands here as these terms have it.
    pub(super) fn stands_as(&self, terms: &Terms, id: OrderId) -> bool {
        match (self.places.get(&id), terms.order_type) {
            (Some(Place::Above(_, price) | Place::Below(_, price)), of) => {
                of.condition().is_some_and(|(_, now)| now == *price)
            }
            (Some(Place::Trailing(trail, _)), OrderType::TrailingStop { trail: now, .. }) => {
                now == *trail
            }
            _ => false,
        }
    }

    /// The classes, in one order while no order is entered.
    pub(super) fn classes(&self) -> Vec<AmountClass> {
        let classes = self.classes.iter().map(|class| AmountClass {
            venues: class.kind.venues,
            max_impact: class.kind.max_impact,
            largest: largest(class.kind.power),
        });
        classes.collect()
    }

    /// The orders that may fire between these bounds, the surest first, without those that are left alone.
    pub(super) fn candidates(
        &self,
        bounds: &Bounds,
        is_left_alone: impl Fn(OrderId) -> bool,
    ) -> Vec<Candidate> {
        let mut all = Vec::new();
        let Some(most) = bounds.most else {
            return all;
        };
        let (fewest, most_of_class) = OF_CLASS;
        let share = OF_PAIR_MAX / (2 * self.classes.len()).max(1);
        let of_class = share.clamp(fewest, most_of_class);
        for (class, least) in self.classes.iter().zip(&bounds.least) {
            let may_fire = class
                .above
                .iter()
                .take_while(|((price, _), _)| *price <= most);
            let above = may_fire.filter(|((_, id), _)| !is_left_alone(*id));
            let of = |condition| {
                move |((price, id), amount): (&(Price, OrderId), &BaseUnits)| {
                    self.candidate(class, (*price, *id), *amount, condition)
                }
            };
            all.extend(above.take(of_class).map(of(Condition::AtOrAbove)));
            let from_above = class.below.iter().rev();
            let may_fire =
                from_above.take_while(|((price, _), _)| least.is_none_or(|least| *price >= least));
            let below = may_fire.filter(|((_, id), _)| !is_left_alone(*id));
            all.extend(below.take(of_class).map(of(Condition::AtOrBelow)));
        }
        all
    }

    fn candidate(
        &self,
        class: &Class,
        (price, id): (Price, OrderId),
        amount_in: BaseUnits,
        condition: Condition,
    ) -> Candidate {
        let Kind {
            venues,
            max_impact,
            fee_level,
            ..
        } = class.kind;
        let quote = QuoteRequest {
            asset_in: self.assets.0,
            asset_out: self.assets.1,
            amount_in,
            amount_out: None,
        };
        Candidate {
            id,
            asked: RouteRequest {
                venues,
                slippage: Bps::ANY,
                max_impact,
                fee_level,
                ..RouteRequest::of(quote)
            },
            condition,
            price,
        }
    }

    /// When the first and when the last of the trailing stops was accepted.
    pub(super) fn accepted(&self) -> Option<(Timestamp, Timestamp)> {
        let all = self.trailing.values().chain([&self.sleeping_since]);
        let ends = all.flat_map(|accepted| [accepted.first(), accepted.last()]);
        let times = ends.flatten().map(|(at, _)| *at);
        let (first, last) = times.fold((None, None), |(first, last), at| {
            let first = first.map_or(at, |first: Timestamp| first.min(at));
            let last = last.map_or(at, |last: Timestamp| last.max(at));
            (Some(first), Some(last))
        });
        first.zip(last)
    }

    /// Activates those that the spot has reached, or had before they were entered.
    pub(super) fn activate(&mut self, highs: &Highs, spot: Price) {
        let is_reached = |((price, _), (_, at)): &(&(Price, OrderId), &(Trail, Timestamp))| {
            highs.since(*at).is_some_and(|high| high >= *price)
        };
        let reached: Vec<_> = if std::mem::take(&mut self.has_new_dormant) {
            self.dormant.iter().filter(is_reached).collect()
        } else {
            let below = self.dormant.iter();
            let below = below.take_while(|((price, _), _)| *price <= spot);
            below.filter(is_reached).collect()
        };
        let reached: Vec<_> = reached.into_iter().map(|(key, of)| (key.1, *of)).collect();
        for (id, (trail, accepted_at)) in reached {
            self.remove(id);
            let place = self.trail(id, trail, accepted_at);
            self.places.insert(id, place);
        }
    }

    /// The trailing stops whose condition holds at this spot.
    pub(super) fn trailing_at(
        &self,
        highs: &Highs,
        spot: Price,
        is_left_alone: impl Fn(OrderId) -> bool,
    ) -> Vec<OrderId> {
        let all = self.trailing.iter().flat_map(|(trail, of_trail)| {
            let holds = |at: Timestamp| {
                let high = highs.since(at);
                high.is_some_and(|high| trail.is_reached(high, spot))
            };
            let holding = of_trail.iter().take_while(move |(at, _)| holds(*at));
            holding.map(|(_, id)| *id)
        });
        all.filter(|id| !is_left_alone(*id))
            .take(OF_PAIR_MAX)
            .collect()
    }
}

#[cfg(test)]
mod tests;
