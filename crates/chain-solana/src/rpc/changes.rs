//! Who says that accounts have changed: a hint, which may be lost or wrong.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;

use super::{Address, Slot};

/// What was told of some accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Since when all of them have been followed without a break, by our own clock's monotonic time.
    pub since: Duration,
    /// The newest slot in which one of them changed since then; zero for none.
    pub changed_in: Slot,
    /// The newest slot that was told of at all.
    pub newest: Slot,
}

/// Tells of accounts that have changed.
///
/// Promises:
/// 1. Nothing here waits, except `next`.
/// 2. What is said may be said twice, late, never, or of a block that vanishes again.
/// 3. `seen` tells nothing where one of the accounts is not followed, or nothing was heard for some slots.
#[async_trait]
pub trait Changes: Send + Sync + Debug {
    /// Follows these accounts from now on, and no others.
    fn follow(&self, accounts: &BTreeSet<Address>);

    /// What was told of these accounts.
    fn seen(&self, accounts: &[Address]) -> Option<Seen>;

    /// Waits until there is something new to be seen.
    ///
    /// Cancel safety: may be dropped; nothing is lost.
    async fn next(&self);

    /// Works for as long as it is let; it never ends by itself, and without it nothing is told.
    async fn attend(&self);
}
