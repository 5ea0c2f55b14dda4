//! Ids: each kind has its own type, so that nobody can pass an order's id for an event's.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Why a text is not a valid id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    #[error("not a UUID")]
    Uuid,
    #[error("must be 1 to {limit} characters long")]
    Length { limit: usize },
    #[error("must hold printable ASCII characters only")]
    Character,
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that was made for this purpose.
            #[must_use]
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// Reads the hyphenated form that [`fmt::Display`] writes.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                Uuid::from_str(text).map(Self).map_err(|_| InvalidId::Uuid)
            }

            /// The UUID itself, for a database column.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }
    };
}

uuid_id!(
    /// An order, for ever. A UUIDv7, so that ids sort by creation time.
    OrderId
);
uuid_id!(
    /// One proposed event. The writer whose id is stored at a sequence number has won that number.
    EventId
);
uuid_id!(
    /// One worker process from its start to its end; a restarted worker is another one.
    WorkerId
);

/// The position of an event within its order, counted from 0 without gaps.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Seq(u32);

impl Seq {
    /// The position of the `pending` event, with which every order begins.
    pub const FIRST: Self = Self(0);

    /// Wraps a position read from a store or a request.
    #[must_use]
    pub const fn new(value: u32) -> Self {
        Self(value)
    }

    /// The number itself.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The position after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn is_visible(text: &str, limit: usize, allow_space: bool) -> Result<(), InvalidId> {
    if text.is_empty() || text.len() > limit {
        return Err(InvalidId::Length { limit });
    }
    let lowest = if allow_space { b' ' } else { b'!' };
    if text.bytes().all(|byte| (lowest..=b'~').contains(&byte)) {
        Ok(())
    } else {
        Err(InvalidId::Character)
    }
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $limit:expr, space: $space:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The longest accepted text, in bytes.
            pub const MAX_LENGTH: usize = $limit;

            /// Checks a text from outside.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                is_visible(text, Self::MAX_LENGTH, $space)?;
                Ok(Self(Arc::from(text)))
            }

            /// The text as it was given.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id!(
    /// The owner of orders: the name of an API key, or [`ClientId::anyone`] if no keys are set.
    ClientId, 64, space: false
);
text_id!(
    /// The client's own name for an order, unique per client for ever.
    ClientOrderId, 64, space: true
);
text_id!(
    /// The client's name for a group of orders of which one at most executes.
    OcoGroup, 64, space: true
);
text_id!(
    /// The `Idempotency-Key` of a request.
    IdempotencyKey, 255, space: false
);

impl ClientId {
    /// The one client of an engine that has no API keys.
    #[must_use]
    pub fn anyone() -> Self {
        Self(Arc::from("anyone"))
    }
}
