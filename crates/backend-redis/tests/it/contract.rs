//! Every promise of a queue and of a feed, each on a server of its own.

mod feed {
    use std::sync::Arc;

    use async_trait::async_trait;
    use deadpool_redis::redis::cmd;
    use ports::StatusFeed;
    use servers::RedisServer;
    use testkit::contract::{FeedFixture, Outage};

    struct Redis {
        server: RedisServer,
        feed: Arc<dyn StatusFeed>,
    }

    impl Redis {
        async fn fresh() -> Self {
            let server = crate::server();
            let feed = crate::feed(&server).await;
            Self { server, feed }
        }
    }

    #[async_trait]
    impl FeedFixture for Redis {
        fn feed(&self) -> Arc<dyn StatusFeed> {
            self.feed.clone()
        }

        async fn second_handle(&self) -> Arc<dyn StatusFeed> {
            crate::feed(&self.server).await
        }

        fn more_than_it_keeps(&self) -> usize {
            // Streams are trimmed by whole blocks of a hundred entries.
            1_000
        }

        async fn after_losing_everything(&self) -> Arc<dyn StatusFeed> {
            let _: String = crate::meddle(&self.server, &cmd("FLUSHALL")).await;
            crate::feed(&self.server).await
        }

        async fn begin_outage(&self) -> Outage {
            self.server.process.freeze().expect("Redis can be frozen");
            Outage::Begun
        }

        async fn end_outage(&self) {
            self.server.process.thaw().expect("Redis can be thawed");
        }
    }

    testkit::feed_contract!(Redis::fresh().await);
}

mod queue {
    use std::sync::Arc;
    use std::time::Duration;

    use async_trait::async_trait;
    use backend_redis::{QueueSettings, StartLimit};
    use deadpool_redis::redis::cmd;
    use ports::JobQueue;
    use servers::RedisServer;
    use testkit::contract::{QueueFixture, Unreadable};

    struct Redis {
        server: RedisServer,
        queue: Arc<dyn JobQueue>,
    }

    impl Redis {
        async fn fresh() -> Self {
            let server = crate::server();
            let queue = crate::queue(crate::queue_settings(&server)).await;
            Self { server, queue }
        }
    }

    #[async_trait]
    impl QueueFixture for Redis {
        fn queue(&self) -> Arc<dyn JobQueue> {
            self.queue.clone()
        }

        async fn second_handle(&self) -> Arc<dyn JobQueue> {
            crate::queue(crate::queue_settings(&self.server)).await
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
                ..crate::queue_settings(&self.server)
            };
            settings.server.prefix = "limited".to_owned();
            Some(crate::queue(settings).await)
        }

        async fn inject_unreadable(&self, raw: &str) -> Unreadable {
            let mut push = cmd("LPUSH");
            push.arg("order-engine:{jobs0}:ready:anyone").arg(raw);
            let _: i64 = crate::meddle(&self.server, &push).await;
            let mut ring = cmd("LPUSH");
            ring.arg("order-engine:{jobs0}:ring").arg("anyone");
            let _: i64 = crate::meddle(&self.server, &ring).await;
            Unreadable::Injected
        }
    }

    testkit::queue_contract!(Redis::fresh().await);
}
