//! Slippage: how much less than the quote an order accepts, in basis points.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::amount::{BaseUnits, InvalidAmount};

/// Basis points (hundredths of a percent), at most [`Bps::MAX`] where a client names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bps(u16);

/// Why a text is not a slippage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSlippage {
    #[error("must be a plain decimal number, not negative")]
    NotDecimal,
    #[error("must not be finer than one basis point (0.01 %)")]
    TooFine,
    #[error("must not exceed 50 %")]
    TooLarge,
}

impl Bps {
    /// Half of the amount. A client that asks for more has made a mistake.
    pub const MAX: Self = Self(5_000);
    /// The slippage of an order that does not name any.
    pub const DEFAULT: Self = Self(50);
    /// The slippage of a stop that does not name any: prices run when it fires.
    pub const DEFAULT_OF_STOPS: Self = Self(200);
    /// No minimum follows from it: the order's own floor alone holds.
    pub const ANY: Self = Self(10_000);

    /// Checks a number of basis points.
    pub fn new(bps: u16) -> Result<Self, InvalidSlippage> {
        if bps > Self::MAX.0 {
            Err(InvalidSlippage::TooLarge)
        } else {
            Ok(Self(bps))
        }
    }

    /// Reads the text of a JSON number as basis points that are `10^-places` of the number's unit:
    /// 0 for basis points, 2 for percent, 4 for a fraction.
    pub fn parse_json_number(text: &str, places: u8) -> Result<Self, InvalidSlippage> {
        match BaseUnits::parse_json_number(text, places) {
            Ok(units) => u16::try_from(units.get())
                .map_err(|_| InvalidSlippage::TooLarge)
                .and_then(Self::new),
            Err(InvalidAmount::Zero) => Ok(Self(0)),
            Err(InvalidAmount::TooFine { .. }) => Err(InvalidSlippage::TooFine),
            Err(InvalidAmount::TooLarge) => Err(InvalidSlippage::TooLarge),
            Err(InvalidAmount::NotDecimal) => Err(InvalidSlippage::NotDecimal),
        }
    }

    /// The number of basis points.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Bps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bps", self.0)
    }
}
