//! What the chain knows of signatures without asking its ledger: which are on their way, what became of
//! the latest ones, and who waits for which.

use std::collections::{HashMap, HashSet};
use std::iter;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use domain::transaction::Signature;
use ports::chain::Fate;
use tokio::sync::oneshot;

/// Accepted transactions that may wait at once; beyond it the chain is busy. Far more than any engine has
/// in flight, and a few megabytes.
pub(crate) const IN_FLIGHT_MAX: usize = 65_536;
/// Recent signatures kept for a quick answer; twice as many at the most, a few megabytes.
const GENERATION: usize = 8_192;

/// The desk where signatures are asked for.
#[derive(Debug, Default)]
pub(crate) struct Known(Mutex<Desk>);

/// `young` fills up, becomes `old`, and what was old is forgotten. A later entry of a signature always
/// stands in a generation at least as young as an earlier one, so looking in `young` first is right.
#[derive(Debug, Default)]
struct Desk {
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

/// What a look at the desk tells of a fate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lookup {
    Known(Fate),
    AskLedger,
}

/// Whether a transaction starts on its way.
#[derive(Debug)]
pub(crate) enum Start<'a> {
    Started(Departure<'a>),
    /// It is on its way or has ended: there is nothing to do.
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

    /// Puts a transaction on its way, once.
    pub(crate) fn start(&self, signature: &Signature) -> Start<'_> {
        let mut desk = self.lock();
        if matches!(desk.find(signature), Some(Entry::Ended(_))) {
            return Start::Already;
        }
        if desk.in_flight.len() >= IN_FLIGHT_MAX {
            return Start::Full;
        }
        if desk.in_flight.insert(signature.clone()) {
            Start::Started(Departure {
                known: self,
                signature: signature.clone(),
                is_handed_over: false,
            })
        } else {
            Start::Already
        }
    }

    /// Takes transactions off their way that came to nothing: expired, or never written.
    pub(crate) fn drop_all<'a>(&self, signatures: impl Iterator<Item = &'a Signature>) {
        let mut desk = self.lock();
        for signature in signatures {
            desk.in_flight.remove(signature);
        }
    }

    /// Tells fates that are on disk, to whoever waits and whoever will ask.
    pub(crate) fn publish(&self, fates: Vec<(Signature, Fate)>) {
        let mut desk = self.lock();
        for (signature, fate) in fates {
            desk.in_flight.remove(&signature);
            for waiter in desk.waiting.remove(&signature).into_iter().flatten() {
                // Whoever gave up waiting misses nothing.
                let _ = waiter.send(fate.clone());
            }
            desk.remember(signature, Entry::Ended(fate));
        }
    }

    /// What is known of a fate here. A transaction on its way may be one that landed long ago and was sent
    /// again; so only for those signed here, and not ended, is "unknown" the whole truth.
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

    fn lock(&self) -> MutexGuard<'_, Desk> {
        // A panic between two map changes would at worst forget a cached answer.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Desk {
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

/// A transaction on its way that nobody has taken yet: let go of, it may be sent again.
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

/// A place in the queue for one fate; leaving it early leaves nothing behind.
#[derive(Debug)]
pub(crate) struct Waiter<'a> {
    known: &'a Known,
    signature: Signature,
    receiver: oneshot::Receiver<Fate>,
}

impl Future for Waiter<'_> {
    type Output = Fate;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Fate> {
        // The sender is dropped only together with the desk, which this borrows.
        Pin::new(&mut self.receiver)
            .poll(context)
            .map(|fate| fate.unwrap_or(Fate::Unknown))
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.receiver.close();
        let mut desk = self.known.lock();
        if let Some(waiting) = desk.waiting.get_mut(&self.signature) {
            waiting.retain(|sender| !sender.is_closed());
            if waiting.is_empty() {
                desk.waiting.remove(&self.signature);
            }
        }
    }
}

#[cfg(test)]
mod tests;
