//! What waits for a condition, with what may happen on the way.

use std::sync::Arc;

use async_trait::async_trait;
use domain::waiting::Highs;
use domain::{ClientId, Event, OrderId, Terms, Timestamp};
use ports::order_store::DueOrder;
use ports::waiting::{Changed, NewFiring, News, Pair, StoredHighs, WaitingOrder, WaitingPage};
use ports::{Result, Store, WaitingOrders};

use super::{FaultyStore, Outcome, Weather, Write};

impl Outcome for Changed {
    fn has_won(&self) -> bool {
        *self == Self::Done
    }
}

#[async_trait]
impl<W: Weather> WaitingOrders for FaultyStore<W> {
    async fn waiting_pairs(&self, after: Option<&Pair>, limit: usize) -> Result<Vec<Pair>> {
        self.weather
            .ask(self.store.waiting_pairs(after, limit))
            .await
    }

    async fn waiting_of_pair(
        &self,
        pair: &Pair,
        after: Option<OrderId>,
        limit: usize,
    ) -> Result<WaitingPage> {
        let reading = self.store.waiting_of_pair(pair, after, limit);
        self.weather.ask(reading).await
    }

    async fn touched(
        &self,
        from: Timestamp,
        after: Option<(Timestamp, OrderId)>,
        limit: usize,
    ) -> Result<News> {
        let reading = self.store.touched(from, after, limit);
        self.weather.ask(reading).await
    }

    async fn highs(&self, pair: &Pair) -> Result<StoredHighs> {
        self.weather.ask(self.store.highs(pair)).await
    }

    async fn store_highs(&self, pair: &Pair, version: u32, highs: &Highs) -> Result<bool> {
        let (pair, highs) = (pair.clone(), highs.clone());
        let call = move |store: Arc<dyn Store>| async move {
            store.store_highs(&pair, version, &highs).await
        };
        self.tell(Write::Other, call).await
    }

    async fn waiting_among(&self, orders: &[OrderId]) -> Result<Vec<WaitingOrder>> {
        self.weather.ask(self.store.waiting_among(orders)).await
    }

    async fn fire(&self, firings: &[NewFiring]) -> Result<Vec<DueOrder>> {
        let firings = firings.to_vec();
        let call = |store: Arc<dyn Store>| async move { store.fire(&firings).await };
        self.tell(Write::Other, call).await
    }

    async fn end_rests(&self, orders: &[OrderId]) -> Result<()> {
        let orders = orders.to_vec();
        let call = |store: Arc<dyn Store>| async move { store.end_rests(&orders).await };
        self.tell(Write::Other, call).await
    }

    async fn change(
        &self,
        order: OrderId,
        client: Option<&ClientId>,
        revision: u32,
        terms: &Terms,
    ) -> Result<Changed> {
        let (client, terms) = (client.cloned(), terms.clone());
        let call = move |store: Arc<dyn Store>| async move {
            store.change(order, client.as_ref(), revision, &terms).await
        };
        self.tell(Write::Other, call).await
    }

    async fn ended_by(&self, confirmed: OrderId) -> Result<Vec<(Event, ClientId)>> {
        self.weather.ask(self.store.ended_by(confirmed)).await
    }
}
