//! Every promise of a store, each on a server of its own.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ports::Store;
use testkit::contract::StoreFixture;
use testkit::servers::PostgresServer;
use tokio::sync::Mutex;

use crate::{LEASE, open, server};

struct Postgres {
    server: Mutex<PostgresServer>,
    store: Arc<dyn Store>,
}

impl Postgres {
    async fn fresh() -> Self {
        let server = server();
        let store = open(&server).await;
        Self {
            server: Mutex::new(server),
            store,
        }
    }
}

#[async_trait]
impl StoreFixture for Postgres {
    fn store(&self) -> Arc<dyn Store> {
        self.store.clone()
    }

    async fn second_handle(&self) -> Arc<dyn Store> {
        open(&*self.server.lock().await).await
    }

    async fn after_a_crash(&self) -> Arc<dyn Store> {
        let mut server = self.server.lock().await;
        server.kill().expect("the server can be killed");
        server.restart().expect("the server recovers");
        open(&server).await
    }

    async fn advance(&self, by: Duration) {
        // The server's own clock is the host's.
        tokio::time::sleep(by).await;
    }

    fn lease(&self) -> Duration {
        LEASE
    }
}

testkit::store_contract!(Postgres::fresh().await);
