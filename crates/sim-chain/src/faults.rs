//! What goes wrong on purpose: set by operators while the world runs, read with every call.

use std::sync::{PoisonError, RwLock};

use ports::simulation::Faults;

/// The faults of the moment.
#[derive(Debug, Default)]
pub struct FaultSettings(RwLock<Faults>);

impl FaultSettings {
    /// These from the beginning.
    #[must_use]
    pub const fn new(faults: Faults) -> Self {
        Self(RwLock::new(faults))
    }

    /// What goes wrong now.
    #[must_use]
    pub fn get(&self) -> Faults {
        // They are replaced as a whole.
        *self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets these go wrong, and nothing else.
    pub fn set(&self, faults: Faults) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = faults;
    }
}
