//! [`Directory`] on SQLite.

use async_trait::async_trait;
use domain::route::PoolRef;
use domain::{Asset, Mint};
use ports::directory::{KnownPools, VenuePair};
use ports::{Directory, Result};

use super::SqliteStore;
use crate::reading::directory;
use crate::writer::keep::{KeepAsset, KeepPools};

#[async_trait]
impl Directory for SqliteStore {
    async fn asset(&self, mint: Mint) -> Result<Option<Asset>> {
        self.read(move |db| directory::asset(db, mint)).await
    }

    async fn keep_asset(&self, asset: &Asset) -> Result<()> {
        self.write(KeepAsset(*asset)).await
    }

    async fn pools(&self, pair: &VenuePair) -> Result<Option<KnownPools>> {
        let (pair, now) = (*pair, self.now());
        self.read(move |db| directory::pools(db, &pair, now)).await
    }

    async fn keep_pools(&self, pair: &VenuePair, pools: &[PoolRef]) -> Result<()> {
        let (pair, pools) = (*pair, pools.to_vec());
        self.write(KeepPools { pair, pools }).await
    }
}
