//! What may start, and when: slots, limits, pauses, a queue that is down.

use std::num::NonZeroU32;
use std::time::Duration;

use domain::{EventData, Status};
use order_worker::limiter::Rate;
use order_worker::settings::LimitScope;
use testkit::contract::eventually;

use crate::world::{Mood, World, settings};

fn rate(per_minute: u32, burst: u32) -> Option<Rate> {
    Some(Rate {
        per_minute: NonZeroU32::new(per_minute).unwrap(),
        burst: NonZeroU32::new(burst).unwrap(),
    })
}

#[tokio::test(start_paused = true)]
async fn fifty_orders_in_backoff_leave_ten_slots_to_ten_fresh_ones() {
    let world = World::new().await;
    world.venue.set(Mood::Unavailable);
    let mut slow = settings();
    slow.retry.base_delay = Duration::from_secs(600);
    slow.retry.max_delay = Duration::from_secs(600);
    let running = world.start(slow);
    let waiting = world.orders(50).await;
    for order in &waiting {
        eventually("its first attempt to fail", || async {
            (world.get(*order).await.executions_ended() == 1).then_some(())
        })
        .await;
    }

    world.venue.set(Mood::Hesitates);
    let _fresh = world.orders(11).await;

    world
        .when("ten to be routed at once", || world.venue.waiting() == 10)
        .await;
    assert_eq!(running.worker.running(), 10);
    assert_eq!(world.count(&waiting, Status::Pending).await, 50);
}

#[tokio::test(start_paused = true)]
async fn a_limited_backlog_starts_with_its_burst_and_holds_no_lease_for_the_rest() {
    let world = World::new().await;
    let mut limited = settings();
    limited.rate = rate(6, 5);
    let _running = world.start(limited);

    let orders = world.orders(20).await;

    eventually("the burst to end", || async {
        (world.count(&orders, Status::Confirmed).await == 5).then_some(())
    })
    .await;
    let counts = world.store().counts().await.unwrap();
    assert_eq!(
        (counts.running, world.count(&orders, Status::Pending).await),
        (0, 15)
    );
}

#[tokio::test(start_paused = true)]
async fn a_backlog_goes_on_as_fast_as_its_limit_allows() {
    let world = World::new().await;
    let mut limited = settings();
    limited.rate = rate(1_200, 1);
    let _running = world.start(limited);

    let orders = world.orders(40).await;

    world.all_until(&orders, Status::Confirmed).await;
    let mut starts = Vec::new();
    for order in &orders {
        let started = world.events(*order).await.into_iter();
        starts.extend(
            started
                .filter(|e| e.data == EventData::RoutingStarted)
                .map(|e| e.at),
        );
    }
    starts.sort();
    let took = starts[39].since(starts[0]);
    // Forty permits take two seconds.
    let expected = Duration::from_millis(1_900)..Duration::from_secs(5);
    assert!(expected.contains(&took), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn what_resumes_takes_no_token() {
    let world = World::new().await;
    let mut resumed = Vec::new();
    for _ in 0..8 {
        let order = world.given.accepted(world.store()).await;
        let mut lease = world.given.leased(world.store(), order).await;
        world.given.build(world.store(), &mut lease).await;
        world.store().retire(lease.worker).await.unwrap();
        resumed.push(order);
    }
    let mut limited = settings();
    limited.rate = rate(1, 1);
    let fresh = world.orders(3).await;

    let _running = world.start(limited);

    world.all_until(&resumed, Status::Confirmed).await;
    eventually("one fresh order to end", || async {
        (world.count(&fresh, Status::Confirmed).await == 1).then_some(())
    })
    .await;
    assert_eq!(world.count(&fresh, Status::Pending).await, 2);
}

#[tokio::test(start_paused = true)]
async fn a_pause_holds_starts_back_and_lets_the_rest_go_on() {
    let world = World::new().await;
    let order = world.given.accepted(world.store()).await;
    let mut lease = world.given.leased(world.store(), order).await;
    world.given.build(world.store(), &mut lease).await;
    world.given.submit(world.store(), &mut lease).await;
    world.store().retire(lease.worker).await.unwrap();
    world.store().set_paused(true, "test").await.unwrap();

    let _running = world.start(settings());
    let fresh = world.order().await;

    world.until(order, Status::Confirmed).await;
    assert_eq!(world.get(fresh).await.status(), Status::Pending);
    world.store().set_paused(false, "test").await.unwrap();
    world.until(fresh, Status::Confirmed).await;
}

#[tokio::test(start_paused = true)]
async fn a_pause_stops_starts_at_once_and_its_end_begins_them_within_a_second() {
    let world = World::new().await;
    let _running = world.start(settings());
    let before = world.order().await;
    world.until(before, Status::Confirmed).await;

    // Right after a heartbeat or right before one: the worker may not know of it.
    for _ in 0..5 {
        world.store().set_paused(true, "test").await.unwrap();
        let fresh = world.orders(30).await;
        tokio::time::sleep(Duration::from_millis(3_300)).await;
        assert_eq!(world.count(&fresh, Status::Pending).await, 30);

        world.store().set_paused(false, "test").await.unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(world.count(&fresh, Status::Pending).await, 0);
        world.all_until(&fresh, Status::Confirmed).await;
        for order in fresh {
            assert_eq!(world.get(order).await.executions_ended(), 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn orders_end_while_the_queue_is_away() {
    let world = World::new().await;
    world.queue.set_away(true);
    let _running = world.start(settings());

    let orders = world.orders(10).await;

    world.all_until(&orders, Status::Confirmed).await;
    world.queue.set_away(false);
    let more = world.orders(50).await;
    world.all_until(&more, Status::Confirmed).await;
    assert_eq!(world.chain.landed(), 60);
}

#[tokio::test(start_paused = true)]
async fn a_shared_limit_is_kept_in_parts_while_its_queue_is_away() {
    let world = World::new().await;
    let mut limited = settings();
    limited.rate = rate(60, 20);
    limited.scope = LimitScope::Queue;
    let mut running = vec![world.start(limited.clone()), world.start(limited.clone())];
    world.all_know_one_another(2).await;
    world.queue.set_away(true);
    let began = world.ports.clock.monotonic();

    let orders = world.orders(120).await;
    // A third worker comes, which makes the shares smaller; earlier starts still count.
    tokio::time::sleep(Duration::from_secs(5)).await;
    running.push(world.start(limited));
    world.all_know_one_another(3).await;
    tokio::time::sleep(Duration::from_secs(15)).await;

    let seconds = (world.ports.clock.monotonic() - began).as_secs();
    let started = orders.len() - world.count(&orders, Status::Pending).await;
    // The burst of two, the third worker's own, and one a second.
    let most = 20 + 20 / 3 + usize::try_from(seconds).unwrap() + 1;
    assert!((20..=most).contains(&started), "{started} in {seconds} s");
}

#[tokio::test(start_paused = true)]
async fn the_queue_hears_of_a_start_that_it_counted_long_before_it_was_recorded() {
    let world = World::new().await;
    let mut limited = settings();
    limited.rate = rate(600, 600);
    limited.scope = LimitScope::Queue;
    let _running = world.start(limited);
    let in_time = world.orders(3).await;
    world.all_until(&in_time, Status::Confirmed).await;
    assert_eq!(world.queue.late_starts(), 0);

    world.faults.lose_answers_to_records(10);
    let late = world.orders(1).await;

    world.all_until(&late, Status::Confirmed).await;
    assert_eq!(world.queue.late_starts(), 1);
}
