//! The live state of each order: kept for a while after its last event, and never at the cost of
//! queue and feed.

use std::sync::Arc;
use std::time::Duration;

use backend_redis::{FeedSettings, RedisFeed, RedisServer};
use deadpool_redis::redis::cmd;
use domain::{ClientId, Event, EventData, OrderId, Seq, Timestamp};
use ports::StatusFeed;
use ports::status_feed::Published;
use servers::RedisServer as Server;
use testkit::contract::Given;

use crate::{meddle, server};

/// What docs/SCALING.md counts with.
const BYTES_PER_STATE: u64 = 256;
const SECONDS: u64 = 600;

async fn feed(server: &Server) -> Arc<RedisFeed> {
    RedisFeed::connect(FeedSettings {
        order_ttl: Duration::from_secs(SECONDS),
        kept: 100,
        ..FeedSettings::new(RedisServer::new(server.url()))
    })
    .await
    .expect("the settings are valid")
}

fn event(order_id: OrderId, seq: u32, data: EventData) -> Published {
    Published {
        client: ClientId::anyone(),
        event: Event {
            order_id,
            seq: Seq::new(seq),
            at: Timestamp::from_millis(1_700_000_000_000),
            executions: 1,
            data,
        },
    }
}

fn expired() -> EventData {
    EventData::Expired {
        reason: "its time ran out".to_owned(),
    }
}

/// A life of three events, the last of which is terminal.
fn life(order: OrderId) -> Vec<Published> {
    vec![
        event(order, 0, EventData::Accepted),
        event(order, 1, EventData::RoutingStarted),
        event(order, 2, expired()),
    ]
}

async fn publish_lives(feed: &RedisFeed, given: &Given, count: usize) {
    let lives = (0..count).flat_map(|_| life(given.order_id())).collect();
    feed.publish(lives).await.expect("publish answers");
}

fn key(feed: &RedisFeed, order: OrderId) -> String {
    format!("order-engine:{{f{}}}:state:{order}", feed.shard_of(order).0)
}

async fn used_memory(server: &Server) -> u64 {
    let info: String = meddle(server, cmd("INFO").arg("memory")).await;
    let used = info
        .lines()
        .find_map(|line| line.strip_prefix("used_memory:"));
    used.expect("Redis tells").trim().parse().expect("a number")
}

#[tokio::test]
async fn the_newest_state_is_kept_until_its_time_is_over() {
    let server = server();
    let feed = feed(&server).await;
    let order = Given::new().order_id();

    // The worker's event is there before the gateway's older one.
    for event in [
        event(order, 1, EventData::RoutingStarted),
        event(order, 0, EventData::Accepted),
    ] {
        feed.publish(vec![event]).await.expect("publish answers");
    }

    let key = key(&feed, order);
    let state: String = meddle(&server, cmd("GET").arg(&key)).await;
    assert_eq!(state, "1 routing 2023-11-14T22:13:20.000Z");
    let seconds: u64 = meddle(&server, cmd("TTL").arg(&key)).await;
    assert!((SECONDS - 10..=SECONDS).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn the_state_of_an_order_that_has_ended_is_kept_as_well_and_is_small() {
    const ORDERS: u32 = 20_000;
    let server = server();
    let (feed, given) = (feed(&server).await, Given::new());
    // The streams are as long as they get.
    publish_lives(&feed, &given, 2_000).await;
    let before = used_memory(&server).await;

    publish_lives(&feed, &given, usize::try_from(ORDERS).expect("a few")).await;

    let each = (used_memory(&server).await - before) / u64::from(ORDERS);
    eprintln!("{each} bytes each");
    assert!(each > 0, "nothing was kept");
    assert!(each <= BYTES_PER_STATE, "{each} bytes each");
}

#[tokio::test]
async fn states_of_any_number_of_orders_do_not_fill_the_server() {
    let server = Server::start_with(&["--maxmemory", "16mb", "--maxmemory-policy", "noeviction"])
        .expect("Redis starts");
    let (feed, given) = (feed(&server).await, Given::new());

    // More than twice what there is room for, open and ended.
    for _ in 0..100 {
        feed.beat().await.expect("beat answers");
        publish_lives(&feed, &given, 1_000).await;
        let open = (0..500).map(|_| event(given.order_id(), 0, EventData::Accepted));
        feed.publish(open.collect()).await.expect("publish answers");
    }

    let used = used_memory(&server).await;
    assert!(used < 15 << 20, "{used} bytes of 16 MiB are used");
}

#[tokio::test]
async fn a_server_that_is_half_full_keeps_states_of_open_orders_alone() {
    let server = Server::start_with(&["--maxmemory", "16mb", "--maxmemory-policy", "noeviction"])
        .expect("Redis starts");
    let (feed, given) = (feed(&server).await, Given::new());
    let mut fill = cmd("SETRANGE");
    fill.arg("somebody else's").arg(9 << 20).arg("x");
    let _: u64 = meddle(&server, &fill).await;
    feed.beat().await.expect("beat answers");
    let (open, ended) = (given.order_id(), given.order_id());

    feed.publish(vec![event(open, 0, EventData::Accepted)])
        .await
        .expect("publish answers");
    feed.publish(life(ended)).await.expect("publish answers");

    let exists = |order| cmd("EXISTS").arg(key(&feed, order)).to_owned();
    assert_eq!(meddle::<u8>(&server, &exists(open)).await, 1);
    assert_eq!(meddle::<u8>(&server, &exists(ended)).await, 0);
}
