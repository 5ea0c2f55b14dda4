//! What transactions brought and cost, with what may happen on the way.

use async_trait::async_trait;
use ports::fills::{FillFilter, FillPage, SettledPage};
use ports::{Fills, Result};

use super::{FaultyStore, Weather};

#[async_trait]
impl<W: Weather> Fills for FaultyStore<W> {
    async fn settled(&self, filter: &FillFilter, page: FillPage) -> Result<SettledPage> {
        self.weather.ask(self.store.settled(filter, page)).await
    }

    async fn corrections(&self) -> Result<u64> {
        self.weather.ask(self.store.corrections()).await
    }
}
