//! What an endpoint tells over a WebSocket, sooner than the next look would find it: that a signature has reached a
//! commitment ([`SignatureSocket`]), that an account has changed ([`AccountSocket`]), and that a pool was born
//! ([`BirthSocket`]).
//!
//! A hint and no more: what was said while the socket was down is never said again. Lost sockets are the rule: each is
//! replaced, and follows again what is still wanted.

mod accounts;
mod address;
mod births;
mod line;
mod messages;
mod wanted;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use metrics::{counter, describe_gauge, gauge};
use ports::{Clock, Random};
use solana_signature::Signature;
use tokio::sync::Notify;

use super::Commitment;
use super::notices::Notices;
use line::{Line, Talk};
use messages::Heard;
use wanted::Wanted;

pub use accounts::AccountSocket;
pub use address::SocketEndpoint;
pub use births::{BirthSocket, PoolPlace};

/// The signatures that one endpoint tells of. It connects as soon as it is attended to, so that a subscription is on its
/// way before the transaction is.
pub struct SignatureSocket {
    line: Line,
    commitment: Commitment,
    wanted: Mutex<Wanted<Signature>>,
    /// There is something to tell.
    told: Notify,
}

impl SignatureSocket {
    /// Nothing is connected before it is attended to.
    #[must_use]
    pub fn new(
        endpoint: SocketEndpoint,
        commitment: Commitment,
        clock: Arc<dyn Clock>,
        random: Random,
    ) -> Self {
        describe_gauge!(
            "landing_socket_connected",
            "Whether the socket that tells of landed transactions is connected"
        );
        let line = Line {
            endpoint,
            clock,
            random,
            asked: Notify::new(),
            connected: gauge!("landing_socket_connected"),
            ended: counter!("landing_socket_lost_total"),
            instead: "transactions are looked for without it",
        };
        line.connected.set(0);
        Self {
            line,
            commitment,
            wanted: Mutex::default(),
            told: Notify::new(),
        }
    }

    fn wanted(&self) -> MutexGuard<'_, Wanted<Signature>> {
        self.wanted
            .lock()
            .expect("invariant: nothing panics while holding it")
    }
}

impl Talk for SignatureSocket {
    fn take_asked(&self) -> Vec<String> {
        self.wanted().take_asked(self.commitment)
    }

    fn hear(&self, message: &[u8]) {
        // Whatever else an endpoint says is of no use here.
        let Some(heard) = Heard::read(message) else {
            return;
        };
        let has_news = {
            let mut wanted = self.wanted();
            match heard {
                Heard::Subscribed {
                    request,
                    subscription,
                } => {
                    wanted.subscribed(request, subscription);
                }
                Heard::Refused { request } => {
                    wanted.refused(request);
                }
                Heard::Notice {
                    subscription, slot, ..
                } => wanted.noticed(subscription, slot),
            }
            wanted.has_told()
        };
        if has_news {
            self.told.notify_one();
        }
    }

    fn lost(&self) {
        self.wanted().begin();
    }
}

#[async_trait]
impl Notices for SignatureSocket {
    fn subscribe(&self, signature: &Signature) {
        if self.wanted().want(*signature) {
            self.line.asked.notify_one();
        }
    }

    fn unsubscribe(&self, signature: &Signature) {
        if self.wanted().drop_it(signature) {
            self.line.asked.notify_one();
        }
    }

    async fn next(&self) -> Vec<Signature> {
        loop {
            let told = self.wanted().take_told();
            if !told.is_empty() {
                return told.into_keys().collect();
            }
            self.told.notified().await;
        }
    }

    async fn attend(&self) {
        self.line.attend(self).await;
    }
}

impl fmt::Debug for SignatureSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignatureSocket")
            .field("line", &self.line)
            .finish_non_exhaustive()
    }
}
