//! Amounts as the chain holds them: integers in base units, read from and printed as exact decimals.
//!
//! Amounts are never floats. A JSON number in a request is read as its text.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[cfg(test)]
mod tests;

/// An amount of an asset in its smallest unit. It serialises as a string, because JSON readers in
/// other languages would read a large number as a float.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BaseUnits(u64);

/// Why a text is not an amount of an asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAmount {
    #[error("must be a plain decimal number such as 1.5")]
    NotDecimal,
    #[error("must be greater than 0")]
    Zero,
    #[error("has more than the {decimals} decimals the token has")]
    TooFine { decimals: u8 },
    #[error("is larger than a 64-bit number of the token's smallest units")]
    TooLarge,
}

/// Longer texts are refused without parsing; the longest valid amount, trailing zeros included, is
/// far shorter.
const MAX_TEXT_LENGTH: usize = 400;

impl BaseUnits {
    /// Takes a number of smallest units.
    #[must_use]
    pub const fn new(units: u64) -> Self {
        Self(units)
    }

    /// The number of smallest units.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Reads a plain decimal (`1.5`, no sign, no exponent) as a positive amount.
    pub fn parse(text: &str, decimals: u8) -> Result<Self, InvalidAmount> {
        let (whole, fraction) = split_plain(text)?;
        from_digits(whole, fraction, 0, decimals)
    }

    /// Reads the text of a JSON number, which may carry an exponent, as a positive amount.
    pub fn parse_json_number(text: &str, decimals: u8) -> Result<Self, InvalidAmount> {
        let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else {
            return Self::parse(text, decimals);
        };
        let (whole, fraction) = split_plain(mantissa)?;
        let exponent = parse_exponent(exponent)?;
        from_digits(whole, fraction, exponent, decimals)
    }

    /// Prints the amount as a canonical decimal: no exponent, no trailing zeros, a `0` before the point.
    #[must_use]
    pub fn to_decimal(self, decimals: u8) -> String {
        let digits = format!("{:0width$}", self.0, width = usize::from(decimals) + 1);
        let (whole, fraction) = digits.split_at(digits.len() - usize::from(decimals));
        let fraction = fraction.trim_end_matches('0');
        if fraction.is_empty() {
            whole.to_owned()
        } else {
            format!("{whole}.{fraction}")
        }
    }

    /// The amount minus `bps` basis points. A minimum is rounded up, so that it is never lower than
    /// the client asked for.
    #[must_use]
    pub fn less_bps_rounded_up(self, bps: crate::Bps) -> Self {
        let kept = 10_000 - u128::from(bps.get());
        let floor = (u128::from(self.0) * kept).div_ceil(10_000);
        Self(u64::try_from(floor).unwrap_or(self.0))
    }

    /// The amount plus `bps` basis points. A maximum is rounded down, so that it is never higher than the client asked
    /// for.
    #[must_use]
    pub fn more_bps_rounded_down(self, bps: crate::Bps) -> Self {
        let more = 10_000 + u128::from(bps.get());
        let ceiling = u128::from(self.0) * more / 10_000;
        Self(u64::try_from(ceiling).unwrap_or(u64::MAX))
    }
}

/// A sum of smallest units, which may be below zero, printed as [`BaseUnits::to_decimal`] prints an amount.
#[must_use]
pub fn sum_to_decimal(units: i128, decimals: u8) -> String {
    let decimals = usize::from(decimals);
    let digits = format!("{:0width$}", units.unsigned_abs(), width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    let sign = if units < 0 { "-" } else { "" };
    match fraction.trim_end_matches('0') {
        "" => format!("{sign}{whole}"),
        fraction => format!("{sign}{whole}.{fraction}"),
    }
}

pub(crate) fn split_plain(text: &str) -> Result<(&str, &str), InvalidAmount> {
    if text.len() > MAX_TEXT_LENGTH {
        return Err(InvalidAmount::NotDecimal);
    }
    let (whole, fraction) = match text.split_once('.') {
        Some((_, "")) => return Err(InvalidAmount::NotDecimal),
        Some(parts) => parts,
        None => (text, ""),
    };
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
        return Err(InvalidAmount::NotDecimal);
    }
    Ok((whole, fraction))
}

pub(crate) fn parse_exponent(text: &str) -> Result<i64, InvalidAmount> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(InvalidAmount::NotDecimal);
    }
    // With a larger exponent every value is zero, too precise or too large.
    let size = digits
        .trim_start_matches('0')
        .parse::<i64>()
        .unwrap_or(1_000_000);
    let size = if digits.bytes().all(|byte| byte == b'0') {
        0
    } else {
        size.min(1_000_000)
    };
    Ok(if text.starts_with('-') { -size } else { size })
}

/// `whole.fraction × 10^exponent` in units of `10^-decimals`, exactly or not at all.
fn from_digits(
    whole: &str,
    fraction: &str,
    exponent: i64,
    decimals: u8,
) -> Result<BaseUnits, InvalidAmount> {
    let digits: String = [whole, fraction].concat();
    let significant = digits.trim_start_matches('0');
    let trimmed = significant.trim_end_matches('0');
    if trimmed.is_empty() {
        return Err(InvalidAmount::Zero);
    }
    let dropped = i64::try_from(significant.len() - trimmed.len()).unwrap_or(i64::MAX);
    let fraction_length = i64::try_from(fraction.len()).unwrap_or(i64::MAX);
    let shift = exponent - fraction_length + dropped + i64::from(decimals);
    if shift < 0 {
        return Err(InvalidAmount::TooFine { decimals });
    }
    let shift = u32::try_from(shift).map_err(|_| InvalidAmount::TooLarge)?;
    let value: u64 = trimmed.parse().map_err(|_| InvalidAmount::TooLarge)?;
    10u64
        .checked_pow(shift)
        .and_then(|scale| value.checked_mul(scale))
        .map(BaseUnits)
        .ok_or(InvalidAmount::TooLarge)
}

impl fmt::Display for BaseUnits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for BaseUnits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for BaseUnits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map(Self).map_err(serde::de::Error::custom)
    }
}
