//! Following one order:
//! 1. however late a client comes and whatever the feed does, it sees each event once, in order;
//! 2. `since` resumes after an event; the terminal event ends the socket with 1000;
//! 3. a client that may not follow is refused before the upgrade.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use api_gateway::live::{AccountReader, Filter, Followed, Live, Settings, StatusSet};
use async_trait::async_trait;
use domain::{ClientId, Event, EventData, Seq};
use ports::status_feed::{FeedTail, Published, Shard, TailFrom};
use ports::{Ports, StatusFeed};
use serde_json::json;
use testkit::contract::promptly;

use crate::ws_world::{LIFE, Watcher, World, seqs, statuses};

#[tokio::test]
async fn a_client_sees_an_order_live() {
    let world = World::start().await;
    let mut order = world.order().await;
    let mut watcher = Watcher::open(&world.ws(&format!("/ws/orders/{}", order.id))).await;
    assert_eq!(watcher.json().await["status"], "pending");

    for (data, status) in order.rest().into_iter().zip(&LIFE[1..]) {
        order.tell(data).await;
        assert_eq!(watcher.json().await["status"], *status);
    }

    assert_eq!(watcher.rest().await, (vec![], 1000));
}

#[tokio::test]
async fn a_late_client_sees_all_from_the_first_event() {
    let world = World::start().await;
    let mut order = world.order().await;
    for data in order.rest() {
        order.record(data).await;
    }

    for door in [
        format!("/api/orders/{}/stream", order.id),
        format!("/ws/orders/{}", order.id),
    ] {
        let mut watcher = Watcher::open(&world.ws(&door)).await;
        let (events, code) = watcher.rest().await;

        assert_eq!(statuses(&events), LIFE);
        assert_eq!(seqs(&events), [0, 1, 2, 3, 4]);
        assert_eq!(code, 1000);
    }
}

#[tokio::test]
async fn the_execute_door_greets_first() {
    let world = World::start().await;
    let mut order = world.order().await;
    order.record(order.failed()).await;
    let url = world.ws(&format!("/api/orders/execute?orderId={}", order.id));

    let (messages, code) = Watcher::open(&url).await.rest().await;

    let greeting = json!({
        "type": "connected",
        "status": "connected",
        "orderId": order.id.to_string(),
    });
    assert_eq!(messages[0], greeting);
    assert_eq!(statuses(&messages[1..]), ["pending", "failed"]);
    assert_eq!(messages[2]["errorReason"], "no venue answered in time");
    assert_eq!(code, 1000);
}

#[tokio::test]
async fn since_resumes_after_that_event() {
    let world = World::start().await;
    let mut order = world.order().await;
    for data in order.rest() {
        order.record(data).await;
    }

    for (since, expected) in [
        (0, vec![1, 2, 3, 4]),
        (3, vec![4]),
        (4, vec![]),
        (99, vec![]),
    ] {
        let path = format!("/api/orders/{}/stream?since={since}", order.id);
        let (events, code) = Watcher::open(&world.ws(&path)).await.rest().await;

        assert_eq!(seqs(&events), expected, "since {since}");
        assert_eq!(code, 1000);
    }
}

#[tokio::test]
async fn several_sockets_on_one_order_each_get_everything() {
    let world = World::start().await;
    let mut order = world.order().await;
    let url = world.ws(&format!("/ws/orders/{}", order.id));
    let mut watchers = Vec::new();
    for _ in 0..10 {
        watchers.push(Watcher::open(&url).await);
    }

    for data in order.rest() {
        order.tell(data).await;
    }

    for watcher in &mut watchers {
        let (events, code) = watcher.rest().await;
        assert_eq!(statuses(&events), LIFE);
        assert_eq!(code, 1000);
    }
}

#[tokio::test]
async fn events_that_were_never_published_arrive_all_the_same() {
    let world = World::start().await;
    let mut order = world.order().await;
    let mut watcher = Watcher::open(&world.ws(&format!("/ws/orders/{}", order.id))).await;
    assert_eq!(watcher.json().await["status"], "pending");

    for data in order.rest() {
        order.record(data).await;
    }

    let (events, code) = watcher.rest().await;
    assert_eq!(statuses(&events), LIFE[1..]);
    assert_eq!(code, 1000);
}

#[tokio::test]
async fn what_the_feed_loses_repeats_and_shuffles_is_seen_once_and_in_order() {
    let world = World::start_with(|settings| {
        // So that the next event reveals the gap, not the silence.
        settings.live.reread_after = Duration::from_secs(3_600);
    })
    .await;
    let mut order = world.order().await;
    let mut watcher = Watcher::open(&world.ws(&format!("/ws/orders/{}", order.id))).await;
    assert_eq!(watcher.json().await["status"], "pending");
    let mut recorded = Vec::new();
    for data in order.rest() {
        recorded.push(order.record(data).await);
    }

    for index in [1, 0, 1, 1, 3, 0, 3] {
        world.publish(&recorded[index]).await;
    }

    let (events, code) = watcher.rest().await;
    assert_eq!(seqs(&events), [1, 2, 3, 4]);
    assert_eq!(code, 1000);
}

#[tokio::test]
async fn who_may_not_follow_is_refused_before_the_upgrade() {
    let world = World::start().await;
    let order = world.order().await;
    let unknown = world.given.order_id();

    for (path, status) in [
        (format!("/ws/orders/{unknown}"), 404),
        (format!("/api/orders/{unknown}/stream"), 404),
        (format!("/api/orders/execute?orderId={unknown}"), 404),
        (format!("/ws/orders/{}?since=-1", order.id), 400),
        (format!("/ws/orders/{}?since=4294967296", order.id), 400),
        (format!("/ws/orders/{}?since=x", order.id), 400),
        ("/api/orders/execute?orderId=x".to_owned(), 400),
        ("/api/stream?status=done".to_owned(), 400),
        ("/api/stream?cursor=x".to_owned(), 400),
    ] {
        let refused = Watcher::try_open(&world.ws(&path)).await.err();
        assert_eq!(refused, Some(status), "{path}");
    }
}

#[tokio::test]
async fn a_follower_needs_the_key_that_made_the_order() {
    let world = World::start_with(|settings| {
        settings.api_keys = ["desk", "other"]
            .map(|name| api_gateway::settings::ApiKey {
                client: ClientId::parse(name).unwrap(),
                key: format!("{name}-secret"),
            })
            .into();
    })
    .await;
    let desk = ClientId::parse("desk").unwrap();
    let id = world
        .given
        .accept(world.store(), world.given.order_of(&desk))
        .await;
    let path = format!("/ws/orders/{id}");

    assert_eq!(world.refusal(&path, None).await, Some(401));
    assert_eq!(world.refusal(&path, Some("wrong")).await, Some(401));
    assert_eq!(world.refusal(&path, Some("other-secret")).await, Some(404));
    assert_eq!(world.refusal(&path, Some("desk-secret")).await, None);
}

#[tokio::test]
async fn without_an_upgrade_the_doors_say_what_they_are() {
    let world = World::start().await;

    let answer = cluster::http::http()
        .get(world.http("/api/orders/execute"))
        .send()
        .await
        .unwrap();

    assert_eq!(answer.status(), 426);
    assert_eq!(answer.headers()["upgrade"], "websocket");
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
}

#[tokio::test]
async fn nothing_is_watched_once_everybody_has_left() {
    let world = World::start().await;
    let mut order = world.order().await;
    let stored = world.store().order(order.id, None).await.unwrap().unwrap();
    let live = world.live(&world.ports, Settings::default());
    let mut followers = [(); 2].map(|()| live.follow(&stored, None));

    order.tell(EventData::RoutingStarted).await;
    for follower in &mut followers {
        for seq in 0..2 {
            let Followed::Event(told) = follower.next().await else {
                panic!("the order goes on");
            };
            assert_eq!(told.seq.get(), seq);
        }
    }
    assert_eq!(live.watched_count(), 1);

    drop(followers);
    assert_eq!(live.watched_count(), 0);
}

/// Shared parts of which every tail is open, so that they expect the orders that are accepted.
async fn with_open_tails(world: &World, reread_after: Duration) -> (Live, AccountReader) {
    let settings = Settings {
        reread_after,
        ..Settings::default()
    };
    let live = world.live(&world.ports, settings);
    let everybodys = Filter {
        client: None,
        statuses: StatusSet::ALL,
    };
    let reader = live.join(everybodys, None).await;
    (live, reader)
}

#[tokio::test]
async fn who_follows_an_order_that_was_just_accepted_here_costs_the_store_nothing() {
    let world = World::start().await;
    let (live, _reader) = with_open_tails(&world, Duration::from_secs(3_600)).await;
    let order = world.order().await;
    let stored = world.store().order(order.id, None).await.unwrap().unwrap();
    let accepted = world.store().events(order.id, Seq::FIRST).await.unwrap();
    live.expect(&stored, &accepted[0]);
    // The store does not know of it: only the feed can bring it.
    let routing = Event {
        seq: Seq::new(1),
        data: EventData::RoutingStarted,
        ..accepted[0].clone()
    };
    world.publish(&routing).await;

    let stranger = ClientId::parse("stranger").unwrap();
    assert!(
        live.follow_watched(order.id, Some(&stranger), None)
            .is_none()
    );
    let mut follower = live
        .follow_watched(order.id, Some(&stored.client), None)
        .expect("it is expected");

    let following = async {
        for seq in 0..2 {
            let Followed::Event(told) = follower.next().await else {
                panic!("the order goes on");
            };
            assert_eq!(told.seq.get(), seq);
        }
    };
    promptly("both events", following).await;
}

#[tokio::test]
async fn an_order_that_nobody_comes_for_is_forgotten_soon() {
    let world = World::start().await;
    let (live, _reader) = with_open_tails(&world, Duration::from_millis(10)).await;
    let order = world.order().await;
    let stored = world.store().order(order.id, None).await.unwrap().unwrap();
    let accepted = world.store().events(order.id, Seq::FIRST).await.unwrap();

    live.expect(&stored, &accepted[0]);
    assert_eq!(live.watched_count(), 1);

    let forgetting = async {
        while live.watched_count() > 0 {
            tokio::task::yield_now().await;
        }
    };
    promptly("nobody came", forgetting).await;
}

#[tokio::test]
async fn a_thousand_followers_of_one_order_share_one_rendering() {
    let world = World::start().await;
    let order = world.order().await;
    let stored = world.store().order(order.id, None).await.unwrap().unwrap();
    let live = world.live(&world.ports, Settings::default());

    let mut texts = HashSet::new();
    let mut followers = Vec::new();
    for _ in 0..1_000 {
        let mut follower = live.follow(&stored, None);
        let Followed::Event(told) = follower.next().await else {
            panic!("the order has begun");
        };
        texts.insert(told.text.as_bytes().as_ptr() as usize);
        followers.push(follower);
    }

    assert_eq!(texts.len(), 1);
}

/// A feed that delivers nothing.
#[derive(Debug)]
struct Away;

#[async_trait]
impl StatusFeed for Away {
    async fn publish(&self, _: Vec<Published>) -> ports::Result<()> {
        Err(ports::Error::unavailable("the feed", "away"))
    }

    async fn tell_lost(&self) -> ports::Result<()> {
        Err(ports::Error::unavailable("the feed", "away"))
    }

    fn shards(&self) -> u16 {
        4
    }

    async fn tail(&self, _: Shard, _: TailFrom) -> ports::Result<Box<dyn FeedTail>> {
        Err(ports::Error::unavailable("the feed", "away"))
    }
}

#[tokio::test]
async fn while_the_feed_is_away_followers_are_served_from_the_store() {
    let world = World::start().await;
    let mut order = world.order().await;
    let stored = world.store().order(order.id, None).await.unwrap().unwrap();
    let ports = Ports {
        feed: Arc::new(Away),
        ..world.ports.clone()
    };
    let settings = Settings {
        reread_after: Duration::from_millis(50),
        ..Settings::default()
    };
    let live = world.live(&ports, settings);
    let mut follower = live.follow(&stored, None);

    let telling = async {
        for data in order.rest() {
            order.record(data).await;
        }
    };
    let following = async {
        let mut seqs = Vec::new();
        while let Followed::Event(told) = follower.next().await {
            seqs.push(told.seq.get());
        }
        seqs
    };
    let ((), seqs) = promptly("the end", async { tokio::join!(telling, following) }).await;

    assert_eq!(seqs, [0, 1, 2, 3, 4]);
}
