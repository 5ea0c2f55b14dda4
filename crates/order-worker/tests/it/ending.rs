//! How orders end: executed, failed after several executions, cancelled, expired, poison.

use std::time::Duration;

use domain::event::FailureCode;
use domain::{EventData, Status};
use ports::order_store::{Withdrawal, Withdrawn};

use crate::world::{Mood, Plan, World, chain, settings};

#[tokio::test(start_paused = true)]
async fn an_order_is_confirmed_with_what_the_chain_paid() {
    let world = World::new().await;
    let _running = world.start(settings());

    let order = world.order().await;

    world.until(order, Status::Confirmed).await;
    use Status::{Building, Confirmed, Pending, Routing, Submitted};
    let statuses = world.statuses(order).await;
    assert_eq!(statuses, [Pending, Routing, Building, Submitted, Confirmed]);
    let EventData::Confirmed { fill } = world.events(order).await.pop().unwrap().data else {
        panic!("not confirmed");
    };
    assert_eq!(fill.amount_out, chain::PAID);
    assert_eq!(fill.route.amount_in(), chain::TAKEN);
    assert_eq!(fill.receipt.as_deref(), Some(&chain::receipt()));
    assert_eq!(world.chain.signature_of(order), Some(fill.signature));
}

#[tokio::test(start_paused = true)]
async fn slippage_is_tried_three_times_and_then_said_in_words() {
    let world = World::new().await;
    world.chain.plan([Plan::Revert; 3]);
    let _running = world.start(settings());

    let order = world.order().await;

    let failure = world.failure(order).await;
    assert_eq!(failure.code, FailureCode::SlippageExceeded);
    assert!(
        failure.reason.starts_with("slippage exceeded: "),
        "{failure:?}"
    );
    assert!(failure.reason.ends_with("(3 of 3 attempts)"), "{failure:?}");
    assert_eq!(world.get(order).await.executions_ended(), 3);
    assert_eq!(world.chain.built(order), 3);
    let retries = world
        .events(order)
        .await
        .into_iter()
        .filter(|event| event.retry_at().is_some());
    assert_eq!(retries.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_order_whose_second_attempt_goes_through_is_confirmed() {
    let world = World::new().await;
    world.chain.plan([Plan::Revert, Plan::Land]);
    let _running = world.start(settings());

    let order = world.order().await;

    let confirmed = world.until(order, Status::Confirmed).await;
    assert_eq!(confirmed.executions, 2);
    assert_eq!(world.chain.landed(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_no_attempt_can_cure_fails_at_once() {
    let world = World::new().await;
    world.venue.set(Mood::NoLiquidity);
    let _running = world.start(settings());
    let dry = world.order().await;
    assert_eq!(
        world.failure(dry).await.code,
        FailureCode::InsufficientLiquidity
    );
    assert_eq!(world.get(dry).await.executions_ended(), 1);

    world.venue.set(Mood::NoPool);
    let homeless = world.order().await;
    assert_eq!(world.failure(homeless).await.code, FailureCode::NoPool);
    assert_eq!(world.get(homeless).await.executions_ended(), 1);

    world.venue.set(Mood::Offers);
    world.chain.plan([Plan::RefuseBuild]);
    let refused = world.order().await;

    assert_eq!(
        world.failure(refused).await.code,
        FailureCode::TransactionFailed
    );
    assert_eq!(world.get(refused).await.executions_ended(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_order_cancelled_while_it_is_routed_is_never_sent() {
    let world = World::new().await;
    let (_running, order) = world.being_routed().await;

    let event = world.given.event_id();
    let store = world.store();
    let withdrawn = store
        .withdraw(order, None, event, Withdrawal::Cancelled, "by the client")
        .await;
    assert!(matches!(withdrawn, Ok(Withdrawn::Won { .. })));
    world.venue.set(Mood::Offers);

    let next = world.order().await;
    world.until(next, Status::Confirmed).await;
    world.until(order, Status::Cancelled).await;
    assert_eq!(world.chain.built(order), 0);
}

#[tokio::test(start_paused = true)]
async fn an_order_whose_time_ran_out_is_not_submitted() {
    let world = World::new().await;
    world.venue.set(Mood::Hesitates);
    let _running = world.start(settings());
    let mut order = world.given.order();
    order.terms.valid_for_seconds = Some(1);

    let order = world.order_like(order).await;

    world.until(order, Status::Expired).await;
    world.venue.set(Mood::Offers);
    let next = world.order().await;
    world.until(next, Status::Confirmed).await;
    assert_eq!(world.chain.built(order), 0);
}

#[tokio::test(start_paused = true)]
async fn a_submitted_order_settles_although_its_time_runs_out() {
    let world = World::new().await;
    world.chain.plan([Plan::Hold]);
    let _running = world.start(settings());
    let mut order = world.given.order();
    order.terms.valid_for_seconds = Some(1);

    let order = world.order_like(order).await;
    let submitted = world.until(order, Status::Submitted).await;
    let expires_at = submitted.expires_at().unwrap();
    world
        .when("its time to run out", || {
            world.ports.clock.now() > expires_at.plus(Duration::from_millis(300))
        })
        .await;
    world.chain.land(&world.chain.signature_of(order).unwrap());

    world.until(order, Status::Confirmed).await;
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_one_order_is_contained_and_the_order_goes_on() {
    let world = World::new().await;
    world.chain.plan([Plan::PanicOnBuild]);
    let _running = world.start(settings());

    let orders = world.orders(5).await;

    world.all_until(&orders, Status::Confirmed).await;
}

#[tokio::test(start_paused = true)]
async fn an_order_that_panics_every_time_ends_as_poison() {
    let world = World::new().await;
    world.chain.plan([Plan::PanicOnBuild; 3]);
    let _running = world.start(settings());

    let order = world.order().await;

    assert_eq!(world.failure(order).await.code, FailureCode::Poison);
    let next = world.order().await;
    world.until(next, Status::Confirmed).await;
}
