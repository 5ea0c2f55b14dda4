//! Continuing what another worker left behind, in each state; and stopping when another worker has
//! taken over.

use domain::event::{Failure, FailureCode};
use domain::quote::{Choice, Decision};
use domain::route::{Leg, PoolRef};
use domain::venue::Program;
use domain::{BaseUnits, ClientId, EventData, OrderId, Route, Status, Terms};
use ports::job_queue::Job;
use ports::order_store::Lease;
use testkit::contract::eventually;

use crate::world::{LEASE, Mood, World, settings, venue};

fn job(order_id: OrderId) -> Job {
    Job {
        order_id,
        client: ClientId::anyone(),
        starts_execution: true,
        has_fired: false,
    }
}

/// An order that a dead worker left in this status.
async fn left_in(world: &World, status: Status) -> (OrderId, Lease) {
    let (given, store) = (&world.given, world.store());
    let order = given.accepted(store).await;
    let mut lease = given.leased(store, order).await;
    match status {
        Status::Pending => {}
        Status::Routing => {
            given
                .record(store, &mut lease, EventData::RoutingStarted)
                .await;
        }
        Status::Building => given.build(store, &mut lease).await,
        Status::Submitted => {
            given.build(store, &mut lease).await;
            lease.live_transaction = Some(given.submit(store, &mut lease).await);
        }
        other => panic!("nobody leaves an order {other}"),
    }
    store.retire(lease.worker).await.unwrap();
    (order, lease)
}

#[tokio::test(start_paused = true)]
async fn an_order_left_in_any_state_is_brought_to_its_end() {
    let world = World::new().await;
    let mut orders = Vec::new();
    for status in &Status::ALL[..4] {
        orders.push(left_in(&world, *status).await.0);
    }

    let _running = world.start(settings());

    world.all_until(&orders, Status::Confirmed).await;
    for order in orders {
        assert_eq!(world.get(order).await.executions, 1);
        assert_eq!(world.events(order).await.len(), 5);
    }
    assert_eq!(world.chain.landed(), 4);
}

/// A decision as 0.1.0 stored it: it names a kind of pool and no address.
fn old_decision(terms: &Terms) -> Decision {
    let amount_out = BaseUnits::new(225_000_000);
    let leg = Leg {
        pool: PoolRef::unaddressed(Program::DammV2),
        asset_in: terms.asset_in,
        asset_out: terms.asset_out,
        amount_in: terms.amount_in,
        amount_out,
    };
    Decision {
        choice: Choice {
            route: Route::of(leg),
            expected_amount_out: amount_out,
            min_amount_out: amount_out,
            max_amount_in: None,
            quoted_at: 0,
        },
        quotes: Vec::new(),
        pools: Vec::new(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_route_without_an_address_is_chosen_anew() {
    let world = World::new().await;
    let (order, _) = left_in(&world, Status::Routing).await;
    let mut lease = world.given.leased(world.store(), order).await;
    let decision = old_decision(&lease.order.terms);
    let routed = EventData::Routed { decision };
    world.given.record(world.store(), &mut lease, routed).await;
    world.store().retire(lease.worker).await.unwrap();

    let _running = world.start(settings());

    let confirmed = world.until(order, Status::Confirmed).await;
    assert_eq!(confirmed.executions, 2);
    let built = world.chain.executions(order);
    assert_eq!(built.len(), 1);
    assert_eq!((built[0].number, built[0].quoted_at), (2, venue::SLOT));
    assert_eq!(built[0].legs[0].pool, venue::POOL);
}

#[tokio::test(start_paused = true)]
async fn a_resumed_submission_is_asked_for_before_it_is_sent() {
    let world = World::new().await;
    let (order, lease) = left_in(&world, Status::Submitted).await;
    let transaction = lease.live_transaction.unwrap();
    // The dead worker had sent it, and it has landed.
    world.chain.send(&transaction).unwrap();

    let _running = world.start(settings());

    world.until(order, Status::Confirmed).await;
    assert_eq!(world.chain.sends(&transaction.signature), 1);
}

#[tokio::test(start_paused = true)]
async fn an_order_with_a_live_attempt_is_never_poison() {
    let world = World::new().await;
    let (order, _) = left_in(&world, Status::Submitted).await;
    for _ in 0..5 {
        world.given.leased(world.store(), order).await;
        tokio::time::sleep(LEASE * 2).await;
    }

    let _running = world.start(settings());

    world.until(order, Status::Confirmed).await;
}

#[tokio::test(start_paused = true)]
async fn a_worker_whose_lease_is_lost_records_and_sends_nothing_more() {
    let world = World::new().await;
    let (_running, order) = world.being_routed().await;
    let first = world.store().workers().await.unwrap()[0].id;

    // The worker is declared dead, and another has the order before it notices.
    world.store().retire(first).await.unwrap();
    let other = world.given.leased(world.store(), order).await;
    world.venue.set(Mood::Offers);

    eventually("it to come back as another", || async {
        let workers = world.store().workers().await.unwrap();
        let ids: Vec<_> = workers.iter().map(|row| row.id).collect();
        (ids.len() == 2 && !ids.contains(&first)).then_some(())
    })
    .await;
    assert_eq!(
        world.statuses(order).await,
        [Status::Pending, Status::Routing]
    );
    assert_eq!(world.chain.built(order), 0);

    world.store().retire(other.worker).await.unwrap();
    world.until(order, Status::Confirmed).await;
    assert_eq!(world.chain.landed(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_id_delivered_again_and_again_to_three_workers_is_executed_once() {
    let world = World::new().await;
    let _running = [(); 3].map(|()| world.start(settings()));
    let orders = world.orders(30).await;

    for _ in 0..4 {
        for order_id in &orders {
            let _ = world.ports.queue.push(vec![job(*order_id)]).await.unwrap();
        }
    }

    world.all_until(&orders, Status::Confirmed).await;
    assert_eq!(world.chain.landed(), 30);
    for order in orders {
        assert_eq!(world.chain.built(order), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_the_queue_brings_too_early_waits_for_its_time() {
    let world = World::new().await;
    let (given, store) = (&world.given, world.store());
    let order = given.accepted(store).await;
    let mut lease = given.leased(store, order).await;
    given
        .record(store, &mut lease, EventData::RoutingStarted)
        .await;
    let failure = Failure {
        code: FailureCode::NoQuote,
        reason: "no venue answered in time".to_owned(),
        landing: None,
        paid_lamports: None,
    };
    let delay_ms = 3_000;
    let retry = EventData::RetryScheduled { failure, delay_ms };
    given.record(store, &mut lease, retry).await;
    let due_at = world.events(order).await[2].retry_at().unwrap();
    let _running = world.start(settings());

    let told = world.ports.queue.push(vec![job(order)]).await.unwrap();

    assert_eq!(told, 1);
    let next = world.order().await;
    world.until(next, Status::Confirmed).await;
    assert_eq!(world.get(order).await.status(), Status::Pending);
    world.until(order, Status::Confirmed).await;
    assert!(world.events(order).await[3].at >= due_at);
}
