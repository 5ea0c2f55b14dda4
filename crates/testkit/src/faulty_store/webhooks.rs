//! The outbox of webhooks, with what may happen on the way.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::WorkerId;
use ports::webhooks::{
    Bounded, DeadWebhook, DueWebhooks, Refusal, Refused, Retry, WebhookCounts, WebhookId,
};
use ports::{Result, Store, Webhooks};

use super::{FaultyStore, Outcome, Weather, Write};

impl Outcome for Bounded {}
impl Outcome for Refused {}
impl Outcome for u64 {}

#[async_trait]
impl<W: Weather> Webhooks for FaultyStore<W> {
    async fn hold_sending(&self, holder: WorkerId, lasting: Duration) -> Result<bool> {
        let call =
            move |store: Arc<dyn Store>| async move { store.hold_sending(holder, lasting).await };
        self.tell(Write::Other, call).await
    }

    async fn leave_sending(&self, holder: WorkerId) -> Result<()> {
        let call = move |store: Arc<dyn Store>| async move { store.leave_sending(holder).await };
        self.tell(Write::Other, call).await
    }

    async fn due_webhooks(&self, limit: usize) -> Result<DueWebhooks> {
        self.weather.ask(self.store.due_webhooks(limit)).await
    }

    async fn webhook_taken(&self, id: WebhookId) -> Result<()> {
        let call = move |store: Arc<dyn Store>| async move { store.webhook_taken(id).await };
        self.tell(Write::Other, call).await
    }

    async fn webhook_refused(&self, id: WebhookId, refusal: &Refusal) -> Result<Refused> {
        let refusal = refusal.clone();
        let call =
            move |store: Arc<dyn Store>| async move { store.webhook_refused(id, &refusal).await };
        self.tell(Write::Other, call).await
    }

    async fn bound_webhooks(&self, pending: u64, dead: u64) -> Result<Bounded> {
        let call =
            move |store: Arc<dyn Store>| async move { store.bound_webhooks(pending, dead).await };
        self.tell(Write::Other, call).await
    }

    async fn webhook_counts(&self) -> Result<WebhookCounts> {
        self.weather.ask(self.store.webhook_counts()).await
    }

    async fn dead_webhooks(
        &self,
        before: Option<WebhookId>,
        limit: usize,
    ) -> Result<Vec<DeadWebhook>> {
        let call = self.store.dead_webhooks(before, limit);
        self.weather.ask(call).await
    }

    async fn retry_webhooks(&self, which: Retry, actor: &str) -> Result<u64> {
        let actor = actor.to_owned();
        let call =
            move |store: Arc<dyn Store>| async move { store.retry_webhooks(which, &actor).await };
        self.tell(Write::Other, call).await
    }
}
