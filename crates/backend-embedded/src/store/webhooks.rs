//! [`Webhooks`] on SQLite. Who sends is in memory: one process has the file.

use std::time::Duration;

use async_trait::async_trait;
use domain::WorkerId;
use ports::webhooks::{
    Bounded, DeadWebhook, DueWebhooks, Refusal, Refused, Retry, WebhookCounts, WebhookId,
};
use ports::{Result, Webhooks};

use super::SqliteStore;
use crate::reading::webhooks as reading;
use crate::writer::webhooks::{Bound, Refuse, RetryWebhooks, Taken};

#[async_trait]
impl Webhooks for SqliteStore {
    async fn hold_sending(&self, holder: WorkerId, lasting: Duration) -> Result<bool> {
        let monotonic = self.clock.monotonic();
        Ok(self.live().hold_sending(holder, lasting, monotonic))
    }

    async fn leave_sending(&self, holder: WorkerId) -> Result<()> {
        self.live().leave_sending(holder);
        Ok(())
    }

    async fn due_webhooks(&self, limit: usize) -> Result<DueWebhooks> {
        let now = self.now();
        self.read(move |db| reading::due(db, now, limit)).await
    }

    async fn webhook_taken(&self, id: WebhookId) -> Result<()> {
        self.write(Taken(id)).await
    }

    async fn webhook_refused(&self, id: WebhookId, refusal: &Refusal) -> Result<Refused> {
        let refusal = refusal.clone();
        self.write(Refuse { id, refusal }).await
    }

    async fn bound_webhooks(&self, pending: u64, dead: u64) -> Result<Bounded> {
        self.write(Bound { pending, dead }).await
    }

    async fn webhook_counts(&self) -> Result<WebhookCounts> {
        self.read(reading::counts).await
    }

    async fn dead_webhooks(
        &self,
        before: Option<WebhookId>,
        limit: usize,
    ) -> Result<Vec<DeadWebhook>> {
        self.read_list(move |db| reading::dead(db, before, limit))
            .await
    }

    async fn retry_webhooks(&self, which: Retry, actor: &str) -> Result<u64> {
        let actor = actor.to_owned();
        self.write(RetryWebhooks { which, actor }).await
    }
}
