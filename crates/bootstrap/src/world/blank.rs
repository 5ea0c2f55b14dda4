//! A directory for those who only look at a cluster, and have no store.

use async_trait::async_trait;
use domain::route::PoolRef;
use domain::{Asset, Mint};
use ports::Result;
use ports::directory::{Directory, KnownPools, VenuePair};

/// It knows nothing and keeps nothing.
#[derive(Debug)]
pub struct Blank;

#[async_trait]
impl Directory for Blank {
    async fn asset(&self, _: Mint) -> Result<Option<Asset>> {
        Ok(None)
    }

    async fn keep_asset(&self, _: &Asset) -> Result<()> {
        Ok(())
    }

    async fn pools(&self, _: &VenuePair) -> Result<Option<KnownPools>> {
        Ok(None)
    }

    async fn keep_pools(&self, _: &VenuePair, _: &[PoolRef]) -> Result<()> {
        Ok(())
    }
}
