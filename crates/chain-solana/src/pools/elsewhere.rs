//! The same pools as another endpoint shows them: for the second of two looks, so that no endpoint alone decides that a
//! price has fallen.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use dex_router::PoolSource;
use dex_router::pools::{PairPools, Unavailable};
use dex_router::room::Table;
use domain::{Address, Asset, Mint, Venue};

use super::pairs::{Key, key};
use super::{PoolReader, Reading};
use crate::convert::mints;

/// Readings that are shared for a moment.
const READINGS_MAX: usize = 256;

/// Reads each pair from another endpoint than the one that the reader beside it has read it from last, where there is one
/// that can be asked; with a single endpoint it reads from that.
#[derive(Debug)]
pub struct Elsewhere {
    reader: Arc<PoolReader>,
    last: Mutex<HashMap<Key, Arc<Reading>>>,
}

impl Elsewhere {
    /// Beside this reader.
    #[must_use]
    pub fn than(reader: Arc<PoolReader>) -> Self {
        Self {
            reader,
            last: Mutex::default(),
        }
    }

    async fn reading(&self, key: Key) -> Result<Arc<Reading>, crate::rpc::Error> {
        let last = self.last().get(&key).cloned();
        if let Some(shared) = last.filter(|it| self.reader.is_shared(it)) {
            return Ok(shared);
        }
        let reading = self.reader.read_elsewhere(key).await?;
        let mut all = self.last();
        if all.len() >= READINGS_MAX {
            all.clear();
        }
        all.insert(key, Arc::clone(&reading));
        Ok(reading)
    }

    async fn read_pools(&self, venue: Venue, pair: (Mint, Mint)) -> Result<PairPools, Unavailable> {
        let pair = mints(pair);
        let reading = self.reading(key(venue, pair)).await?;
        Ok(self.reader.offered(&reading, pair))
    }

    fn last(&self) -> MutexGuard<'_, HashMap<Key, Arc<Reading>>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl PoolSource for Elsewhere {
    async fn pools(&self, venue: Venue, pair: (Mint, Mint)) -> Result<PairPools, Unavailable> {
        self.reader.searches().hurry(&key(venue, mints(pair)));
        self.read_pools(venue, pair).await
    }

    async fn pools_beside(
        &self,
        venue: Venue,
        pair: (Mint, Mint),
    ) -> Result<PairPools, Unavailable> {
        let _search = self.reader.searches().let_wait(&key(venue, mints(pair)));
        self.read_pools(venue, pair).await
    }

    fn doubt(&self, pair: (Mint, Mint)) {
        self.reader.doubt(pair);
    }

    async fn search_anew(&self, pairs: &[(Mint, Mint)]) -> Result<bool, Unavailable> {
        self.reader.search_anew(pairs).await
    }

    async fn has_account(&self, wallet: Option<Address>, asset: Asset) -> bool {
        self.reader.has_account(wallet, asset).await
    }

    fn tables(&self) -> Vec<Table> {
        PoolSource::tables(&*self.reader)
    }

    fn third(&self, pair: (Mint, Mint), beside: &[Mint]) -> Option<Mint> {
        self.reader.third(pair, beside)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::Script;
    use crate::world::{DEEP, PAIR, SLOT, reader, search, settings, snapshot, snapshot_at};

    #[tokio::test(start_paused = true)]
    async fn the_second_look_is_of_another_endpoint_than_the_first() {
        let script = Script::new([
            search(&[DEEP]),
            snapshot(&[DEEP]),
            snapshot_at(SLOT + 1, &[DEEP]).beside(0),
        ]);
        let pools = reader(&script, &settings());
        let elsewhere = Elsewhere::than(Arc::clone(&pools));

        let first = pools.pools(Venue::Raydium, PAIR).await.unwrap();
        let second = elsewhere.pools(Venue::Raydium, PAIR).await.unwrap();

        assert_eq!((first.slot, second.slot), (SLOT, SLOT + 1));
        assert_eq!(first.pools[0].pool, second.pools[0].pool);
        script.check_done();
    }
}
