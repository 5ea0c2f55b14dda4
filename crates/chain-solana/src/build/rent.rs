//! What accounts must hold to stay. It changes by vote, so the chain is asked, once in an epoch for each size.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use futures_util::FutureExt as _;

use crate::in_flight::InFlight;
use crate::rpc::{Error, Lamports, Rpc};

/// Sizes kept: there are few kinds of accounts that a transaction makes.
const SIZES_MAX: usize = 16;

/// The minimum balances of one epoch.
#[derive(Debug)]
pub struct Rents {
    rpc: Arc<dyn Rpc>,
    known: Mutex<Known>,
    /// Who asks at one moment shares one question.
    asking: InFlight<(usize, u64), Result<Lamports, Error>>,
}

#[derive(Debug, Default)]
struct Known {
    epoch: u64,
    minimums: BTreeMap<usize, Lamports>,
}

impl Rents {
    /// Nothing is known yet.
    #[must_use]
    pub fn new(rpc: Arc<dyn Rpc>) -> Self {
        Self {
            rpc,
            known: Mutex::default(),
            asking: InFlight::default(),
        }
    }

    /// What an account of this many bytes must hold in this epoch.
    pub async fn minimum(&self, bytes: usize, epoch: u64) -> Result<Lamports, Error> {
        if let Some(minimum) = self.known(epoch).minimums.get(&bytes) {
            return Ok(*minimum);
        }
        let rpc = Arc::clone(&self.rpc);
        let ask = || async move { rpc.minimum_balance(bytes).await }.boxed();
        let minimum = self.asking.join((bytes, epoch), ask).await?;
        let mut known = self.known(epoch);
        if known.minimums.len() < SIZES_MAX {
            known.minimums.insert(bytes, minimum);
        }
        Ok(minimum)
    }

    /// What is known of an epoch; that of an earlier one is forgotten.
    fn known(&self, epoch: u64) -> std::sync::MutexGuard<'_, Known> {
        let mut known = self
            .known
            .lock()
            .expect("invariant: nothing panics while holding it");
        if known.epoch != epoch {
            *known = Known {
                epoch,
                minimums: BTreeMap::new(),
            };
        }
        known
    }
}

#[cfg(test)]
mod tests;
