//! A cluster's pools for whoever quotes from them: found once in a while, read with one request for each venue and
//! shared by all who ask at one moment. It has no key and signs nothing.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use amm::snapshot::Snapshot as _;
use amm::{Address, Program, token};
use async_trait::async_trait;
use dex_router::PoolSource;
use dex_router::pools::{PairPools, Unavailable};
use dex_router::room::Table;
use domain::{Asset, Mint, Venue, venue};
use futures_util::FutureExt as _;
use futures_util::future::{join, join_all, join3};
use ports::transaction_builder::{Execution, Leg};
use ports::{Clock, Directory};
use tokio::time::timeout;

use super::accounts::Accounts;
use super::ahead::{Ahead, Metrics};
use super::aside::Aside;
use super::finder::Finder;
use super::pairs::{Key, Pairs, key};
use super::reading::kind;
use super::searches::Searches;
use super::{Candidate, Reading, Snapshots, read, read_beside};
use crate::build::compile::LookupTable;
use crate::convert::{address, mint, mints};
use crate::in_flight::InFlight;
use crate::receipt::legs::Fees;
use crate::rpc::births::PoolBirths;
use crate::rpc::changes::Changes;
use crate::rpc::{Error, Rpc, Slot, View, words};
use crate::settings::Settings;
use crate::tables::Tables;

/// Pools that are read ahead keep others that have changed waiting no longer.
const READ_AHEAD_LIMIT: Duration = Duration::from_secs(1);

/// What is known of pools before any is searched for.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// What other processes find, and are told in turn.
    pub directory: Option<Arc<dyn Directory>>,
    /// The only pools that are used. All of them are read together, so whoever names them limits how many.
    pub listed: Option<Arc<[domain::Address]>>,
    /// Who tells of pools that are born. Where nobody does, pairs without a pool are searched for more often.
    pub births: Option<Arc<dyn PoolBirths>>,
}

/// A cluster's pools.
#[derive(Debug)]
pub struct PoolReader {
    shared: Arc<Shared>,
    /// Who asks for a pair while it is read waits for the same answer.
    in_flight: InFlight<Key, Result<Arc<Reading>, Error>>,
    shared_for: Duration,
    age_max: Duration,
    slot: Duration,
    aside: Aside,
    tables: Tables,
    accounts: Accounts,
    /// Only where somebody tells of changes.
    ahead: Option<Ahead>,
    /// Of what is read ahead; zero without it.
    metrics: Metrics,
}

/// What a reading needs that goes on although whoever asked first has gone.
#[derive(Debug)]
struct Shared {
    clock: Arc<dyn Clock>,
    searches: Searches,
    snapshots: Snapshots,
    pairs: Arc<Pairs>,
}

impl PoolReader {
    /// Nothing is asked yet.
    #[must_use]
    pub fn new(rpc: Arc<dyn Rpc>, clock: Arc<dyn Clock>, settings: &Settings) -> Self {
        Self::finding(rpc, clock, settings, Known::default())
    }

    /// The same that need not search for all pools itself.
    #[must_use]
    pub fn finding(
        rpc: Arc<dyn Rpc>,
        clock: Arc<dyn Clock>,
        settings: &Settings,
        known: Known,
    ) -> Self {
        let snapshots = Snapshots::new(Arc::clone(&rpc), Arc::clone(&clock));
        let aside = Aside::new(Arc::clone(&clock));
        let tables = Tables::new(
            Arc::clone(&rpc),
            Arc::clone(&clock),
            settings.tables.iter().copied().map(address).collect(),
        );
        let accounts = Accounts::new(Arc::clone(&rpc), Arc::clone(&clock));
        let mut finder = Finder::new(rpc, settings.programs.clone());
        if let Some(directory) = known.directory {
            finder.share(directory);
        }
        if let Some(listed) = known.listed {
            let listed = listed.iter().copied().map(address);
            finder.list(listed.collect(), Arc::clone(&clock));
        }
        let mut searches = Searches::new(finder, Arc::clone(&clock));
        if let Some(births) = known.births {
            searches.hear(births);
        }
        Self {
            shared: Arc::new(Shared {
                clock,
                pairs: Arc::clone(&searches.pairs),
                searches,
                snapshots,
            }),
            in_flight: InFlight::default(),
            shared_for: settings.shared_for,
            age_max: settings.quote_age_max,
            slot: settings.pace.slot,
            aside,
            tables,
            accounts,
            ahead: None,
            metrics: Metrics::register(),
        }
    }

    /// The same that reads pools ahead where they are asked for often, told of changes by this.
    #[must_use]
    pub fn told_by(self, changes: Arc<dyn Changes>) -> Self {
        let (shared_for, metrics) = (self.shared_for, self.metrics.clone());
        let ahead = Ahead::new(changes, self.slot, shared_for, self.age_max, metrics);
        Self {
            ahead: Some(ahead),
            ..self
        }
    }

    /// Reads ahead, and goes on with searches that nobody waits for, for as long as it is let. Without it, and wherever
    /// nothing is told, each quote reads, and waits for each search.
    pub async fn attend(&self) {
        let searching = self.shared.searches.attend();
        match &self.ahead {
            Some(ahead) => drop(join3(searching, ahead.attend(), self.read_ahead(ahead)).await),
            None => searching.await,
        }
    }

    async fn read_ahead(&self, ahead: &Ahead) {
        let clock = &self.shared.clock;
        let mut last_reads: HashMap<Key, Duration> = HashMap::new();
        loop {
            tokio::select! {
                biased;
                () = ahead.news() => {}
                () = clock.sleep(ahead.window()) => {}
            }
            let now = clock.monotonic();
            ahead.pass_on();
            let known = |keys: Vec<Key>| {
                let known = |key: Key| Some((key, self.shared.pairs.usable(&key, now)?));
                keys.into_iter().filter_map(known).collect::<Vec<_>>()
            };
            let followed = ahead.follow(known(ahead.wanted(now)), known(ahead.watched()));
            // An endpoint that is behind the one that tells is not asked again at once.
            last_reads.retain(|_, at| now.saturating_sub(*at) < self.slot / 2);
            let behind = followed.iter().filter(|(key, accounts)| {
                let reading = self.shared.pairs.reading(key);
                !last_reads.contains_key(key) && ahead.is_behind(accounts, reading.as_deref())
            });
            let behind: Vec<Key> = behind.map(|(key, _)| *key).collect();
            last_reads.extend(behind.iter().map(|key| (*key, now)));
            let reads = behind.into_iter().map(|key| {
                ahead.reads();
                self.join(key)
            });
            // Who fails leaves it to the next question.
            let _ = timeout(READ_AHEAD_LIMIT, join_all(reads)).await;
        }
    }

    /// Reads a venue's pools of a pair, with all who ask for them meanwhile.
    fn join(&self, key: Key) -> impl Future<Output = Result<Arc<Reading>, Error>> + use<> {
        let shared = Arc::clone(&self.shared);
        let ask = || async move { shared.read(key).await }.boxed();
        self.in_flight.join(key, ask)
    }

    /// Says which wallet pays where none is named.
    pub fn belong_to(&self, wallet: domain::Address) {
        self.accounts.belong_to(wallet);
    }

    /// Offers a pool no more for so long.
    pub(crate) fn put_aside(&self, pool: Address, time: Duration) {
        self.aside.put(pool, time);
    }

    /// The lookup tables that a transaction may use now.
    pub(crate) async fn tables(&self) -> Arc<[LookupTable]> {
        self.tables.refresh().await;
        self.tables.last()
    }

    /// A venue's pools of a pair as they stand.
    async fn reading(&self, key: Key) -> Result<Arc<Reading>, Error> {
        let now = self.shared.clock.monotonic();
        let last = self.shared.pairs.reading(&key);
        if let Some(shared) = last.clone().filter(|it| self.is_shared(it)) {
            return Ok(shared);
        }
        if let Some(fresh) = self.fresh(&key, last, now) {
            return Ok(fresh);
        }
        let reading = self.join(key).await?;
        match self.is_recent(&reading) {
            true => Ok(reading),
            false => Err(Error::unavailable("the pools took too long to be read")),
        }
    }

    /// Whether a reading came so short ago that whoever asks now gets it too.
    pub(super) fn is_shared(&self, reading: &Reading) -> bool {
        let now = self.shared.clock.monotonic();
        now.saturating_sub(reading.answered_at) < self.shared_for
    }

    /// A venue's pools of a pair as another endpoint shows them than the one that showed them last, where there is one.
    pub(super) async fn read_elsewhere(&self, key: Key) -> Result<Arc<Reading>, Error> {
        let last = self.shared.pairs.reading(&key);
        let by = last.and_then(|last| last.by);
        let reading = self.shared.read_beside(key, by).await?.0;
        Ok(Arc::new(reading))
    }

    pub(super) fn searches(&self) -> &Searches {
        &self.shared.searches
    }

    async fn read_pools(&self, venue: Venue, pair: (Mint, Mint)) -> Result<PairPools, Unavailable> {
        let pair = mints(pair);
        let (reading, ()) = join(self.reading(key(venue, pair)), self.tables.refresh()).await;
        Ok(self.offered(&*reading?, pair))
    }

    /// What a reading offers to whoever quotes.
    pub(super) fn offered(&self, reading: &Reading, pair: (Address, Address)) -> PairPools {
        let mut pools = reading.pair(pair);
        self.aside.withhold(&mut pools.pools);
        pools
    }

    /// The last reading, where it was followed since that nothing has changed.
    fn fresh(&self, key: &Key, last: Option<Arc<Reading>>, now: Duration) -> Option<Arc<Reading>> {
        let ahead = self.ahead.as_ref()?;
        ahead.asked(key, now);
        // Pools that are to be looked for again are not vouched for.
        self.shared.searches.known(key)?;
        last.filter(|last| ahead.vouches(key, last, now))
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

    /// What mints may have kept of transfers a moment ago: by the fee of this epoch, or by the one before a change of it
    /// or behind it. A mint that is not there keeps nothing.
    pub(crate) async fn transfer_fees(&self, mints: &[Address]) -> Result<Fees, Error> {
        let mints: BTreeSet<Address> = mints.iter().copied().collect();
        let taken = self.shared.snapshots.take(mints.clone(), View::CONFIRMED);
        let snapshot = taken.await?;
        let read = |mint: Address| {
            let account = snapshot.account(&mint)?;
            let known = token::Mint::read(account.data)?;
            let epochs = [snapshot.now.epoch, 0, u64::MAX];
            Some((mint, epochs.map(|it| known.transfer_fee(it)).to_vec()))
        };
        Ok(mints.into_iter().filter_map(read).collect())
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
        let (reading, moved) = self.read_beside(key, None).await?;
        let reading = Arc::new(reading);
        self.pairs.read(&key, Arc::clone(&reading), moved);
        Ok(reading)
    }

    /// A pair's pools, and which accounts they need now, where those are others.
    async fn read_beside(
        &self,
        key: Key,
        beside: Option<usize>,
    ) -> Result<(Reading, Option<Arc<[Candidate]>>), Error> {
        let candidates = self.searches.candidates(key).await?;
        if candidates.is_empty() {
            return Ok((Reading::of_nothing(self.clock.monotonic()), None));
        }
        let take = |candidates: Arc<[Candidate]>| async move {
            read_beside(&self.snapshots, &candidates, View::CONFIRMED, beside).await
        };
        let mut pools = take(Arc::clone(&candidates)).await?;
        let moved = moved(&candidates, &pools.snapshot);
        if let Some(moved) = &moved {
            pools = take(Arc::clone(moved)).await?;
        }
        Ok((Reading::of(&pools, self.clock.monotonic()), moved))
    }

    /// The pools of these legs as they stand at the slot they were quoted at, or later.
    async fn read_legs(&self, execution: &Execution) -> Result<Reading, LegError> {
        let view = View::CONFIRMED.since(Slot::new(execution.quoted_at));
        let pools = execution.legs.iter().map(|leg| address(leg.pool));
        let accounts = self.snapshots.take(pools.collect(), view).await?;
        let candidates = execution.legs.iter().map(|leg| {
            let is_kind = |program: &&Program| kind(program) == leg.program;
            let program = self.searches.finder.programs().iter().find(is_kind);
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
        self.shared.searches.hurry(&key(venue, mints(pair)));
        self.read_pools(venue, pair).await
    }

    async fn pools_beside(
        &self,
        venue: Venue,
        pair: (Mint, Mint),
    ) -> Result<PairPools, Unavailable> {
        let _search = self.shared.searches.let_wait(&key(venue, mints(pair)));
        self.read_pools(venue, pair).await
    }

    async fn has_account(&self, wallet: Option<domain::Address>, asset: Asset) -> bool {
        self.accounts.has(wallet, asset).await
    }

    fn tables(&self) -> Vec<Table> {
        let tables = self.tables.last();
        let tables = tables
            .iter()
            .map(|it| it.addresses.iter().copied().collect());
        tables.collect()
    }

    fn watch(&self, pairs: &[(Mint, Mint)], tokens: &[Mint]) {
        let tokens = tokens.iter().map(|mint| address(mint.address()));
        self.shared.searches.watch(&tokens.collect());
        let Some(ahead) = &self.ahead else {
            return;
        };
        let keys = pairs.iter().flat_map(|pair| {
            let pair = mints(*pair);
            Venue::ALL.map(|venue| key(venue, pair))
        });
        let keys: BTreeSet<Key> = keys.collect();
        ahead.watch(keys.into_iter().collect());
    }

    fn version(&self, pair: (Mint, Mint)) -> Option<u64> {
        let ahead = self.ahead.as_ref()?;
        let (pair, now) = (mints(pair), self.shared.clock.monotonic());
        let versions = Venue::ALL.map(|venue| {
            let key = key(venue, pair);
            match self.shared.pairs.has_pools(&key, now)? {
                true => ahead.version(&key),
                // Nothing changes, until some are found.
                false => Some(0),
            }
        });
        versions
            .into_iter()
            .try_fold(0, |sum: u64, version| Some(sum.wrapping_mul(31) ^ version?))
    }

    async fn news(&self) {
        match &self.ahead {
            Some(ahead) => ahead.told().await,
            None => std::future::pending().await,
        }
    }

    fn is_told(&self) -> bool {
        self.ahead.is_some()
    }

    fn third(&self, pair: (Mint, Mint), beside: &[Mint]) -> Option<Mint> {
        let beside: Vec<Address> = beside.iter().map(|mint| address(mint.address())).collect();
        let third = self.shared.pairs.third(mints(pair), &beside)?;
        Some(mint(third))
    }

    async fn search_anew(&self, pairs: &[(Mint, Mint)]) -> Result<bool, Unavailable> {
        let keys = pairs.iter().flat_map(|pair| {
            let pair = mints(*pair);
            Venue::ALL.map(|venue| key(venue, pair))
        });
        Ok(self.shared.searches.search_anew(keys).await?)
    }

    fn doubt(&self, pair: (Mint, Mint)) {
        let (pair, now) = (mints(pair), self.shared.clock.monotonic());
        for venue in Venue::ALL {
            self.shared.pairs.doubt(&key(venue, pair), now);
        }
    }
}

impl From<Error> for Unavailable {
    fn from(error: Error) -> Self {
        Self(words(&error))
    }
}

#[cfg(test)]
mod tests;
