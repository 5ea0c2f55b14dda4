//! [`OrderHistory`] on SQLite: reads in parallel with the writer, counts from memory.

use async_trait::async_trait;
use domain::transaction::{Signature, TransactionRef};
use domain::{ClientId, ClientOrderId, Event, Order, OrderId, Seq, Timestamp};
use ports::order_history::{Counts, ListFilter, ListPage, Owner, Recent, RecentPage, Watch};
use ports::{OrderHistory, Result};

use super::SqliteStore;
use crate::reading;
use crate::reading::columns::millis;
use crate::reading::due::Oldest;

#[async_trait]
impl OrderHistory for SqliteStore {
    async fn order(&self, id: OrderId, client: Option<&ClientId>) -> Result<Option<Order>> {
        let client = client.cloned();
        self.read(move |db| reading::order::by_id(db, id, client.as_ref()))
            .await
    }

    async fn order_by_client_id(
        &self,
        client: &ClientId,
        client_order_id: &ClientOrderId,
    ) -> Result<Option<Order>> {
        let (client, name) = (client.clone(), client_order_id.clone());
        self.read(move |db| reading::order::by_client_id(db, &client, &name))
            .await
    }

    async fn list(&self, filter: &ListFilter) -> Result<ListPage> {
        let filter = filter.clone();
        self.read_list(move |db| reading::list::list(db, &filter))
            .await
    }

    async fn events(&self, id: OrderId, from: Seq) -> Result<Vec<Event>> {
        self.read(move |db| reading::order::events(db, id, from))
            .await
    }

    async fn events_for(&self, watches: &[Watch]) -> Result<Vec<Event>> {
        let watches = watches.to_vec();
        self.read(move |db| reading::order::events_for(db, &watches))
            .await
    }

    async fn recent(&self, page: RecentPage) -> Result<Recent> {
        let since = self.now().as_millis().saturating_sub(millis(page.within));
        self.read_list(move |db| reading::recent::recent(db, page, Timestamp::from_millis(since)))
            .await
    }

    async fn signatures_of(&self, order: OrderId) -> Result<Vec<Signature>> {
        self.read(move |db| reading::transactions::signatures_of(db, order))
            .await
    }

    async fn orders_of(&self, transactions: &[TransactionRef]) -> Result<Vec<Owner>> {
        let transactions = transactions.to_vec();
        self.read(move |db| reading::transactions::orders_of(db, &transactions))
            .await
    }

    async fn open_orders(&self, client: &ClientId, limit: u64) -> Result<u64> {
        Ok(self.live().open_orders(client).min(limit))
    }

    async fn counts(&self) -> Result<Counts> {
        let (due, monotonic) = (self.due_now(), self.clock.monotonic());
        let (mut counts, alive) = {
            let mut live = self.live();
            (live.counts(due.now, monotonic), live.alive(monotonic))
        };
        let oldest = match counts.waiting {
            0 => Oldest::default(),
            _ => {
                self.read(move |db| reading::due::oldest_waiting(db, due, &alive))
                    .await?
            }
        };
        let ahead_for = self.live().ahead_for(oldest.is_any_ahead, monotonic);
        let age = oldest.due_at.map(|due_at| due.now.since(due_at));
        counts.oldest_waiting_ms = age
            .max(ahead_for)
            .and_then(|age| u64::try_from(age.as_millis()).ok());
        Ok(counts)
    }
}
