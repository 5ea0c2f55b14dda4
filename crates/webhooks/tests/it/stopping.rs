//! Senders that stop, die, and take over.

use std::sync::Arc;
use std::time::Duration;

use ports::webhooks::Outbox;
use ports::{Clock, Shutdown};

use crate::world::{Answer, World};

/// Longer than a dead sender holds the sending.
const TAKEN_OVER: Duration = Duration::from_secs(20);

#[tokio::test(start_paused = true)]
async fn a_slow_receiver_holds_up_no_stop() {
    let world = World::new(Outbox::Terminal);
    let receiver = world.receiver(|_, _| Answer::Hang);
    world.confirmed_many(3).await;
    let running = world.start(world.settings(&receiver));
    world
        .until(TAKEN_OVER, async || receiver.seen().len() == 3)
        .await;
    let began = world.clock.monotonic();

    running.request_soft();
    running.finished().await;

    let took = world.clock.monotonic() - began;
    assert!(took <= Duration::from_secs(2), "{took:?}");
    assert_eq!(world.counts().await, (3, 0));
    let other = world.given.worker_id();
    let held = world.store.hold_sending(other, TAKEN_OVER).await;
    assert!(held.expect("answers"), "it gave the sending up");
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_dies_before_it_noted_a_success_is_followed_by_the_same_webhook() {
    let world = World::new(Outbox::Terminal);
    world.confirmed().await;
    // The receiver has it, and the sender dies before it hears so.
    let first = world.receiver(|_, _| Answer::Hang);
    let dying = world.start(world.settings(&first));
    world
        .until(TAKEN_OVER, async || !first.seen().is_empty())
        .await;
    dying.request_hard();
    dying.finished().await;
    let second = world.receiver(|_, _| Answer::Take);

    let running = world.start(world.settings(&second));

    world
        .until(TAKEN_OVER, async || world.counts().await == (0, 0))
        .await;
    let (first, second) = (&first.seen()[0].message, &second.seen()[0].message);
    assert_eq!((&first.id, &first.body), (&second.id, &second.body));
    assert_ne!(first.second, second.second);
    assert_ne!(first.signature, second.signature);
    running.request_soft();
    running.finished().await;
}

#[tokio::test(start_paused = true)]
async fn one_sender_at_a_time_sends_and_another_one_takes_over() {
    let world = World::new(Outbox::Terminal);
    world.confirmed_many(20).await;
    let receivers = [0, 1].map(|_| world.receiver(|_, _| Answer::Hang));
    let running: Vec<Shutdown> = receivers
        .iter()
        .map(|receiver| world.start(world.settings(receiver)))
        .collect();
    // In the midst of a try.
    world.clock.sleep(Duration::from_secs(22)).await;
    let counts = receivers.each_ref().map(|it| it.seen().len());
    let place = counts
        .iter()
        .position(|count| *count > 0)
        .expect("one sends");
    assert_eq!(counts[1 - place], 0, "the other one waits: {counts:?}");

    running[place].request_hard();
    running[place].finished().await;
    let died_at = world.clock.monotonic();

    let other = Arc::clone(&receivers[1 - place]);
    world
        .until(TAKEN_OVER, async || !other.seen().is_empty())
        .await;
    let took = other.seen()[0].at - died_at;
    assert!(
        took >= Duration::from_secs(10),
        "not before its time: {took:?}"
    );
    running[1 - place].request_soft();
    running[1 - place].finished().await;
}
