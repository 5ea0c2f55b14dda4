//! Points in time as the engine stores and prints them: milliseconds since 1970, in UTC.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A moment, to the millisecond. It prints as `2026-01-31T09:30:00.125Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Wraps milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The moment `duration` before this one, or the first moment that can be represented.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(millis))
    }

    /// The moment `duration` after this one, or the last moment that can be represented.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(millis))
    }

    /// How long after `earlier` this moment is; zero if it is not later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

/// The text is not a moment as [`Timestamp`] prints it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a time looks like 2026-01-31T09:30:00.125Z")]
pub struct InvalidTimestamp;

const MILLIS_PER_DAY: i64 = 86_400_000;
/// The last moment whose year has four digits; later ones print as this one.
const LAST: i64 = 253_402_300_799_999;
/// The first moment: the beginning of the year 0.
const FIRST: i64 = -62_167_219_200_000;

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.clamp(FIRST, LAST);
        let (year, month, day) = date_of(millis.div_euclid(MILLIS_PER_DAY));
        let of_day = millis.rem_euclid(MILLIS_PER_DAY);
        let (hour, minute) = (of_day / 3_600_000, of_day / 60_000 % 60);
        let (second, milli) = (of_day / 1_000 % 60, of_day % 1_000);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z"
        )
    }
}

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    /// Reads what [`Display`](fmt::Display) prints, and nothing else.
    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        let number = |from: usize, to: usize| -> Result<i64, InvalidTimestamp> {
            let digits = text.get(from..to).ok_or(InvalidTimestamp)?;
            digits.parse().map_err(|_| InvalidTimestamp)
        };
        let days = days_until(number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let hours = number(11, 13)?;
        let seconds = (hours * 60 + number(14, 16)?) * 60 + number(17, 19)?;
        let read = Self(days * MILLIS_PER_DAY + seconds * 1_000 + number(20, 23)?);
        // Printing it again reveals wrong separators, signs and days that no month has.
        if read.to_string() == text {
            Ok(read)
        } else {
            Err(InvalidTimestamp)
        }
    }
}

/// The calendar repeats after 400 years.
const DAYS_PER_ERA: i64 = 146_097;
/// From the first of March of the year 0, where an era begins here, to the first day of 1970. If a
/// year begins in March, its leap day comes last.
const DAYS_BEFORE_1970: i64 = 719_468;

/// Year, month and day of a day counted from 1970-01-01.
const fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + DAYS_BEFORE_1970;
    let (era, of_era) = (days.div_euclid(DAYS_PER_ERA), days.rem_euclid(DAYS_PER_ERA));
    // Subtracts the leap days: one in 4 years, less one in 100, plus one in 400.
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Counted from March, every five months have 153 days.
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let (month, next_year) = if month_from_march < 10 {
        (month_from_march + 3, 0)
    } else {
        (month_from_march - 9, 1)
    };
    (era * 400 + year_of_era + next_year, month, day)
}

/// The reverse of [`date_of`].
const fn days_until(year: i64, month: i64, day: i64) -> i64 {
    let (year, month_from_march) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * month_from_march + 2) / 5 + day - 1;
    era * DAYS_PER_ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year - DAYS_BEFORE_1970
}

#[cfg(test)]
mod tests;
