//! The landing list: the bytes that this process stored or took over, sent again and again, and looked for all
//! together, until it is known what became of them.
//!
//! One task works on all of them, and only while there are any. Sending stored bytes is harmless, so none of this needs
//! a lease: a slot is needed by an order only while it waits here or has something to do. Whoever waits is told; where
//! nobody waits, the order is, through [`LandingList::news`]. A socket says sooner that it is worth looking; what counts
//! is what a look finds.
//!
//! `entry.rs` says what each answer changes, `book.rs` holds all entries, `looking.rs` and `sending.rs` ask and send.

mod book;
mod entry;
mod looking;
mod metrics;
mod sending;

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use domain::OrderId;
use domain::transaction::SignedTransaction;
use futures_util::future::join3;
use ports::landing::Standing;
use ports::{Clock, Valve};
use solana_signature::Signature;
use tokio::sync::Notify;

use crate::notes::Notes;
use crate::pace::{Pace, SlotTime};
use crate::rpc::notices::Notices;
use crate::rpc::{Commitment, Error, Rpc, Status};
use book::{Book, Kept, Told};
use metrics::Metrics;
use sending::Bench;

pub(crate) use entry::Heard;

/// The list.
#[derive(Debug)]
pub(crate) struct LandingList {
    rpc: Arc<dyn Rpc>,
    clock: Arc<dyn Clock>,
    /// What a status must have reached.
    needed: Commitment,
    time: SlotTime,
    notices: Option<Arc<dyn Notices>>,
    book: Mutex<Book>,
    bench: Bench,
    /// There is something to work on.
    arrived: Notify,
    /// There is news that nobody waits for.
    untold: Notify,
    metrics: Metrics,
    /// Where it notes what endpoints take.
    notes: Arc<Notes>,
    /// While it is shut, nothing is sent; everything else goes on.
    valve: Arc<Valve>,
}

/// Why nothing is signed or sent now.
pub(crate) const HALTED: &str = "halted: nothing is signed and nothing is sent";

impl LandingList {
    pub(crate) fn new(
        rpc: Arc<dyn Rpc>,
        clock: Arc<dyn Clock>,
        pace: Pace,
        needed: Commitment,
        notes: Arc<Notes>,
    ) -> Self {
        Self {
            valve: Arc::new(Valve::open(Arc::clone(&clock))),
            rpc,
            clock,
            needed,
            time: SlotTime::new(pace),
            notices: None,
            book: Mutex::default(),
            bench: Bench::default(),
            arrived: Notify::new(),
            untold: Notify::new(),
            metrics: Metrics::register(),
            notes,
        }
    }

    /// The same, which sends everything once.
    #[cfg(test)]
    fn with_no_resends(self) -> Self {
        self.bench.set(Duration::from_secs(1_000_000));
        self
    }

    /// Listens to these from now on.
    pub(crate) fn hear_from(&mut self, notices: Arc<dyn Notices>) {
        self.notices = Some(notices);
    }

    /// Sends through this from now on.
    pub(crate) fn go_through(&mut self, valve: Arc<Valve>) {
        self.valve = valve;
    }

    /// What is sent goes through it.
    pub(crate) fn valve(&self) -> &Valve {
        &self.valve
    }

    /// The cluster's slots.
    pub(crate) const fn time(&self) -> &SlotTime {
        &self.time
    }

    /// Puts a transaction on the list and sends it, unless it is there. What is answered says nothing of its fate.
    pub(crate) async fn keep(
        &self,
        order: OrderId,
        signature: Signature,
        transaction: &SignedTransaction,
    ) -> Result<(), Error> {
        let kept = Kept {
            order,
            signature,
            bytes: &transaction.bytes,
            last_valid: transaction.last_valid_height,
        };
        let (slot, unit) = (self.time.slot(), self.time.resend_unit());
        let now = self.clock.monotonic();
        let (is_new, length) = {
            let mut book = self.book();
            let is_new = book.keep(kept, now, slot, unit);
            (is_new, book.len())
        };
        if !is_new {
            return Ok(());
        }
        self.metrics.listed(length);
        self.arrived.notify_waiters();
        // Before the first send: a subscription hears nothing of what was before it.
        if let Some(notices) = &self.notices {
            notices.subscribe(&signature);
        }
        self.send(&signature, &transaction.bytes).await
    }

    /// How a transaction stands; what was heard counts as told.
    pub(crate) fn standing(&self, signature: &Signature) -> Standing {
        let now = self.clock.monotonic();
        self.book().standing(signature, now)
    }

    /// Counts a look in vain; returns how many there were before.
    pub(crate) fn looked_in_vain(&self, signature: &Signature) -> u32 {
        self.book().looked_in_vain(signature)
    }

    /// Counts the looks anew, once, since the next one may prove what this one half proved.
    pub(crate) fn half_proved(&self, signature: &Signature) {
        self.book().half_proved(signature);
    }

    /// Takes a transaction off the list.
    pub(crate) fn forget(&self, signature: &Signature) {
        let (was_listed, length) = {
            let mut book = self.book();
            (book.forget(signature), book.len())
        };
        if was_listed {
            self.gone(&[*signature], length);
        }
    }

    /// The status of a transaction on the list once it has landed or was rolled back. Nothing where it is not there.
    ///
    /// Cancel safety: may be dropped; the others go on waiting.
    pub(crate) async fn settled(&self, signature: &Signature) -> Option<Status> {
        let told = self.book().wait_for(signature)?;
        match told {
            Told::Now(status) => Some(status),
            Told::Later(told) => told.await.ok(),
        }
    }

    /// What has been heard of a transaction on the list until now.
    pub(crate) fn heard(&self, signature: &Signature) -> Option<Heard> {
        self.book().heard(signature)
    }

    /// Waits for news that nobody here waits for.
    ///
    /// Cancel safety: may be dropped; nothing is lost.
    pub(crate) async fn news(&self) -> Vec<OrderId> {
        loop {
            let orders = self.book().take_news();
            if !orders.is_empty() {
                return orders;
            }
            self.untold.notified().await;
        }
    }

    /// Works on the list for as long as it is let.
    pub(crate) async fn attend(&self) {
        let listening = async {
            if let Some(notices) = &self.notices {
                notices.attend().await;
            }
        };
        join3(self.look_for_all(), self.send_again(), listening).await;
    }

    /// Waits until there is something to work on.
    async fn until_open(&self) {
        loop {
            let arrived = self.arrived.notified();
            let mut arrived = std::pin::pin!(arrived);
            // Registered before the list is looked at.
            arrived.as_mut().enable();
            if self.book().is_open() {
                return;
            }
            arrived.await;
        }
    }

    async fn sleep_until(&self, at: Duration) {
        let rest = at.saturating_sub(self.clock.monotonic());
        if !rest.is_zero() {
            self.clock.sleep(rest).await;
        }
    }

    /// These are no longer on the list, which is so long now: nothing more need be heard of them.
    fn gone(&self, signatures: &[Signature], length: usize) {
        self.metrics.listed(length);
        if let Some(notices) = &self.notices {
            for signature in signatures {
                notices.unsubscribe(signature);
            }
        }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book
            .lock()
            .expect("invariant: nothing panics while holding it")
    }
}

#[cfg(test)]
mod tests;
