//! Named points of an order's life at which a test build can end the process at once, as SIGKILL
//! would: nothing is flushed or announced. Debug builds have them, and so do release builds with
//! the feature `crash-points`; in any other build a point compiles to nothing.

/// A point of an order's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrashPoint {
    /// An order that waited has fired, but the queue does not know it.
    Fired,
    /// The lease is granted.
    Claimed,
    /// The chosen route is recorded.
    Routed,
    /// The swap is built, but not signed.
    Built,
    /// The transaction is signed, but not stored.
    Signed,
    /// The bytes and `submitted` are recorded, but not sent.
    Stored,
    /// The chain took the bytes.
    Sent,
    /// The chain may have taken the bytes; the worker has not looked at its reply.
    ReplyLost,
    /// The chain said that the transaction landed, but `confirmed` is not recorded.
    ConfirmedNotStored,
    /// The order's end is recorded, but not announced.
    StoredNotPublished,
}

impl CrashPoint {
    /// Every point, in the order of an order's life.
    pub const ALL: [Self; 10] = [
        Self::Fired,
        Self::Claimed,
        Self::Routed,
        Self::Built,
        Self::Signed,
        Self::Stored,
        Self::ReplyLost,
        Self::Sent,
        Self::ConfirmedNotStored,
        Self::StoredNotPublished,
    ];

    /// The name by which tests choose it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fired => "fired",
            Self::Claimed => "claimed",
            Self::Routed => "routed",
            Self::Built => "built",
            Self::Signed => "signed",
            Self::Stored => "stored",
            Self::Sent => "sent",
            Self::ReplyLost => "reply_lost",
            Self::ConfirmedNotStored => "confirmed_not_stored",
            Self::StoredNotPublished => "stored_not_published",
        }
    }

    /// Finds a point by the name that [`CrashPoint::name`] gives.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|point| point.name() == name)
    }
}

#[cfg(any(debug_assertions, feature = "crash-points"))]
mod armed {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::CrashPoint;

    /// How often the process must still reach each point before it ends there; zero if no test
    /// chose the point. A static, because a real crash also takes the whole process.
    static LEFT: [AtomicU32; CrashPoint::ALL.len()] =
        [const { AtomicU32::new(0) }; CrashPoint::ALL.len()];

    /// The text does not say at which point the process shall end.
    #[derive(Debug, thiserror::Error)]
    #[error(
        "CRASH_POINT={0} is not allowed: a point and how often it is reached, such as stored:15"
    )]
    pub struct Unknown(String);

    fn place(point: CrashPoint) -> &'static AtomicU32 {
        let index = CrashPoint::ALL.iter().position(|other| *other == point);
        &LEFT[index.expect("invariant: ALL holds every point")]
    }

    /// Ends the process when the named point is reached for the nth time from now: `name:nth`, counted
    /// from 1.
    pub fn arm(name_and_nth: &str) -> Result<(), Unknown> {
        let armed = name_and_nth.split_once(':').and_then(|(name, nth)| {
            let nth = nth.parse().ok().filter(|nth| *nth > 0)?;
            Some((CrashPoint::parse(name)?, nth))
        });
        let (point, nth) = armed.ok_or_else(|| Unknown(name_and_nth.to_owned()))?;
        place(point).store(nth, Ordering::SeqCst);
        Ok(())
    }

    pub(crate) fn reached(point: CrashPoint) {
        let left = place(point).fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
            left.checked_sub(1)
        });
        if left == Ok(1) {
            std::process::abort();
        }
    }
}

#[cfg(any(debug_assertions, feature = "crash-points"))]
pub(crate) use armed::reached;
#[cfg(any(debug_assertions, feature = "crash-points"))]
pub use armed::{Unknown, arm};

/// Ends the process if a test asked for it; does nothing in released builds.
#[cfg(not(any(debug_assertions, feature = "crash-points")))]
#[inline(always)]
pub(crate) const fn reached(_: CrashPoint) {}
