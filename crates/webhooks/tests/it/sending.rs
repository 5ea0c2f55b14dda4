//! What a receiver gets, whatever it does.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use ports::Clock;
use ports::webhooks::{NO_ROOM, Outbox, Retry};
use serde_json::Value;
use webhooks::SigningKey;
use webhooks::sender::{GIVE_UP_AFTER, IN_FLIGHT};

use crate::world::{Answer, KEY, World, by_order};

const HOUR: Duration = Duration::from_secs(3_600);

/// Case 49 of docs/FAILURES.md.
#[tokio::test(start_paused = true)]
async fn a_receiver_that_was_down_for_an_hour_gets_every_event_in_order() {
    let world = World::new(Outbox::All);
    let receiver = world.receiver(|_, at| match at < HOUR {
        true => Answer::Refuse,
        false => Answer::Take,
    });
    let running = world.start(world.settings(&receiver));
    let mut orders = world.confirmed_many(10).await;
    world.clock.sleep(HOUR / 2).await;
    orders.extend(world.confirmed_many(10).await);

    world
        .until(HOUR * 3, async || world.counts().await == (0, 0))
        .await;

    let taken = by_order(&receiver.taken());
    assert_eq!(taken.len(), orders.len());
    for order in orders {
        assert_eq!(taken[&format!("evt_{order}")], [0, 1, 2, 3, 4]);
    }
    let key = SigningKey::from_base64(KEY).expect("base64");
    let mut bodies = HashMap::new();
    let mut seconds = HashMap::<String, Vec<i64>>::new();
    for seen in receiver.seen() {
        let message = seen.message;
        let signature = key.sign(&message.id, message.second, &message.body);
        assert_eq!(message.signature, signature);
        let first = bodies
            .entry(message.id.clone())
            .or_insert_with(|| message.body.clone());
        assert_eq!(*first, message.body, "each try tells the same");
        seconds.entry(message.id).or_default().push(message.second);
    }
    let tries = seconds.values().max_by_key(|it| it.len()).expect("some");
    let pauses: Vec<i64> = tries.windows(2).map(|it| it[1] - it[0]).collect();
    assert!(pauses.len() >= 9, "{pauses:?}");
    for (place, pause) in pauses.iter().enumerate() {
        let expected = 5 << place;
        assert!((expected..=expected + 2).contains(pause), "{pauses:?}");
    }
    running.request_soft();
    running.finished().await;
}

#[tokio::test(start_paused = true)]
async fn a_try_that_takes_long_keeps_no_other_order_waiting() {
    let world = World::new(Outbox::Terminal);
    let slow = world.confirmed().await;
    let receiver = world.receiver(
        move |message, _| match message.id.contains(&slow.to_string()) {
            true => Answer::Hang,
            false => Answer::Take,
        },
    );
    world.confirmed_many(100).await;
    let running = world.start(world.settings(&receiver));

    world
        .until(Duration::from_secs(3), async || world.counts().await.0 == 1)
        .await;

    world.clock.sleep(Duration::from_secs(30)).await;
    let seen = receiver.seen();
    let tries: Vec<_> = seen.iter().filter(|it| it.answer == Answer::Hang).collect();
    assert_eq!(tries.len(), 2);
    let pause = tries[1].at.saturating_sub(tries[0].at);
    // A try of 10 s, a pause of 5 s, and up to a period until somebody looks.
    assert!((15..=17).contains(&pause.as_secs()), "{pause:?}");
    running.request_soft();
    running.finished().await;
}

#[tokio::test(start_paused = true)]
async fn so_many_tries_at_once_and_no_more() {
    let world = World::new(Outbox::Terminal);
    let receiver = world.receiver(|_, _| Answer::Hang);
    world.confirmed_many(40).await;
    let running = world.start(world.settings(&receiver));

    world.clock.sleep(Duration::from_secs(60)).await;

    assert!(receiver.seen().len() > 2 * IN_FLIGHT);
    assert_eq!(receiver.most_open.load(Ordering::Relaxed), IN_FLIGHT);
    running.request_soft();
    running.finished().await;
}

#[tokio::test(start_paused = true)]
async fn a_webhook_is_dead_after_a_day_until_an_operator_retries_it() {
    let world = World::new(Outbox::Terminal);
    let end = GIVE_UP_AFTER + HOUR;
    let receiver = world.receiver(move |_, at| match at < end {
        true => Answer::Refuse,
        false => Answer::Take,
    });
    let order = world.confirmed().await;
    let running = world.start(world.settings(&receiver));

    world.clock.sleep(end).await;

    assert_eq!(world.counts().await, (0, 1));
    let seen = receiver.seen();
    let last = seen.last().expect("tries").at - seen[0].at;
    let late = last.saturating_sub(GIVE_UP_AFTER);
    assert!(
        last >= GIVE_UP_AFTER && late < Duration::from_secs(5),
        "{last:?}"
    );
    let dead = world.store.dead_webhooks(None, 10).await.expect("answers");
    assert_eq!(dead[0].id.order, order);
    assert_eq!(usize::try_from(dead[0].refusals), Ok(seen.len()));
    assert_eq!(dead[0].error, "the receiver answered 500");

    let retried = world.store.retry_webhooks(Retry::All, "admin").await;

    assert_eq!(retried.expect("answers"), 1);
    world
        .until(HOUR, async || world.counts().await == (0, 0))
        .await;
    assert_eq!(receiver.taken(), [dead[0].id.to_string()]);
    running.request_soft();
    running.finished().await;
}

#[tokio::test(start_paused = true)]
async fn beyond_the_bound_the_oldest_are_given_up() {
    let world = World::new(Outbox::Terminal);
    let receiver = world.receiver(|_, _| Answer::Refuse);
    let orders = world.confirmed_many(10).await;
    let settings = webhooks::Settings {
        max_pending: 3,
        ..world.settings(&receiver)
    };

    let running = world.start(settings);

    world
        .until(HOUR, async || world.counts().await == (3, 7))
        .await;
    let dead = world.store.dead_webhooks(None, 10).await.expect("answers");
    assert!(dead.iter().all(|it| it.error == NO_ROOM));
    let mut of: Vec<_> = dead.iter().map(|it| it.id.order).collect();
    of.reverse();
    assert_eq!(of, orders[..7]);
    running.request_soft();
    running.finished().await;
}

#[tokio::test(start_paused = true)]
async fn a_webhook_tells_of_the_event_and_of_its_order() {
    let world = World::new(Outbox::All);
    let receiver = world.receiver(|_, _| Answer::Take);
    let order = world.confirmed().await;
    let running = world.start(world.settings(&receiver));

    world
        .until(HOUR, async || world.counts().await == (0, 0))
        .await;

    let bodies: Vec<Value> = receiver
        .seen()
        .iter()
        .map(|it| serde_json::from_slice(&it.message.body).expect("JSON"))
        .collect();
    let statuses = ["pending", "routing", "building", "submitted", "confirmed"];
    assert_eq!(bodies.len(), statuses.len());
    for (seq, (body, status)) in bodies.iter().zip(statuses).enumerate() {
        let data = &body["data"];
        assert_eq!(body["type"], format!("order.{status}"));
        assert_eq!(body["timestamp"], data["timestamp"]);
        assert_eq!(
            (&data["seq"], &data["status"]),
            (&seq.into(), &status.into())
        );
        assert_eq!(data["orderId"], order.to_string());
        // As it was then.
        assert_eq!(data["order"]["status"], status);
        assert_eq!(data["order"]["seq"], seq);
        assert_eq!(data["order"]["tokenIn"], "SOL");
    }
    assert_eq!(
        bodies[4]["data"]["txHash"],
        bodies[4]["data"]["order"]["txHash"]
    );
    running.request_soft();
    running.finished().await;
}
