//! Every promise of a store, each on a server of its own.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ports::Store;
use testkit::contract::StoreFixture;
use testkit::servers::PostgresServer;
use tokio::sync::Mutex;

use crate::{meddle, open_patiently, server};

/// What [`open_patiently`] gives a worker.
const LEASE: Duration = crate::PATIENT_LEASE;

struct Postgres {
    server: Mutex<PostgresServer>,
    store: Arc<dyn Store>,
    /// How far the server's clock was moved on.
    ahead: Mutex<Duration>,
}

impl Postgres {
    async fn fresh() -> Self {
        let server = server();
        let store = open_patiently(&server).await;
        Self {
            server: Mutex::new(server),
            store,
            ahead: Mutex::default(),
        }
    }
}

#[async_trait]
impl StoreFixture for Postgres {
    fn store(&self) -> Arc<dyn Store> {
        self.store.clone()
    }

    async fn second_handle(&self) -> Arc<dyn Store> {
        open_patiently(&*self.server.lock().await).await
    }

    async fn after_a_crash(&self) -> Arc<dyn Store> {
        let mut server = self.server.lock().await;
        server.kill().expect("the server can be killed");
        server.restart().expect("the server recovers");
        open_patiently(&server).await
    }

    async fn advance(&self, by: Duration) {
        // All of the store's times come from this function.
        let mut ahead = self.ahead.lock().await;
        *ahead += by;
        let clock = format!(
            "create or replace function now_ms() returns bigint language sql volatile
             return floor(extract(epoch from clock_timestamp()) * 1000)::bigint + {}",
            ahead.as_millis()
        );
        meddle(&*self.server.lock().await, &clock).await;
    }

    fn lease(&self) -> Duration {
        LEASE
    }
}

testkit::store_contract!(Postgres::fresh().await);
