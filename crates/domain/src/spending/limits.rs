//! The limits that an operator sets, such as `SOL:5/order,SOL:50/day,*:0/order,fees:0.1/day`.

use std::fmt;

use super::Purpose;
use crate::amount::{BaseUnits, split_plain};
use crate::asset::{Asset, Mint};
use crate::token_list::TokenList;

/// The most digits of an amount: more than any amount of 64 bits has.
const DIGITS_MAX: usize = 38;
/// The most limits.
const LIMITS_MAX: usize = 256;

/// All limits of a process; none by default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SpendLimits(Vec<SpendLimit>);

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpendLimit {
    pub of: Limited,
    pub per: Per,
    amount: Amount,
}

/// What it limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limited {
    /// What orders sell of this token.
    Token(Mint),
    /// What orders sell of each token that is not named.
    Others,
    /// All else that leaves in lamports.
    Fees,
}

/// For what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Per {
    /// For each order.
    Order,
    /// For the last 24 h to 24 h 15 min.
    Day,
}

/// A decimal number as it is written, without zeros that say nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Amount {
    digits: u128,
    decimals: u8,
}

/// Why a text is no list of limits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLimits {
    #[error("{0:?} is not TOKEN:AMOUNT/order or TOKEN:AMOUNT/day")]
    Form(String),
    #[error("{0:?} is no token of the token list, no mint's address, not * and not fees")]
    Token(String),
    #[error("{0:?} is no plain decimal number such as 1.5 or 0")]
    Amount(String),
    #[error("{0:?} has more than the {1} decimals the token has")]
    TooFine(String, u8),
    #[error("{0:?} stands in it twice")]
    Twice(String),
    #[error("it has more than {LIMITS_MAX} limits")]
    TooMany,
}

impl Per {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Day => "day",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Order, Self::Day]
            .into_iter()
            .find(|it| it.name() == text)
    }
}

impl SpendLimits {
    /// Reads limits that are separated by commas. Tokens are symbols of this list, or mints' addresses.
    pub fn parse(text: &str, tokens: &TokenList) -> Result<Self, InvalidLimits> {
        let mut limits: Vec<SpendLimit> = Vec::new();
        for part in text.split(',').map(str::trim) {
            let limit = SpendLimit::parse(part, tokens)?;
            let is_same = |other: &SpendLimit| (other.of, other.per) == (limit.of, limit.per);
            if limits.iter().any(is_same) {
                return Err(InvalidLimits::Twice(part.to_owned()));
            }
            if limits.len() == LIMITS_MAX {
                return Err(InvalidLimits::TooMany);
            }
            limits.push(limit);
        }
        Ok(Self(limits))
    }

    /// All of them, as they were written.
    #[must_use]
    pub fn all(&self) -> &[SpendLimit] {
        &self.0
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether there is one for tokens that are not named.
    #[must_use]
    pub fn covers_all(&self) -> bool {
        self.0.iter().any(|it| it.of == Limited::Others)
    }

    /// Whether the token has a limit of its own, so that those for all others do not count for it.
    #[must_use]
    pub fn names(&self, mint: Mint) -> bool {
        self.0.iter().any(|it| it.of == Limited::Token(mint))
    }

    /// What an order, or a day, may sell of a token; absent where nothing limits it.
    #[must_use]
    pub fn of_token(&self, asset: Asset, per: Per) -> Option<BaseUnits> {
        let of = match self.names(asset.mint) {
            true => Limited::Token(asset.mint),
            false => Limited::Others,
        };
        Some(self.find(of, per)?.units(asset.decimals))
    }

    /// The lamports that an order's transaction, or a day, may take beside what is sold.
    #[must_use]
    pub fn of_fees(&self, per: Per) -> Option<BaseUnits> {
        Some(self.find(Limited::Fees, per)?.units(Asset::SOL.decimals))
    }

    fn find(&self, of: Limited, per: Per) -> Option<&SpendLimit> {
        self.0.iter().find(|it| it.of == of && it.per == per)
    }

    /// The same for people, with symbols.
    #[must_use]
    pub fn print(&self, tokens: &TokenList) -> String {
        let limits = self.0.iter().map(|limit| {
            let (token, per) = (limit.of.name(tokens), limit.per.name());
            format!("{token}:{}/{per}", limit.amount)
        });
        limits.collect::<Vec<_>>().join(",")
    }
}

impl SpendLimit {
    fn parse(part: &str, tokens: &TokenList) -> Result<Self, InvalidLimits> {
        let form = || InvalidLimits::Form(part.to_owned());
        let (token, rest) = part.split_once(':').ok_or_else(form)?;
        let (amount, per) = rest.split_once('/').ok_or_else(form)?;
        let [token, amount, per] = [token, amount, per].map(str::trim);
        let per = Per::parse(per).ok_or_else(form)?;
        let of =
            Limited::parse(token, tokens).ok_or_else(|| InvalidLimits::Token(token.to_owned()))?;
        let parsed =
            Amount::parse(amount).ok_or_else(|| InvalidLimits::Amount(amount.to_owned()))?;
        let known = match of {
            Limited::Token(mint) => tokens.find(&mint.to_string()).map(|it| it.decimals),
            Limited::Fees => Some(Asset::SOL.decimals),
            Limited::Others => None,
        };
        match known {
            Some(decimals) if parsed.decimals > decimals => {
                Err(InvalidLimits::TooFine(amount.to_owned(), decimals))
            }
            _ => Ok(Self {
                of,
                per,
                amount: parsed,
            }),
        }
    }

    /// It in smallest units of a token with so many decimals: rounded down, where it is finer than the token.
    #[must_use]
    pub fn units(&self, decimals: u8) -> BaseUnits {
        self.amount.units(decimals)
    }

    /// The amount as a plain decimal number.
    #[must_use]
    pub fn amount(&self) -> String {
        self.amount.to_string()
    }
}

impl Limited {
    fn parse(text: &str, tokens: &TokenList) -> Option<Self> {
        match text {
            "*" => Some(Self::Others),
            fees if fees.eq_ignore_ascii_case(Purpose::FEES_NAME) => Some(Self::Fees),
            token => {
                let listed = tokens.find(token).map(|asset| asset.mint);
                listed.or_else(|| token.parse().ok()).map(Self::Token)
            }
        }
    }

    /// What people are shown for it.
    #[must_use]
    pub fn name(self, tokens: &TokenList) -> String {
        match self {
            Self::Token(mint) => tokens.name_of(mint),
            Self::Others => "*".to_owned(),
            Self::Fees => Purpose::FEES_NAME.to_owned(),
        }
    }
}

impl Amount {
    fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = split_plain(text).ok()?;
        let fraction = fraction.trim_end_matches('0');
        let digits = [whole.trim_start_matches('0'), fraction].concat();
        if digits.len() > DIGITS_MAX {
            return None;
        }
        let digits = match digits.is_empty() {
            true => 0,
            false => digits.parse().ok()?,
        };
        let decimals = u8::try_from(fraction.len()).ok()?;
        Some(Self { digits, decimals })
    }

    /// More than any amount where it does not fit.
    fn units(self, decimals: u8) -> BaseUnits {
        let units = match decimals.checked_sub(self.decimals) {
            Some(more) => {
                let scale = 10_u128.checked_pow(more.into());
                scale.and_then(|scale| self.digits.checked_mul(scale))
            }
            None => {
                let scale = 10_u128.checked_pow((self.decimals - decimals).into());
                Some(scale.map_or(0, |scale| self.digits / scale))
            }
        };
        let units = units.and_then(|units| u64::try_from(units).ok());
        BaseUnits::new(units.unwrap_or(u64::MAX))
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = usize::from(self.decimals);
        let digits = format!("{:0width$}", self.digits, width = decimals + 1);
        let (whole, fraction) = digits.split_at(digits.len() - decimals);
        match fraction {
            "" => f.write_str(whole),
            fraction => write!(f, "{whole}.{fraction}"),
        }
    }
}
