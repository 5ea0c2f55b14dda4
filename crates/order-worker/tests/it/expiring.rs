//! Orders whose time runs out, many at once, and what goes on meanwhile.

use std::time::Duration;

use domain::{OrderId, Status};
use order_worker::expiring::{Expirer, Round};
use ports::status_feed::{TailFrom, Tailed};
use ports::{Announcer, Shutdown};

use crate::world::{World, settings};

/// Longer than the time of these orders.
const LATER: Duration = Duration::from_millis(1_100);

async fn short_lived(world: &World, count: usize) -> Vec<OrderId> {
    let mut orders = Vec::new();
    for _ in 0..count {
        let mut order = world.given.order();
        order.terms.valid_for_seconds = Some(1);
        orders.push(world.given.accept(world.store(), order).await);
    }
    orders
}

fn expirer(world: &World) -> Expirer {
    let shutdown = Shutdown::new();
    let (feed, queue) = (world.ports.feed.clone(), world.ports.queue.clone());
    let announcer = Announcer::start(feed, queue, &shutdown);
    Expirer::new(&world.ports, &announcer, settings().sweep)
}

#[tokio::test(start_paused = true)]
async fn orders_that_expire_together_end_a_page_in_one_write() {
    let world = World::new().await;
    let orders = short_lived(&world, 2_500).await;
    let kept = world.given.accepted(world.store()).await;
    tokio::time::sleep(LATER).await;

    let round = expirer(&world).round(&Shutdown::new()).await;

    assert_eq!(round, Round::Through);
    assert_eq!(world.faults.expiries(), 3);
    world.all_until(&orders, Status::Expired).await;
    let kept = world.store().order(kept, None).await.unwrap().unwrap();
    assert_eq!(kept.status(), Status::Pending);
}

#[tokio::test(start_paused = true)]
async fn a_round_has_an_end_and_the_next_one_goes_on() {
    let world = World::new().await;
    let orders = short_lived(&world, 8_500).await;
    tokio::time::sleep(LATER).await;
    let mut expirer = expirer(&world);

    let rounds = [
        expirer.round(&Shutdown::new()).await,
        expirer.round(&Shutdown::new()).await,
    ];

    assert_eq!(rounds, [Round::LeftSome, Round::Through]);
    world.all_until(&orders, Status::Expired).await;
}

#[tokio::test(start_paused = true)]
async fn orders_that_expire_unheard_are_told_all_the_same() {
    let world = World::new().await;
    let orders = short_lived(&world, 3).await;
    tokio::time::sleep(LATER).await;
    let mut tails = Vec::new();
    for order in &orders {
        let shard = world.ports.feed.shard_of(*order);
        let tail = world.ports.feed.tail(shard, TailFrom::Now).await;
        tails.push((*order, tail.unwrap()));
    }
    world.faults.lose_answers_to_expiries(1);
    let mut expirer = expirer(&world);

    expirer.round(&Shutdown::new()).await;
    world.all_until(&orders, Status::Expired).await;
    // A store that is down says nothing about what it did before.
    world.faults.set_away(true);
    expirer.round(&Shutdown::new()).await;
    world.faults.set_away(false);
    expirer.round(&Shutdown::new()).await;

    for (order, mut tail) in tails {
        let told = testkit::contract::promptly("the event", async {
            loop {
                let Tailed::Events(events) = tail.next().await.unwrap() else {
                    panic!("events were lost");
                };
                let told = events.iter().map(|(_, published)| &published.event);
                if let Some(event) = told.into_iter().find(|event| event.order_id == order) {
                    return event.data.status();
                }
            }
        })
        .await;
        assert_eq!(told, Status::Expired);
    }
}

#[tokio::test(start_paused = true)]
async fn while_orders_expire_lost_ones_are_brought_to_the_queue() {
    let world = World::new().await;
    let _expiring = short_lived(&world, 3).await;
    tokio::time::sleep(LATER).await;
    world.faults.hold_expiries();
    let _running = world.start(settings());

    // The queue never had it: only the sweeper brings it.
    let lost = world.given.accepted(world.store()).await;

    world.until(lost, Status::Confirmed).await;
    assert!(world.faults.expiries() > 0, "nothing was to expire");
}
