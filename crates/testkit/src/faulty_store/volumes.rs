//! What was traded of pairs, with what may happen on the way.

use std::sync::Arc;

use async_trait::async_trait;
use ports::volumes::{KnownVolume, NewLook};
use ports::waiting::Pair;
use ports::{Result, Store, Volumes};

use super::{FaultyStore, Weather, Write};

#[async_trait]
impl<W: Weather> Volumes for FaultyStore<W> {
    async fn volume(&self, pair: &Pair) -> Result<KnownVolume> {
        self.weather.ask(self.store.volume(pair)).await
    }

    async fn keep_look(&self, pair: &Pair, look: &NewLook) -> Result<bool> {
        let (pair, look) = (pair.clone(), look.clone());
        let call = |store: Arc<dyn Store>| async move { store.keep_look(&pair, &look).await };
        self.tell(Write::Other, call).await
    }
}
