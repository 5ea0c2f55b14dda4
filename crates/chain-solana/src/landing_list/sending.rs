//! Sends bytes, and the same bytes again at their times.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use solana_signature::Signature;
use tokio::time::timeout;

use super::looking::bench;
use super::{HALTED, LandingList};
use crate::rpc::Error;

/// Sends under way at once: a slow endpoint delays further ones, and their times are kept.
const UNDER_WAY_MAX: usize = 64;
/// A send is given up after so long; it may have arrived, and the next one says the same.
const PATIENCE: Duration = Duration::from_secs(2);

/// Until when nothing is sent again, because the endpoint has had enough.
#[derive(Debug, Default)]
pub(super) struct Bench(AtomicU64);

impl Bench {
    fn until(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed))
    }

    pub(super) fn set(&self, until: Duration) {
        let until = u64::try_from(until.as_millis()).unwrap_or(u64::MAX);
        self.0.fetch_max(until, Ordering::Relaxed);
    }
}

/// A transaction that is being sent, until this is dropped.
struct Sending<'a> {
    list: &'a LandingList,
    signature: &'a Signature,
}

impl Drop for Sending<'_> {
    fn drop(&mut self) {
        self.list.book().was_sent(self.signature);
    }
}

impl LandingList {
    /// Sends the bytes of a transaction that counts as being sent.
    pub(super) async fn send(&self, signature: &Signature, bytes: &[u8]) -> Result<(), Error> {
        let _sending = Sending {
            list: self,
            signature,
        };
        let Some(sent) = self.valve.pass(self.rpc.send(bytes)).await else {
            return Err(Error::unavailable(HALTED));
        };
        let sent = sent.map(drop);
        match &sent {
            Ok(()) => self.notes.taken(signature),
            Err(error) => self.bench.set(self.clock.monotonic() + bench(error)),
        }
        sent
    }

    /// Sends everything again at its times, for as long as it is let.
    pub(super) async fn send_again(&self) {
        let mut under_way = FuturesUnordered::new();
        let mut next_at = Duration::ZERO;
        loop {
            let due = async {
                self.until_open().await;
                self.valve.until_open().await;
                self.sleep_until(next_at.max(self.bench.until())).await;
            };
            // Not for each one that ends: the whole list is looked through.
            let has_room = under_way.len() <= UNDER_WAY_MAX / 2;
            tokio::select! {
                biased;
                Some(()) = under_way.next(), if !under_way.is_empty() => continue,
                () = due, if has_room => {}
            }
            let (now, unit) = (self.clock.monotonic(), self.time.resend_unit());
            let free = UNDER_WAY_MAX - under_way.len();
            let taken = self.book().take_due(free, now, unit);
            next_at = match taken.len() < free {
                true => now + unit / 2,
                // Others may be due as well.
                false => now,
            };
            for (signature, bytes) in taken {
                self.metrics.resent();
                under_way.push(self.send_in_time(signature, bytes));
            }
        }
    }

    async fn send_in_time(&self, signature: Signature, bytes: Arc<[u8]>) {
        let sent = timeout(PATIENCE, self.send(&signature, &bytes)).await;
        if let Ok(Err(error)) = sent {
            tracing::debug!(%signature, %error, "sending {signature} again gave no usable answer: {error}");
        }
    }
}
