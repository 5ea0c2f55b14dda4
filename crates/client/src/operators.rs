//! What operators see and do.

use std::time::Duration;

use api_types::admin::{
    AdminAudit, AdminDead, AdminDeclareDead, AdminDeclaredDead, AdminHalt, AdminPaused, AdminQueue,
    AdminRetried, AdminWorkers,
};
use api_types::execution::ExecutionStatsAnswer;
use api_types::reconciliation::Reconciliation;
use api_types::stats::StatsAnswer;
use api_types::system::{HealthAnswer, ReadyAnswer};
use api_types::webhook::{AdminWebhooks, AdminWebhooksRetried};
use reqwest::Method;
use serde::Serialize;
use uuid::Uuid;

use crate::Error;
use crate::market::OfWallet;
use crate::transport::Client;

/// Thousands of transactions may have to be read.
const RECONCILE_LIMIT: Duration = Duration::from_secs(130);

#[derive(Serialize)]
struct Page<'a> {
    cursor: Option<&'a str>,
    limit: Option<u32>,
}

impl Client {
    /// Whether the engine's process lives.
    pub async fn health(&self) -> Result<HealthAnswer, Error> {
        self.get("/health").await
    }

    /// Whether the engine can serve, and what it depends on.
    pub async fn ready(&self) -> Result<ReadyAnswer, Error> {
        self.get("/ready").await
    }

    /// Counts over the whole engine.
    pub async fn stats(&self) -> Result<StatsAnswer, Error> {
        self.get("/api/stats").await
    }

    /// How well orders were executed that were accepted within so many minutes; an hour where absent.
    pub async fn execution_stats(
        &self,
        minutes: Option<u32>,
    ) -> Result<ExecutionStatsAnswer, Error> {
        #[derive(Serialize)]
        struct Within {
            minutes: Option<u32>,
        }
        self.get_with("/api/stats/execution", &Within { minutes })
            .await
    }

    /// The queue as operators see it.
    pub async fn queue(&self) -> Result<AdminQueue, Error> {
        self.get("/api/admin/queue").await
    }

    /// The live workers.
    pub async fn workers(&self) -> Result<AdminWorkers, Error> {
        self.get("/api/admin/workers").await
    }

    /// Failed orders that were not retried, newest first.
    pub async fn dead(&self, cursor: Option<&str>, limit: Option<u32>) -> Result<AdminDead, Error> {
        self.get_with("/api/admin/dead", &Page { cursor, limit })
            .await
    }

    /// Operators' acts, newest first.
    pub async fn audit(
        &self,
        cursor: Option<&str>,
        limit: Option<u32>,
    ) -> Result<AdminAudit, Error> {
        self.get_with("/api/admin/audit", &Page { cursor, limit })
            .await
    }

    /// Retries a failed order.
    pub async fn retry_dead(&self, id: Uuid) -> Result<AdminRetried, Error> {
        let request = self.post(&format!("/api/admin/dead/{id}/retry"));
        Ok(self.call(request).await?)
    }

    /// How many webhooks wait for their receiver, and a page of those that were given up.
    pub async fn webhooks(
        &self,
        cursor: Option<&str>,
        limit: Option<u32>,
    ) -> Result<AdminWebhooks, Error> {
        self.get_with("/api/admin/webhooks", &Page { cursor, limit })
            .await
    }

    /// Tries a dead webhook again.
    pub async fn retry_webhook(&self, id: &str) -> Result<AdminWebhooksRetried, Error> {
        let request = self.post(&format!("/api/admin/webhooks/{id}/retry"));
        Ok(self.call(request).await?)
    }

    /// Tries all dead webhooks again.
    pub async fn retry_webhooks(&self) -> Result<AdminWebhooksRetried, Error> {
        Ok(self.call(self.post("/api/admin/webhooks/retry")).await?)
    }

    /// Says that the transaction of a submitted order is dead.
    pub async fn declare_dead(&self, id: Uuid, reason: &str) -> Result<AdminDeclaredDead, Error> {
        let word = AdminDeclareDead {
            reason: reason.to_owned(),
        };
        let request = self.post(&format!("/api/admin/orders/{id}/dead"));
        Ok(self.call(request.json(&word)).await?)
    }

    /// Pauses the engine: workers take no new work.
    pub async fn pause(&self) -> Result<AdminPaused, Error> {
        Ok(self.call(self.post("/api/admin/pause")).await?)
    }

    /// Halts the engine: nothing is signed and nothing is sent.
    pub async fn halt(&self, reason: &str) -> Result<AdminPaused, Error> {
        let halt = AdminHalt {
            reason: Some(reason.to_owned()),
        };
        Ok(self.call(self.post("/api/admin/halt").json(&halt)).await?)
    }

    /// Compares a wallet with the engine's receipts: the one of this name or address, else the one that pays unasked.
    pub async fn reconcile(&self, wallet: Option<&str>) -> Result<Reconciliation, Error> {
        let query = OfWallet { wallet };
        let request = self.request(Method::POST, "/api/admin/reconcile", &query)?;
        Ok(self.call(request.timeout(RECONCILE_LIMIT)).await?)
    }

    /// Lets workers take work again, and sign and send.
    pub async fn resume(&self) -> Result<AdminPaused, Error> {
        Ok(self.call(self.post("/api/admin/resume")).await?)
    }
}
