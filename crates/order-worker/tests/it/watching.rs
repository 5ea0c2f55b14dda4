//! Orders that wait, watched: they fire within a moment of the change that a pool's followers tell of, and nothing is
//! asked of pools that rest. The venue sells 1.5 SOL for some 224 USDC.

use std::time::Duration;

use domain::order::OrderType;
use domain::waiting::Trail;
use domain::{EventData, OrderId, Price, Status};
use order_worker::Settings;

use crate::world::{World, settings};

/// The scan comes so seldom that only the watcher can have fired what fires here.
pub(crate) fn unscanned() -> Settings {
    Settings {
        sweep: Duration::from_secs(1_000),
        ..settings()
    }
}

pub(crate) fn price(text: &str) -> Price {
    Price::parse(text).unwrap()
}

pub(crate) async fn accept(world: &World, order_type: OrderType) -> OrderId {
    let mut order = world.given.order();
    order.terms.order_type = order_type;
    order.terms.slippage = domain::Bps::ANY;
    world.given.accept(world.store(), order).await
}

pub(crate) fn trailing(bps: u16, activation: Option<&str>) -> OrderType {
    OrderType::TrailingStop {
        trail: Trail::new(bps).unwrap(),
        activation: activation.map(price),
    }
}

pub(crate) async fn waits(world: &World, order: OrderId) -> bool {
    let waiting = world.truth.waiting_among(&[order]).await.unwrap();
    !waiting.is_empty()
}

/// Looks at what is told, and no more.
pub(crate) async fn moments_pass() {
    tokio::time::sleep(Duration::from_millis(60)).await;
}

/// The watcher learns what waits.
pub(crate) async fn hears(world: &World) {
    let before = world.venue.asked();
    world.when("a look", || world.venue.asked() > before).await;
    // What is new is looked at twice.
    tokio::time::sleep(Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_limit_fires_within_a_moment_of_the_change_and_no_resting_pool_is_asked() {
    let world = World::new().await;
    world.venue.tell();
    let order = accept(
        &world,
        OrderType::Limit {
            price: price("160"),
        },
    )
    .await;
    let running = world.start(unscanned());
    world
        .when("it to be enlisted", || running.worker.is_enlisted())
        .await;
    hears(&world).await;
    let asked = world.venue.asked();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(world.venue.asked(), asked, "nothing has changed");
    assert!(waits(&world, order).await);

    world.venue.move_price(1_100);
    moments_pass().await;

    assert!(!waits(&world, order).await, "it has fired");
    world.until(order, Status::Confirmed).await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_that_is_denied_between_two_slots_begins_anew() {
    let world = World::new().await;
    world.venue.tell();
    let order = accept(
        &world,
        OrderType::Stop {
            price: price("140"),
        },
    )
    .await;
    let running = world.start(unscanned());
    world
        .when("it to be enlisted", || running.worker.is_enlisted())
        .await;
    hears(&world).await;

    world.venue.move_price(900);
    moments_pass().await;
    assert!(waits(&world, order).await, "one slot is not enough");
    world.venue.move_price(1_000);
    moments_pass().await;
    world.venue.move_price(900);
    moments_pass().await;
    assert!(
        waits(&world, order).await,
        "a look between the two denied it"
    );
    world.venue.next_slot();
    moments_pass().await;

    assert!(
        !waits(&world, order).await,
        "it was seen at two slots in a row"
    );
    world.until(order, Status::Confirmed).await;
}

#[tokio::test(start_paused = true)]
async fn a_trailing_stop_follows_its_high_and_survives_a_restart() {
    let world = World::new().await;
    world.venue.tell();
    let order = accept(&world, trailing(500, None)).await;
    let dormant = accept(&world, trailing(100, Some("170"))).await;
    let running = world.start(unscanned());
    world
        .when("it to be enlisted", || running.worker.is_enlisted())
        .await;
    hears(&world).await;
    // Some 164.6 after the fee.
    world.venue.move_price(1_100);
    moments_pass().await;
    running.shutdown.request_soft();
    world.all_know_one_another(0).await;
    // Six percent below the first price's high, which nobody remembers but the store.
    world.venue.move_price(1_020);
    let running = world.start(unscanned());
    world
        .when("it to be enlisted", || running.worker.is_enlisted())
        .await;
    hears(&world).await;
    world.venue.next_slot();
    moments_pass().await;

    assert!(!waits(&world, order).await, "it has fired");
    world.until(order, Status::Confirmed).await;
    let events = world.events(order).await;
    let EventData::Triggered { seen } = &events[1].data else {
        panic!("not triggered: {events:?}");
    };
    assert!(seen.price.starts_with("152."), "the spot: {}", seen.price);
    assert!(waits(&world, dormant).await, "its price was never reached");
    world.venue.move_price(1_200);
    moments_pass().await;
    world.venue.move_price(1_180);
    moments_pass().await;
    world.venue.next_slot();
    moments_pass().await;
    assert!(
        !waits(&world, dormant).await,
        "it was activated and has fallen"
    );
}

#[tokio::test(start_paused = true)]
async fn a_changed_order_is_watched_at_its_new_price() {
    let world = World::new().await;
    world.venue.tell();
    let order = accept(
        &world,
        OrderType::Limit {
            price: price("160"),
        },
    )
    .await;
    let running = world.start(Settings {
        // Hears of changes, and scans only every five of these.
        sweep: Duration::from_secs(10),
        ..settings()
    });
    world
        .when("it to be enlisted", || running.worker.is_enlisted())
        .await;
    hears(&world).await;
    let found = world.truth.waiting_among(&[order]).await.unwrap();
    let mut terms = found[0].terms.clone();
    terms.order_type = OrderType::Limit {
        price: price("149"),
    };

    world.truth.change(order, None, 0, &terms).await.unwrap();
    tokio::time::sleep(Duration::from_secs(11)).await;

    assert!(!waits(&world, order).await, "it has fired before the scan");
}

#[tokio::test(start_paused = true)]
async fn without_anybody_who_tells_pools_are_looked_at_once_a_slot() {
    let world = World::new().await;
    let order = accept(
        &world,
        OrderType::Limit {
            price: price("160"),
        },
    )
    .await;
    let running = world.start(unscanned());
    world
        .when("it to be enlisted", || running.worker.is_enlisted())
        .await;
    hears(&world).await;

    world.venue.move_price(1_100);
    tokio::time::sleep(Duration::from_millis(500)).await;

    assert!(!waits(&world, order).await, "it has fired");
}
