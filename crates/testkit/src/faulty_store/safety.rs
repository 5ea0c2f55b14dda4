//! What holds an engine back, with what may happen on the way.

use std::sync::Arc;

use async_trait::async_trait;
use domain::Address;
use ports::safety::{Checkpoint, Halt, Reverted};
use ports::{Result, Safety, Store};

use super::{FaultyStore, Outcome, Weather, Write};

impl Outcome for Halt {}
impl Outcome for u32 {}

#[async_trait]
impl<W: Weather> Safety for FaultyStore<W> {
    async fn halted(&self) -> Result<Option<Halt>> {
        self.weather.ask(self.store.halted()).await
    }

    async fn halt(&self, actor: &str, reason: &str) -> Result<Halt> {
        let (actor, reason) = (actor.to_owned(), reason.to_owned());
        let call = move |store: Arc<dyn Store>| async move { store.halt(&actor, &reason).await };
        self.tell(Write::Other, call).await
    }

    async fn count_revert(&self, reverted: &Reverted) -> Result<u32> {
        let reverted = reverted.clone();
        let call = move |store: Arc<dyn Store>| async move { store.count_revert(&reverted).await };
        self.tell(Write::Other, call).await
    }

    async fn checkpoint(&self, wallet: Address) -> Result<Option<Checkpoint>> {
        self.weather.ask(self.store.checkpoint(wallet)).await
    }

    async fn keep_checkpoint(&self, wallet: Address, checkpoint: Checkpoint) -> Result<()> {
        let call = move |store: Arc<dyn Store>| async move {
            store.keep_checkpoint(wallet, checkpoint).await
        };
        self.tell(Write::Other, call).await
    }
}
