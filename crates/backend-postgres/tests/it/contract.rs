//! Every promise of a store, each on a separate server.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ports::Store;
use ports::webhooks::Outbox;
use servers::PostgresServer;
use testkit::contract::StoreFixture;
use tokio::sync::Mutex;

use crate::{LONGEST_REST, meddle, open_telling, server_with_tables};

/// What [`open_telling`] gives a worker.
const LEASE: Duration = crate::PATIENT_LEASE;

struct Postgres {
    server: Mutex<PostgresServer>,
    store: Arc<dyn Store>,
    outbox: Outbox,
    /// How far the server's clock was moved on.
    ahead_ms: Mutex<i64>,
}

impl Postgres {
    async fn fresh() -> Self {
        Self::with(Outbox::None).await
    }

    async fn with(outbox: Outbox) -> Self {
        let server = server_with_tables().await;
        let store = open_telling(&server, outbox).await;
        Self {
            outbox,
            server: Mutex::new(server),
            store,
            ahead_ms: Mutex::default(),
        }
    }
}

#[async_trait]
impl StoreFixture for Postgres {
    fn store(&self) -> Arc<dyn Store> {
        self.store.clone()
    }

    async fn second_handle(&self) -> Arc<dyn Store> {
        open_telling(&*self.server.lock().await, self.outbox).await
    }

    async fn after_a_crash(&self) -> Arc<dyn Store> {
        let mut server = self.server.lock().await;
        server.process.kill().expect("the server can be killed");
        server.restart().expect("the server recovers");
        open_telling(&server, self.outbox).await
    }

    async fn advance(&self, by: Duration) {
        let by_ms = i64::try_from(by.as_millis()).expect("tests wait for less");
        self.turn_clock(by_ms).await;
    }

    async fn turn_clock(&self, by_ms: i64) {
        // All of the store's times come from this function.
        let mut ahead_ms = self.ahead_ms.lock().await;
        *ahead_ms += by_ms;
        let clock = format!(
            "create or replace function now_ms() returns bigint language sql volatile
             return floor(extract(epoch from clock_timestamp()) * 1000)::bigint + ({ahead_ms})"
        );
        meddle(&*self.server.lock().await, &clock).await;
    }

    fn lease(&self) -> Duration {
        LEASE
    }

    fn longest_rest(&self) -> Duration {
        LONGEST_REST
    }
}

testkit::store_contract!(Postgres::fresh().await);
testkit::outbox_contract!(
    Postgres::with(Outbox::All).await,
    Postgres::with(Outbox::Terminal).await
);
