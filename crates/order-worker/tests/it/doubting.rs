//! Orders whose transaction nobody can prove dead: they are told once, and an operator's word lets them go on. What the
//! chain knows, or what may land yet, is not dead whoever says so.

use std::time::Duration;

use domain::event::FailureCode;
use domain::transaction::Signature;
use domain::{EventData, OrderId, Status};
use ports::doubt::Spoken;
use testkit::contract::eventually;

use crate::world::{Plan, Running, World, settings};

async fn say_dead(world: &World, order: OrderId) {
    let spoken = world
        .store()
        .say_dead(order, "admin", "no explorer shows it");
    let spoken = spoken.await.unwrap();
    assert!(matches!(spoken, Spoken::Taken(_)), "{spoken:?}");
}

/// An order whose transaction was sent and forgotten, on a chain that can deny nothing.
async fn stuck(world: &World) -> (Running, OrderId, Signature) {
    world.chain.plan([Plan::Forget]);
    world.chain.set_purged(true);
    let mut settings = settings();
    settings.doubt_after = Duration::from_secs(2);
    let running = world.start(settings);
    let order = world.order().await;
    world.until(order, Status::Submitted).await;
    let signature = world.chain.signature_of(order).unwrap();
    world
        .when("the bytes to be sent", || world.chain.sends(&signature) > 0)
        .await;
    (running, order, signature)
}

async fn doubted(world: &World, order: OrderId) -> String {
    eventually("the order to be doubted", || async {
        world.standing(order).await.doubt.map(|it| it.reason)
    })
    .await
}

/// Why the order was tried again.
async fn retried_for(world: &World, order: OrderId) -> FailureCode {
    let events = world.events(order).await;
    let mut failures = events.into_iter().filter_map(|event| match event.data {
        EventData::RetryScheduled { failure, .. } => Some(failure.code),
        _ => None,
    });
    failures.next().unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_order_that_nobody_can_prove_dead_is_told_until_somebody_can() {
    let world = World::new().await;
    let (_running, order, _) = stuck(&world).await;
    world.chain.advance(1_000);

    assert_eq!(
        doubted(&world, order).await,
        "the chain did not answer: holds no history"
    );
    assert_eq!(world.get(order).await.status(), Status::Submitted);
    assert_eq!(world.chain.built(order), 1);
    world.chain.set_purged(false);

    world.until(order, Status::Confirmed).await;
    assert_eq!(
        retried_for(&world, order).await,
        FailureCode::TransactionExpired
    );
    eventually("the doubt to be forgotten", || async {
        let doubted = world.store().doubted().await.unwrap();
        (doubted.count == 0).then_some(())
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_chain_that_cannot_be_asked_is_a_reason_to_doubt() {
    let world = World::new().await;
    let (_running, order, _) = stuck(&world).await;

    world.chain.set_mute(true);

    let reason = doubted(&world, order).await;
    assert!(
        reason.starts_with("what is final cannot be asked"),
        "{reason}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_word_lets_an_order_go_on_that_nobody_can_prove_dead() {
    let world = World::new().await;
    let (_running, order, first) = stuck(&world).await;
    world.chain.advance(1_000);
    doubted(&world, order).await;

    say_dead(&world, order).await;

    let confirmed = world.until(order, Status::Confirmed).await;
    assert_eq!((confirmed.executions, world.chain.built(order)), (2, 2));
    assert_eq!(retried_for(&world, order).await, FailureCode::DeclaredDead);
    assert_ne!(world.chain.signature_of(order), None);
    assert_eq!(world.chain.landed(), 1);
    assert!(world.chain.sends(&first) > 0);
}

#[tokio::test(start_paused = true)]
async fn a_word_waits_while_the_transaction_may_land() {
    let world = World::new().await;
    let (_running, order, signature) = stuck(&world).await;

    say_dead(&world, order).await;

    // Whoever had the order when the word came gives it back first, and looks are up to half a minute apart.
    tokio::time::sleep(Duration::from_secs(60)).await;
    let sends = world.chain.sends(&signature);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(world.chain.built(order), 1, "it may land yet");
    assert_eq!(
        world.chain.sends(&signature),
        sends,
        "it is not sent any more"
    );
    world.chain.advance_to_last_valid();
    world.chain.advance(1);
    let confirmed = world.until(order, Status::Confirmed).await;
    assert_eq!(confirmed.executions, 2);
}

#[tokio::test(start_paused = true)]
async fn a_word_on_a_transaction_that_the_chain_knows_counts_for_nothing() {
    let world = World::new().await;
    let (_running, order, signature) = stuck(&world).await;
    world.chain.set_mute(true);
    world.chain.land(&signature);
    say_dead(&world, order).await;
    world.chain.advance(1_000);

    world.chain.set_mute(false);

    let confirmed = world.until(order, Status::Confirmed).await;
    assert_eq!((confirmed.executions, world.chain.built(order)), (1, 1));
    assert_eq!(world.chain.landed(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_word_counts_for_nothing_while_nobody_can_be_asked() {
    let world = World::new().await;
    let (_running, order, _) = stuck(&world).await;
    world.chain.set_mute(true);
    world.chain.advance(1_000);

    say_dead(&world, order).await;

    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(world.get(order).await.status(), Status::Submitted);
    assert_eq!(world.chain.built(order), 1);
    world.chain.set_mute(false);
    world.until(order, Status::Confirmed).await;
}
