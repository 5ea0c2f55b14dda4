//! A look that was not answered is repeated until it is: an error is never a "no". What was answered is left in peace. The
//! scan comes too seldom here to fire anything.

use std::time::Duration;

use domain::OrderId;
use domain::order::OrderType;
use testkit::contract::eventually;

use crate::watching::{accept, hears, moments_pass, price, trailing, unscanned, waits};
use crate::world::venue::Mood;
use crate::world::{Running, World};

const MINUTE: Duration = Duration::from_secs(60);

fn limit() -> OrderType {
    OrderType::Limit {
        price: price("160"),
    }
}

fn stop() -> OrderType {
    OrderType::Stop {
        price: price("140"),
    }
}

/// An order of which the watcher has seen that it does not hold.
async fn watched(order_type: OrderType) -> (World, OrderId, Running) {
    let world = World::new().await;
    world.venue.tell();
    let order = accept(&world, order_type).await;
    let running = world.start(unscanned());
    world
        .when("it to be enlisted", || running.worker.is_enlisted())
        .await;
    hears(&world).await;
    assert!(waits(&world, order).await);
    (world, order, running)
}

async fn check_fires(world: &World, order: OrderId) {
    eventually("it to fire", || async {
        (!waits(world, order).await).then_some(())
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn pools_that_nobody_shows_are_asked_for_until_somebody_does() {
    let (world, order, _running) = watched(limit()).await;

    world.venue.answer(&[false; 4]);
    world.venue.move_price(1_100);

    check_fires(&world, order).await;
    assert!(world.venue.is_heard_out());
}

#[tokio::test(start_paused = true)]
async fn a_price_that_nobody_tells_is_asked_for_until_somebody_does() {
    let (world, order, _running) = watched(limit()).await;

    // The pair's pools are shown, and to who asks for the order's route they are not.
    world.venue.answer(&[true, false].repeat(4));
    world.venue.move_price(1_100);

    check_fires(&world, order).await;
    assert!(world.venue.is_heard_out());
}

#[tokio::test(start_paused = true)]
async fn a_spot_that_nobody_tells_is_asked_for_until_somebody_does() {
    let (world, order, _running) = watched(trailing(500, None)).await;
    world.venue.let_slots_pass();

    world.venue.answer(&[false; 4]);
    world.venue.move_price(900);

    check_fires(&world, order).await;
    assert!(world.venue.is_heard_out());
}

/// The store is away for two looks and more.
async fn check_survives_the_stores_silence(order_type: OrderType, permille: u64) {
    let (world, order, _running) = watched(order_type).await;
    world.venue.let_slots_pass();

    world.faults.set_away(true);
    world.venue.move_price(permille);
    tokio::time::sleep(Duration::from_millis(800)).await;
    assert!(waits(&world, order).await);
    world.faults.set_away(false);

    check_fires(&world, order).await;
}

#[tokio::test(start_paused = true)]
async fn what_the_store_does_not_fire_is_fired_once_it_answers() {
    check_survives_the_stores_silence(limit(), 1_100).await;
}

#[tokio::test(start_paused = true)]
async fn a_trailing_stop_that_the_store_does_not_fire_is_fired_once_it_answers() {
    check_survives_the_stores_silence(trailing(500, None), 900).await;
}

#[tokio::test(start_paused = true)]
async fn a_high_that_the_store_does_not_take_is_stored_once_it_answers() {
    let (world, order, _running) = watched(trailing(500, None)).await;
    let terms = world.get(order).await.terms;
    let pair = ports::waiting::Pair::of(&terms);
    let before = world.truth.highs(&pair).await.unwrap();

    world.faults.set_away(true);
    world.venue.move_price(1_100);
    tokio::time::sleep(Duration::from_millis(800)).await;
    world.faults.set_away(false);

    eventually("the high to be stored", || async {
        let now = world.truth.highs(&pair).await.unwrap();
        (now.version > before.version).then_some(())
    })
    .await;
}

/// How often the venue is asked in a minute in which nothing changes.
async fn asked_in_a_minute(world: &World) -> u64 {
    let asked = world.venue.asked();
    tokio::time::sleep(MINUTE).await;
    world.venue.asked() - asked
}

#[tokio::test(start_paused = true)]
async fn a_pair_without_pools_is_left_in_peace() {
    for (mood, order_type) in [
        (Mood::NoPool, limit()),
        (Mood::NoPool, trailing(500, None)),
        // No pool takes the amount.
        (Mood::NoLiquidity, limit()),
    ] {
        let (world, order, _running) = watched(order_type).await;
        world.venue.set(mood);
        world.venue.next_slot();
        tokio::time::sleep(Duration::from_secs(2)).await;

        assert_eq!(asked_in_a_minute(&world).await, 0, "{mood:?}");

        world.venue.set(Mood::Offers);
        world.venue.move_price(1_100);
        moments_pass().await;
        let has_fired = !waits(&world, order).await;
        assert_eq!(has_fired, order_type == limit(), "{order_type:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_whose_pool_has_gone_is_left_in_peace_and_begins_anew() {
    for order_type in [stop(), trailing(500, None)] {
        let (world, order, _running) = watched(order_type).await;
        world.venue.move_price(900);
        moments_pass().await;
        world.venue.set(Mood::NoPool);
        world.venue.next_slot();
        tokio::time::sleep(Duration::from_secs(2)).await;

        assert_eq!(asked_in_a_minute(&world).await, 0, "{order_type:?}");

        world.venue.set(Mood::Offers);
        world.venue.next_slot();
        moments_pass().await;
        assert!(waits(&world, order).await, "there was no price in between");
        world.venue.next_slot();
        moments_pass().await;
        assert!(!waits(&world, order).await);
    }
}

#[tokio::test(start_paused = true)]
async fn who_never_answers_is_asked_less_and_less_often() {
    let (world, order, _running) = watched(limit()).await;
    world.venue.set(Mood::Unavailable);
    world.venue.move_price(1_100);
    tokio::time::sleep(MINUTE).await;

    let asked = asked_in_a_minute(&world).await;

    assert!((10..=13).contains(&asked), "{asked}");
    world.venue.set(Mood::Offers);
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert!(
        !waits(&world, order).await,
        "nothing was told, and it was seen"
    );
}

#[tokio::test(start_paused = true)]
async fn of_more_orders_than_a_look_has_room_for_all_fire() {
    let world = World::new().await;
    world.venue.tell();
    let mut orders = Vec::new();
    for _ in 0..400 {
        orders.push(accept(&world, limit()).await);
    }
    let running = world.start(unscanned());
    world
        .when("it to be enlisted", || running.worker.is_enlisted())
        .await;
    hears(&world).await;

    world.venue.move_price(1_100);

    eventually("all to fire", || async {
        let waiting = world.truth.waiting_among(&orders).await.unwrap();
        waiting.is_empty().then_some(())
    })
    .await;
}
