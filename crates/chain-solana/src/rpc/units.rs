//! Numbers of the chain that must not be taken for each other.

use std::fmt;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(u64);

        impl $name {
            /// Takes the number.
            #[must_use]
            pub const fn new(value: u64) -> Self {
                Self(value)
            }

            /// The number itself.
            #[must_use]
            pub const fn get(self) -> u64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number!(
    /// A slot: a time in which a block may be made. Not a height: slots stay empty now and then.
    Slot
);
number!(
    /// An amount of native SOL in its smallest unit.
    Lamports
);
number!(
    /// A price: millionths of a lamport for each compute unit that a transaction may use.
    MicroLamports
);

impl Lamports {
    /// The sum, where 64 bits hold it.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }
}

impl MicroLamports {
    /// What a transaction pays that may use this many units, rounded up as the chain does.
    #[must_use]
    pub fn times_rounded_up(self, units: u32) -> Lamports {
        let total = (u128::from(self.0) * u128::from(units)).div_ceil(1_000_000);
        Lamports(u64::try_from(total).unwrap_or(u64::MAX))
    }
}
