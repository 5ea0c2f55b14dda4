//! What may leave a wallet: the limits that an operator sets, what a transaction may spend at most, and what a wallet
//! has spent in a day.
//!
//! A limit is judged where a transaction's bytes are stored, from one row per wallet and purpose ([`WalletUse`]) that
//! is locked then: nothing that was read before decides.

mod limits;
mod outlay;
mod usage;

pub use limits::{InvalidLimits, Limited, Per, SpendLimit, SpendLimits};
pub use outlay::{Item, Means, Outlay, Paid};
pub use usage::{QUARTER_MS, QUARTERS, WalletUse, quarter_of};

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::address::Address;
use crate::amount::BaseUnits;
use crate::asset::Mint;
use crate::time::Timestamp;

/// What the use of a wallet is counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// What orders sell of a token; native SOL is wrapped SOL's mint.
    Token(Mint),
    /// All else that leaves in lamports: fees, those of a revert too, and rent that does not return.
    Fees,
}

impl Purpose {
    /// What stands in stores for fees: the System program's address, which is no mint.
    const FEES: Mint = Mint::literal("11111111111111111111111111111111");
    /// The name of fees.
    pub const FEES_NAME: &str = "fees";

    /// Its key in stores.
    #[must_use]
    pub const fn key(self) -> Address {
        match self {
            Self::Token(mint) => mint.address(),
            Self::Fees => Self::FEES.address(),
        }
    }

    /// The purpose with this key.
    #[must_use]
    pub fn of_key(key: Address) -> Self {
        match Mint::new(key) {
            mint if mint == Self::FEES => Self::Fees,
            mint => Self::Token(mint),
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(mint) => mint.fmt(f),
            Self::Fees => f.write_str(Self::FEES_NAME),
        }
    }
}

impl Serialize for Purpose {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Purpose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        match &*text {
            Self::FEES_NAME => Ok(Self::Fees),
            mint => mint.parse().map(Self::Token).map_err(de::Error::custom),
        }
    }
}

/// Why a transaction's bytes are not stored, judged from the locked rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoRoom {
    /// It would pass the limit of a day.
    Limit {
        purpose: Purpose,
        limit: BaseUnits,
        /// What the day has seen already.
        used: BaseUnits,
        wanted: BaseUnits,
        /// When enough of that is more than a day ago; never where the limit is smaller than what is wanted.
        room_at: Option<Timestamp>,
    },
    /// The wallet holds it, but transactions under way may still spend it.
    Promised {
        mint: Mint,
        held: BaseUnits,
        /// What they may spend.
        promised: BaseUnits,
        wanted: BaseUnits,
    },
}

#[cfg(test)]
mod tests;
