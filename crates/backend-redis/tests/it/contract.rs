//! Every promise of a queue and of a feed, each on a server of its own, and each on a cluster of its own.

use anyhow::Result;
use servers::{RedisCluster, RedisServer};

/// What a contract is held against.
#[derive(Debug)]
enum Servers {
    One(RedisServer),
    Cluster(RedisCluster),
}

impl Servers {
    fn one() -> Self {
        Self::One(RedisServer::start().expect("Redis starts"))
    }

    fn cluster() -> Self {
        Self::Cluster(RedisCluster::start().expect("a Redis Cluster starts"))
    }

    fn url(&self) -> String {
        match self {
            Self::One(server) => server.url(),
            Self::Cluster(cluster) => cluster.url(),
        }
    }

    fn nodes(&self) -> &[RedisServer] {
        match self {
            Self::One(server) => std::slice::from_ref(server),
            Self::Cluster(cluster) => cluster.nodes(),
        }
    }

    /// What somebody else does to a key.
    fn meddle(&self, key: &str, command: &[&str]) -> Result<String> {
        match self {
            Self::One(server) => server.ask(command),
            Self::Cluster(cluster) => cluster.ask(key, command),
        }
    }
}

mod feed {
    use std::sync::Arc;

    use async_trait::async_trait;
    use ports::StatusFeed;
    use testkit::contract::{FeedFixture, Outage};

    use super::Servers;

    struct Redis {
        servers: Servers,
        feed: Arc<dyn StatusFeed>,
    }

    impl Redis {
        async fn fresh_on(servers: Servers) -> Self {
            let feed = crate::feed_at(&servers.url()).await;
            Self { servers, feed }
        }
    }

    #[async_trait]
    impl FeedFixture for Redis {
        fn feed(&self) -> Arc<dyn StatusFeed> {
            self.feed.clone()
        }

        async fn second_handle(&self) -> Arc<dyn StatusFeed> {
            crate::feed_at(&self.servers.url()).await
        }

        fn more_than_it_keeps(&self) -> usize {
            // Streams are trimmed by whole blocks of a hundred entries.
            1_000
        }

        async fn after_losing_everything(&self) -> Arc<dyn StatusFeed> {
            for node in self.servers.nodes() {
                // A replica refuses, and does as its master does.
                node.ask(&["FLUSHALL"]).expect("Redis answers");
            }
            crate::feed_at(&self.servers.url()).await
        }

        async fn begin_outage(&self) -> Outage {
            for node in self.servers.nodes() {
                node.process.freeze().expect("Redis can be frozen");
            }
            Outage::Begun
        }

        async fn end_outage(&self) {
            for node in self.servers.nodes() {
                node.process.thaw().expect("Redis can be thawed");
            }
        }
    }

    testkit::feed_contract!(Redis::fresh_on(Servers::one()).await);

    mod on_a_cluster {
        use super::{Redis, Servers};

        testkit::feed_contract!(
            Redis::fresh_on(Servers::cluster()).await,
            #[ignore = "starts six servers for each promise; scripts/test --full runs it"]
        );
    }
}

mod queue {
    use std::sync::Arc;
    use std::time::Duration;

    use async_trait::async_trait;
    use backend_redis::{QueueSettings, StartLimit};
    use ports::JobQueue;
    use testkit::contract::{QueueFixture, Unreadable};

    use super::Servers;

    struct Redis {
        servers: Servers,
        queue: Arc<dyn JobQueue>,
    }

    impl Redis {
        async fn fresh_on(servers: Servers) -> Self {
            let queue = crate::queue(crate::queue_settings_at(&servers.url())).await;
            Self { servers, queue }
        }
    }

    #[async_trait]
    impl QueueFixture for Redis {
        fn queue(&self) -> Arc<dyn JobQueue> {
            self.queue.clone()
        }

        async fn second_handle(&self) -> Arc<dyn JobQueue> {
            crate::queue(crate::queue_settings_at(&self.servers.url())).await
        }

        async fn advance(&self, by: Duration) {
            // The server's own clock is the host's.
            tokio::time::sleep(by).await;
        }

        async fn limited(&self, burst: u32) -> Option<Arc<dyn JobQueue>> {
            let mut settings = QueueSettings {
                limit: Some(StartLimit {
                    per_minute: 1,
                    burst,
                }),
                ..crate::queue_settings_at(&self.servers.url())
            };
            settings.server.prefix = "limited".to_owned();
            Some(crate::queue(settings).await)
        }

        async fn inject_unreadable(&self, raw: &str) -> Unreadable {
            let ready = "order-engine:{jobs0}:ready:anyone";
            let ring = "order-engine:{jobs0}:ring";
            for (key, value) in [(ready, raw), (ring, "anyone")] {
                let pushed = self.servers.meddle(key, &["LPUSH", key, value]);
                pushed.expect("Redis does it");
            }
            Unreadable::Injected
        }
    }

    testkit::queue_contract!(Redis::fresh_on(Servers::one()).await);

    mod on_a_cluster {
        use super::{Redis, Servers};

        testkit::queue_contract!(
            Redis::fresh_on(Servers::cluster()).await,
            #[ignore = "starts six servers for each promise; scripts/test --full runs it"]
        );
    }
}
