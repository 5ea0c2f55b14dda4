//! A sniper: an order that buys a token from pools that may not exist yet, once its trigger is seen and a pool of the
//! pair passes its gates.

use serde::{Deserialize, Serialize};

use crate::amount::{BaseUnits, InvalidAmount};
use crate::price::Price;

/// What a sniper waits for, and which pools it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sniper {
    pub trigger: Trigger,
    #[serde(default)]
    pub gates: PoolGates,
}

/// What fires a sniper, once a pool passes its gates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// Such a pool alone.
    PoolCreated,
    /// The price has risen to this one.
    PriceAbove { price: Price },
    /// The price has fallen to this one.
    PriceBelow { price: Price },
    /// What is traded in a minute is so many times the mean of the last hour's minutes.
    VolumeSpike { factor: VolumeFactor },
}

/// What a pool must be like. They are judged from accounts, when the order fires and again when it executes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct PoolGates {
    /// So much it must hold of what the order sells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_liquidity: Option<BaseUnits>,
    /// At most so much it may charge for the order's own amount at that moment, in hundredths of a percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_fee_bps: Option<u16>,
    /// Nobody may make more of what is bought, or freeze it.
    #[serde(default)]
    pub require_renounced: bool,
}

/// How many times the mean, in ten-thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VolumeFactor(u64);

/// Why a text is no factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be a number above 0 and at most {}, with {} digits behind the point at most",
    VolumeFactor::MOST,
    VolumeFactor::PLACES
)]
pub struct InvalidFactor;

impl VolumeFactor {
    /// The largest.
    pub const MOST: u64 = 1_000_000;
    /// The digits behind the point.
    pub const PLACES: u8 = 4;

    /// Reads a plain decimal.
    pub fn parse(text: &str) -> Result<Self, InvalidFactor> {
        Self::of(BaseUnits::parse(text, Self::PLACES))
    }

    /// Reads the text of a JSON number.
    pub fn parse_json_number(text: &str) -> Result<Self, InvalidFactor> {
        Self::of(BaseUnits::parse_json_number(text, Self::PLACES))
    }

    fn of(parsed: Result<BaseUnits, InvalidAmount>) -> Result<Self, InvalidFactor> {
        let parts = parsed.map_err(|_| InvalidFactor)?.get();
        let most = Self::MOST * 10u64.pow(Self::PLACES.into());
        (parts <= most).then_some(Self(parts)).ok_or(InvalidFactor)
    }

    /// Whether a minute's volume is so many times the mean of these minutes'.
    #[must_use]
    pub fn is_reached_by(self, volume: u64, total: u128, minutes: u32) -> bool {
        let parts = 10u128.pow(Self::PLACES.into());
        let above = u128::from(volume) * parts * u128::from(minutes);
        // A total that is too large for this is that of a volume beyond every amount.
        let below = total.checked_mul(u128::from(self.0));
        minutes > 0 && total > 0 && below.is_some_and(|below| above >= below)
    }
}

impl std::fmt::Display for VolumeFactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&BaseUnits::new(self.0).to_decimal(Self::PLACES))
    }
}

impl Trigger {
    /// The name clients see and send.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PoolCreated => "pool_created",
            Self::PriceAbove { .. } => "price_above",
            Self::PriceBelow { .. } => "price_below",
            Self::VolumeSpike { .. } => "volume_spike",
        }
    }

    /// The names of all triggers.
    pub const NAMES: [&'static str; 4] =
        ["pool_created", "price_above", "price_below", "volume_spike"];

    /// The same with another price, where it has one.
    #[must_use]
    pub const fn at(self, price: Price) -> Self {
        match self {
            Self::PriceAbove { .. } => Self::PriceAbove { price },
            Self::PriceBelow { .. } => Self::PriceBelow { price },
            Self::PoolCreated | Self::VolumeSpike { .. } => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factor(text: &str) -> VolumeFactor {
        VolumeFactor::parse(text).unwrap()
    }

    #[test]
    fn a_factor_is_exact_and_bounded() {
        assert_eq!(factor("2.5").to_string(), "2.5");
        assert_eq!(factor("1000000").to_string(), "1000000");
        for text in ["0", "-1", "1000000.0001", "1.00001", "x", ""] {
            assert_eq!(VolumeFactor::parse(text), Err(InvalidFactor), "{text}");
        }
    }

    #[test]
    fn a_volume_is_compared_with_the_mean_to_the_last_unit() {
        // Ten minutes of 7 units: a mean of 0.7, of which 2.5 times are 1.75.
        assert!(factor("2.5").is_reached_by(2, 7, 10));
        assert!(!factor("2.5").is_reached_by(1, 7, 10));
        assert!(factor("1").is_reached_by(u64::MAX, u128::from(u64::MAX) * 60, 60));
        assert!(!factor("1.0001").is_reached_by(u64::MAX, u128::from(u64::MAX) * 60, 60));
    }

    #[test]
    fn nothing_is_a_spike_where_there_is_no_mean() {
        assert!(!factor("1").is_reached_by(u64::MAX, 0, 60));
        assert!(!factor("1").is_reached_by(u64::MAX, 1, 0));
    }

    #[test]
    fn the_stored_form_of_a_sniper_stays() {
        let sniper = Sniper {
            trigger: Trigger::PriceAbove {
                price: Price::parse("0.5").unwrap(),
            },
            gates: PoolGates {
                min_liquidity: Some(BaseUnits::new(7)),
                max_fee_bps: Some(300),
                require_renounced: true,
            },
        };
        let stored = concat!(
            r#"{"trigger":{"price_above":{"price":"0.5"}},"#,
            r#""gates":{"min_liquidity":"7","max_fee_bps":300,"require_renounced":true}}"#
        );

        assert_eq!(serde_json::to_string(&sniper).unwrap(), stored);
        assert_eq!(serde_json::from_str::<Sniper>(stored).unwrap(), sniper);
        for (trigger, stored) in [
            (Trigger::PoolCreated, r#""pool_created""#),
            (
                Trigger::VolumeSpike {
                    factor: factor("3"),
                },
                r#"{"volume_spike":{"factor":30000}}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&trigger).unwrap(), stored);
        }
    }
}
