//! What is remembered of transactions while they are under way, for whoever asks why one did not land. Nothing is
//! decided by it.

use std::sync::{Arc, Mutex, MutexGuard};

use amm::Address;
use solana_signature::Signature;

use crate::newest::Newest;

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

type Known = Newest<Note, NOTES_MAX>;

impl Notes {
    /// Remembers one that was built here.
    pub(crate) fn built(&self, signature: Signature, note: Note) {
        *self.known().entry(signature) = note;
    }

    /// An endpoint took it.
    pub(crate) fn taken(&self, signature: &Signature) {
        if let Some(note) = self.known().get_mut(signature) {
            note.sends_taken = note.sends_taken.saturating_add(1);
        }
    }

    /// What is remembered of it.
    pub(crate) fn of(&self, signature: &Signature) -> Option<Note> {
        self.known().get(signature).cloned()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0
            .lock()
            .expect("invariant: nothing panics while holding it")
    }
}
