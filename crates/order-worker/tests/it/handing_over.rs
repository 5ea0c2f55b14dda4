//! Stopping (a soft request) in each state: the worker finishes its orders or gives them back, at
//! once.

use std::time::Duration;

use domain::{OrderId, Status};

use crate::world::{Mood, Plan, Running, World, settings};

#[track_caller]
fn check_within(limit: Duration, began: std::time::Duration, ended: Duration) {
    let took = ended.saturating_sub(began);
    assert!(took < limit, "stopping took {took:?}");
}

async fn stop(world: &World, running: &Running, limit: Duration) {
    let began = world.ports.clock.monotonic();
    running.shutdown.request_soft();
    running.shutdown.finished().await;
    check_within(limit, began, world.ports.clock.monotonic());
    assert_eq!(running.worker.running(), 0);
    assert!(
        world.store().workers().await.unwrap().is_empty(),
        "it has retired"
    );
}

/// Another worker gets the order at once, and it is executed once.
async fn check_goes_on(world: &World, order: OrderId) {
    let _next = world.start(settings());
    let confirmed = world.until(order, Status::Confirmed).await;
    assert_eq!(confirmed.executions, 1);
    assert_eq!(world.events(order).await.len(), 5);
    assert_eq!(world.chain.landed(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_idle_worker_stops_at_once() {
    let world = World::new().await;
    let running = world.start(settings());
    world
        .when("it to be enlisted", || running.worker.is_enlisted())
        .await;

    stop(&world, &running, Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn an_order_being_routed_is_handed_back_at_once() {
    let world = World::new().await;
    let (running, order) = world.being_routed().await;

    stop(&world, &running, Duration::from_secs(1)).await;

    assert_eq!(world.get(order).await.status(), Status::Routing);
    world.venue.set(Mood::Offers);
    check_goes_on(&world, order).await;
}

#[tokio::test(start_paused = true)]
async fn a_submitted_order_is_sent_and_left_to_the_next_worker() {
    let world = World::new().await;
    world.chain.plan([Plan::Hold]);
    let running = world.start(settings());
    let order = world.order().await;
    world.until(order, Status::Submitted).await;

    stop(&world, &running, Duration::from_secs(5)).await;

    let signature = world.chain.signature_of(order).unwrap();
    assert!(world.chain.sends(&signature) >= 1);
    world.chain.land(&signature);
    check_goes_on(&world, order).await;
}

#[tokio::test(start_paused = true)]
async fn orders_cut_off_by_a_hard_stop_go_on_once_the_lease_is_over() {
    let world = World::new().await;
    let (running, order) = world.being_routed().await;

    running.shutdown.request_hard();
    running.shutdown.finished().await;

    world.venue.set(Mood::Offers);
    check_goes_on(&world, order).await;
}

#[tokio::test(start_paused = true)]
async fn under_load_a_worker_stops_and_another_finishes_everything() {
    let world = World::new().await;
    let running = world.start(settings());
    let orders = world.orders(200).await;
    world
        .when("some to land", || world.chain.landed() > 20)
        .await;

    stop(&world, &running, Duration::from_secs(5)).await;

    let _next = world.start(settings());
    world.all_until(&orders, Status::Confirmed).await;
    assert_eq!(world.chain.landed(), 200);
}
