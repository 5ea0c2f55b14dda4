//! Orders that wait for a price: when they fire, and what becomes of one whose price has gone by then. The venue sells
//! 1.5 SOL for some 224 USDC, less where its price falls.

use std::sync::Arc;
use std::time::Duration;

use domain::event::FailureCode;
use domain::order::OrderType;
use domain::waiting::{Firing, Misses, Seen, Trail};
use domain::{BaseUnits, ClientId, EventData, OcoGroup, OrderId, Price, Status, Timestamp};
use order_worker::Settings;
use ports::job_queue::Job;
use ports::status_feed::Tailed;
use ports::waiting::NewFiring;

use crate::world::venue::{Mood, SLOT};
use crate::world::{Plan, ScriptedVenue, World, settings};

/// No attempt is left after the first.
fn one_attempt() -> Settings {
    Settings {
        max_executions: 1,
        ..settings()
    }
}

async fn accept(world: &World, kind: fn(Price) -> OrderType, price: &str) -> OrderId {
    accept_in(world, kind, price, None).await
}

async fn accept_in(
    world: &World,
    kind: fn(Price) -> OrderType,
    price: &str,
    group: Option<&str>,
) -> OrderId {
    let mut order = world.given.order();
    order.terms.order_type = kind(Price::parse(price).unwrap());
    order.terms.slippage = domain::Bps::ANY;
    order.terms.oco_group = group.and_then(|name| OcoGroup::parse(name).ok());
    world.given.accept(world.store(), order).await
}

fn limit(price: Price) -> OrderType {
    OrderType::Limit { price }
}

fn stop(price: Price) -> OrderType {
    OrderType::Stop { price }
}

/// Fires an order whatever its price is, after so many reverts.
pub(crate) async fn fire(world: &World, order: OrderId, reverted: u32) {
    let misses = Misses {
        reverted,
        ..Misses::default()
    };
    fire_after(world, order, misses).await;
}

async fn fire_after(world: &World, order: OrderId, misses: Misses) {
    let seen = Seen {
        price: "1".to_owned(),
        slot: SLOT,
        at: Timestamp::from_millis(0),
    };
    let firing = NewFiring {
        order,
        revision: 0,
        firing: Firing { seen, misses },
    };
    let fired = world.truth.fire(&[firing]).await.unwrap();
    let jobs = fired.into_iter().map(Job::from).collect();
    world.ports.queue.push(jobs).await.unwrap();
}

async fn waits(world: &World, order: OrderId) -> bool {
    let waiting = world.truth.waiting_among(&[order]).await.unwrap();
    !waiting.is_empty()
}

/// Several scans pass, in the paused runtime's time.
async fn scans_pass() {
    tokio::time::sleep(settings().sweep * 50).await;
}

#[tokio::test(start_paused = true)]
async fn a_limit_fires_at_its_price_and_says_what_was_seen() {
    let world = World::new().await;
    let _running = world.start(settings());
    let near = accept(&world, limit, "149").await;
    let far = accept(&world, limit, "151").await;

    world.until(near, Status::Confirmed).await;

    let events = world.events(near).await;
    let EventData::Triggered { seen } = &events[1].data else {
        panic!("not triggered: {events:?}");
    };
    assert_eq!(seen.slot, SLOT);
    assert!(seen.price.starts_with("149."), "{}", seen.price);
    scans_pass().await;
    assert!(waits(&world, far).await);
    assert_eq!(world.events(far).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stop_fires_once_its_price_is_seen_at_two_slots() {
    let world = World::new().await;
    let _running = world.start(settings());
    let order = accept(&world, stop, "150").await;
    scans_pass().await;
    assert!(waits(&world, order).await, "one slot is not enough");

    world.venue.let_slots_pass();

    world.until(order, Status::Confirmed).await;
}

/// Two endpoints of one cluster, each of which shows its own slots.
async fn two_endpoints() -> (World, Arc<ScriptedVenue>) {
    let mut world = World::new().await;
    let other = ScriptedVenue::new();
    world.elsewhere = Some(Arc::clone(&other));
    world.venue.let_slots_pass();
    other.let_slots_pass();
    (world, other)
}

/// A stop, or a trailing one, where one endpoint shows the price that fires it and the other one does not.
async fn check_needs_both(world: &World, other: &ScriptedVenue, order: OrderId) {
    world.venue.move_price(900);
    scans_pass().await;
    assert!(waits(world, order).await, "one endpoint is not enough");

    other.move_price(900);

    world.until(order, Status::Confirmed).await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_fires_once_two_endpoints_show_its_price() {
    let (world, other) = two_endpoints().await;
    let _running = world.start(settings());
    let order = accept(&world, stop, "140").await;

    check_needs_both(&world, &other, order).await;
}

#[tokio::test(start_paused = true)]
async fn a_trailing_stop_fires_once_two_endpoints_show_its_spot() {
    let (world, other) = two_endpoints().await;
    let _running = world.start(settings());
    let mut order = world.given.order();
    order.terms.order_type = OrderType::TrailingStop {
        trail: Trail::new(300).unwrap(),
        activation: None,
    };
    let order = world.given.accept(world.store(), order).await;
    scans_pass().await;

    check_needs_both(&world, &other, order).await;
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_is_behind_denies_no_stop() {
    let (world, other) = two_endpoints().await;
    world.venue.move_price(900);
    // It comes to where the first one stands twenty answers later.
    for _ in 0..20 {
        world.venue.next_slot();
    }
    other.move_price(900);
    let _running = world.start(settings());
    let order = accept(&world, stop, "140").await;

    world.until(order, Status::Confirmed).await;

    let events = world.events(order).await;
    let EventData::Triggered { seen } = &events[1].data else {
        panic!("not triggered: {events:?}");
    };
    assert!(seen.slot > SLOT + 20, "{}", seen.slot);
}

#[tokio::test(start_paused = true)]
async fn no_stop_fires_because_a_venue_does_not_answer() {
    let world = World::new().await;
    world.venue.set(Mood::Alone);
    world.venue.let_slots_pass();
    let _running = world.start(settings());
    let (order, sure) = (
        accept(&world, stop, "150").await,
        accept(&world, limit, "149").await,
    );

    // A limit is sold at its price whoever else may pay more.
    world.until(sure, Status::Confirmed).await;
    scans_pass().await;
    assert!(waits(&world, order).await, "somebody may pay more");

    world.venue.set(Mood::Offers);

    world.until(order, Status::Confirmed).await;
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_is_rolled_back_waits_again_and_uses_up_no_attempt() {
    let world = World::new().await;
    world.chain.plan([Plan::Revert, Plan::Land]);
    let _running = world.start(one_attempt());
    let order = accept(&world, limit, "149").await;

    let confirmed = world.until(order, Status::Confirmed).await;

    assert_eq!(confirmed.executions, 2);
    let events = world.events(order).await;
    let again = events.iter().find_map(|event| match &event.data {
        EventData::WaitingAgain {
            rest_ms, misses, ..
        } => Some((*rest_ms, *misses)),
        _ => None,
    });
    let (rest_ms, misses) = again.unwrap();
    assert_eq!(rest_ms, 10_000);
    assert_eq!(
        (misses.routed, misses.reverted, misses.uncounted),
        (0, 1, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn a_limit_whose_price_has_gone_waits_again_before_anything_is_sent() {
    let world = World::new().await;
    let _running = world.start(one_attempt());
    let order = accept(&world, limit, "151").await;

    fire(&world, order, 0).await;

    let statuses = [Status::Pending, Status::Routing, Status::Pending];
    testkit::contract::eventually("it to wait again", || async {
        (world.statuses(order).await == statuses).then_some(())
    })
    .await;
    assert!(waits(&world, order).await);
    assert_eq!(world.chain.built(order), 0);
    // A look at which the price does not hold ends the rest, whatever it was.
    scans_pass().await;
    let waiting = world.truth.waiting_among(&[order]).await.unwrap();
    assert_eq!(
        (waiting[0].is_resting, waiting[0].misses.routed),
        (false, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_has_missed_very_often_is_tried_once_a_minute() {
    let world = World::new().await;
    let _running = world.start(one_attempt());
    let order = accept(&world, limit, "151").await;
    let misses = Misses {
        uncounted: 30,
        ..Misses::default()
    };

    fire_after(&world, order, misses).await;

    let again = testkit::contract::eventually("it to wait again", || async {
        let events = world.events(order).await;
        events.into_iter().find_map(|event| match event.data {
            EventData::WaitingAgain { rest_ms, .. } => Some(rest_ms),
            _ => None,
        })
    });
    assert_eq!(again.await, 60_000);
    // Its price does not hold, and is seen not to; it comes and goes as it likes.
    scans_pass().await;
    let waiting = world.truth.waiting_among(&[order]).await.unwrap();
    assert!(waiting[0].is_resting);
}

#[tokio::test(start_paused = true)]
async fn stops_whose_own_minimum_nobody_pays_leave_slots_to_others() {
    let world = World::new().await;
    world.venue.set(Mood::Slow);
    let _running = world.start(settings());
    let mut stops = Vec::new();
    for _ in 0..300 {
        let mut order = world.given.order();
        order.terms.order_type = stop(Price::parse("1").unwrap());
        order.terms.min_amount_out = Some(BaseUnits::new(u64::MAX));
        stops.push(world.given.accept(world.store(), order).await);
    }
    for order in &stops {
        fire(&world, *order, 0).await;
    }
    world.all_until(&stops, Status::Routing).await;

    let mut slowest = Duration::ZERO;
    for _ in 0..10 {
        let mut order = world.given.order();
        order.client = ClientId::parse("another").unwrap();
        let began = tokio::time::Instant::now();
        let order = world.order_like(order).await;
        world.until(order, Status::Confirmed).await;
        slowest = slowest.max(began.elapsed());
    }

    assert!(slowest < Duration::from_secs(3), "{slowest:?}");
    assert_eq!(world.count(&stops, Status::Routing).await, stops.len());
}

#[tokio::test(start_paused = true)]
async fn the_tenth_revert_ends_a_limit() {
    let world = World::new().await;
    world.chain.plan([Plan::Revert]);
    let _running = world.start(settings());
    let order = accept(&world, limit, "149").await;

    fire(&world, order, 9).await;

    let failure = world.failure(order).await;
    assert_eq!(failure.code, FailureCode::SlippageExceeded);
}

#[tokio::test(start_paused = true)]
async fn a_stop_is_tried_again_at_once_as_often_as_any_order() {
    let world = World::new().await;
    world.venue.let_slots_pass();
    world.chain.plan([Plan::Revert; 3]);
    let _running = world.start(settings());
    let order = accept(&world, stop, "150").await;

    world.failure(order).await;

    let events = world.events(order).await;
    let delays: Vec<u64> = events
        .iter()
        .filter_map(|event| match &event.data {
            EventData::RetryScheduled { delay_ms, .. } => Some(*delay_ms),
            _ => None,
        })
        .collect();
    assert_eq!(delays, [0, 0]);
}

#[tokio::test(start_paused = true)]
async fn the_others_of_a_group_are_told_to_be_cancelled() {
    let world = World::new().await;
    let mut tails = world.tails().await;
    let _running = world.start(settings());
    let far = accept_in(&world, limit, "1000", Some("pair")).await;
    let near = accept_in(&world, limit, "149", Some("pair")).await;

    world.until(near, Status::Confirmed).await;

    let cancelled = world.until(far, Status::Cancelled).await;
    assert_eq!(cancelled.executions, 0);
    let told = async {
        loop {
            for tail in &mut tails {
                let Tailed::Events(events) = tail.next().await.unwrap() else {
                    continue;
                };
                if events.iter().any(|(_, it)| it.event.order_id == far) {
                    return;
                }
            }
        }
    };
    let told = tokio::time::timeout(Duration::from_secs(20), told).await;
    assert!(told.is_ok(), "nobody told");
}

#[tokio::test(start_paused = true)]
async fn a_trailing_stop_is_fired_by_the_scan_alone() {
    let world = World::new().await;
    let _running = world.start(settings());
    world.venue.let_slots_pass();
    let mut order = world.given.order();
    order.terms.order_type = OrderType::TrailingStop {
        trail: Trail::new(300).unwrap(),
        activation: None,
    };
    let order = world.given.accept(world.store(), order).await;
    scans_pass().await;
    assert!(waits(&world, order).await, "the price has not fallen");

    world.venue.move_price(960);

    world.until(order, Status::Confirmed).await;
}
