//! Who says sooner than a look that a transaction has landed: a hint, which may be lost or wrong.

use std::fmt::Debug;

use async_trait::async_trait;
use solana_signature::Signature;

/// Tells of signatures that it is worth to look for.
///
/// Promises:
/// 1. Nothing here waits, except `next`.
/// 2. What is said may be said twice, late, never, or of a transaction that vanishes again.
/// 3. It remembers a limited number of signatures; further ones are not told of.
#[async_trait]
pub trait Notices: Send + Sync + Debug {
    /// Tells of this signature from now on, once.
    fn subscribe(&self, signature: &Signature);

    /// Tells of it no more.
    fn unsubscribe(&self, signature: &Signature);

    /// Waits until there are some; returns them.
    ///
    /// Cancel safety: may be dropped; nothing is lost.
    async fn next(&self) -> Vec<Signature>;

    /// Works for as long as it is let; it never ends by itself, and without it nothing is told.
    async fn attend(&self);
}
