//! [`Operations`] on SQLite.

use async_trait::async_trait;
use domain::{Order, OrderId};
use ports::cluster::{Bound, ClusterId, Rebound};
use ports::operations::{AuditEntry, DeadRetry};
use ports::order_store::NewOrder;
use ports::{Operations, Result};

use super::SqliteStore;
use crate::reading;
use crate::writer::accept::{Accept, Naming};
use crate::writer::bind::{Bind, Rebind};
use crate::writer::operate::{NoteAct, Ping, Retried, RetryDead, SetPaused};

#[async_trait]
impl Operations for SqliteStore {
    async fn is_paused(&self) -> Result<bool> {
        Ok(self.live().is_paused())
    }

    async fn set_paused(&self, paused: bool, actor: &str) -> Result<()> {
        let actor = actor.to_owned();
        self.write(SetPaused { paused, actor }).await
    }

    async fn dead(&self, before: Option<OrderId>, limit: usize) -> Result<Vec<Order>> {
        self.read_list(move |db| reading::operations::dead(db, before, limit))
            .await
    }

    async fn retry_dead(
        &self,
        dead: OrderId,
        replacement: NewOrder,
        actor: &str,
    ) -> Result<DeadRetry> {
        let event = Order::accepted(replacement.id, replacement.event_id);
        let client = replacement.client.clone();
        let retry = RetryDead {
            dead,
            replacement: replacement.id,
            accept: Accept::new(replacement, Naming::LeftAsItIs)?,
            actor: actor.to_owned(),
        };
        Ok(match self.write(retry).await? {
            Retried::Accepted { at } => DeadRetry::Accepted {
                event: event.recorded(at),
                client,
            },
            Retried::NotDead => DeadRetry::NotDead,
        })
    }

    async fn note_act(&self, actor: &str, action: &str, detail: &str) -> Result<()> {
        let [actor, action, detail] = [actor, action, detail].map(str::to_owned);
        let note = NoteAct {
            actor,
            action,
            detail,
        };
        self.write(note).await
    }

    async fn audit(&self, before: Option<u64>, limit: usize) -> Result<Vec<AuditEntry>> {
        self.read_list(move |db| reading::operations::audit(db, before, limit))
            .await
    }

    async fn bind_cluster(&self, cluster: &ClusterId) -> Result<Bound> {
        self.write(Bind(*cluster)).await
    }

    async fn rebind_cluster(&self, cluster: &ClusterId, actor: &str) -> Result<Rebound> {
        let (cluster, actor) = (*cluster, actor.to_owned());
        self.write(Rebind { cluster, actor }).await
    }

    async fn ping(&self) -> Result<()> {
        self.write(Ping).await
    }
}
