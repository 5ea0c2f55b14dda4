//! [`Fills`] on SQLite.

use async_trait::async_trait;
use ports::fills::{FillFilter, FillPage, SettledPage};
use ports::{Fills, Result};

use super::SqliteStore;
use crate::reading::fills;

#[async_trait]
impl Fills for SqliteStore {
    async fn settled(&self, filter: &FillFilter, page: FillPage) -> Result<SettledPage> {
        let filter = filter.clone();
        self.read_list(move |db| fills::settled(db, &filter, page))
            .await
    }

    async fn corrections(&self) -> Result<u64> {
        self.read(fills::corrections).await
    }
}
