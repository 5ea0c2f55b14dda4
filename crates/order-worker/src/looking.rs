//! What orders that wait would bring now, and firing those whose condition holds.
//!
//! A price is what the router's route for the order's own amount brings. Orders that would take the same route are asked
//! for once, and pools are read once for all that are asked for together.

use std::collections::HashMap;

use dex_router::Router;
use dex_router::router::{AmountClass, Look, RouteRequest, Sight};
use domain::waiting::{Firing, Seen};
use domain::{BaseUnits, MaxImpact, OrderId, Terms};
use futures_util::future::join_all;
use ports::job_queue::Job;
use ports::waiting::{FIRED_AT_ONCE, NewFiring, WaitingOrder};
use tracing::info;

use crate::context::Context;
use crate::crash_point::{self, CrashPoint};

/// Routes asked for side by side.
const ROUTES_AT_ONCE: usize = 64;

/// An order whose condition was seen to hold, and at which price.
#[derive(Debug)]
pub(crate) struct Holding {
    pub(crate) order: WaitingOrder,
    pub(crate) price: String,
    pub(crate) slot: u64,
}

impl Holding {
    /// At the price of its own amount.
    pub(crate) fn by_amount(order: WaitingOrder, look: Look) -> Self {
        let terms = &order.terms;
        let (asset_in, asset_out) = (terms.asset_in, terms.asset_out);
        let price = domain::price::price(asset_in, terms.amount_in, asset_out, look.amount_out);
        Self {
            price,
            slot: look.slot,
            order,
        }
    }
}

/// What each order's amount brings now.
pub(crate) async fn look(ctx: &Context, orders: &[WaitingOrder]) -> Vec<Sight> {
    look_through(&ctx.router, ctx, orders).await
}

/// The same by this router.
pub(crate) async fn look_through(
    router: &Router,
    ctx: &Context,
    orders: &[WaitingOrder],
) -> Vec<Sight> {
    let asked: Vec<RouteRequest> = orders.iter().map(|it| asked(ctx, &it.terms)).collect();
    look_at(router, &asked).await
}

/// The router for the second of two looks: over another endpoint, where there is one.
pub(crate) fn second_router(ctx: &Context) -> Router {
    ctx.router.elsewhere().unwrap_or_else(|| ctx.router.clone())
}

/// What each of these brings now.
pub(crate) async fn look_at(router: &Router, asked: &[RouteRequest]) -> Vec<Sight> {
    let mut looks: HashMap<RouteRequest, Sight> =
        asked.iter().map(|asked| (*asked, Sight::NONE)).collect();
    let different: Vec<RouteRequest> = looks.keys().copied().collect();
    for some in different.chunks(ROUTES_AT_ONCE) {
        let routes = some.iter().map(|asked| router.look_at(asked));
        looks.extend(some.iter().copied().zip(join_all(routes).await));
    }
    let found = |asked| looks.get(asked).copied().unwrap_or(Sight::NONE);
    asked.iter().map(found).collect()
}

/// The orders that are told apart from this one by no more than their amounts, none of twice its amount.
pub(crate) fn class_of(ctx: &Context, terms: &Terms) -> AmountClass {
    AmountClass {
        venues: terms.venues,
        max_impact: MaxImpact::narrower(terms.max_impact, ctx.settings.max_impact),
        largest: largest(power(terms.amount_in)),
    }
}

/// The least power of two that is above an amount.
pub(crate) const fn power(amount: BaseUnits) -> u32 {
    u64::BITS - amount.get().leading_zeros()
}

/// The largest amount below a power of two.
pub(crate) fn largest(power: u32) -> BaseUnits {
    BaseUnits::new(1_u64.checked_shl(power).map_or(u64::MAX, |it| it - 1))
}

/// What tells an order's price.
pub(crate) fn asked(ctx: &Context, terms: &Terms) -> RouteRequest {
    RouteRequest {
        max_impact: MaxImpact::narrower(terms.max_impact, ctx.settings.max_impact),
        ..RouteRequest::of_price(terms)
    }
}

/// Fires these; returns those that have fired.
pub(crate) async fn fire(ctx: &Context, holding: &[Holding]) -> ports::Result<Vec<OrderId>> {
    let firings: Vec<NewFiring> = holding.iter().map(|it| firing(ctx, it)).collect();
    let mut all = Vec::new();
    for some in firings.chunks(FIRED_AT_ONCE) {
        // A lost answer costs a sweep: the order is due.
        let fired = ctx.store.fire(some).await?;
        ctx.metrics.fired.increment(fired.len() as u64);
        for due in fired {
            crash_point::reached(CrashPoint::Fired);
            tell(&firings, due.id);
            all.push(due.id);
            ctx.announcer.enqueue(Job::from(due));
        }
    }
    Ok(all)
}

fn firing(ctx: &Context, holding: &Holding) -> NewFiring {
    let order = &holding.order;
    let seen = Seen {
        price: holding.price.clone(),
        slot: holding.slot,
        at: ctx.clock.now(),
    };
    NewFiring {
        order: order.id,
        revision: order.revision,
        firing: Firing {
            seen,
            misses: order.misses,
        },
    }
}

fn tell(firings: &[NewFiring], id: OrderId) {
    let seen = firings.iter().find(|it| it.order == id);
    if let Some(NewFiring { firing, .. }) = seen {
        let Seen { price, slot, .. } = &firing.seen;
        info!(order.id = %id, price, slot, "order {id} has fired at the price {price}");
    }
}
