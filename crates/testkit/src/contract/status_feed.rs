//! The promises of [`ports::status_feed`], by their numbers.

use std::sync::Arc;
use std::time::Duration;

use domain::{ClientId, Event, EventData, OrderId, Seq, Timestamp};
use ports::StatusFeed;
use ports::status_feed::{FeedTail, Position, Published, Shard, TailFrom, Tailed};

use super::{FeedFixture, Given, Outage, eventually, promptly};

/// An event as a worker publishes it.
#[must_use]
pub fn event(order: OrderId, seq: u32) -> Published {
    Published {
        client: ClientId::anyone(),
        event: Event {
            order_id: order,
            seq: Seq::new(seq),
            at: Timestamp::from_millis(1_700_000_000_000),
            executions: 1,
            data: EventData::RoutingStarted,
        },
    }
}

fn events(order: OrderId, seqs: std::ops::Range<u32>) -> Vec<Published> {
    seqs.map(|seq| event(order, seq)).collect()
}

async fn publish(feed: &Arc<dyn StatusFeed>, events: Vec<Published>) {
    feed.publish(events).await.expect("publish answers");
}

async fn tail(feed: &Arc<dyn StatusFeed>, order: OrderId, from: TailFrom) -> Box<dyn FeedTail> {
    let tail = feed.tail(feed.shard_of(order), from).await;
    tail.expect("tail answers")
}

/// What the tail returns next.
async fn next(tail: &mut Box<dyn FeedTail>) -> Tailed {
    promptly("the feed", tail.next())
        .await
        .expect("next answers")
}

/// The next `count` events of this order, with their places.
async fn take(tail: &mut Box<dyn FeedTail>, order: OrderId, count: usize) -> Vec<(Position, Seq)> {
    let mut taken = Vec::new();
    while taken.len() < count {
        match next(tail).await {
            Tailed::Events(events) => taken.extend(
                events
                    .into_iter()
                    .filter(|(_, published)| published.event.order_id == order)
                    .map(|(position, published)| (position, published.event.seq)),
            ),
            Tailed::Lost => panic!("lost after {} of {count}", taken.len()),
        }
    }
    taken
}

fn seqs(taken: &[(Position, Seq)]) -> Vec<u32> {
    taken.iter().map(|(_, seq)| seq.get()).collect()
}

/// Reads on until the tail returns `Lost`.
async fn until_lost(tail: &mut Box<dyn FeedTail>) -> usize {
    let mut brought = 0;
    loop {
        match next(tail).await {
            Tailed::Events(events) => brought += events.len(),
            Tailed::Lost => return brought,
        }
    }
}

/// 1: every tail, of every process.
pub async fn a_published_event_reaches_every_open_tail(fixture: &impl FeedFixture) {
    let given = Given::new();
    let (feed, other) = (fixture.feed(), fixture.second_handle().await);
    let order = given.order_id();
    let mut tails = vec![
        tail(&feed, order, TailFrom::Now).await,
        tail(&feed, order, TailFrom::Now).await,
        tail(&other, order, TailFrom::Now).await,
    ];

    publish(&feed, events(order, 0..3)).await;

    for tail in &mut tails {
        assert_eq!(seqs(&take(tail, order, 3).await), [0, 1, 2]);
    }
}

/// 1: in order.
pub async fn events_of_an_order_come_in_order(fixture: &impl FeedFixture) {
    let given = Given::new();
    let feed = fixture.feed();
    let orders = [given.order_id(), given.order_id(), given.order_id()];
    let mut tails = Vec::new();
    for order in orders {
        tails.push(tail(&feed, order, TailFrom::Now).await);
    }

    for seq in 0..5 {
        let batch = orders.iter().map(|order| event(*order, seq)).collect();
        publish(&feed, batch).await;
    }

    for (order, tail) in orders.into_iter().zip(&mut tails) {
        assert_eq!(seqs(&take(tail, order, 5).await), [0, 1, 2, 3, 4]);
    }
}

/// 1: one shard.
pub async fn an_order_is_always_in_one_shard(fixture: &impl FeedFixture) {
    let given = Given::new();
    let (feed, other) = (fixture.feed(), fixture.second_handle().await);
    for _ in 0..100 {
        let order = given.order_id();
        assert!(feed.shard_of(order).0 < feed.shards());
        assert_eq!(feed.shard_of(order), other.shard_of(order));
    }
}

/// From now on.
pub async fn a_tail_from_now_brings_nothing_older(fixture: &impl FeedFixture) {
    let given = Given::new();
    let feed = fixture.feed();
    let order = given.order_id();
    publish(&feed, events(order, 0..3)).await;
    let mut tail = tail(&feed, order, TailFrom::Now).await;

    publish(&feed, events(order, 3..5)).await;

    assert_eq!(seqs(&take(&mut tail, order, 2).await), [3, 4]);
}

/// 4: on every process, from an event's place and from the tail's own.
pub async fn a_tail_goes_on_after_a_position(fixture: &impl FeedFixture) {
    let given = Given::new();
    let feed = fixture.feed();
    let order = given.order_id();
    let mut first = tail(&feed, order, TailFrom::Now).await;
    let start = first.position();
    publish(&feed, events(order, 0..4)).await;
    let taken = take(&mut first, order, 4).await;
    assert_eq!(taken[3].0, first.position());
    publish(&feed, events(order, 4..6)).await;

    let other = fixture.second_handle().await;
    for (position, expected) in [
        (start, vec![0, 1, 2, 3, 4, 5]),
        (taken[1].0.clone(), vec![2, 3, 4, 5]),
        (first.position(), vec![4, 5]),
    ] {
        let mut resumed = tail(&other, order, TailFrom::After(position)).await;
        let again = take(&mut resumed, order, expected.len()).await;
        assert_eq!(seqs(&again), expected);
    }
}

/// 2 and 3: the tail falls behind.
pub async fn a_slow_tail_is_told_that_it_lost(fixture: &impl FeedFixture) {
    let given = Given::new();
    let feed = fixture.feed();
    let order = given.order_id();
    let mut slow = tail(&feed, order, TailFrom::Now).await;
    publish(&feed, events(order, 0..2)).await;
    assert_eq!(seqs(&take(&mut slow, order, 2).await), [0, 1]);
    let many = fixture.more_than_it_keeps();
    for seq in 0..u32::try_from(many).expect("a fixture keeps little") {
        publish(&feed, vec![event(order, seq + 2)]).await;
    }

    let brought = until_lost(&mut slow).await;

    assert!(brought < many, "it lost nothing of {many}");
}

/// 2: restarted, emptied.
pub async fn a_forgotten_position_is_told_that_it_lost(fixture: &impl FeedFixture) {
    let given = Given::new();
    let feed = fixture.feed();
    let order = given.order_id();
    let mut before = tail(&feed, order, TailFrom::Now).await;
    publish(&feed, events(order, 0..2)).await;
    take(&mut before, order, 2).await;
    let position = before.position();

    let feed = fixture.after_losing_everything().await;

    let mut resumed = tail(&feed, order, TailFrom::After(position)).await;
    assert!(matches!(next(&mut resumed).await, Tailed::Lost));
}

/// 2: an invalid position.
pub async fn a_senseless_position_is_told_that_it_lost(fixture: &impl FeedFixture) {
    let given = Given::new();
    let feed = fixture.feed();
    let order = given.order_id();
    for senseless in ["", "0", "not a position", "\u{1F4A5}-\u{1F4A5}", "--"] {
        let position = Position(Arc::from(senseless));

        let mut resumed = tail(&feed, order, TailFrom::After(position)).await;

        let told = next(&mut resumed).await;
        assert!(matches!(told, Tailed::Lost), "{senseless}: {told:?}");
    }
}

/// 2: returned once, then the tail continues.
pub async fn a_lost_tail_goes_on(fixture: &impl FeedFixture) {
    let given = Given::new();
    let feed = fixture.feed();
    let order = given.order_id();
    let senseless = Position(Arc::from("senseless"));
    let mut lost = tail(&feed, order, TailFrom::After(senseless)).await;
    assert!(matches!(next(&mut lost).await, Tailed::Lost));

    publish(&feed, events(order, 0..3)).await;

    assert_eq!(seqs(&take(&mut lost, order, 3).await), [0, 1, 2]);
    let position = lost.position();
    publish(&feed, events(order, 3..4)).await;
    let mut resumed = tail(&feed, order, TailFrom::After(position)).await;
    assert_eq!(seqs(&take(&mut resumed, order, 1).await), [3]);
}

/// 3: publishing does not wait.
pub async fn nobody_waits_for_a_slow_tail(fixture: &impl FeedFixture) {
    let given = Given::new();
    let feed = fixture.feed();
    let order = given.order_id();
    let _never_read = tail(&feed, order, TailFrom::Now).await;
    let many = u32::try_from(fixture.more_than_it_keeps()).expect("a fixture keeps little");

    let publishing = async {
        for seq in 0..many * 2 {
            publish(&feed, vec![event(order, seq)]).await;
        }
    };

    promptly("publishing beside a tail nobody reads", publishing).await;
    let mut fresh = tail(&feed, order, TailFrom::Now).await;
    publish(&feed, vec![event(order, many * 2)]).await;
    assert_eq!(seqs(&take(&mut fresh, order, 1).await), [many * 2]);
}

/// Cancel safety.
pub async fn a_dropped_wait_loses_nothing(fixture: &impl FeedFixture) {
    let given = Given::new();
    let feed = fixture.feed();
    let order = given.order_id();
    let mut tail = tail(&feed, order, TailFrom::Now).await;
    for _ in 0..3 {
        let waiting = tokio::time::timeout(Duration::from_millis(5), tail.next());
        assert!(waiting.await.is_err(), "nothing was published");
    }

    publish(&feed, events(order, 0..3)).await;

    assert_eq!(seqs(&take(&mut tail, order, 3).await), [0, 1, 2]);
}

/// 5.
pub async fn a_tail_that_goes_on_after_an_error_says_that_it_lost(fixture: &impl FeedFixture) {
    let given = Given::new();
    let feed = fixture.feed();
    let order = given.order_id();
    let mut tail = tail(&feed, order, TailFrom::Now).await;
    if fixture.begin_outage().await == Outage::Impossible {
        return;
    }
    promptly("the tail's error", tail.next())
        .await
        .expect_err("the feed is away");

    fixture.end_outage().await;

    let first = promptly("the tail", async {
        loop {
            if let Ok(tailed) = tail.next().await {
                return tailed;
            }
        }
    })
    .await;
    assert!(matches!(first, Tailed::Lost), "{first:?}");
    eventually("the feed", async || {
        feed.publish(events(order, 0..1)).await.ok()
    })
    .await;
    assert_eq!(seqs(&take(&mut tail, order, 1).await), [0]);
}

/// 6: every tail of every shard and process; then they continue.
pub async fn a_told_loss_reaches_every_tail(fixture: &impl FeedFixture) {
    let given = Given::new();
    let (feed, other) = (fixture.feed(), fixture.second_handle().await);
    let mut tails = Vec::new();
    for shard in (0..feed.shards()).map(Shard) {
        tails.push(feed.tail(shard, TailFrom::Now).await.expect("tail answers"));
        tails.push(
            other
                .tail(shard, TailFrom::Now)
                .await
                .expect("tail answers"),
        );
    }

    feed.tell_lost().await.expect("tell_lost answers");

    for tail in &mut tails {
        assert!(matches!(next(tail).await, Tailed::Lost));
    }
    let order = given.order_id();
    let mut tail = tail(&feed, order, TailFrom::Now).await;
    publish(&feed, events(order, 0..2)).await;
    assert_eq!(seqs(&take(&mut tail, order, 2).await), [0, 1]);
}

/// 6: positions before it, even if nothing was published since; not those after it.
pub async fn a_position_before_a_told_loss_is_told_that_it_lost(fixture: &impl FeedFixture) {
    let given = Given::new();
    let (feed, other) = (fixture.feed(), fixture.second_handle().await);
    let order = given.order_id();
    let mut first = tail(&feed, order, TailFrom::Now).await;
    publish(&feed, events(order, 0..1)).await;
    take(&mut first, order, 1).await;
    let before = first.position();

    feed.tell_lost().await.expect("tell_lost answers");
    until_lost(&mut first).await;
    let after = first.position();
    publish(&feed, events(order, 1..2)).await;

    let mut resumed = tail(&other, order, TailFrom::After(before)).await;
    assert!(matches!(next(&mut resumed).await, Tailed::Lost));
    let mut resumed = tail(&other, order, TailFrom::After(after)).await;
    assert_eq!(seqs(&take(&mut resumed, order, 1).await), [1]);
}

/// 7.
pub async fn what_a_publisher_that_died_dropped_is_told(fixture: &impl FeedFixture) {
    let given = Given::new();
    let (feed, other) = (fixture.feed(), fixture.second_handle().await);
    if fixture.begin_outage().await == Outage::Impossible {
        return;
    }
    fixture.end_outage().await;
    let order = given.order_id();
    let mut tail = eventually("a tail", async || {
        feed.tail(feed.shard_of(order), TailFrom::Now).await.ok()
    })
    .await;
    eventually("the first beat", async || other.beat().await.ok()).await;

    drop(other);

    let told = async {
        loop {
            let beat = feed.beat().await;
            let told = tokio::time::timeout(Duration::from_millis(20), tail.next()).await;
            if let (Ok(()), Ok(Ok(Tailed::Lost))) = (beat, told) {
                return;
            }
        }
    };
    promptly("a loss", told).await;
}
