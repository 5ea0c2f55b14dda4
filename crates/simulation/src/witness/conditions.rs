//! Orders that wait: what fired them, what they brought, and that one of an OCO group at most executes.

use domain::quote::Fill;
use domain::waiting::Seen;
use domain::{BaseUnits, Event, EventData, OcoGroup, Order, OrderId, Price};

use super::Witness;

/// SOL's and USDC's smallest units.
const SOL: u128 = 1_000_000_000;
const USDC: u128 = 1_000_000;

impl Witness {
    /// What one SOL brought when a route was last chosen, in USDC's units.
    pub(crate) fn last_price(&self) -> Option<u64> {
        self.notes().last_price
    }

    /// Keeps what a route promises for one SOL.
    pub(super) async fn note_price(&self, id: OrderId, amount_out: BaseUnits) {
        let amount = u128::from(self.order(id).await.terms.amount_in.get());
        let price = u128::from(amount_out.get()) * SOL / amount;
        self.notes().last_price = u64::try_from(price).ok();
    }

    /// An order fired: at a price at which it may, and while no other of its group is being executed.
    pub(super) async fn check_firing(&self, id: OrderId, seen: &Seen) {
        let order = self.order(id).await;
        let terms = &order.terms;
        let amount = u128::from(terms.amount_in.get());
        let price = Price::parse(&seen.price).map(|price| {
            let least = price.least_out(terms.asset_in, terms.amount_in, terms.asset_out);
            least.unwrap_or(BaseUnits::new(0))
        });
        // Prices are told in 18 digits: of amounts like these to the last unit.
        // What trails has no price of its own; whoever sees all of them (`hours/observer.rs`) judges it.
        let holds = terms.order_type.trails() || price.is_ok_and(|brings| terms.holds_at(brings));
        if !terms.order_type.waits() || !holds {
            let kind = terms.order_type;
            let what = format_args!("{id} of {amount} fired at {seen:?}, and is {kind:?}");
            self.accuse("S17", what);
        }
        if let Some(group) = &terms.oco_group {
            for (other, events) in self.of_group(&order, group).await {
                if is_executing(&events) || is_confirmed(&events) {
                    let what =
                        format_args!("{id} fired while {other} of its group has: {events:?}");
                    self.accuse("S18", what);
                }
            }
        }
    }

    /// An order was confirmed: not below its floor, and no other of its group.
    pub(super) async fn check_fill(&self, id: OrderId, fill: &Fill) {
        let order = self.order(id).await;
        let floor = order.terms.floor();
        if floor.is_some_and(|floor| fill.amount_out < floor) {
            let brought = fill.amount_out;
            self.accuse("S17", format_args!("{id} brought {brought:?} of {floor:?}"));
        }
        if let Some(group) = &order.terms.oco_group {
            for (other, events) in self.of_group(&order, group).await {
                if is_confirmed(&events) {
                    self.accuse("S18", format_args!("{id} and {other} are both confirmed"));
                }
            }
        }
    }

    /// The other orders of its group.
    pub(super) async fn others_of(&self, id: OrderId) -> Vec<OrderId> {
        let order = self.order(id).await;
        let Some(group) = &order.terms.oco_group else {
            return Vec::new();
        };
        let others = self.of_group(&order, group).await;
        others.into_iter().map(|(id, _)| id).collect()
    }

    /// Whether another order of its group has fired, and has not ended.
    pub(crate) async fn is_group_held(&self, id: OrderId) -> bool {
        let order = self.order(id).await;
        let Some(group) = &order.terms.oco_group else {
            return false;
        };
        for (other, events) in self.of_group(&order, group).await {
            let waiting = self.store.waiting_among(&[other]).await;
            let waiting = waiting.expect("invariant: the store in memory answers");
            let has_ended = events
                .last()
                .is_some_and(|last| last.data.status().is_terminal());
            if waiting.is_empty() && !has_ended {
                return true;
            }
        }
        false
    }

    async fn order(&self, id: OrderId) -> Order {
        let found = self.store.order(id, None).await;
        let order = found.expect("invariant: the store in memory answers");
        order.expect("invariant: an order with events is there")
    }

    /// The other orders of a client's group, with their events.
    async fn of_group(&self, of: &Order, group: &OcoGroup) -> Vec<(OrderId, Vec<Event>)> {
        let all = self.notes().orders.clone();
        let mut others = Vec::new();
        for (id, events) in all {
            if id == of.id || events.is_empty() {
                continue;
            }
            let other = self.order(id).await;
            if other.client == of.client && other.terms.oco_group.as_ref() == Some(group) {
                others.push((id, events));
            }
        }
        others
    }
}

/// What the price of so many SOL must be, for one SOL of this price and so many thousandths of a percent more or less.
pub(crate) fn near(price: u64, thousandths: i64) -> String {
    let price = i128::from(price) * (100_000 + i128::from(thousandths)) / 100_000;
    let price = u128::try_from(price).unwrap_or(1);
    format!("{}.{:06}", price / USDC, price % USDC)
}

/// Whether it fired and has neither ended nor gone back to waiting.
fn is_executing(events: &[Event]) -> bool {
    let fired = |event: &Event| matches!(event.data, EventData::Triggered { .. });
    let is_over = |event: &Event| {
        matches!(event.data, EventData::WaitingAgain { .. }) || event.data.status().is_terminal()
    };
    let last = |of: &dyn Fn(&Event) -> bool| events.iter().rposition(of);
    last(&fired) > last(&is_over)
}

fn is_confirmed(events: &[Event]) -> bool {
    events
        .iter()
        .any(|event| matches!(event.data, EventData::Confirmed { .. }))
}
