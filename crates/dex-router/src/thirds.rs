//! Third tokens, over which an order may go where that pays more: which there are, and when it is worth to look.
//!
//! To look over a third token is to read two more pairs. So each pair's third tokens are looked at once in a while, more
//! often where one was about as good the last time, and between those looks only for orders that may gain: where the
//! direct route is dear or there is none, or where one paid more the last time.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use domain::{Asset, BaseUnits, Mint, TokenList, Venue};
use tokio::time::Instant;

use crate::pools::{PairPools, PoolSource, Unavailable};

/// Between two looks at all third tokens of a pair.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// Between two looks for one order of many, where a third token was about as good the last time; between two comparisons
/// of the next unit's prices, where none was.
const COMPARE_EVERY: Duration = Duration::from_secs(5);
/// Pairs that are remembered; of further ones the third tokens are looked at only where there is no direct route.
const PAIRS_MAX: usize = 1_024;
/// Their symbols.
const BUSIEST: [&str; 3] = ["SOL", "USDC", "USDT"];

/// What one venue has of a pair.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) venue: Venue,
    pub(crate) pools: Result<PairPools, Unavailable>,
}

/// A third token, with the pools that lead to it and from it.
#[derive(Debug)]
pub(crate) struct Third {
    pub(crate) asset: Asset,
    pub(crate) to: Vec<Fetched>,
    pub(crate) from: Vec<Fetched>,
    /// Whether the wallet has an account of it, so that none is opened.
    pub(crate) has_account: bool,
}

impl Third {
    /// Whether there are pools on both sides, or may be where a venue did not answer.
    pub(crate) fn may_be_reachable(&self) -> bool {
        let may_have = |it: &Fetched| it.pools.as_ref().map_or(true, |it| !it.pools.is_empty());
        self.to.iter().any(may_have) && self.from.iter().any(may_have)
    }

    /// Whether some venue did not answer.
    pub(crate) fn is_unsure(&self) -> bool {
        let mut sides = self.to.iter().chain(&self.from);
        sides.any(|it| it.pools.is_err())
    }
}

/// What the last look at a pair's third tokens showed.
#[derive(Debug, Clone)]
struct Looked {
    at: Instant,
    reachable: Vec<Asset>,
    /// For which orders a route over one of them paid more, with what it costs.
    worth: Worthwhile,
    /// When it was about as good, and somebody looked or set out to.
    close: Option<Instant>,
    /// When an order set out to look at all of them anew; others do not wait for what it sees.
    sought: Option<Instant>,
    /// When the next unit's prices were compared, and how they did.
    compared: Option<(Instant, Closeness)>,
}

/// How the next unit's price over the best third token compared with the direct one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closeness {
    /// It was about as good, or better.
    Close,
    Far,
    /// Some venue did not answer, and none that did was close.
    Unknown,
}

/// From which amount on an order gains by a third token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Worthwhile {
    /// None does: the direct route pays much more.
    Never,
    /// None does now, and in a moment some may.
    Soon,
    From(BaseUnits),
}

impl Looked {
    fn is_fresh(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.at) < LOOK_EVERY
    }

    fn is_sought(&self, now: Instant) -> bool {
        self.sought
            .is_some_and(|at| now.saturating_duration_since(at) < COMPARE_EVERY)
    }

    /// Whether an order that sells so much gains by what was seen, or is the one that looks whether one would by now.
    fn may_gain(&mut self, amount_in: BaseUnits, now: Instant) -> bool {
        if let Worthwhile::From(least) = self.worth
            && amount_in >= least
        {
            return true;
        }
        let is_its_turn = self
            .close
            .is_some_and(|at| now.saturating_duration_since(at) >= COMPARE_EVERY);
        if is_its_turn {
            self.close = Some(now);
        }
        is_its_turn
    }
}

/// What is remembered of pairs.
#[derive(Debug, Default)]
pub(crate) struct Thirds(Mutex<HashMap<(Mint, Mint), Looked>>);

/// Why third tokens are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// An order comes along that sells so much.
    Order(BaseUnits),
    /// There is no direct route, or it is dear.
    Dear,
}

impl Thirds {
    /// The third tokens to look at for an order of this pair: nothing, those that can be reached, or `all`.
    pub(crate) fn due(
        &self,
        pair: (Mint, Mint),
        cause: Cause,
        all: impl FnOnce() -> Vec<Asset>,
    ) -> Vec<Asset> {
        let now = Instant::now();
        let mut looked = self.looked();
        let is_full = looked.len() >= PAIRS_MAX;
        match looked.get_mut(&pair) {
            Some(last) if last.is_fresh(now) || last.is_sought(now) => {
                let may_gain = match cause {
                    Cause::Order(amount_in) => last.may_gain(amount_in, now),
                    Cause::Dear => true,
                };
                match may_gain {
                    true => last.reachable.clone(),
                    false => Vec::new(),
                }
            }
            None if is_full && cause != Cause::Dear => Vec::new(),
            Some(last) => {
                last.sought = Some(now);
                all()
            }
            None => all(),
        }
    }

    /// Remembers what a look at all of a pair's third tokens showed, or a later one at those that can be reached.
    pub(crate) fn saw(&self, pair: (Mint, Mint), reachable: Vec<Asset>, worth: Worthwhile) {
        let now = Instant::now();
        self.remember(pair, reachable, |looked| {
            looked.worth = worth;
            looked.close = (worth != Worthwhile::Never).then_some(now);
        });
    }

    /// The third tokens whose prices of the next unit are to be compared, or how they compared a moment ago where none was
    /// close.
    pub(crate) fn to_compare(
        &self,
        pair: (Mint, Mint),
        all: impl FnOnce() -> Vec<Asset>,
    ) -> Result<Vec<Asset>, Closeness> {
        let now = Instant::now();
        match self.looked().get(&pair) {
            Some(last) if last.is_fresh(now) => {
                let is_fresh = |at: Instant| now.saturating_duration_since(at) < COMPARE_EVERY;
                match last.compared {
                    Some((at, far)) if is_fresh(at) && far != Closeness::Close => Err(far),
                    _ => Ok(last.reachable.clone()),
                }
            }
            _ => Ok(all()),
        }
    }

    /// Remembers how the next unit's prices compared.
    pub(crate) fn compared(&self, pair: (Mint, Mint), reachable: Vec<Asset>, closeness: Closeness) {
        let now = Instant::now();
        self.remember(pair, reachable, |looked| {
            looked.compared = Some((now, closeness));
        });
    }

    fn remember(&self, pair: (Mint, Mint), reachable: Vec<Asset>, what: impl FnOnce(&mut Looked)) {
        let now = Instant::now();
        let mut looked = self.looked();
        match looked.get_mut(&pair) {
            Some(last) if last.is_fresh(now) => what(last),
            _ => {
                if looked.len() >= PAIRS_MAX {
                    looked.retain(|_, it| it.is_fresh(now));
                }
                if looked.len() < PAIRS_MAX {
                    let mut new = Looked {
                        at: now,
                        reachable,
                        // Until an order has looked.
                        worth: Worthwhile::From(BaseUnits::new(0)),
                        close: None,
                        sought: None,
                        compared: None,
                    };
                    what(&mut new);
                    looked.insert(pair, new);
                }
            }
        }
    }

    fn looked(&self) -> MutexGuard<'_, HashMap<(Mint, Mint), Looked>> {
        self.0
            .lock()
            .expect("invariant: nothing panics while holding it")
    }
}

/// The tokens that most pools have.
pub(crate) fn busiest(tokens: &TokenList) -> impl Iterator<Item = Asset> {
    BUSIEST.iter().filter_map(|symbol| tokens.find(symbol))
}

/// The third tokens of a pair: those that most pools have, and the one that it has most pools in common with, where
/// that is listed.
pub(crate) fn of_pair(
    pair: (Mint, Mint),
    tokens: &TokenList,
    source: &dyn PoolSource,
) -> Vec<Asset> {
    let named: Vec<Asset> = busiest(tokens).collect();
    let beside: Vec<Mint> = named.iter().map(|asset| asset.mint).collect();
    let own = source.third(pair, &beside);
    let own = own.and_then(|mint| tokens.find(&mint.to_string()));
    let all = named.into_iter().chain(own);
    all.filter(|asset| asset.mint != pair.0 && asset.mint != pair.1)
        .collect()
}
