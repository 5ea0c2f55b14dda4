//! Facts of mints that no token list names: asked of the chain once, kept for ever.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use amm::snapshot::{AccountRef, Snapshot as _};
use amm::token::{self, TOKEN_2022_PROGRAM, TOKEN_PROGRAM};
use async_trait::async_trait;
use dex_router::gates::untradable;
use domain::asset::TokenProgram;
use domain::{Asset, Mint};
use futures_util::FutureExt as _;
use ports::asset_source::{AssetSource, Found};
use ports::{Clock, Directory, chain};
use tokio::time::timeout;

use crate::convert::address;
use crate::in_flight::InFlight;
use crate::pools::Snapshots;
use crate::pools::reading::facts;
use crate::rpc::{Error, Rpc, View};

/// How long it is remembered that nothing to trade stands at an address.
const MISSED_FOR: Duration = Duration::from_secs(10);
/// Misses remembered; what goes beyond is asked for again.
const MISSES_MAX: usize = 10_000;
/// Facts in memory; what goes beyond is read from the store again.
const KNOWN_MAX: usize = 100_000;
/// One question more to the chain every so often, and so many at once.
const QUESTION_EVERY: Duration = Duration::from_millis(100);
const QUESTIONS_AT_ONCE: u32 = 100;
/// Facts that the store does not take in time are asked for again another time.
const STORE_PATIENCE: Duration = Duration::from_millis(500);

/// Facts of a cluster's mints.
#[derive(Debug)]
pub struct ChainAssets {
    shared: Arc<Shared>,
    in_flight: InFlight<Mint, Result<Found, chain::Error>>,
}

/// What a question needs that goes on although whoever asked first has gone.
#[derive(Debug)]
struct Shared {
    snapshots: Snapshots,
    clock: Arc<dyn Clock>,
    directory: Arc<dyn Directory>,
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    known: HashMap<Mint, Asset>,
    /// With when each was found out.
    missed: HashMap<Mint, (Duration, Found)>,
    /// When the whole budget of questions is there again.
    budget_full_at: Duration,
}

impl ChainAssets {
    /// Nothing is asked yet.
    #[must_use]
    pub fn new(rpc: Arc<dyn Rpc>, clock: Arc<dyn Clock>, directory: Arc<dyn Directory>) -> Self {
        Self {
            shared: Arc::new(Shared {
                snapshots: Snapshots::new(rpc, Arc::clone(&clock)),
                clock,
                directory,
                memory: Mutex::default(),
            }),
            in_flight: InFlight::default(),
        }
    }
}

#[async_trait]
impl AssetSource for ChainAssets {
    async fn recall(&self, mint: Mint) -> ports::Result<Option<Found>> {
        let shared = &self.shared;
        let remembered = shared.memory().recall(mint, shared.clock.monotonic());
        if remembered.is_some() {
            return Ok(remembered);
        }
        let kept = shared.directory.asset(mint).await?;
        Ok(kept.map(|asset| {
            shared.memory().remember(asset);
            Found::Asset(asset)
        }))
    }

    async fn look_up(&self, mint: Mint) -> Result<Found, chain::Error> {
        let shared = Arc::clone(&self.shared);
        let ask = || async move { shared.look_up(mint).await }.boxed();
        self.in_flight.join(mint, ask).await
    }
}

impl Shared {
    async fn look_up(&self, mint: Mint) -> Result<Found, chain::Error> {
        let now = self.clock.monotonic();
        if let Some(found) = self.memory().recall(mint, now) {
            return Ok(found);
        }
        if !self.memory().spend(now) {
            let why = "too many mints are looked up at once".to_owned();
            return Err(chain::Error::Unavailable(why));
        }
        let found = self.ask(mint).await?;
        match &found {
            Found::Asset(asset) => {
                self.memory().remember(*asset);
                self.keep(asset).await;
            }
            Found::NotTradable(_) | Found::NoMint => {
                let now = self.clock.monotonic();
                self.memory().miss(mint, found.clone(), now);
            }
        }
        Ok(found)
    }

    /// The chain's own clock tells which transfer fee holds.
    async fn ask(&self, mint: Mint) -> Result<Found, Error> {
        let at = address(mint.address());
        let asked = self.snapshots.take(BTreeSet::from([at]), View::CONFIRMED);
        let snapshot = asked.await?;
        let account = snapshot.account(&at);
        Ok(account.map_or(Found::NoMint, |it| read(mint, it, snapshot.now.epoch)))
    }

    async fn keep(&self, asset: &Asset) {
        let mint = asset.mint;
        match timeout(STORE_PATIENCE, self.directory.keep_asset(asset)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(%error, "the facts of {mint} are not kept for now: {error}");
            }
            Err(_) => tracing::warn!("the facts of {mint} are not kept for now: the store is slow"),
        }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory
            .lock()
            .expect("invariant: nothing panics while holding it")
    }
}

impl Memory {
    fn recall(&self, mint: Mint, now: Duration) -> Option<Found> {
        if let Some(asset) = self.known.get(&mint) {
            return Some(Found::Asset(*asset));
        }
        let (at, found) = self.missed.get(&mint)?;
        (now.saturating_sub(*at) < MISSED_FOR).then(|| found.clone())
    }

    fn remember(&mut self, asset: Asset) {
        if self.known.len() >= KNOWN_MAX {
            self.known.clear();
        }
        self.known.insert(asset.mint, asset);
        self.missed.remove(&asset.mint);
    }

    fn miss(&mut self, mint: Mint, found: Found, now: Duration) {
        if self.missed.len() >= MISSES_MAX {
            let is_fresh = |at: Duration| now.saturating_sub(at) < MISSED_FOR;
            self.missed.retain(|_, (at, _)| is_fresh(*at));
        }
        if self.missed.len() < MISSES_MAX {
            self.missed.insert(mint, (now, found));
        }
    }

    /// Takes one question from the budget, where there is one.
    fn spend(&mut self, now: Duration) -> bool {
        let full_at = self.budget_full_at.max(now) + QUESTION_EVERY;
        let is_within = full_at <= now + QUESTION_EVERY * QUESTIONS_AT_ONCE;
        if is_within {
            self.budget_full_at = full_at;
        }
        is_within
    }
}

fn read(mint: Mint, account: AccountRef<'_>, epoch: u64) -> Found {
    let program = match account.owner {
        TOKEN_PROGRAM => TokenProgram::Token,
        TOKEN_2022_PROGRAM => TokenProgram::Token2022,
        _ => return Found::NoMint,
    };
    let Some(known) = token::Mint::read(account.data) else {
        return Found::NoMint;
    };
    match untradable(&facts(&known, epoch)) {
        Some(why) => Found::NotTradable(why),
        None => Found::Asset(Asset {
            mint,
            decimals: known.decimals,
            program,
        }),
    }
}

#[cfg(test)]
mod tests;
