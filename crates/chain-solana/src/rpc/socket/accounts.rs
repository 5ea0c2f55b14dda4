//! The accounts that one endpoint tells of, with the chain's clock among them: it changes in every slot, so that silence
//! is told from rest.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use metrics::{Counter, counter, gauge};
use ports::{Clock, Random};
use tokio::sync::Notify;

use super::SocketEndpoint;
use super::line::{Line, Talk};
use super::messages::Heard;
use super::wanted::Wanted;
use crate::address::CLOCK;
use crate::rpc::changes::{Changes, Seen};
use crate::rpc::{Address, Commitment, Slot};

/// An endpoint that told nothing for so many slots may have stopped telling.
const SILENT_SLOTS: u32 = 3;
/// However short the slots are.
const SILENT_MIN: Duration = Duration::from_millis(100);
/// An endpoint that refuses to follow something is asked to follow no more for so long.
const REFUSED_REST: Duration = Duration::from_secs(60);

/// The accounts that one endpoint tells of. It connects once there is something to follow.
pub struct AccountSocket {
    line: Line,
    /// How long an endpoint may be silent.
    silent_for: Duration,
    state: Mutex<State>,
    /// There is something to follow.
    needed: Notify,
    /// There is something new.
    changed: Notify,
    hints: Counter,
}

#[derive(Debug, Default)]
struct State {
    wanted: Wanted<Address>,
    known: BTreeMap<Address, Known>,
    rests_until: Duration,
}

/// What the present socket has told of an account that it follows.
#[derive(Debug, Clone, Copy)]
struct Known {
    since: Duration,
    heard_at: Duration,
    changed_in: u64,
}

impl AccountSocket {
    /// Nothing is connected before it is attended to. What is told is confirmed; slots are so long.
    #[must_use]
    pub fn new(
        endpoint: SocketEndpoint,
        slot: Duration,
        clock: Arc<dyn Clock>,
        random: Random,
    ) -> Self {
        let line = Line {
            endpoint,
            clock,
            random,
            asked: Notify::new(),
            connected: gauge!("pool_socket_connected"),
            ended: counter!("pool_socket_lost_total"),
            instead: "pools are read for each quote",
        };
        Self {
            line,
            silent_for: (slot * SILENT_SLOTS).max(SILENT_MIN),
            state: Mutex::default(),
            needed: Notify::new(),
            changed: Notify::new(),
            hints: counter!("pool_hints_total"),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("invariant: nothing panics while holding it")
    }
}

impl State {
    /// Follows these alone. Returns whether there is something to ask for that.
    fn follow(&mut self, accounts: &BTreeSet<Address>, now: Duration) -> bool {
        let unwanted = self.wanted.subjects();
        let unwanted: Vec<_> = unwanted.filter(|it| !accounts.contains(it)).collect();
        let mut has_to_ask = false;
        for account in unwanted {
            self.known.remove(&account);
            has_to_ask |= self.wanted.drop_it(&account);
        }
        if now >= self.rests_until {
            for account in accounts {
                has_to_ask |= self.wanted.want(*account);
            }
        }
        has_to_ask
    }

    /// Takes over what was told. Returns how many accounts have changed, the clock left out.
    fn take_over(&mut self, now: Duration) -> u64 {
        let mut changed = 0;
        for (account, slot) in self.wanted.take_told() {
            if let Some(known) = self.known.get_mut(&account) {
                (known.heard_at, known.changed_in) = (now, slot.max(known.changed_in));
                changed += u64::from(account != CLOCK);
            }
        }
        changed
    }
}

impl Talk for AccountSocket {
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
                let begun = Known {
                    since: now,
                    heard_at: now,
                    changed_in: 0,
                };
                let account = state.wanted.subscribed(request, subscription);
                state.known.extend(account.map(|account| (account, begun)));
            }
            Heard::Refused { request } => {
                if state.wanted.refused(request) {
                    state.rests_until = now + REFUSED_REST;
                }
            }
            Heard::Notice {
                subscription, slot, ..
            } => {
                state.wanted.noticed(subscription, slot);
                self.hints.increment(state.take_over(now));
            }
        }
        drop(state);
        self.changed.notify_one();
    }

    fn lost(&self) {
        let mut state = self.state();
        state.wanted.begin();
        state.known.clear();
    }
}

#[async_trait]
impl Changes for AccountSocket {
    fn follow(&self, accounts: &BTreeSet<Address>) {
        let mut accounts = accounts.clone();
        if !accounts.is_empty() {
            accounts.insert(CLOCK);
        }
        let now = self.line.clock.monotonic();
        if self.state().follow(&accounts, now) {
            self.line.asked.notify_one();
            self.needed.notify_one();
        }
    }

    fn seen(&self, accounts: &[Address]) -> Option<Seen> {
        let now = self.line.clock.monotonic();
        let state = self.state();
        let clock = state.known.get(&CLOCK)?;
        if now.saturating_sub(clock.heard_at) > self.silent_for {
            return None;
        }
        let (mut since, mut changed_in) = (clock.since, 0);
        for account in accounts {
            let known = state.known.get(account)?;
            since = since.max(known.since);
            changed_in = changed_in.max(known.changed_in);
        }
        Some(Seen {
            since,
            changed_in: Slot::new(changed_in),
            newest: Slot::new(clock.changed_in.max(changed_in)),
        })
    }

    async fn next(&self) {
        self.changed.notified().await;
    }

    async fn attend(&self) {
        self.needed.notified().await;
        self.line.attend(self).await;
    }
}

impl fmt::Debug for AccountSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountSocket")
            .field("line", &self.line)
            .finish_non_exhaustive()
    }
}
