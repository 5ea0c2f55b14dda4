//! What the sweeper brings back.

use std::time::Duration;

use domain::{OrderId, Status};
use order_worker::sweeper::{Reason, Sweeper};
use ports::job_queue::Wanted;

use crate::world::{World, settings};

async fn accepted(world: &World, count: usize) -> Vec<OrderId> {
    let mut orders = Vec::new();
    for _ in 0..count {
        orders.push(world.given.accepted(world.store()).await);
    }
    orders
}

fn sweeper(world: &World, period: Duration) -> Sweeper {
    Sweeper::new(&world.ports, period)
}

#[tokio::test(start_paused = true)]
async fn an_order_that_never_reached_the_queue_is_executed() {
    let world = World::new().await;
    let _running = world.start(settings());
    let first = world.order().await;
    world.until(first, Status::Confirmed).await;

    let unheard_of = accepted(&world, 5).await;

    world.all_until(&unheard_of, Status::Confirmed).await;
}

#[tokio::test(start_paused = true)]
async fn the_first_round_brings_every_due_order_whatever_its_age() {
    let world = World::new().await;
    let _orders = accepted(&world, 2_500).await;

    sweeper(&world, Duration::from_secs(3_600))
        .round(Reason::Start)
        .await;

    assert_eq!(world.ports.queue.depth().await.unwrap().ready, 2_500);
}

#[tokio::test(start_paused = true)]
async fn a_usual_round_leaves_alone_what_was_just_accepted() {
    let world = World::new().await;
    let _orders = accepted(&world, 3).await;

    sweeper(&world, Duration::from_secs(3_600))
        .round(Reason::Routine)
        .await;

    assert_eq!(world.ports.queue.depth().await.unwrap().ready, 0);
}

#[tokio::test(start_paused = true)]
async fn beside_a_backlog_without_room_another_clients_lost_order_comes_with_the_next_round() {
    let world = World::new().await;
    let _backlog = accepted(&world, 5_200).await;
    let mut sweeper = sweeper(&world, Duration::ZERO);
    sweeper.round(Reason::Start).await;
    assert!(world.ports.queue.depth().await.unwrap().is_overflowing);
    let order = world.given.order_of(&world.given.client("another"));
    let lost = world.given.accept(world.store(), order).await;

    sweeper.round(Reason::Routine).await;

    let popped = world.ports.queue.pop(2, Wanted::Any).await;
    let popped = popped.unwrap().jobs;
    assert!(popped.iter().any(|taken| taken.order_id == lost));
}

/// A worker popped it and died before it claimed it. The backlog is longer than a page, and counts agree.
#[tokio::test(start_paused = true)]
async fn an_order_lost_with_a_worker_goes_on_before_its_clients_backlog() {
    let world = World::new().await;
    let orders = accepted(&world, 2_500).await;
    let period = Duration::from_millis(500);
    let mut sweeper = sweeper(&world, period);
    sweeper.round(Reason::Start).await;
    // The sweeper's walk is somewhere behind it.
    tokio::time::sleep(period * 2).await;
    sweeper.round(Reason::Routine).await;
    let lost = world.ports.queue.pop(3, Wanted::Any).await.unwrap().jobs;
    assert_eq!(lost[0].order_id, orders[0]);
    sweeper.round(Reason::Routine).await;
    let depth = world.ports.queue.depth().await.unwrap();
    assert_eq!(depth.ready, 2_497, "it may still be in somebody's hands");

    tokio::time::sleep(period).await;
    sweeper.round(Reason::Routine).await;

    let popped = world.ports.queue.pop(3, Wanted::Any).await.unwrap().jobs;
    assert_eq!(popped, lost);
}

#[tokio::test(start_paused = true)]
async fn sweeping_again_pushes_nothing_twice() {
    let world = World::new().await;
    let _orders = accepted(&world, 1_500).await;
    let mut sweeper = sweeper(&world, Duration::ZERO);

    for reason in [
        Reason::Start,
        Reason::Hungry,
        Reason::Routine,
        Reason::Routine,
    ] {
        sweeper.round(reason).await;
    }

    assert_eq!(world.ports.queue.depth().await.unwrap().ready, 1_500);
}
