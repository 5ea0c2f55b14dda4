//! What was traded of pairs for which orders wait, minute by minute of the store's clock.
//!
//! Promises of every [`Volumes`]:
//! 1. A look is counted once: it is kept only where the last look is still the one that it was compared with.
//! 2. What was traded counts in the minute in which the look is kept. A minute that was looked at and in which nothing
//!    was traded is a minute; one that nobody looked at is none.
//! 3. The running minute is not among the last hour's.
//! 4. What is older than the last hour may be forgotten, and a pair that nobody has looked at for a day.
//! 5. Once the store is given to another cluster, nothing of the former one is known any more.

use std::fmt::Debug;

use async_trait::async_trait;
use domain::BaseUnits;
use domain::volume::{VaultLook, Volume};

use crate::Result;
use crate::waiting::Pair;

/// How long a pair stays that nobody looks at, in minutes.
pub const LOOKS_KEPT_MINUTES: u32 = 24 * 60;

/// What is known of a pair's trades.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KnownVolume {
    /// The last look.
    pub last: Option<VaultLook>,
    pub volume: Volume,
}

/// A look, with what was traded since the last one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLook {
    /// The slot of the last look, where there was one.
    pub last: Option<u64>,
    pub look: VaultLook,
    pub traded: BaseUnits,
}

/// What was traded. See the module's promises.
///
/// Cancel safety: reads may be dropped; a write that is dropped may have happened.
#[async_trait]
pub trait Volumes: Send + Sync + Debug {
    /// What is known of a pair.
    async fn volume(&self, pair: &Pair) -> Result<KnownVolume>;

    /// Keeps a look. False where somebody else has looked meanwhile.
    async fn keep_look(&self, pair: &Pair, look: &NewLook) -> Result<bool>;
}
