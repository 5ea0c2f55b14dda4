//! Where a pair's pools are: told by an operator's file, found by another process a while ago, or searched for on the
//! chain.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use amm::{Address, Program};
use domain::route::PoolRef;
use futures_util::future::try_join_all;
use ports::directory::{Directory, VenuePair};
use ports::{Clock, Error as StoreError};
use tokio::time::timeout;

use super::discovery::{deepest, discover};
use super::pairs::{FOUND_FOR, Key};
use super::reading::{kind, pool_ref};
use super::{Candidate, listed};
use crate::convert::{address, mint};
use crate::recent::Recent;
use crate::rpc::{Error, Rpc, View};

/// The most pools of one program and pair that are looked at: what a venue's need must fit into one request.
pub(super) const CANDIDATES_MAX: usize = 8;
/// Without the store every process searches for itself, so that none waits for it long.
const STORE_PATIENCE: Duration = Duration::from_millis(500);

/// Finds pools.
#[derive(Debug)]
pub(super) struct Finder {
    rpc: Arc<dyn Rpc>,
    programs: Vec<Program>,
    directory: Option<Arc<dyn Directory>>,
    listed: Option<Listed>,
    /// That the endpoint makes no searches is said once.
    is_refusal_told: AtomicBool,
}

/// The pools of an operator's file.
#[derive(Debug)]
struct Listed {
    addresses: Arc<[Address]>,
    read: Recent<Arc<[Candidate]>, Error>,
}

/// What was found, and how long ago.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) candidates: Arc<[Candidate]>,
    pub(super) age: Duration,
}

impl Found {
    fn now(candidates: Vec<Candidate>) -> Self {
        Self {
            candidates: candidates.into(),
            age: Duration::ZERO,
        }
    }
}

impl Finder {
    /// One that searches on the chain.
    pub(super) fn new(rpc: Arc<dyn Rpc>, programs: Vec<Program>) -> Self {
        Self {
            rpc,
            programs,
            directory: None,
            listed: None,
            is_refusal_told: AtomicBool::new(false),
        }
    }

    /// The cluster's programs.
    pub(super) fn programs(&self) -> &[Program] {
        &self.programs
    }

    /// Shares what it finds with other processes.
    pub(super) fn share(&mut self, directory: Arc<dyn Directory>) {
        self.directory = Some(directory);
    }

    /// Knows these pools, and searches for no others.
    pub(super) fn list(&mut self, addresses: Arc<[Address]>, clock: Arc<dyn Clock>) {
        let read = Recent::new(clock, FOUND_FOR);
        self.listed = Some(Listed { addresses, read });
    }

    /// A venue's deepest pools of a pair. What another process has found must be younger than this.
    pub(super) async fn find(&self, key: Key, age_max: Duration) -> Result<Found, Error> {
        if let Some(listed) = &self.listed {
            return self.of_list(listed, key).await;
        }
        if let Some(found) = self.found_before(key, age_max).await? {
            return Ok(found);
        }
        let programs = self.of_venue(key);
        let searches = programs.iter().map(|program| self.search(*program, key.1));
        let found = try_join_all(searches).await?.concat();
        if !found.is_empty() {
            self.keep(key, &found).await;
        }
        Ok(Found::now(found))
    }

    async fn of_list(&self, listed: &Listed, key: Key) -> Result<Found, Error> {
        let (rpc, programs) = (Arc::clone(&self.rpc), self.programs.clone());
        let addresses = Arc::clone(&listed.addresses);
        let reading = listed.read.get(async move {
            let read = listed::read(&*rpc, &programs, &addresses).await?;
            Ok(Arc::from(read))
        });
        let known = reading.await?;
        let mut found = Vec::new();
        for program in self.of_venue(key) {
            let of_program = listed::of_pair(&known, key.1).filter(|it| it.program == program);
            let of_program: Vec<_> = of_program.cloned().collect();
            found.extend(self.deepest(of_program, key.1).await?);
        }
        Ok(Found::now(found))
    }

    /// What another process has found, as it stands on the chain now.
    async fn found_before(&self, key: Key, age_max: Duration) -> Result<Option<Found>, Error> {
        let Some(directory) = &self.directory else {
            return Ok(None);
        };
        let pair = venue_pair(key);
        let kept = match timeout(STORE_PATIENCE, directory.pools(&pair)).await {
            Ok(Ok(kept)) => kept.filter(|kept| kept.age < age_max),
            failed => {
                say_unkept(failed);
                None
            }
        };
        let Some(kept) = kept else {
            return Ok(None);
        };
        let addresses = kept.pools.iter().filter_map(|pool| pool.address);
        let addresses: Vec<_> = addresses.map(address).collect();
        let programs = self.of_venue(key);
        let read = listed::read(&*self.rpc, &programs, &addresses).await?;
        let candidates: Arc<[Candidate]> = listed::of_pair(&read, key.1).cloned().collect();
        // Pools that have gone are no answer: there may be others.
        Ok((!candidates.is_empty()).then_some(Found {
            candidates,
            age: kept.age,
        }))
    }

    async fn keep(&self, key: Key, found: &[Candidate]) {
        let Some(directory) = &self.directory else {
            return;
        };
        let pools = found.iter().map(|it| pool_ref(it.program, it.address));
        let pools: Vec<PoolRef> = pools.collect();
        let pair = venue_pair(key);
        say_unkept(timeout(STORE_PATIENCE, directory.keep_pools(&pair, &pools)).await);
    }

    async fn search(
        &self,
        program: Program,
        pair: (Address, Address),
    ) -> Result<Vec<Candidate>, Error> {
        let found = discover(&*self.rpc, program, pair, View::CONFIRMED).await;
        let found = found.map_err(|error| self.refused(error))?;
        self.deepest(found, pair).await
    }

    async fn deepest(
        &self,
        found: Vec<Candidate>,
        pair: (Address, Address),
    ) -> Result<Vec<Candidate>, Error> {
        deepest(&*self.rpc, found, pair, CANDIDATES_MAX, View::CONFIRMED).await
    }

    /// An endpoint that makes no searches never will: only an operator can help.
    fn refused(&self, error: Error) -> Error {
        let Error::Unsupported(why) = error else {
            return error;
        };
        if !self.is_refusal_told.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "the endpoint makes no searches for pools ({why}): name the pools' addresses in POOLS_FILE, or \
                 choose another endpoint"
            );
        }
        Error::Unsupported(format!(
            "searches for pools ({why}); POOLS_FILE names pools"
        ))
    }

    fn of_venue(&self, (venue, _): Key) -> Vec<Program> {
        let programs = self.programs.iter();
        let of_venue = programs.filter(|it| kind(it).venue() == venue);
        of_venue.copied().collect()
    }
}

fn venue_pair((venue, (low, high)): Key) -> VenuePair {
    VenuePair::new(venue, (mint(low), mint(high)))
}

fn say_unkept<T>(failed: Result<Result<T, StoreError>, tokio::time::error::Elapsed>) {
    match failed {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => tracing::debug!(%error, "found pools are not shared for now: {error}"),
        Err(_) => tracing::debug!("found pools are not shared for now: the store is slow"),
    }
}

#[cfg(test)]
mod tests;
