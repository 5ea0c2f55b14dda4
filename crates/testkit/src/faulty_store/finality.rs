//! What is final, and what nobody can prove, with what may happen on the way.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::OrderId;
use domain::transaction::SignedTransaction;
use ports::doubt::{Doubted, LongSubmitted, Spoken};
use ports::finality::{NewFinality, Standing, Turn, Unfinal, UnfinalPage, Waiting};
use ports::{Doubts, Finalities, Result, Store};

use super::{FaultyStore, Outcome, Weather, Write};

impl Outcome for Doubted {}
impl Outcome for Spoken {}

#[async_trait]
impl<W: Weather> Finalities for FaultyStore<W> {
    async fn waiting(&self, from_slot: u64) -> Result<Waiting> {
        self.weather.ask(self.store.waiting(from_slot)).await
    }

    async fn unfinal(&self, page: UnfinalPage) -> Result<Vec<Unfinal>> {
        self.weather.ask(self.store.unfinal(page)).await
    }

    async fn finalize(&self, finalities: &[NewFinality]) -> Result<()> {
        let finalities = finalities.to_vec();
        let call = |store: Arc<dyn Store>| async move { store.finalize(&finalities).await };
        self.tell(Write::Other, call).await
    }

    async fn vanish(&self, order: OrderId) -> Result<bool> {
        let call = move |store: Arc<dyn Store>| async move { store.vanish(order).await };
        self.tell(Write::Other, call).await
    }

    async fn reappear(&self, order: OrderId) -> Result<bool> {
        let call = move |store: Arc<dyn Store>| async move { store.reappear(order).await };
        self.tell(Write::Other, call).await
    }

    async fn give_up(&self, order: OrderId) -> Result<bool> {
        let call = move |store: Arc<dyn Store>| async move { store.give_up(order).await };
        self.tell(Write::Other, call).await
    }

    async fn transaction_of(&self, order: OrderId) -> Result<Option<SignedTransaction>> {
        self.weather.ask(self.store.transaction_of(order)).await
    }

    async fn standings(&self, orders: &[OrderId]) -> Result<Vec<Standing>> {
        self.weather.ask(self.store.standings(orders)).await
    }

    async fn take_turn(&self, turn: Turn, lasting: Duration) -> Result<bool> {
        let call = move |store: Arc<dyn Store>| async move { store.take_turn(turn, lasting).await };
        self.tell(Write::Other, call).await
    }
}

#[async_trait]
impl<W: Weather> Doubts for FaultyStore<W> {
    async fn long_submitted(&self, at_least: Duration, limit: usize) -> Result<Vec<LongSubmitted>> {
        let call = self.store.long_submitted(at_least, limit);
        self.weather.ask(call).await
    }

    async fn doubt(&self, order: OrderId, attempt: u32, reason: &str) -> Result<bool> {
        let reason = reason.to_owned();
        let call =
            move |store: Arc<dyn Store>| async move { store.doubt(order, attempt, &reason).await };
        self.tell(Write::Other, call).await
    }

    async fn doubted(&self) -> Result<Doubted> {
        let call = move |store: Arc<dyn Store>| async move { store.doubted().await };
        self.tell(Write::Other, call).await
    }

    async fn say_dead(&self, order: OrderId, actor: &str, reason: &str) -> Result<Spoken> {
        let [actor, reason] = [actor, reason].map(str::to_owned);
        let call = move |store: Arc<dyn Store>| async move {
            store.say_dead(order, &actor, &reason).await
        };
        self.tell(Write::Other, call).await
    }
}
