//! The live state of each order, kept for a while after its last event.

use std::time::Duration;

use backend_redis::{FeedSettings, RedisFeed, RedisServer};
use deadpool_redis::redis::cmd;
use domain::{ClientId, Event, EventData, Seq, Timestamp};
use ports::StatusFeed;
use ports::status_feed::Published;
use testkit::contract::Given;

use crate::{meddle, server};

#[tokio::test]
async fn the_newest_state_is_kept_until_its_time_is_over() {
    let server = server();
    let feed = RedisFeed::connect(FeedSettings {
        order_ttl: Duration::from_secs(600),
        ..FeedSettings::new(RedisServer::new(server.url()))
    })
    .await
    .expect("the settings are valid");
    let order = Given::new().order_id();
    let event = |seq, data| Published {
        client: ClientId::anyone(),
        event: Event {
            order_id: order,
            seq: Seq::new(seq),
            at: Timestamp::from_millis(1_700_000_000_000),
            executions: 1,
            data,
        },
    };

    // The worker's event is there before the gateway's older one.
    for event in [
        event(1, EventData::RoutingStarted),
        event(0, EventData::Accepted),
    ] {
        feed.publish(vec![event]).await.expect("publish answers");
    }

    let key = format!("order-engine:{{f{}}}:order:{order}", feed.shard_of(order).0);
    let state: String = meddle(&server, cmd("HGET").arg(&key).arg("state")).await;
    assert!(state.contains(r#""status":"routing""#), "{state}");
    let seconds: i64 = meddle(&server, cmd("TTL").arg(&key)).await;
    assert!((590..=600).contains(&seconds), "{seconds}");
}
