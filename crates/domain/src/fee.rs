//! What an order offers for its place in a block: as much as others pay, or a price of its own.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::named::named;

named! {
    /// Which part of those who write the same accounts an order wants to outbid.
    FeeRank {
        /// A quarter.
        Low "low"
        /// Half.
        Medium "medium"
        /// Three quarters.
        High "high"
        /// Nine of ten.
        Urgent "urgent"
    }
}

/// A price: millionths of a lamport for each compute unit that a transaction may use. A total is another type.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct UnitPrice(u64);

impl UnitPrice {
    /// Nothing for each unit.
    pub const ZERO: Self = Self(0);
    /// A thousand lamports for each unit: who offers more has made a mistake.
    pub const MAX: Self = Self(1_000_000_000);

    /// Takes a price of at most [`UnitPrice::MAX`].
    #[must_use]
    pub const fn new(micro_lamports: u64) -> Option<Self> {
        match micro_lamports <= Self::MAX.0 {
            true => Some(Self(micro_lamports)),
            false => None,
        }
    }

    /// The number itself.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// How much a transaction offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FeeLevel {
    /// By what others pay at that moment.
    Ranked(FeeRank),
    /// Always this, whatever others pay.
    Priced(UnitPrice),
}

/// The text is neither the name of a level nor a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "low, medium, high, urgent, or a whole number of micro-lamports per unit from 0 to 1000000000"
)]
pub struct InvalidFeeLevel;

impl FeeLevel {
    /// Of an operator who names none.
    pub const DEFAULT: Self = Self::Ranked(FeeRank::Medium);

    /// Reads a level's name, or a price in plain digits.
    pub fn parse(text: &str) -> Result<Self, InvalidFeeLevel> {
        if let Some(rank) = FeeRank::parse(text) {
            return Ok(Self::Ranked(rank));
        }
        let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let price = text.parse().ok().filter(|_| is_plain);
        let price = price.and_then(UnitPrice::new).ok_or(InvalidFeeLevel)?;
        Ok(Self::Priced(price))
    }

    /// The level of an order's next execution after so many whose transactions went by without landing: one step
    /// higher for each, where there is one. A price doubles.
    #[must_use]
    pub fn raised(self, deaths: u32) -> Self {
        (0..deaths.min(RAISES_MAX)).fold(self, |level, _| level.next())
    }

    fn next(self) -> Self {
        match self {
            Self::Ranked(FeeRank::Low) => Self::Ranked(FeeRank::Medium),
            Self::Ranked(FeeRank::Medium) => Self::Ranked(FeeRank::High),
            Self::Ranked(FeeRank::High | FeeRank::Urgent) => Self::Ranked(FeeRank::Urgent),
            Self::Priced(price) => {
                let doubled = price.0.saturating_mul(2).min(UnitPrice::MAX.0);
                Self::Priced(UnitPrice(doubled))
            }
        }
    }
}

/// From the lowest price to the highest.
const RAISES_MAX: u32 = 32;

impl fmt::Display for FeeLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ranked(rank) => rank.fmt(f),
            Self::Priced(price) => price.0.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_a_name_or_a_price_in_plain_digits() {
        let price = |number| FeeLevel::Priced(UnitPrice::new(number).unwrap());
        for (text, level) in [
            ("low", Ok(FeeLevel::Ranked(FeeRank::Low))),
            ("urgent", Ok(FeeLevel::Ranked(FeeRank::Urgent))),
            ("0", Ok(price(0))),
            ("1000000000", Ok(price(1_000_000_000))),
            ("1000000001", Err(InvalidFeeLevel)),
            ("Low", Err(InvalidFeeLevel)),
            ("+5", Err(InvalidFeeLevel)),
            ("-1", Err(InvalidFeeLevel)),
            ("1.5", Err(InvalidFeeLevel)),
            ("", Err(InvalidFeeLevel)),
            ("99999999999999999999999", Err(InvalidFeeLevel)),
        ] {
            assert_eq!(FeeLevel::parse(text), level, "{text:?}");
        }
    }

    #[test]
    fn the_stored_form_is_the_name_or_the_number() {
        for text in ["\"high\"", "25000"] {
            let level: FeeLevel = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&level).unwrap(), text);
            assert_eq!(level.to_string(), text.trim_matches('"'));
        }
    }

    #[test]
    fn each_death_raises_a_level_by_one_step_and_doubles_a_price() {
        let ranked = FeeLevel::Ranked;
        let price = |number| FeeLevel::Priced(UnitPrice::new(number).unwrap());
        assert_eq!(ranked(FeeRank::Low).raised(0), ranked(FeeRank::Low));
        assert_eq!(ranked(FeeRank::Low).raised(2), ranked(FeeRank::High));
        assert_eq!(ranked(FeeRank::High).raised(9), ranked(FeeRank::Urgent));
        assert_eq!(price(30_000).raised(2), price(120_000));
        assert_eq!(price(1).raised(u32::MAX), price(1_000_000_000));
    }
}
