//! One of two endpoints lies once about a pool: no trailing stop has a high that the other one has not shown.

use std::sync::Arc;
use std::time::Duration;

use domain::{OrderId, Price, Status};
use order_worker::Settings;
use ports::waiting::Pair;

use crate::watching::{accept, hears, price, trailing, unscanned, waits};
use crate::world::{Running, ScriptedVenue, World, settings};

/// Several looks, by the watcher and by the scan.
async fn looks_pass() {
    tokio::time::sleep(Duration::from_secs(5)).await;
}

/// The other endpoint is never behind: slots pass here where somebody asks, and the first one is asked more often.
const AHEAD: usize = 1_000;

/// A trailing stop of five percent, watched by way of two endpoints of which the second is so many slots ahead.
async fn followed(
    ahead: usize,
    settings: Settings,
) -> (World, Arc<ScriptedVenue>, OrderId, Running) {
    let mut world = World::new().await;
    let other = ScriptedVenue::new();
    world.elsewhere = Some(Arc::clone(&other));
    world.venue.let_slots_pass();
    other.let_slots_pass();
    for _ in 0..ahead {
        other.next_slot();
    }
    let order = accept(&world, trailing(500, None)).await;
    let running = world.start(settings);
    world
        .when("it to be enlisted", || running.worker.is_enlisted())
        .await;
    hears(&world).await;
    (world, other, order, running)
}

async fn high(world: &World, order: OrderId) -> Price {
    let order = world.get(order).await;
    let pair = Pair::of(&order.terms);
    let stored = world.truth.highs(&pair).await.unwrap();
    stored
        .highs
        .since(order.created_at)
        .expect("there is a high")
}

async fn check_a_lie_is_no_high(settings: Settings) {
    let (world, other, order, _running) = followed(AHEAD, settings).await;
    let first = high(&world, order).await;

    world.venue.move_price(2_000);
    looks_pass().await;
    world.venue.move_price(1_000);
    looks_pass().await;

    assert_eq!(high(&world, order).await, first);
    assert!(waits(&world, order).await, "the price has never fallen");
    // What both show is one, and a fall below it fires.
    for venue in [&world.venue, &other] {
        venue.move_price(1_100);
    }
    looks_pass().await;
    assert!(high(&world, order).await > first);
    assert!(waits(&world, order).await);
    for venue in [&world.venue, &other] {
        venue.move_price(1_000);
    }
    world.until(order, Status::Confirmed).await;
}

#[tokio::test(start_paused = true)]
async fn a_high_that_one_endpoint_alone_has_shown_fires_no_trailing_stop() {
    check_a_lie_is_no_high(unscanned()).await;
}

#[tokio::test(start_paused = true)]
async fn a_scan_believes_no_high_that_one_endpoint_alone_has_shown() {
    check_a_lie_is_no_high(settings()).await;
}

#[tokio::test(start_paused = true)]
async fn a_high_that_the_second_endpoint_alone_shows_is_none() {
    let (world, other, order, _running) = followed(AHEAD, settings()).await;
    let first = high(&world, order).await;

    other.move_price(2_000);
    // Something to look at twice.
    world.venue.move_price(900);
    looks_pass().await;
    world.venue.move_price(1_000);
    other.move_price(1_000);
    looks_pass().await;

    assert_eq!(high(&world, order).await, first);
    assert!(waits(&world, order).await, "no two have shown a fall");
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_is_behind_confirms_a_high_once_it_has_come_so_far() {
    let (world, other, order, _running) = followed(0, unscanned()).await;
    // Five looks ahead of the other one, and higher; then it falls, and so does the other one five looks later.
    for _ in 0..5 {
        world.venue.next_slot();
    }
    for venue in [&world.venue, &other] {
        venue.move_price(1_100);
        looks_pass().await;
    }

    assert!(high(&world, order).await > price("160"));
    assert!(waits(&world, order).await);
}
