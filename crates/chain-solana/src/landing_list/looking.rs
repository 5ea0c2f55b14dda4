//! Looks for everything on the list, with few calls, every slot or so.

use std::time::Duration;

use futures_util::future::join_all;
use solana_signature::Signature;
use tokio::time::timeout;

use super::LandingList;
use crate::rpc::{At, Error, History, SIGNATURES_MAX, View};

/// Calls under way at once.
const CALLS_MAX: usize = 4;
/// A look without an answer for so long is given up: the next one asks again.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long an endpoint is left alone that has had enough and does not say for how long.
const BENCH: Duration = Duration::from_secs(1);
/// No endpoint is left alone for longer.
const BENCH_MAX: Duration = Duration::from_secs(30);

impl LandingList {
    /// Looks for all, for as long as it is let.
    pub(super) async fn look_for_all(&self) {
        let mut benched_until = Duration::ZERO;
        loop {
            self.until_open().await;
            self.sleep_until(benched_until).await;
            let due = self.book().next_look(self.time.look_every());
            let hinted = self.hints_until(due).await;
            let signatures = match hinted.is_empty() {
                true => self.book().open(),
                false => hinted.clone(),
            };
            let bench = self.look(&signatures).await;
            if !bench.is_zero() {
                benched_until = self.clock.monotonic() + bench;
            }
            if hinted.is_empty() {
                self.ask_height().await;
                let now = self.clock.monotonic();
                let (gone, length) = {
                    let mut book = self.book();
                    (book.looked(now), book.len())
                };
                self.gone(&gone, length);
            }
        }
    }

    /// Waits until the next look is due, or until a socket says that there is something to be found. Returns what of.
    async fn hints_until(&self, due: Duration) -> Vec<Signature> {
        let Some(notices) = &self.notices else {
            self.sleep_until(due).await;
            return Vec::new();
        };
        loop {
            let hinted = tokio::select! {
                biased;
                () = self.sleep_until(due) => return Vec::new(),
                hinted = notices.next() => hinted,
            };
            let book = self.book();
            let mut listed: Vec<_> = hinted.into_iter().filter(|it| book.is_listed(it)).collect();
            listed.sort_unstable();
            listed.dedup();
            if !listed.is_empty() {
                return listed;
            }
        }
    }

    /// Looks for these. Returns how long the endpoint wants to be left alone.
    async fn look(&self, signatures: &[Signature]) -> Duration {
        let mut bench = Duration::ZERO;
        for some in signatures.chunks(SIGNATURES_MAX * CALLS_MAX) {
            let calls = some.chunks(SIGNATURES_MAX);
            let asked = join_all(calls.map(|few| self.look_for(few))).await;
            bench = asked.into_iter().fold(bench, Duration::max);
        }
        bench
    }

    async fn look_for(&self, signatures: &[Signature]) -> Duration {
        // Nothing is denied by what is said here, so the recent past is enough.
        let looked = self.rpc.signature_statuses(signatures, History::Recent);
        let looked = match timeout(PATIENCE, looked).await {
            Ok(looked) => looked,
            Err(_) => Err(Error::unavailable("no answer in time")),
        };
        let now = self.clock.monotonic();
        let At { slot, value } = match looked {
            Ok(answer) => answer,
            Err(error) => {
                self.book().miss(signatures, &error, now);
                return bench(&error);
            }
        };
        self.time.observe(slot, now);
        let statuses = signatures.iter().copied().zip(value);
        let landed = self.book().hear(slot, statuses, self.needed, now);
        for landing in &landed {
            self.metrics.landed(landing);
        }
        self.tell_news();
        Duration::ZERO
    }

    /// Asks what is final, when something on the list may have passed its end.
    async fn ask_height(&self) {
        if !self.book().wants_height(self.clock.monotonic()) {
            return;
        }
        let asked = timeout(PATIENCE, self.rpc.epoch_info(View::FINALIZED)).await;
        let height = asked.ok().and_then(Result::ok).map(|info| info.height);
        let (now, slot) = (self.clock.monotonic(), self.time.slot());
        self.book().hear_height(height, now, slot);
        self.tell_news();
    }

    /// Wakes whoever waits for news, where there is any.
    fn tell_news(&self) {
        if self.book().has_news() {
            self.untold.notify_one();
        }
    }
}

/// How long the endpoint is to be left alone that said this.
pub(super) fn bench(error: &Error) -> Duration {
    match error {
        Error::TooManyRequests { retry_after } => retry_after.unwrap_or(BENCH).min(BENCH_MAX),
        _ => Duration::ZERO,
    }
}
