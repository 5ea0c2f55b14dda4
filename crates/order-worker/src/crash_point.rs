//! Named points of an order's life at which a build for tests can end the process at once, as SIGKILL
//! would: nothing is flushed, nobody is told. Debug builds have them, and release builds with the feature
//! `crash-points`; in any other build a point is nothing at all.

/// A point of an order's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrashPoint {
    /// The lease was granted.
    Claimed,
    /// The chosen route is recorded.
    Routed,
    /// The swap is put together, not signed.
    Built,
    /// It is signed, not stored.
    Signed,
    /// The bytes and `submitted` are recorded, nothing was sent.
    Stored,
    /// The chain took the bytes.
    Sent,
    /// The chain may have taken the bytes; its reply was not looked at.
    ReplyLost,
    /// The chain said that it landed; `confirmed` is not recorded.
    ConfirmedNotStored,
    /// The order's end is recorded; nobody was told.
    StoredNotPublished,
}

impl CrashPoint {
    /// Every point, in the order of an order's life.
    pub const ALL: [Self; 9] = [
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

    /// The name by which tests arm it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
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

    /// How often each point may still be passed; zero where it is not armed. A static, as a real crash
    /// takes the whole process too.
    static LEFT: [AtomicU32; CrashPoint::ALL.len()] = [const { AtomicU32::new(0) }; 9];

    /// The text does not say at which point the process is to end.
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

/// Ends the process where a test asked for it; nothing in a build that is shipped.
#[cfg(not(any(debug_assertions, feature = "crash-points")))]
#[inline(always)]
pub(crate) const fn reached(_: CrashPoint) {}
