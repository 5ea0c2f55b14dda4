//! The account stream:
//! 1. every event of every visible order, each with a cursor, from the subscription on;
//! 2. a cursor resumes without loss and without repetition;
//! 3. wherever events may be missing, `resync` comes first.

use std::sync::Arc;

use api_gateway::live::{AccountReader, Cursor, Filter, Live, Read, Settings, StatusSet};
use async_trait::async_trait;
use backend_embedded::InProcessFeed;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{ClientId, Event, EventData};
use ports::status_feed::{FeedTail, Position, Published, Shard, TailFrom, Tailed};
use ports::{Ports, StatusFeed};
use serde_json::{Value, json};
use testkit::contract::promptly;

use crate::ws_world::{Watcher, World, seqs, statuses};

async fn take(watcher: &mut Watcher, count: usize) -> Vec<Value> {
    let mut events = Vec::new();
    for _ in 0..count {
        events.push(watcher.json().await);
    }
    events
}

fn cursor(event: &Value) -> &str {
    event["cursor"].as_str().expect("an event has a cursor")
}

#[tokio::test]
async fn every_order_is_seen_from_the_subscription_on() {
    let world = World::start().await;
    let (mut one, mut other) = (world.order().await, world.order().await);
    one.tell(EventData::RoutingStarted).await;
    let mut watcher = Watcher::open(&world.ws("/api/stream")).await;

    one.tell(one.routed()).await;
    other.tell(EventData::RoutingStarted).await;
    one.tell(one.failed()).await;

    let events = take(&mut watcher, 3).await;
    assert_eq!(statuses(&events), ["building", "routing", "failed"]);
    assert_eq!(seqs(&events), [2, 1, 3]);
    assert!(events.iter().all(|event| !cursor(event).is_empty()));
}

#[tokio::test]
async fn events_are_filtered_by_their_own_status() {
    let world = World::start().await;
    let mut order = world.order().await;
    let mut watcher = Watcher::open(&world.ws("/api/stream?status=building,confirmed")).await;

    for data in order.rest() {
        order.tell(data).await;
    }

    let events = take(&mut watcher, 2).await;
    assert_eq!(statuses(&events), ["building", "confirmed"]);
}

#[tokio::test]
async fn a_cursor_resumes_without_loss_and_repetition() {
    let world = World::start().await;
    let mut order = world.order().await;
    let mut first = Watcher::open(&world.ws("/api/stream")).await;
    // Keeps the tails open while the reader is away.
    let mut all = Watcher::open(&world.ws("/api/stream")).await;
    let mut rest = order.rest().into_iter();
    order.tell(rest.next().unwrap()).await;
    let seen = first.json().await;
    drop(first);
    order.tell(rest.next().unwrap()).await;
    order.tell(rest.next().unwrap()).await;
    // So that the ring no longer has them.
    take(&mut all, 3).await;

    let url = world.ws(&format!("/api/stream?cursor={}", cursor(&seen)));
    let mut second = Watcher::open(&url).await;
    order.tell(rest.next().unwrap()).await;

    let events = take(&mut second, 3).await;
    assert_eq!(seqs(&events), [2, 3, 4]);
}

#[tokio::test]
async fn a_cursor_that_is_not_of_this_feed_begins_with_a_resync() {
    let world = World::start().await;
    let mut order = world.order().await;
    // The places of 300 shards.
    let foreign = URL_SAFE_NO_PAD.encode(format!("1{}", "\n".repeat(299)));
    let url = world.ws(&format!("/api/stream?cursor={foreign}"));

    let mut watcher = Watcher::open(&url).await;
    order.tell(EventData::RoutingStarted).await;

    assert_eq!(watcher.json().await, json!({"type": "resync"}));
    assert_eq!(statuses(&take(&mut watcher, 1).await), ["routing"]);
}

/// A separate `Live` beside the gateway's, over this feed.
fn hub_over(world: &World, feed: impl StatusFeed + 'static) -> (Live, Ports) {
    let ports = Ports {
        feed: Arc::new(feed),
        ..world.ports.clone()
    };
    let live = world.live(&ports, Settings::default());
    (live, ports)
}

async fn join(live: &Live) -> AccountReader {
    join_at(live, None).await
}

async fn join_at(live: &Live, cursor: Option<Cursor>) -> AccountReader {
    let filter = Filter {
        client: None,
        statuses: StatusSet::ALL,
    };
    live.join(filter, cursor).await
}

async fn publish(ports: &Ports, event: &Event, times: usize) {
    let published = Published {
        client: ClientId::anyone(),
        event: event.clone(),
    };
    let publishing = ports.feed.publish(vec![published; times]);
    publishing.await.expect("the feed takes events");
}

#[tokio::test]
async fn a_reader_whom_the_ring_overtakes_is_told_that_it_is_too_slow() {
    const BURST: usize = 500;
    let world = World::start().await;
    let event = world.order().await.record(EventData::RoutingStarted).await;
    let (live, ports) = hub_over(&world, InProcessFeed::new(&world.ports.random));
    let mut slow = join(&live).await;
    let mut quick = join(&live).await;

    for _ in 0..20 {
        publish(&ports, &event, BURST).await;
        for _ in 0..BURST {
            assert!(matches!(quick.next().await, Read::Message(_)));
        }
    }

    assert_eq!(slow.next().await, Read::TooSlow);
}

#[tokio::test]
async fn what_the_feed_loses_is_a_resync() {
    let world = World::start().await;
    let event = world.order().await.record(EventData::RoutingStarted).await;
    let (live, ports) = hub_over(&world, InProcessFeed::keeping(4, &world.ports.random));
    let mut reader = join(&live).await;

    publish(&ports, &event, 10).await;
    assert_eq!(
        reader.next().await,
        Read::Message(r#"{"type":"resync"}"#.into())
    );

    publish(&ports, &event, 1).await;
    let Read::Message(text) = reader.next().await else {
        panic!("the stream goes on");
    };
    let event: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(event["status"], "routing");
}

#[tokio::test]
async fn a_cursor_from_before_a_loss_begins_with_a_resync() {
    let world = World::start().await;
    let event = world.order().await.record(EventData::RoutingStarted).await;
    let (live, ports) = hub_over(&world, InProcessFeed::keeping(4, &world.ports.random));
    let mut reader = join(&live).await;
    publish(&ports, &event, 1).await;
    let Read::Message(text) = reader.next().await else {
        panic!("the event comes");
    };
    let before: Value = serde_json::from_str(&text).unwrap();
    publish(&ports, &event, 10).await;
    // The `Live` has noticed.
    reader.next().await;

    let mut back = join_at(&live, Cursor::decode(cursor(&before))).await;

    let resync = Read::Message(r#"{"type":"resync"}"#.into());
    assert_eq!(back.next().await, resync);
}

/// How the feed fails readers that resume.
#[derive(Debug, Clone, Copy)]
enum Trouble {
    Stalls,
    Fails,
}

/// A feed that delivers its newest events but not earlier ones.
#[derive(Debug)]
struct Forgetful {
    feed: InProcessFeed,
    trouble: Trouble,
}

#[async_trait]
impl StatusFeed for Forgetful {
    async fn publish(&self, events: Vec<Published>) -> ports::Result<()> {
        self.feed.publish(events).await
    }

    async fn tell_lost(&self) -> ports::Result<()> {
        self.feed.tell_lost().await
    }

    fn shards(&self) -> u16 {
        self.feed.shards()
    }

    async fn tail(&self, shard: Shard, from: TailFrom) -> ports::Result<Box<dyn FeedTail>> {
        match from {
            TailFrom::Now => self.feed.tail(shard, from).await,
            TailFrom::After(place) => Ok(Box::new(Troubled(place, self.trouble))),
        }
    }
}

#[derive(Debug)]
struct Troubled(Position, Trouble);

#[async_trait]
impl FeedTail for Troubled {
    async fn next(&mut self) -> ports::Result<Tailed> {
        match self.1 {
            Trouble::Stalls => std::future::pending().await,
            Trouble::Fails => Err(ports::Error::unavailable("the feed", "broken")),
        }
    }

    fn position(&self) -> Position {
        self.0.clone()
    }
}

#[tokio::test]
async fn a_feed_that_stalls_or_fails_while_a_reader_resumes_is_a_resync() {
    for trouble in [Trouble::Stalls, Trouble::Fails] {
        let world = World::start().await;
        let event = world.order().await.record(EventData::RoutingStarted).await;
        let feed = InProcessFeed::new(&world.ports.random);
        let (live, ports) = hub_over(&world, Forgetful { feed, trouble });
        let mut reader = join(&live).await;
        publish(&ports, &event, 40).await;
        let Read::Message(text) = reader.next().await else {
            panic!("the event comes");
        };
        let first: Value = serde_json::from_str(&text).unwrap();
        // So that the ring no longer has them.
        for _ in 1..40 {
            reader.next().await;
        }

        let mut back = join_at(&live, Cursor::decode(cursor(&first))).await;

        let resync = Read::Message(r#"{"type":"resync"}"#.into());
        let read = promptly("a resync", back.next()).await;
        assert_eq!(read, resync, "{trouble:?}");
    }
}
