//! The pools that one endpoint tells of: a subscription to a program's accounts for each place in which such an account
//! names a mint. An account that names it for the first time is a pool that was born. What made it does not matter: its
//! program's own instruction, or another program that called it.
//!
//! Some wait for pools of a token ([`Births`]); others know pairs without a pool, and hear once one has some
//! ([`PoolBirths`]).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use domain::Mint;
use metrics::{Counter, counter, gauge};
use ports::births::Births;
use ports::{Clock, Random};
use serde_json::json;
use tokio::sync::Notify;

use super::SocketEndpoint;
use super::line::{Line, Talk};
use super::messages::{Heard, Lasting, Subject, call};
use super::wanted::{FOLLOWED_MAX, Wanted};
use crate::convert::{address, mint};
use crate::rpc::births::{Born, PoolBirths};
use crate::rpc::{Address, Commitment};

/// Pools that were told and nobody has taken; further ones are not told.
const BORN_MAX: usize = 4_096;
/// An endpoint that refuses to follow something is asked to follow no more watched tokens for so long.
const REFUSED_REST: Duration = Duration::from_secs(60);
/// Two mints, one behind the other.
const PAIR_BYTES: usize = 64;

/// Where the accounts of a program's pools name a mint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PoolPlace {
    /// The program.
    pub program: Address,
    /// How long such an account is.
    pub size: usize,
    /// Where in it the mint stands.
    pub offset: usize,
    /// Where in it both mints stand, one behind the other.
    pub pair: usize,
}

/// A program's pools that name a mint there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct PoolsNaming {
    place: PoolPlace,
    mint: Address,
}

impl Subject for PoolsNaming {
    const LASTING: Lasting = Lasting::UntilDropped;

    fn subscribe(&self, request: u64, commitment: Commitment) -> String {
        let PoolPlace {
            program,
            size,
            offset,
            pair,
        } = self.place;
        // Of which pair it is is enough: pools are read with all that they need, of one slot.
        let settings = json!({
            "commitment": commitment.name(),
            "encoding": "base64",
            "dataSlice": { "offset": pair, "length": PAIR_BYTES },
            "filters": [
                { "dataSize": size },
                { "memcmp": { "offset": offset, "bytes": self.mint.to_string(), "encoding": "base58" } },
            ],
        });
        call(
            request,
            "programSubscribe",
            &json!([program.to_string(), settings]),
        )
    }

    fn unsubscribe(request: u64, subscription: u64) -> String {
        call(request, "programUnsubscribe", &json!([subscription]))
    }
}

/// The pools that one endpoint tells of. It connects once there is a token to follow.
pub struct BirthSocket {
    line: Line,
    places: Vec<PoolPlace>,
    state: Mutex<State>,
    /// There is something to follow.
    needed: Notify,
    /// There is something to tell.
    told: Notify,
    born: Notify,
    hints: Counter,
}

#[derive(Debug, Default)]
struct State {
    wanted: Wanted<PoolsNaming>,
    /// Tokens whose pools somebody waits for, and those of watched pairs.
    awaited: BTreeSet<Address>,
    watched: BTreeSet<Address>,
    /// Since when the present socket follows what it follows.
    since: BTreeMap<PoolsNaming, Duration>,
    /// Until then no more is followed for watched pairs.
    rests_until: Duration,
    told: BTreeSet<Address>,
    born: BTreeSet<Born>,
}

impl State {
    /// Follows the tokens that are wanted, those that are awaited first, and no others. Returns whether there is something
    /// to ask for that.
    fn follow(&mut self, places: &[PoolPlace], now: Duration) -> bool {
        let tokens_max = FOLLOWED_MAX / places.len().max(1);
        let watched = self.watched.iter().filter(|it| !self.awaited.contains(it));
        let tokens = self.awaited.iter().map(|it| (*it, true));
        let tokens = tokens.chain(watched.map(|it| (*it, false)));
        let tokens: BTreeMap<Address, bool> = tokens.take(tokens_max).collect();
        let gone = self.wanted.subjects();
        let gone: Vec<PoolsNaming> = gone.filter(|it| !tokens.contains_key(&it.mint)).collect();
        let mut has_to_ask = false;
        for subject in gone {
            self.since.remove(&subject);
            has_to_ask |= self.wanted.drop_it(&subject);
        }
        for (mint, is_awaited) in tokens {
            if !is_awaited && now < self.rests_until {
                continue;
            }
            for place in places.iter().copied() {
                has_to_ask |= self.wanted.want(PoolsNaming { place, mint });
            }
        }
        has_to_ask
    }

    /// A pool that a subscription tells of.
    fn take_born(&mut self, subscription: u64, data: &[u8]) {
        let Some(subject) = self.wanted.subject_of(subscription) else {
            return;
        };
        let (mints, rest) = data.as_chunks::<32>();
        let ([one, other], []) = (mints, rest) else {
            return;
        };
        if self.born.len() < BORN_MAX {
            self.born.insert(Born {
                program: subject.place.program,
                mints: (Address(*one), Address(*other)),
            });
        }
    }
}

impl BirthSocket {
    /// Nothing is connected before it is attended to. What is told is confirmed.
    #[must_use]
    pub fn new(
        endpoint: SocketEndpoint,
        places: Vec<PoolPlace>,
        clock: Arc<dyn Clock>,
        random: Random,
    ) -> Self {
        let line = Line {
            endpoint,
            clock,
            random,
            asked: Notify::new(),
            connected: gauge!("birth_socket_connected"),
            ended: counter!("birth_socket_lost_total"),
            instead: "new pools are looked for without it",
        };
        line.connected.set(0);
        Self {
            line,
            places,
            state: Mutex::default(),
            needed: Notify::new(),
            told: Notify::new(),
            born: Notify::new(),
            hints: counter!("birth_hints_total"),
        }
    }

    fn ask(&self) {
        let now = self.line.clock.monotonic();
        if self.state().follow(&self.places, now) {
            self.line.asked.notify_one();
            self.needed.notify_one();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("invariant: nothing panics while holding it")
    }
}

impl Talk for BirthSocket {
    fn take_asked(&self) -> Vec<String> {
        self.state().wanted.take_asked(Commitment::Confirmed)
    }

    fn hear(&self, message: &[u8]) {
        // Whatever else an endpoint says is of no use here.
        let Some(heard) = Heard::read(message) else {
            return;
        };
        let now = self.line.clock.monotonic();
        let mut state = self.state();
        match heard {
            Heard::Subscribed {
                request,
                subscription,
            } => {
                let subject = state.wanted.subscribed(request, subscription);
                state.since.extend(subject.map(|subject| (subject, now)));
            }
            Heard::Refused { request } => {
                if state.wanted.refused(request) {
                    state.rests_until = now + REFUSED_REST;
                }
            }
            Heard::Notice {
                subscription,
                slot,
                data,
            } => {
                state.wanted.noticed(subscription, slot);
                state.take_born(subscription, &data);
            }
        }
        let told = state.wanted.take_told();
        let told = told.into_keys().map(|it| it.mint);
        let told: BTreeSet<Address> = told.filter(|it| state.awaited.contains(it)).collect();
        let has_born = !state.born.is_empty();
        self.hints.increment(told.len() as u64);
        let has_told = !told.is_empty();
        state.told.extend(told);
        drop(state);
        if has_told {
            self.told.notify_one();
        }
        if has_born {
            self.born.notify_one();
        }
    }

    fn lost(&self) {
        let mut state = self.state();
        state.wanted.begin();
        state.since.clear();
    }
}

#[async_trait]
impl Births for BirthSocket {
    fn follow(&self, mints: &BTreeSet<Mint>) {
        let mints = mints.iter().map(|it| address(it.address()));
        self.state().awaited = mints.collect();
        self.ask();
    }

    async fn next(&self) -> BTreeSet<Mint> {
        loop {
            let told = std::mem::take(&mut self.state().told);
            if !told.is_empty() {
                return told.into_iter().map(mint).collect();
            }
            self.told.notified().await;
        }
    }

    async fn attend(&self) {
        self.needed.notified().await;
        self.line.attend(self).await;
    }
}

#[async_trait]
impl PoolBirths for BirthSocket {
    fn watch(&self, tokens: &BTreeSet<Address>) {
        self.state().watched.clone_from(tokens);
        self.ask();
    }

    fn told_since(&self, token: Address) -> Option<Duration> {
        let state = self.state();
        let naming = self.places.iter().map(|place| PoolsNaming {
            place: *place,
            mint: token,
        });
        let since: Option<Vec<Duration>> = naming.map(|it| state.since.get(&it).copied()).collect();
        since?.into_iter().max()
    }

    async fn pools(&self) -> BTreeSet<Born> {
        loop {
            let born = std::mem::take(&mut self.state().born);
            if !born.is_empty() {
                return born;
            }
            self.born.notified().await;
        }
    }
}

impl fmt::Debug for BirthSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BirthSocket")
            .field("line", &self.line)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
