//! A price as a client names it: an exact decimal, compared with amounts by integers alone.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::amount::{BaseUnits, InvalidAmount, parse_exponent, split_plain};
use crate::asset::Asset;

/// The most significant digits: they fit a 64-bit number, and times any amount a 128-bit one.
const DIGITS_MAX: usize = 18;
/// The most digits behind the point.
const PLACES_MAX: u8 = 36;

/// Eighteen digits are less than this.
const DIGITS_END: u128 = 1_000_000_000_000_000_000;
/// What keeps ten further digits of a quotient.
const TEN_DIGITS: u128 = 10_000_000_000;

/// How many whole units of what is bought for one of what is sold: `digits / 10^places`, above zero. Every price has one
/// form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Price {
    digits: u64,
    places: u8,
}

/// Why a text is not a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPrice {
    #[error("must be a plain decimal number such as 1.5")]
    NotDecimal,
    #[error("must be greater than 0")]
    Zero,
    #[error("may have {DIGITS_MAX} significant digits, {PLACES_MAX} of them behind the point")]
    TooFine,
    #[error("is too large for a price")]
    TooLarge,
}

impl From<InvalidAmount> for InvalidPrice {
    fn from(error: InvalidAmount) -> Self {
        match error {
            InvalidAmount::Zero => Self::Zero,
            InvalidAmount::TooFine { .. } => Self::TooFine,
            InvalidAmount::TooLarge => Self::TooLarge,
            InvalidAmount::NotDecimal => Self::NotDecimal,
        }
    }
}

impl Price {
    /// Reads a plain decimal (`1.5`, no sign, no exponent).
    pub fn parse(text: &str) -> Result<Self, InvalidPrice> {
        let (whole, fraction) = split_plain(text)?;
        Self::of_digits(whole, fraction, 0)
    }

    /// Reads the text of a JSON number, which may carry an exponent.
    pub fn parse_json_number(text: &str) -> Result<Self, InvalidPrice> {
        let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else {
            return Self::parse(text);
        };
        let (whole, fraction) = split_plain(mantissa)?;
        Self::of_digits(whole, fraction, parse_exponent(exponent)?)
    }

    /// `digits × 10^power`, cut to what a price may have; nothing where that is nothing, or too large for a price.
    #[must_use]
    pub fn cut(digits: u128, power: i32) -> Option<Self> {
        let (mut digits, mut power) = (digits, power);
        let lowest = -i32::from(PLACES_MAX);
        while digits >= DIGITS_END || (digits > 0 && power < lowest) {
            digits /= 10;
            power += 1;
        }
        while digits > 0 && digits.is_multiple_of(10) && power < 0 {
            digits /= 10;
            power += 1;
        }
        while digits > 0 && power > 0 {
            digits = digits.checked_mul(10).filter(|it| *it < DIGITS_END)?;
            power -= 1;
        }
        let digits = u64::try_from(digits).ok().filter(|digits| *digits > 0)?;
        let places = u8::try_from(-power).ok()?;
        Some(Self { digits, places })
    }

    /// The same times a fraction, cut.
    #[must_use]
    pub fn times(self, numerator: u32, denominator: u32) -> Option<Self> {
        // Eighteen digits, ten for the factor, ten for the quotient's.
        let product = u128::from(self.digits) * u128::from(numerator) * TEN_DIGITS;
        let quotient = product.checked_div(u128::from(denominator))?;
        Self::cut(quotient, -i32::from(self.places) - 10)
    }

    /// The product of two prices, cut: from one token over a second to a third.
    #[must_use]
    pub fn product(self, other: Self) -> Option<Self> {
        let digits = u128::from(self.digits) * u128::from(other.digits);
        Self::cut(digits, -i32::from(self.places) - i32::from(other.places))
    }

    /// How much more this is than `other`, in hundredths of a percent of `of`: rounded away from zero where it is more, and
    /// absent where that is no number of any use.
    #[must_use]
    pub fn above_bps(self, other: Self, of: Self) -> Option<i64> {
        let places = self.places.max(other.places).max(of.places);
        let over_one = |price: Self| {
            let scale = 10i128.checked_pow(u32::from(places - price.places))?;
            i128::from(price.digits).checked_mul(scale)
        };
        let more = (over_one(self)? - over_one(other)?).checked_mul(10_000)?;
        let of = over_one(of)?;
        let rest = i128::from(more > 0 && more % of != 0);
        i64::try_from(more / of + rest).ok()
    }

    /// Whether `own × a ≤ other × b`, exactly.
    #[must_use]
    pub(crate) fn is_at_most(self, own: u32, other: Self, others: u32) -> bool {
        let left = u128::from(self.digits) * u128::from(own);
        let right = u128::from(other.digits) * u128::from(others);
        let shift = |places: u8| 10u128.checked_pow(u32::from(places));
        // Over the same power of ten; what does not fit is the larger one, because the other has at most 28 digits.
        if self.places <= other.places {
            let scaled = shift(other.places - self.places).and_then(|by| left.checked_mul(by));
            scaled.map_or(left == 0, |left| left <= right)
        } else {
            let scaled = shift(self.places - other.places).and_then(|by| right.checked_mul(by));
            scaled.is_none_or(|right| left <= right)
        }
    }

    fn of_digits(whole: &str, fraction: &str, exponent: i64) -> Result<Self, InvalidPrice> {
        let digits: String = [whole, fraction].concat();
        let significant = digits.trim_start_matches('0');
        let trimmed = significant.trim_end_matches('0');
        if trimmed.is_empty() {
            return Err(InvalidPrice::Zero);
        }
        if trimmed.len() > DIGITS_MAX {
            return Err(InvalidPrice::TooFine);
        }
        let dropped = i64::try_from(significant.len() - trimmed.len()).unwrap_or(i64::MAX);
        let behind_point = i64::try_from(fraction.len()).unwrap_or(i64::MAX);
        let power = exponent - behind_point + dropped;
        let value: u64 = trimmed.parse().map_err(|_| InvalidPrice::TooFine)?;
        if power < 0 {
            let places = u8::try_from(-power).map_err(|_| InvalidPrice::TooFine)?;
            return match places <= PLACES_MAX {
                true => Ok(Self {
                    digits: value,
                    places,
                }),
                false => Err(InvalidPrice::TooFine),
            };
        }
        let scale = u32::try_from(power)
            .ok()
            .and_then(|power| 10u64.checked_pow(power));
        let digits = scale.and_then(|scale| value.checked_mul(scale));
        let digits = digits.filter(|digits| *digits < 10u64.pow(18));
        Ok(Self {
            digits: digits.ok_or(InvalidPrice::TooLarge)?,
            places: 0,
        })
    }

    /// The least that `amount` must bring to be sold at this price or better: rounded up. `None` where no token's amount
    /// is that large.
    #[must_use]
    pub fn least_out(self, sold: Asset, amount: BaseUnits, bought: Asset) -> Option<BaseUnits> {
        let (above, below) = self.fraction(sold, amount, bought)?;
        units(above.div_ceil(below))
    }

    /// The most that `amount` may bring to be sold at this price or worse: rounded down. `None` where no token's amount is
    /// that large.
    #[must_use]
    pub fn most_out(self, sold: Asset, amount: BaseUnits, bought: Asset) -> Option<BaseUnits> {
        let (above, below) = self.fraction(sold, amount, bought)?;
        units(above / below)
    }

    /// `amount × price` in the bought token's smallest units, as numerator and denominator.
    fn fraction(self, sold: Asset, amount: BaseUnits, bought: Asset) -> Option<(u128, u128)> {
        let product = u128::from(amount.get()) * u128::from(self.digits);
        let power = i32::from(bought.decimals) - i32::from(sold.decimals) - i32::from(self.places);
        let scale = 10u128.checked_pow(power.unsigned_abs());
        match (power >= 0, scale) {
            (true, scale) => Some((product.checked_mul(scale?)?, 1)),
            // Larger than any product: less than one unit.
            (false, scale) => Some((product, scale.unwrap_or(u128::MAX))),
        }
    }
}

fn units(amount: u128) -> Option<BaseUnits> {
    u64::try_from(amount).ok().map(BaseUnits::new)
}

impl Ord for Price {
    fn cmp(&self, other: &Self) -> Ordering {
        match self == other {
            true => Ordering::Equal,
            false if self.is_at_most(1, *other, 1) => Ordering::Less,
            false => Ordering::Greater,
        }
    }
}

impl PartialOrd for Price {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = usize::from(self.places);
        let digits = format!("{:0width$}", self.digits, width = places + 1);
        let (whole, fraction) = digits.split_at(digits.len() - places);
        match fraction.is_empty() {
            true => f.write_str(whole),
            false => write!(f, "{whole}.{fraction}"),
        }
    }
}

impl Serialize for Price {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Price {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, printed: &str) {
        let price = Price::parse_json_number(text).expect("a price");

        assert_eq!(price.to_string(), printed);
        assert_eq!(Price::parse(printed), Ok(price), "one form");
    }

    #[test]
    fn a_price_is_read_exactly_and_has_one_form() {
        check("150.2500", "150.25");
        check("0.000000000123", "0.000000000123");
        check("1e3", "1000");
        check("2.5E-4", "0.00025");
        check("007", "7");
    }

    #[test]
    fn what_is_no_price_is_refused() {
        let refused = |text| Price::parse_json_number(text).expect_err("no price");

        assert_eq!(refused("0.000"), InvalidPrice::Zero);
        assert_eq!(refused("-1"), InvalidPrice::NotDecimal);
        assert_eq!(refused("1234567890123456789"), InvalidPrice::TooFine);
        assert_eq!(refused("1e-37"), InvalidPrice::TooFine);
        assert_eq!(refused("1e18"), InvalidPrice::TooLarge);
        assert_eq!(refused("1e999999999999"), InvalidPrice::TooLarge);
    }

    #[test]
    fn a_floor_is_rounded_up_and_a_ceiling_down() {
        let price = Price::parse("150.123456789").expect("a price");
        let amount = BaseUnits::new(1_000_000_001);

        let least = price.least_out(Asset::SOL, amount, Asset::USDC);
        let most = price.most_out(Asset::SOL, amount, Asset::USDC);

        assert_eq!(least, Some(BaseUnits::new(150_123_457)));
        assert_eq!(most, Some(BaseUnits::new(150_123_456)));
    }

    #[test]
    fn an_exact_product_is_its_own_floor_and_ceiling() {
        let price = Price::parse("150").expect("a price");
        let amount = BaseUnits::new(2_000_000_000);

        let least = price.least_out(Asset::SOL, amount, Asset::USDC);

        assert_eq!(least, Some(BaseUnits::new(300_000_000)));
        assert_eq!(least, price.most_out(Asset::SOL, amount, Asset::USDC));
    }

    #[test]
    fn no_product_overflows() {
        let largest = Price::parse("999999999999999999").expect("a price");
        let least = Price::parse("1e-36").err();
        let smallest = Price::parse_json_number("1e-36").expect("a price");
        let all = BaseUnits::new(u64::MAX);

        assert_eq!(largest.least_out(Asset::USDC, all, Asset::SOL), None);
        assert_eq!(least, Some(InvalidPrice::NotDecimal));
        let dust = smallest.least_out(Asset::SOL, all, Asset::USDC);
        assert_eq!(dust, Some(BaseUnits::new(1)));
        let none = smallest.most_out(Asset::SOL, all, Asset::USDC);
        assert_eq!(none, Some(BaseUnits::new(0)));
    }

    #[test]
    fn a_price_is_cut_to_its_digits() {
        let cut = |digits, power| Price::cut(digits, power).map(|price| price.to_string());

        assert_eq!(cut(150_250, -3).as_deref(), Some("150.25"));
        assert_eq!(cut(15, 2).as_deref(), Some("1500"));
        assert_eq!(
            cut(1_234_567_890_123_456_789, -18).as_deref(),
            Some("1.23456789012345678")
        );
        assert_eq!(
            cut(123, -37).as_deref(),
            Some("0.000000000000000000000000000000000012")
        );
        assert_eq!(cut(1, -37), None);
        assert_eq!(cut(1, 18), None);
        assert_eq!(cut(0, 0), None);
    }

    #[test]
    fn prices_are_compared_by_what_they_say() {
        let price = |text| Price::parse(text).expect("a price");
        let mut prices = ["10", "9.99", "0.1", "999999999999999999", "0.00000000001"].map(price);

        prices.sort();

        let sorted = ["0.00000000001", "0.1", "9.99", "10", "999999999999999999"].map(price);
        assert_eq!(prices, sorted);
        assert_eq!(price("1.0").cmp(&price("1")), Ordering::Equal);
    }
}
