//! The pools that one endpoint tells of: a subscription to a program's accounts for each place in which such an account
//! names a mint. An account that names it for the first time is a pool that was born. What made it does not matter: its
//! program's own instruction, or another program that called it.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

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
use super::wanted::Wanted;
use crate::convert::{address, mint};
use crate::rpc::{Address, Commitment};

/// Where the accounts of a program's pools name a mint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PoolPlace {
    /// The program.
    pub program: Address,
    /// How long such an account is.
    pub size: usize,
    /// Where in it the mint stands.
    pub offset: usize,
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
        } = self.place;
        // That there is one is enough: pools are read with all that they need, of one slot.
        let settings = json!({
            "commitment": commitment.name(),
            "encoding": "base64",
            "dataSlice": { "offset": 0, "length": 0 },
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
    hints: Counter,
}

#[derive(Debug, Default)]
struct State {
    wanted: Wanted<PoolsNaming>,
    told: BTreeSet<Address>,
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
            hints: counter!("birth_hints_total"),
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
        let mut state = self.state();
        match heard {
            Heard::Subscribed {
                request,
                subscription,
            } => {
                state.wanted.subscribed(request, subscription);
            }
            Heard::Refused { request } => {
                state.wanted.refused(request);
            }
            Heard::Notice { subscription, slot } => state.wanted.noticed(subscription, slot),
        }
        let told = state.wanted.take_told();
        if told.is_empty() {
            return;
        }
        self.hints.increment(told.len() as u64);
        state.told.extend(told.into_keys().map(|it| it.mint));
        drop(state);
        self.told.notify_one();
    }

    fn lost(&self) {
        self.state().wanted.begin();
    }
}

#[async_trait]
impl Births for BirthSocket {
    fn follow(&self, mints: &BTreeSet<Mint>) {
        let mints: BTreeSet<Address> = mints.iter().map(|it| address(it.address())).collect();
        let mut state = self.state();
        let gone = state.wanted.subjects();
        let gone: Vec<PoolsNaming> = gone.filter(|it| !mints.contains(&it.mint)).collect();
        let mut has_to_ask = false;
        for subject in gone {
            has_to_ask |= state.wanted.drop_it(&subject);
        }
        for mint in mints {
            for place in &self.places {
                let place = *place;
                has_to_ask |= state.wanted.want(PoolsNaming { place, mint });
            }
        }
        drop(state);
        if has_to_ask {
            self.line.asked.notify_one();
            self.needed.notify_one();
        }
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

impl fmt::Debug for BirthSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BirthSocket")
            .field("line", &self.line)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use ports::SystemClock;
    use serde_json::Value;

    use super::*;

    const PLACES: [PoolPlace; 2] = [
        PoolPlace {
            program: Address([7; 32]),
            size: 637,
            offset: 168,
        },
        PoolPlace {
            program: Address([8; 32]),
            size: 904,
            offset: 88,
        },
    ];

    fn socket() -> BirthSocket {
        let endpoint: SocketEndpoint = "ws://127.0.0.1:1".parse().unwrap();
        let clock = Arc::new(SystemClock::new());
        BirthSocket::new(endpoint, PLACES.to_vec(), clock, Random::seeded(1))
    }

    fn token(number: u8) -> Mint {
        mint(Address([number; 32]))
    }

    /// The calls that are made now, as methods and parameters.
    fn asked(socket: &BirthSocket) -> Vec<(String, Value)> {
        let asked = socket.take_asked().into_iter().map(|text| {
            let call: Value = serde_json::from_str(&text).unwrap();
            (
                call["method"].as_str().unwrap().to_owned(),
                call["params"].clone(),
            )
        });
        asked.collect()
    }

    fn notice(subscription: u64) -> Vec<u8> {
        json!({
            "jsonrpc": "2.0", "method": "programNotification",
            "params": {"subscription": subscription, "result": {
                "context": {"slot": 9}, "value": {"pubkey": "x", "account": {"data": ["", "base64"]}},
            }},
        })
        .to_string()
        .into_bytes()
    }

    #[tokio::test]
    async fn a_token_is_asked_for_in_every_place_and_told_of() {
        let socket = socket();
        socket.follow(&BTreeSet::from([token(1)]));

        let calls = asked(&socket);
        assert_eq!(calls.len(), PLACES.len());
        for ((method, params), place) in calls.iter().zip(PLACES) {
            assert_eq!(method, "programSubscribe");
            assert_eq!(params[0], place.program.to_string());
            assert_eq!(params[1]["filters"][0]["dataSize"], place.size);
            let compared = &params[1]["filters"][1]["memcmp"];
            assert_eq!(compared["offset"], place.offset);
            assert_eq!(compared["bytes"], Address([1; 32]).to_string());
        }
        socket.hear(br#"{"jsonrpc":"2.0","id":2,"result":44}"#);
        socket.hear(&notice(45));
        socket.hear(&notice(44));

        assert_eq!(socket.next().await, BTreeSet::from([token(1)]));
    }

    #[test]
    fn a_token_that_nobody_waits_for_is_followed_no_more() {
        let socket = socket();
        socket.follow(&BTreeSet::from([token(1)]));
        asked(&socket);
        socket.hear(br#"{"jsonrpc":"2.0","id":1,"result":43}"#);

        socket.follow(&BTreeSet::from([token(2)]));

        let methods: Vec<String> = asked(&socket).into_iter().map(|it| it.0).collect();
        let again = ["programSubscribe", "programSubscribe", "programUnsubscribe"];
        assert_eq!(methods, again);
        socket.lost();
        assert_eq!(asked(&socket).len(), PLACES.len());
    }
}
