//! A directory for tests, in memory: it can be away, and counts what it is told.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use domain::route::PoolRef;
use domain::{Asset, Mint};
use ports::directory::{Directory, KnownPools, VenuePair};
use ports::{Clock as _, Error, Result, SystemClock};

#[derive(Debug)]
pub(crate) struct Shelf {
    clock: SystemClock,
    pub(crate) is_away: Mutex<bool>,
    pub(crate) assets: Mutex<HashMap<Mint, Asset>>,
    pub(crate) pools: Mutex<HashMap<VenuePair, (Duration, Vec<PoolRef>)>>,
}

impl Shelf {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            clock: SystemClock::new(),
            is_away: Mutex::default(),
            assets: Mutex::default(),
            pools: Mutex::default(),
        })
    }

    fn there(&self) -> Result<()> {
        match *self.is_away.lock().unwrap() {
            true => Err(Error::unavailable("the shelf", "it is away")),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl Directory for Shelf {
    async fn asset(&self, mint: Mint) -> Result<Option<Asset>> {
        self.there()?;
        Ok(self.assets.lock().unwrap().get(&mint).copied())
    }

    async fn keep_asset(&self, asset: &Asset) -> Result<()> {
        self.there()?;
        self.assets.lock().unwrap().insert(asset.mint, *asset);
        Ok(())
    }

    async fn pools(&self, pair: &VenuePair) -> Result<Option<KnownPools>> {
        self.there()?;
        let now = self.clock.monotonic();
        let kept = self.pools.lock().unwrap().get(pair).cloned();
        Ok(kept.map(|(at, pools)| KnownPools {
            pools,
            age: now - at,
        }))
    }

    async fn keep_pools(&self, pair: &VenuePair, pools: &[PoolRef]) -> Result<()> {
        self.there()?;
        let kept = (self.clock.monotonic(), pools.to_vec());
        self.pools.lock().unwrap().insert(*pair, kept);
        Ok(())
    }
}
