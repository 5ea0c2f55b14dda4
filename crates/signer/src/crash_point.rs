//! The moment between the journal and the answer, at which a test build can end the process as SIGKILL would (ADR 6).
//! Debug builds have it, and so do release builds with the feature `crash-points`; in any other build it compiles to
//! nothing.

#[cfg(any(debug_assertions, feature = "crash-points"))]
mod armed {
    use std::sync::atomic::{AtomicU32, Ordering};

    /// How often the process must still come to the moment before it ends there; zero if no test chose it. A static,
    /// because a real crash also takes the whole process.
    static LEFT: AtomicU32 = AtomicU32::new(0);

    /// The text does not say when the process shall end.
    #[derive(Debug, thiserror::Error)]
    #[error("CRASH_POINT={0} is not allowed: journaled:NTH, counted from 1")]
    pub struct Unknown(String);

    /// Ends the process when it comes to the moment for the nth time from now: `journaled:nth`, counted from 1.
    pub fn arm(name_and_nth: &str) -> Result<(), Unknown> {
        let nth = name_and_nth.strip_prefix("journaled:");
        let nth = nth.and_then(|nth| nth.parse().ok().filter(|nth| *nth > 0));
        LEFT.store(
            nth.ok_or_else(|| Unknown(name_and_nth.to_owned()))?,
            Ordering::SeqCst,
        );
        Ok(())
    }

    pub(crate) fn journaled() {
        let left = LEFT.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
            left.checked_sub(1)
        });
        if left == Ok(1) {
            std::process::abort();
        }
    }
}

#[cfg(any(debug_assertions, feature = "crash-points"))]
pub(crate) use armed::journaled;
#[cfg(any(debug_assertions, feature = "crash-points"))]
pub use armed::{Unknown, arm};

/// Ends the process if a test asked for it; does nothing in released builds.
#[cfg(not(any(debug_assertions, feature = "crash-points")))]
#[inline(always)]
pub(crate) const fn journaled() {}
