//! What becomes of stored bytes (I4, I5): sent until their fate is known, replaced only once they
//! are proved dead.

use std::time::Duration;

use domain::Status;
use domain::transaction::Signature;

use crate::world::{Plan, World, settings};

/// Waits until the bytes have been sent at least so often.
async fn sent(world: &World, signature: &Signature, times: u32) {
    world
        .when("the bytes to be sent", || {
            world.chain.sends(signature) >= times
        })
        .await;
}

/// Waits until the bytes have been sent some times more.
async fn sent_again(world: &World, signature: &Signature) {
    sent(world, signature, world.chain.sends(signature) + 3).await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_reply_does_not_execute_twice() {
    let world = World::new().await;
    world.chain.plan([Plan::LandLosingReply; 20]);
    let _running = world.start(settings());

    let orders = world.orders(20).await;

    world.all_until(&orders, Status::Confirmed).await;
    assert_eq!(world.chain.landed(), 20);
    for order in orders {
        assert_eq!(world.chain.built(order), 1);
        assert_eq!(world.get(order).await.executions, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_bytes_are_sent_again_until_the_attempt_is_proved_dead() {
    let world = World::new().await;
    world.chain.plan([Plan::Forget, Plan::Land]);
    let _running = world.start(settings());
    let order = world.order().await;
    world.until(order, Status::Submitted).await;
    let first = world.chain.signature_of(order).unwrap();

    world
        .when("the bytes to be sent again", || {
            world.chain.sends(&first) >= 3
        })
        .await;
    world.chain.advance_to_last_valid();
    let sends = world.chain.sends(&first);
    world
        .when("the last block to be used", || {
            world.chain.sends(&first) > sends + 1
        })
        .await;
    assert_eq!(
        world.chain.built(order),
        1,
        "at its last valid height it may still land"
    );
    world.chain.advance(1);

    let confirmed = world.until(order, Status::Confirmed).await;
    assert_eq!((confirmed.executions, world.chain.built(order)), (2, 2));
    assert_eq!(world.chain.landed(), 1);
}

#[tokio::test(start_paused = true)]
async fn landing_in_the_last_valid_block_is_found() {
    let world = World::new().await;
    world.chain.plan([Plan::Hold]);
    let _running = world.start(settings());
    let order = world.order().await;
    world.until(order, Status::Submitted).await;
    let signature = world.chain.signature_of(order).unwrap();

    world
        .when("the bytes to be sent", || world.chain.sends(&signature) > 0)
        .await;
    world.chain.advance_to_last_valid();
    world.chain.land(&signature);
    world.chain.advance(10);

    let confirmed = world.until(order, Status::Confirmed).await;
    assert_eq!((confirmed.executions, world.chain.landed()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_no_proof_of_death() {
    let world = World::new().await;
    world.chain.plan([Plan::Refuse]);
    let _running = world.start(settings());
    let order = world.order().await;
    world.until(order, Status::Submitted).await;
    let signature = world.chain.signature_of(order).unwrap();

    world
        .when("it to be refused often", || {
            world.chain.sends(&signature) >= 3
        })
        .await;
    assert_eq!(world.chain.built(order), 1);
    world.chain.advance(1_000);

    let confirmed = world.until(order, Status::Confirmed).await;
    assert_eq!(confirmed.executions, 2);
}

#[tokio::test(start_paused = true)]
async fn an_error_is_no_proof_of_death() {
    let world = World::new().await;
    world.chain.plan([Plan::Forget]);
    let _running = world.start(settings());
    let order = world.order().await;
    world.until(order, Status::Submitted).await;
    let signature = world.chain.signature_of(order).unwrap();

    world.chain.set_mute(true);
    world.chain.advance(1_000);
    sent_again(&world, &signature).await;
    assert_eq!(world.chain.built(order), 1);
    world.chain.set_mute(false);

    let confirmed = world.until(order, Status::Confirmed).await;
    assert_eq!((confirmed.executions, world.chain.landed()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_transaction_that_was_seen_is_not_dead_when_it_expires() {
    let world = World::new().await;
    world.chain.plan([Plan::Show]);
    let _running = world.start(settings());
    let order = world.order().await;
    world.until(order, Status::Submitted).await;
    let signature = world.chain.signature_of(order).unwrap();

    sent(&world, &signature, 1).await;
    world.chain.advance(1_000);
    sent_again(&world, &signature).await;
    assert_eq!(world.chain.built(order), 1);
    world.chain.land(&signature);

    let confirmed = world.until(order, Status::Confirmed).await;
    assert_eq!((confirmed.executions, world.chain.landed()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_revert_that_is_not_final_is_never_retried_before_it_is() {
    let world = World::new().await;
    world.chain.plan([Plan::RevertForNow]);
    let mut settings = settings();
    settings.concurrency = 1;
    let _running = world.start(settings);
    let order = world.order().await;
    world.until(order, Status::Submitted).await;
    let signature = world.chain.signature_of(order).unwrap();

    // Others get its slot, even past its last valid height.
    for _ in 0..5 {
        let others = world.orders(4).await;
        world.all_until(&others, Status::Confirmed).await;
        world.chain.advance_to_last_valid();
    }
    assert_eq!(world.get(order).await.status(), Status::Submitted);
    assert_eq!(world.chain.built(order), 1);
    assert_eq!(
        world.chain.sends(&signature),
        1,
        "what was executed is not sent again"
    );
    world.chain.finalize(&signature);

    let confirmed = world.until(order, Status::Confirmed).await;
    assert_eq!((confirmed.executions, world.chain.built(order)), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_revert_whose_block_vanishes_is_sent_again_and_may_land() {
    let world = World::new().await;
    world.chain.plan([Plan::RevertForNow]);
    let _running = world.start(settings());
    let order = world.order().await;
    world.until(order, Status::Submitted).await;
    let signature = world.chain.signature_of(order).unwrap();
    sent(&world, &signature, 1).await;

    world.chain.vanish(&signature);

    let confirmed = world.until(order, Status::Confirmed).await;
    assert_eq!((confirmed.executions, world.chain.built(order)), (1, 1));
    assert_eq!(world.chain.sends(&signature), 2);
}

#[tokio::test(start_paused = true)]
async fn a_fate_that_takes_long_leaves_the_slot_to_others() {
    let world = World::new().await;
    world.chain.plan([Plan::Hold]);
    let mut settings = settings();
    settings.concurrency = 1;
    let _running = world.start(settings);
    let stuck = world.order().await;
    world.until(stuck, Status::Submitted).await;

    let others = world.orders(20).await;

    world.all_until(&others, Status::Confirmed).await;
    assert_eq!(world.get(stuck).await.status(), Status::Submitted);
    world.chain.land(&world.chain.signature_of(stuck).unwrap());
    let settled = world.until(stuck, Status::Confirmed).await;
    assert_eq!(settled.executions, 1);
    assert_eq!(
        world.events(stuck).await.len(),
        5,
        "leaving the slot is no event"
    );
}

#[tokio::test(start_paused = true)]
async fn news_of_a_transaction_bring_its_order_back_at_once() {
    let world = World::new().await;
    world.chain.plan([Plan::Hold]);
    let running = world.start(settings());
    let order = world.order().await;
    world.until(order, Status::Submitted).await;
    let signature = world.chain.signature_of(order).unwrap();
    // It has left its slot, and its next look by itself is half a minute away.
    tokio::time::sleep(Duration::from_secs(40)).await;
    assert_eq!(running.worker.running(), 0);
    let began = world.ports.clock.monotonic();

    world.chain.land(&signature);

    world.until(order, Status::Confirmed).await;
    let took = world.ports.clock.monotonic().saturating_sub(began);
    assert!(took < Duration::from_millis(500), "{took:?}");
}
