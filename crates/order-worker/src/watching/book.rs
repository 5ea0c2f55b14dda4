//! The waiting orders of one pair, so ordered that whoever looks at the pair meets those that may fire first and no
//! others: plain state.
//!
//! Orders of which nothing but the amount tells the prices apart form a class, one for each power of two of the amount;
//! within a class they stand by their price. Trailing stops of one trail stand by their acceptance: the older one has the
//! higher high, and so the higher trigger. Those that are not activated stand by their activation price.

mod rows;

use std::iter;

use dex_router::request::QuoteRequest;
use dex_router::router::{AmountClass, Bounds, Look, RouteRequest};
use domain::order::Condition;
use domain::venue::VenueSet;
use domain::waiting::{Highs, Trail};
use domain::{
    Asset, BaseUnits, Bps, FeeLevel, MaxImpact, OrderId, OrderType, Price, Terms, Timestamp,
};

use crate::looking::{largest, power};
use rows::{Row, Rows};

/// Orders of a pair that are looked at in one round, and of one side of a class at least and at most.
const OF_PAIR_MAX: usize = 1_024;
const OF_CLASS: (usize, usize) = (16, 128);
/// Classes of a pair. Orders that would need a further one are left to the scan.
const CLASSES_MAX: usize = 256;

/// What tells the prices of orders apart, beside their amounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    above: Rows<Priced>,
    below: Rows<Priced>,
}

/// An order of a class.
#[derive(Debug, Clone, Copy)]
struct Priced {
    price: Price,
    id: OrderId,
    amount_in: BaseUnits,
}

impl Row for Priced {
    type Key = (Price, OrderId);

    fn key(&self) -> Self::Key {
        (self.price, self.id)
    }
}

/// A trailing stop that is activated.
#[derive(Debug, Clone, Copy)]
struct Trailing {
    trail: Trail,
    accepted_at: Timestamp,
    id: OrderId,
}

impl Row for Trailing {
    type Key = (Trail, Timestamp, OrderId);

    fn key(&self) -> Self::Key {
        (self.trail, self.accepted_at, self.id)
    }
}

/// A trailing stop that is not.
#[derive(Debug, Clone, Copy)]
struct Dormant {
    activation: Price,
    id: OrderId,
    trail: Trail,
    accepted_at: Timestamp,
}

impl Row for Dormant {
    type Key = (Price, OrderId);

    fn key(&self) -> Self::Key {
        (self.activation, self.id)
    }
}

impl Row for (Timestamp, OrderId) {
    type Key = Self;

    fn key(&self) -> Self {
        *self
    }
}

/// Where an order stands.
#[derive(Debug, Clone, Copy)]
enum Place {
    Above(u16, Price),
    Below(u16, Price),
    Trailing(Trail, Timestamp),
    Dormant(Price),
}

impl Row for (OrderId, Place) {
    type Key = OrderId;

    fn key(&self) -> OrderId {
        self.0
    }
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
    trailing: Rows<Trailing>,
    dormant: Rows<Dormant>,
    /// When those were accepted.
    sleeping_since: Rows<(Timestamp, OrderId)>,
    /// Some of those may have been reached before they were entered.
    has_new_dormant: bool,
    places: Rows<(OrderId, Place)>,
}

impl Book {
    /// A book without orders, of a pair that sells the first for the second.
    pub(super) fn new(assets: (Asset, Asset)) -> Self {
        Self {
            assets,
            classes: Vec::new(),
            trailing: Rows::new(),
            dormant: Rows::new(),
            sleeping_since: Rows::new(),
            has_new_dormant: false,
            places: Rows::new(),
        }
    }

    pub(super) const fn assets(&self) -> (Asset, Asset) {
        self.assets
    }

    pub(super) const fn len(&self) -> usize {
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
                Some(activation) => {
                    self.dormant.insert(Dormant {
                        activation,
                        id,
                        trail,
                        accepted_at,
                    });
                    self.sleeping_since.insert((accepted_at, id));
                    self.has_new_dormant = true;
                    Place::Dormant(activation)
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
                let class = &mut self.classes[usize::from(index)];
                let priced = Priced {
                    price,
                    id,
                    amount_in: terms.amount_in,
                };
                match condition {
                    Condition::AtOrAbove => {
                        class.above.insert(priced);
                        Place::Above(index, price)
                    }
                    Condition::AtOrBelow => {
                        class.below.insert(priced);
                        Place::Below(index, price)
                    }
                }
            }
        };
        self.places.insert((id, place));
    }

    fn trail(&mut self, id: OrderId, trail: Trail, accepted_at: Timestamp) -> Place {
        self.trailing.insert(Trailing {
            trail,
            accepted_at,
            id,
        });
        Place::Trailing(trail, accepted_at)
    }

    fn class(&mut self, kind: Kind) -> Option<u16> {
        let known = self.classes.iter().position(|class| class.kind == kind);
        let index = known.unwrap_or(self.classes.len());
        if index >= CLASSES_MAX {
            return None;
        }
        if known.is_none() {
            self.classes.push(Class {
                kind,
                above: Rows::new(),
                below: Rows::new(),
            });
        }
        u16::try_from(index).ok()
    }

    /// The order waits no more.
    pub(super) fn remove(&mut self, id: OrderId) {
        match self.places.remove(&id).map(|(_, place)| place) {
            Some(Place::Above(class, price)) => {
                self.classes[usize::from(class)].above.remove(&(price, id));
            }
            Some(Place::Below(class, price)) => {
                self.classes[usize::from(class)].below.remove(&(price, id));
            }
            Some(Place::Trailing(trail, at)) => {
                self.trailing.remove(&(trail, at, id));
            }
            Some(Place::Dormant(price)) => {
                if let Some(dormant) = self.dormant.remove(&(price, id)) {
                    self.sleeping_since.remove(&(dormant.accepted_at, id));
                }
            }
            None => {}
        }
    }

    /// Whether the order stands here as these terms have it.
    pub(super) fn stands_as(&self, terms: &Terms, id: OrderId) -> bool {
        let place = self.places.get(&id).map(|(_, place)| place);
        match (place, terms.order_type) {
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
            let of = |condition| move |priced: &Priced| self.candidate(class, *priced, condition);
            let may_fire = class.above.iter().take_while(|it| it.price <= most);
            let above = may_fire.filter(|it| !is_left_alone(it.id));
            all.extend(above.take(of_class).map(of(Condition::AtOrAbove)));
            let from_above = class.below.iter().rev();
            let may_fire = from_above.take_while(|it| least.is_none_or(|least| it.price >= least));
            let below = may_fire.filter(|it| !is_left_alone(it.id));
            all.extend(below.take(of_class).map(of(Condition::AtOrBelow)));
        }
        all
    }

    fn candidate(&self, class: &Class, priced: Priced, condition: Condition) -> Candidate {
        let Priced {
            price,
            id,
            amount_in,
        } = priced;
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
        let of_trails = self.trails().flat_map(|trail| {
            let first = self.trailing.behind(|it| it.trail < trail).next();
            [first, self.trailing.last_of(|it| it.trail <= trail)]
        });
        let of_trails = of_trails.map(|end| end.map(|it| it.accepted_at));
        let dormant = [self.sleeping_since.first(), self.sleeping_since.last()];
        let dormant = dormant.map(|end| end.map(|(at, _)| *at));
        let ends = of_trails.chain(dormant);
        let (first, last) = ends.flatten().fold((None, None), |(first, last), at| {
            let first = first.map_or(at, |first: Timestamp| first.min(at));
            let last = last.map_or(at, |last: Timestamp| last.max(at));
            (Some(first), Some(last))
        });
        first.zip(last)
    }

    /// Activates those that the spot has reached, or had before they were entered.
    pub(super) fn activate(&mut self, highs: &Highs, spot: Price) {
        let is_reached = |it: &&Dormant| {
            let high = highs.since(it.accepted_at);
            high.is_some_and(|high| high >= it.activation)
        };
        let reached: Vec<Dormant> = if std::mem::take(&mut self.has_new_dormant) {
            self.dormant.iter().filter(is_reached).copied().collect()
        } else {
            let below = self.dormant.iter();
            let below = below.take_while(|it| it.activation <= spot);
            below.filter(is_reached).copied().collect()
        };
        for it in reached {
            self.remove(it.id);
            let place = self.trail(it.id, it.trail, it.accepted_at);
            self.places.insert((it.id, place));
        }
    }

    /// The trailing stops whose condition holds at this spot.
    pub(super) fn trailing_at(
        &self,
        highs: &Highs,
        spot: Price,
        is_left_alone: impl Fn(OrderId) -> bool,
    ) -> Vec<OrderId> {
        let all = self.trails().flat_map(|trail| {
            let holds = move |it: &&Trailing| {
                let high = highs.since(it.accepted_at);
                it.trail == trail && high.is_some_and(|high| trail.is_reached(high, spot))
            };
            let of_trail = self.trailing.behind(move |it| it.trail < trail);
            of_trail.take_while(holds).map(|it| it.id)
        });
        all.filter(|id| !is_left_alone(*id))
            .take(OF_PAIR_MAX)
            .collect()
    }

    /// The trails that there are, each once.
    fn trails(&self) -> impl Iterator<Item = Trail> {
        let first = self.trailing.first().map(|it| it.trail);
        iter::successors(first, |trail| {
            let next = self.trailing.behind(|it| it.trail <= *trail).next();
            next.map(|it| it.trail)
        })
    }
}

#[cfg(test)]
mod tests;
