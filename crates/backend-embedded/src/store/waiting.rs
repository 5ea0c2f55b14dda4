//! [`WaitingOrders`] on SQLite.

use std::time::Duration;

use async_trait::async_trait;
use domain::waiting::Highs;
use domain::{ClientId, Event, OrderId, Terms, Timestamp};
use ports::order_store::DueOrder;
use ports::waiting::{Changed, NewFiring, News, Pair, StoredHighs, WaitingOrder, WaitingPage};
use ports::{Result, WaitingOrders};

use super::SqliteStore;
use crate::error::Fault;
use crate::reading::waiting;
use crate::writer::waiting::{Change, EndRests, Fire, StoreHighs};

#[async_trait]
impl WaitingOrders for SqliteStore {
    async fn waiting_pairs(&self, after: Option<&Pair>, limit: usize) -> Result<Vec<Pair>> {
        let after = after.cloned();
        self.read(move |db| waiting::pairs(db, after.as_ref(), limit))
            .await
    }

    async fn waiting_of_pair(
        &self,
        pair: &Pair,
        after: Option<OrderId>,
        limit: usize,
    ) -> Result<WaitingPage> {
        let (pair, now) = (pair.clone(), self.now());
        self.read(move |db| waiting::of_pair(db, &pair, after, limit, now))
            .await
    }

    async fn touched(
        &self,
        from: Timestamp,
        after: Option<(Timestamp, OrderId)>,
        limit: usize,
    ) -> Result<News> {
        let at = self.now();
        self.read(move |db| waiting::touched(db, from, after, limit, at))
            .await
    }

    async fn highs(&self, pair: &Pair) -> Result<StoredHighs> {
        let (pair, now) = (pair.clone(), self.now());
        self.read(move |db| waiting::highs(db, &pair, now)).await
    }

    async fn store_highs(&self, pair: &Pair, version: u32, highs: &Highs) -> Result<bool> {
        self.write(StoreHighs {
            pair: pair.clone(),
            version,
            highs: serde_json::to_string(highs).map_err(Fault::from)?,
        })
        .await
    }

    async fn waiting_among(&self, orders: &[OrderId]) -> Result<Vec<WaitingOrder>> {
        let (orders, now) = (orders.to_vec(), self.now());
        self.read(move |db| waiting::among(db, &orders, now)).await
    }

    async fn fire(&self, firings: &[NewFiring]) -> Result<Vec<DueOrder>> {
        let firings = firings.iter().map(|it| {
            let text = serde_json::to_string(&it.firing).map_err(Fault::from)?;
            Ok((it.clone(), text))
        });
        let firings = firings.collect::<Result<_>>()?;
        self.write(Fire { firings }).await
    }

    async fn end_rests(&self, orders: &[OrderId]) -> Result<()> {
        let orders = orders.to_vec();
        self.write(EndRests { orders }).await
    }

    async fn change(
        &self,
        order: OrderId,
        client: Option<&ClientId>,
        revision: u32,
        terms: &Terms,
    ) -> Result<Changed> {
        let valid_for = terms.valid_for_seconds.map(u64::from);
        self.write(Change {
            order,
            client: client.cloned(),
            revision,
            terms: serde_json::to_string(terms).map_err(Fault::from)?,
            valid_for: valid_for.map(Duration::from_secs),
        })
        .await
    }

    async fn ended_by(&self, confirmed: OrderId) -> Result<Vec<(Event, ClientId)>> {
        self.read(move |db| waiting::ended_by(db, confirmed)).await
    }
}
