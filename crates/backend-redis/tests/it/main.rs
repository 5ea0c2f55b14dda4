//! The contracts of queue and feed over a real Redis, and what only this backend promises.

mod clock_turning;
mod contract;
mod limiter;
mod losses;
mod many_shards;
mod publishers;
mod redis_cluster;
mod redis_failover;
mod server_fails;
mod states;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use backend_redis::{FeedSettings, QueueSettings, RedisFeed, RedisQueue, RedisServer};
use deadpool_redis::redis::{Client, Cmd, FromRedisValue};
use servers::RedisServer as Server;

/// Longer than any delay of an entry in a test.
const LONGEST_REST: Duration = Duration::from_secs(2 * 3_600);

/// Likewise for a publisher that died.
const SILENCE: Duration = Duration::from_millis(500);

fn server() -> Server {
    Server::start().expect("Redis starts")
}

fn queue_settings(server: &Server) -> QueueSettings {
    queue_settings_at(&server.url())
}

fn queue_settings_at(url: &str) -> QueueSettings {
    QueueSettings {
        longest_rest: LONGEST_REST,
        ..QueueSettings::new(RedisServer::new(url))
    }
}

async fn queue(settings: QueueSettings) -> Arc<RedisQueue> {
    RedisQueue::connect(settings)
        .await
        .expect("the settings are valid")
}

async fn feed(server: &Server) -> Arc<RedisFeed> {
    feed_at(&server.url()).await
}

async fn feed_at(url: &str) -> Arc<RedisFeed> {
    let settings = FeedSettings {
        kept: 100,
        silence: SILENCE,
        ..FeedSettings::new(RedisServer::new(url))
    };
    RedisFeed::connect(settings)
        .await
        .expect("the settings are valid")
}

/// What somebody else does to the server.
async fn meddle<T: FromRedisValue>(server: &Server, command: &Cmd) -> T {
    let client = Client::open(server.url()).expect("a valid address");
    let mut connection = client
        .get_multiplexed_async_connection()
        .await
        .expect("Redis is there");
    command
        .query_async(&mut connection)
        .await
        .expect("Redis does it")
}
