//! Who says that a pool names a token, so that nobody need look again and again whether one was born: a hint, which may be
//! lost or wrong.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;

use super::Address;

/// A pool that was told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Born {
    /// Whose pool it is.
    pub program: Address,
    /// The two mints that it names.
    pub mints: (Address, Address),
}

/// Tells of pools that were born or have changed.
///
/// Promises:
/// 1. Nothing here waits, except `pools`.
/// 2. What is said may be said twice, late, never, or of a block that vanishes again.
/// 3. `told_since` tells nothing of a token that is not followed in every place where a pool may name it.
#[async_trait]
pub trait PoolBirths: Send + Sync + Debug {
    /// Tells of pools of these tokens from now on, of as many as there is room for, beside whatever else it follows.
    fn watch(&self, tokens: &BTreeSet<Address>);

    /// Since when all pools that name a token are told of without a break, by our own clock's monotonic time.
    fn told_since(&self, token: Address) -> Option<Duration>;

    /// Waits until there are some; returns them.
    ///
    /// Cancel safety: may be dropped; nothing is lost.
    async fn pools(&self) -> BTreeSet<Born>;
}
