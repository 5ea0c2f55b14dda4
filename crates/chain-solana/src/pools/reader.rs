//! A cluster's pools for whoever quotes from them: found once in a while, read with one request for each venue and
//! shared by all who ask at one moment. It has no key and signs nothing.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use amm::{Address, Program};
use async_trait::async_trait;
use dex_router::PoolSource;
use dex_router::pools::{Depth, PairPools, Unavailable};
use domain::route::PoolRef;
use domain::{BaseUnits, Mint, Venue, venue};
use futures_util::FutureExt as _;
use futures_util::future::try_join_all;
use ports::Clock;
use ports::transaction_builder::{Execution, Leg};

use super::aside::Aside;
use super::discovery::{deepest, discover, held, vault};
use super::pairs::{Key, Pairs, key};
use super::reading::kind;
use super::{Candidate, Reading, Snapshots, read};
use crate::in_flight::InFlight;
use crate::rpc::{ACCOUNTS_MAX, Error, Rpc, Slot, View, words};
use crate::settings::Settings;

/// The most pools of one program and pair that are looked at: what a venue's need must fit into one request.
const CANDIDATES_MAX: usize = 12;
/// Pools whose two vaults one request reads.
const DEPTHS_MAX: usize = ACCOUNTS_MAX / 2;

/// A cluster's pools.
#[derive(Debug)]
pub struct PoolReader {
    shared: Arc<Shared>,
    /// Who asks for a pair while it is read waits for the same answer.
    in_flight: InFlight<Key, Result<Arc<Reading>, Error>>,
    shared_for: Duration,
    age_max: Duration,
    aside: Aside,
}

/// What a reading needs that goes on although whoever asked first has gone.
#[derive(Debug)]
struct Shared {
    rpc: Arc<dyn Rpc>,
    clock: Arc<dyn Clock>,
    programs: Vec<Program>,
    snapshots: Snapshots,
    pairs: Pairs,
}

impl PoolReader {
    /// Nothing is asked yet.
    #[must_use]
    pub fn new(rpc: Arc<dyn Rpc>, clock: Arc<dyn Clock>, settings: &Settings) -> Self {
        let snapshots = Snapshots::new(Arc::clone(&rpc), Arc::clone(&clock));
        let aside = Aside::new(Arc::clone(&clock));
        Self {
            shared: Arc::new(Shared {
                rpc,
                clock,
                programs: settings.programs.clone(),
                snapshots,
                pairs: Pairs::default(),
            }),
            in_flight: InFlight::default(),
            shared_for: settings.shared_for,
            age_max: settings.quote_age_max,
            aside,
        }
    }

    /// Offers a pool no more for so long.
    pub(crate) fn put_aside(&self, pool: Address, time: Duration) {
        self.aside.put(pool, time);
    }

    /// A venue's pools of a pair as they stand.
    async fn reading(&self, key: Key) -> Result<Arc<Reading>, Error> {
        let now = self.shared.clock.monotonic();
        let last = self.shared.pairs.reading(&key);
        let is_shared = |it: &Arc<Reading>| now.saturating_sub(it.answered_at) < self.shared_for;
        if let Some(shared) = last.filter(is_shared) {
            return Ok(shared);
        }
        let shared = Arc::clone(&self.shared);
        let ask = || async move { shared.read(key).await }.boxed();
        let reading = self.in_flight.join(key, ask).await?;
        match self.is_recent(&reading) {
            true => Ok(reading),
            false => Err(Error::unavailable("the pools took too long to be read")),
        }
    }

    fn is_recent(&self, reading: &Reading) -> bool {
        let now = self.shared.clock.monotonic();
        now.saturating_sub(reading.asked_at) <= self.age_max
    }

    /// The pools of an execution, one for each leg: as they were quoted from, where that is still known here and
    /// recent, else read anew.
    pub(crate) async fn of(&self, execution: &Execution) -> Result<Vec<Arc<Reading>>, LegError> {
        let legs = execution.legs.iter();
        let known: Option<Vec<_>> = legs
            .map(|leg| self.known(leg, execution.quoted_at))
            .collect();
        match known {
            Some(known) => Ok(known),
            None => {
                let reading = Arc::new(self.shared.read_legs(execution).await?);
                Ok(vec![reading; execution.legs.len()])
            }
        }
    }

    fn known(&self, leg: &Leg, quoted_at: u64) -> Option<Arc<Reading>> {
        let key = key(leg.program.venue(), mints((leg.mint_in, leg.mint_out)));
        let reading = self.shared.pairs.reading(&key)?;
        let is_usable = reading.slot.get() >= quoted_at && self.is_recent(&reading);
        (is_usable && reading.pool(address(leg.pool)).is_some()).then_some(reading)
    }
}

/// Why an execution's pools cannot be read.
#[derive(Debug)]
pub(crate) enum LegError {
    /// Nobody answered.
    Rpc(Error),
    /// The cluster has no such program, and will have none.
    NoProgram(venue::Program),
    /// A pool's account is not what the route took it for.
    Gone(Address, String),
}

impl From<Error> for LegError {
    fn from(error: Error) -> Self {
        Self::Rpc(error)
    }
}

impl Shared {
    async fn read(&self, key: Key) -> Result<Arc<Reading>, Error> {
        let candidates = self.candidates(key).await?;
        if candidates.is_empty() {
            return Ok(Arc::new(Reading::of_nothing(self.clock.monotonic())));
        }
        let mut pools = read(&self.snapshots, &candidates, View::CONFIRMED).await?;
        let moved = moved(&candidates, &pools.snapshot);
        if let Some(moved) = &moved {
            pools = read(&self.snapshots, moved, View::CONFIRMED).await?;
        }
        let reading = Arc::new(Reading::of(&pools, self.clock.monotonic()));
        self.pairs.read(&key, Arc::clone(&reading), moved);
        Ok(reading)
    }

    /// The deepest pools of a pair that each of a venue's programs has.
    async fn candidates(&self, key: Key) -> Result<Arc<[Candidate]>, Error> {
        let (venue, pair) = key;
        let known = self.pairs.candidates(&key, self.clock.monotonic());
        if let Some(known) = known {
            return Ok(known);
        }
        let programs = self.programs.iter();
        let programs = programs.filter(|it| kind(it).venue() == venue);
        let found = try_join_all(programs.map(|it| self.search(*it, pair))).await?;
        let found: Arc<[Candidate]> = found.concat().into();
        let now = self.clock.monotonic();
        self.pairs.found(key, Arc::clone(&found), now);
        Ok(found)
    }

    async fn search(
        &self,
        program: Program,
        pair: (Address, Address),
    ) -> Result<Vec<Candidate>, Error> {
        let (rpc, view) = (&*self.rpc, View::CONFIRMED);
        let found = discover(rpc, program, pair, view).await?;
        deepest(rpc, found, pair.0, CANDIDATES_MAX, view).await
    }

    /// The pools of these legs as they stand at the slot they were quoted at, or later.
    async fn read_legs(&self, execution: &Execution) -> Result<Reading, LegError> {
        let view = View::CONFIRMED.since(Slot::new(execution.quoted_at));
        let pools = execution.legs.iter().map(|leg| address(leg.pool));
        let accounts = self.snapshots.take(pools.collect(), view).await?;
        let candidates = execution.legs.iter().map(|leg| {
            let is_kind = |program: &&Program| kind(program) == leg.program;
            let program = self.programs.iter().find(is_kind);
            let program = program.ok_or(LegError::NoProgram(leg.program))?;
            Candidate::at(*program, address(leg.pool), &*accounts)
                .map_err(|error| LegError::Gone(address(leg.pool), error.to_string()))
        });
        let candidates = candidates.collect::<Result<Vec<_>, LegError>>()?;
        let read = read(&self.snapshots, &candidates, view).await?;
        Ok(Reading::of(&read, self.clock.monotonic()))
    }
}

/// All candidates with the accounts that they need now, where any needs others.
fn moved(candidates: &[Candidate], snapshot: &super::Snapshot) -> Option<Arc<[Candidate]>> {
    let moved: Vec<_> = candidates.iter().map(|it| it.moved(snapshot)).collect();
    if moved.iter().all(Option::is_none) {
        return None;
    }
    let now = moved.into_iter().zip(candidates);
    Some(
        now.map(|(moved, it)| moved.unwrap_or_else(|| it.clone()))
            .collect(),
    )
}

#[async_trait]
impl PoolSource for PoolReader {
    async fn pools(&self, venue: Venue, pair: (Mint, Mint)) -> Result<PairPools, Unavailable> {
        let pair = mints(pair);
        let reading = self.reading(key(venue, pair)).await?;
        let mut pools = reading.pair(pair);
        for found in &mut pools.pools {
            let is_aside = |at: domain::Address| self.aside.holds(address(at));
            if found.pool.address.is_some_and(is_aside) {
                found.state =
                    Err("it paid something else than quoted when it was tried".to_owned());
            }
        }
        Ok(pools)
    }

    async fn depths(
        &self,
        pools: &[PoolRef],
        pair: (Mint, Mint),
    ) -> Result<Vec<Option<Depth>>, Unavailable> {
        let pair = mints(pair);
        let venues: BTreeSet<Venue> = pools.iter().map(|it| it.program.venue()).collect();
        let known = venues
            .into_iter()
            .map(|venue| self.shared.candidates(key(venue, pair)));
        let known = try_join_all(known).await?;
        let candidate = |pool: &PoolRef| {
            let wanted = address(pool.address?);
            known
                .iter()
                .flat_map(|it| it.iter())
                .find(|it| it.address == wanted)
        };
        let candidates: Vec<_> = pools.iter().map(candidate).collect();
        let mut depths = Vec::with_capacity(pools.len());
        for some in candidates.chunks(DEPTHS_MAX) {
            depths.extend(self.shared.depths(some, pair).await?);
        }
        Ok(depths)
    }
}

impl Shared {
    async fn depths(
        &self,
        candidates: &[Option<&Candidate>],
        pair: (Address, Address),
    ) -> Result<Vec<Option<Depth>>, Error> {
        let known = candidates.iter().flatten();
        let vaults: Vec<Address> = known
            .flat_map(|it| [vault(it, pair.0), vault(it, pair.1)])
            .collect();
        if vaults.is_empty() {
            return Ok(vec![None; candidates.len()]);
        }
        let accounts = self.rpc.accounts(&vaults, View::CONFIRMED).await?.value;
        let mut accounts = accounts.iter();
        let mut next = |token| held(accounts.next()?.as_ref(), token).map(BaseUnits::new);
        let depths = candidates.iter().map(|candidate| {
            (*candidate)?;
            let (first, second) = (next(pair.0), next(pair.1));
            first
                .zip(second)
                .map(|(first, second)| Depth { first, second })
        });
        Ok(depths.collect())
    }
}

impl From<Error> for Unavailable {
    fn from(error: Error) -> Self {
        Self(words(&error))
    }
}

/// An address of the engine's, as programs are told it.
pub(crate) fn address(address: domain::Address) -> Address {
    Address(*address.bytes())
}

pub(crate) fn mints((one, other): (Mint, Mint)) -> (Address, Address) {
    (address(one.address()), address(other.address()))
}

#[cfg(test)]
mod tests;
