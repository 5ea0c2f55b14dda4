//! What the chain knows of signatures without asking its ledger: which transactions are in flight, the fates
//! of recent ones, and who waits for which.

use std::collections::{HashMap, HashSet};
use std::iter;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use domain::transaction::Signature;
use ports::chain::Fate;
use tokio::sync::oneshot;

/// Accepted transactions that may be in flight at once; further ones are refused as busy. Far more than any
/// engine has, and a few megabytes.
pub(crate) const IN_FLIGHT_MAX: usize = 65_536;
/// Recent signatures kept for a quick answer; twice as many at the most, a few megabytes.
const GENERATION: usize = 8_192;

/// The known signatures.
#[derive(Debug, Default)]
pub(crate) struct Known(Mutex<Signatures>);

/// `young` fills up, becomes `old`, and what was old is forgotten. A later entry of a signature always
/// stands in a generation at least as young as an earlier one, so looking in `young` first is right.
#[derive(Debug, Default)]
struct Signatures {
    young: HashMap<Signature, Entry>,
    old: HashMap<Signature, Entry>,
    in_flight: HashSet<Signature>,
    waiting: HashMap<Signature, Vec<oneshot::Sender<Fate>>>,
}

#[derive(Debug, Clone)]
enum Entry {
    /// Signed in this process; these bytes need no second look.
    Signed(Arc<[u8]>),
    Ended(Fate),
}

/// What is known of a fate here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lookup {
    Known(Fate),
    AskLedger,
}

/// Whether a transaction is put in flight.
#[derive(Debug)]
pub(crate) enum Start<'a> {
    Started(Departure<'a>),
    /// It is in flight already or has ended: there is nothing to do.
    Already,
    Full,
}

impl Known {
    /// Notes bytes signed here. Their salt is fresh, so that nothing older can have their signature.
    pub(crate) fn signed(&self, signature: &Signature, bytes: &Arc<[u8]>) {
        self.lock()
            .remember(signature.clone(), Entry::Signed(bytes.clone()));
    }

    /// Whether exactly these bytes were signed here.
    pub(crate) fn was_signed(&self, signature: &Signature, bytes: &[u8]) -> bool {
        matches!(self.lock().find(signature), Some(Entry::Signed(own)) if **own == *bytes)
    }

    /// Puts a transaction in flight, once.
    pub(crate) fn start(&self, signature: &Signature) -> Start<'_> {
        let mut known = self.lock();
        if matches!(known.find(signature), Some(Entry::Ended(_))) {
            return Start::Already;
        }
        if known.in_flight.len() >= IN_FLIGHT_MAX {
            return Start::Full;
        }
        if known.in_flight.insert(signature.clone()) {
            Start::Started(Departure {
                known: self,
                signature: signature.clone(),
                is_handed_over: false,
            })
        } else {
            Start::Already
        }
    }

    /// Forgets transactions in flight that expired or could not be written.
    pub(crate) fn drop_all<'a>(&self, signatures: impl Iterator<Item = &'a Signature>) {
        let mut known = self.lock();
        for signature in signatures {
            known.in_flight.remove(signature);
        }
    }

    /// Publishes fates that are on disk: to those who wait and to those who will ask.
    pub(crate) fn publish(&self, fates: Vec<(Signature, Fate)>) {
        let mut known = self.lock();
        for (signature, fate) in fates {
            known.in_flight.remove(&signature);
            for waiter in known.waiting.remove(&signature).into_iter().flatten() {
                // A waiter may have given up.
                let _ = waiter.send(fate.clone());
            }
            known.remember(signature, Entry::Ended(fate));
        }
    }

    /// What is known of a fate here. A transaction in flight may have landed long ago and been sent again; so
    /// "unknown" is certain only for one that was signed here and has not ended.
    pub(crate) fn fate(&self, signature: &Signature) -> Lookup {
        match self.lock().find(signature) {
            Some(Entry::Ended(fate)) => Lookup::Known(fate.clone()),
            Some(Entry::Signed(_)) => Lookup::Known(Fate::Unknown),
            None => Lookup::AskLedger,
        }
    }

    /// Waits for a fate that is published from now on.
    pub(crate) fn wait(&self, signature: &Signature) -> Waiter<'_> {
        let (sender, receiver) = oneshot::channel();
        self.lock()
            .waiting
            .entry(signature.clone())
            .or_default()
            .push(sender);
        Waiter {
            known: self,
            signature: signature.clone(),
            receiver,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Signatures> {
        // A panic between two changes loses at worst a cached answer.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Signatures {
    fn find(&self, signature: &Signature) -> Option<&Entry> {
        self.young
            .get(signature)
            .or_else(|| self.old.get(signature))
    }

    fn remember(&mut self, signature: Signature, entry: Entry) {
        if self.young.len() >= GENERATION {
            self.old = mem::take(&mut self.young);
        }
        self.young.insert(signature, entry);
    }
}

/// A transaction in flight that neither mempool nor ledger has yet. Dropping this allows it to be sent again.
#[derive(Debug)]
pub(crate) struct Departure<'a> {
    known: &'a Known,
    signature: Signature,
    is_handed_over: bool,
}

impl Departure<'_> {
    /// The mempool or the ledger has it.
    pub(crate) fn hand_over(mut self) {
        self.is_handed_over = true;
    }
}

impl Drop for Departure<'_> {
    fn drop(&mut self) {
        if !self.is_handed_over {
            self.known.drop_all(iter::once(&self.signature));
        }
    }
}

/// Waits for one fate. Dropping it early leaves nothing behind.
#[derive(Debug)]
pub(crate) struct Waiter<'a> {
    known: &'a Known,
    signature: Signature,
    receiver: oneshot::Receiver<Fate>,
}

impl Future for Waiter<'_> {
    type Output = Fate;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Fate> {
        // The sender lives as long as `Known`, which this borrows.
        Pin::new(&mut self.receiver)
            .poll(context)
            .map(|fate| fate.unwrap_or(Fate::Unknown))
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.receiver.close();
        let mut known = self.known.lock();
        if let Some(waiting) = known.waiting.get_mut(&self.signature) {
            waiting.retain(|sender| !sender.is_closed());
            if waiting.is_empty() {
                known.waiting.remove(&self.signature);
            }
        }
    }
}

#[cfg(test)]
mod tests;
