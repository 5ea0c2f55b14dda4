//! What is remembered of transactions while they are under way, for whoever asks why one did not land. Nothing is
//! decided by it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use amm::Address;
use solana_signature::Signature;

/// Transactions remembered: those of some minutes at full speed. The oldest is forgotten first.
const NOTES_MAX: usize = 10_000;

/// What is remembered of one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Note {
    /// The accounts that others wanted to write too.
    pub(crate) contested: Arc<[Address]>,
    /// The compute units that its simulation used.
    pub(crate) simulated_units: Option<u64>,
    /// Sends that an endpoint took.
    pub(crate) sends_taken: u32,
}

/// The transactions of one process.
#[derive(Debug, Default)]
pub(crate) struct Notes(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    notes: HashMap<Signature, Note>,
    order: VecDeque<Signature>,
}

impl Notes {
    /// Remembers one that was built here.
    pub(crate) fn built(&self, signature: Signature, note: Note) {
        let mut known = self.known();
        if known.order.len() >= NOTES_MAX
            && let Some(oldest) = known.order.pop_front()
        {
            known.notes.remove(&oldest);
        }
        known.order.push_back(signature);
        known.notes.insert(signature, note);
    }

    /// An endpoint took it.
    pub(crate) fn taken(&self, signature: &Signature) {
        if let Some(note) = self.known().notes.get_mut(signature) {
            note.sends_taken = note.sends_taken.saturating_add(1);
        }
    }

    /// What is remembered of it.
    pub(crate) fn of(&self, signature: &Signature) -> Option<Note> {
        self.known().notes.get(signature).cloned()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0
            .lock()
            .expect("invariant: nothing panics while holding it")
    }
}
