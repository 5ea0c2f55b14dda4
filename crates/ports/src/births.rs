//! Who says sooner than a look that a pool of a token was born or has changed: a hint, which may be lost or wrong.

use std::collections::BTreeSet;
use std::fmt::Debug;

use async_trait::async_trait;
use domain::Mint;

/// Tells of tokens whose pools it is worth to look for.
///
/// Promises:
/// 1. Nothing here waits, except `next`.
/// 2. What is said may be said twice, late, never, or of a block that vanishes again.
/// 3. It follows a limited number of tokens; further ones are not told of.
#[async_trait]
pub trait Births: Send + Sync + Debug {
    /// Tells of pools of these tokens from now on, and of no others.
    fn follow(&self, mints: &BTreeSet<Mint>);

    /// Waits until there are some; returns the tokens.
    ///
    /// Cancel safety: may be dropped; nothing is lost.
    async fn next(&self) -> BTreeSet<Mint>;

    /// Works for as long as it is let; it never ends by itself, and without it nothing is told.
    async fn attend(&self);
}
