//! How much may leave the wallet: of a token per message and in a day, and in fees.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use amm::Address;
use domain::spending::{self, Limited, Per, SpendLimits};
use domain::{Asset, Mint, TokenList};

/// As the engine counts, a day is the last 24 h to 24 h 15 min.
const QUARTER_MS: u64 = spending::QUARTER_MS.unsigned_abs();
/// How many quarters before the one that is under way count.
const QUARTERS: u64 = spending::QUARTERS as u64 - 1;

/// What a limit is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    /// A token, by its mint; native SOL is wrapped SOL's.
    Token(Address),
    /// Fees, and the deposits of accounts that stay.
    Fees,
}

/// How much of what a message may spend.
pub type Spent = Vec<(What, u64)>;

/// The most of one thing, in base units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limit {
    /// In one message.
    pub per_order: Option<u64>,
    /// In a day.
    pub per_day: Option<u64>,
}

/// All limits. Tokens that are not named may not be sold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    named: BTreeMap<What, Limit>,
}

/// Why an operator's limits are none for a signer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// A mint whose decimals nobody told.
    #[error("{0} stands in no token list, so its decimals are not known")]
    Unknown(Mint),
    /// What is not named may be sold.
    #[error("what is not named is never sold: *:{0}/{1} can only be *:0/{1}")]
    Others(String, &'static str),
    /// A limit without which all could leave the wallet in a moment.
    #[error("a limit of {0} is missing: each token needs one a day, and fees too")]
    Missing(String),
}

impl Limits {
    /// Takes over an operator's limits, in the form that the engine's have too. Each token needs a limit a day, and so
    /// do fees; what is not named is never sold, whether or not `*:0/order` says so.
    pub fn new(written: &SpendLimits, tokens: &TokenList) -> Result<Self, Invalid> {
        let mut named = BTreeMap::from([(What::Fees, Limit::default())]);
        for one in written.all() {
            let (what, decimals) = match one.of {
                Limited::Fees => (What::Fees, Asset::SOL.decimals),
                Limited::Token(mint) => {
                    let listed = tokens.find(&mint.to_string());
                    let asset = listed.ok_or(Invalid::Unknown(mint))?;
                    (What::Token(address(mint)), asset.decimals)
                }
                Limited::Others if one.amount() == "0" => continue,
                Limited::Others => return Err(Invalid::Others(one.amount(), one.per.name())),
            };
            let limit = named.entry(what).or_default();
            let place = match one.per {
                Per::Order => &mut limit.per_order,
                Per::Day => &mut limit.per_day,
            };
            *place = Some(one.units(decimals).get());
        }
        if let Some((what, _)) = named.iter().find(|(_, it)| it.per_day.is_none()) {
            let all = written.all().iter();
            let mut of = all.map(|it| it.of).filter(|of| match of {
                Limited::Token(mint) => What::Token(address(*mint)) == *what,
                Limited::Others | Limited::Fees => false,
            });
            let name = of.next().unwrap_or(Limited::Fees).name(tokens);
            return Err(Invalid::Missing(name));
        }
        Ok(Self { named })
    }

    /// The limit of something.
    #[must_use]
    pub fn of(&self, what: What) -> Limit {
        let unnamed = Limit {
            per_order: Some(0),
            per_day: Some(0),
        };
        self.named.get(&what).copied().unwrap_or(unnamed)
    }

    /// Everything that has a limit, with the most of it that one message may spend.
    pub(crate) fn most_per_message(&self) -> impl Iterator<Item = (What, u64)> {
        self.named.iter().map(|(what, limit)| {
            let bounds = [limit.per_order, limit.per_day];
            (*what, bounds.into_iter().flatten().min().unwrap_or(0))
        })
    }
}

const fn address(mint: Mint) -> Address {
    Address(*mint.address().bytes())
}

/// A limit that a message would pass.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "limits: {wanted} of {what}, with {used} that count already, pass the {limit} {per} of SIGNER_LIMITS (smallest units)"
)]
pub struct Exceeded {
    /// Of what.
    pub what: What,
    /// How much the message may spend.
    pub wanted: u64,
    /// How much counts already.
    pub used: u64,
    /// The limit.
    pub limit: u64,
    /// `an order` or `a day`.
    pub per: &'static str,
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(mint) => write!(f, "the token {mint}"),
            Self::Fees => f.write_str("lamports in fees"),
        }
    }
}

/// What was signed lately, by quarters of an hour.
#[derive(Debug, Clone, Default)]
pub struct Book {
    used: BTreeMap<What, VecDeque<(u64, u64)>>,
}

impl Book {
    /// Whether so much more may be signed now.
    pub fn check(&self, spent: &Spent, limits: &Limits, now_ms: u64) -> Result<(), Exceeded> {
        for (what, wanted) in spent.iter().copied() {
            let limit = limits.of(what);
            let used = self.used(what, now_ms);
            let bounds = [
                (limit.per_order, 0, "an order"),
                (limit.per_day, used, "a day"),
            ];
            for (limit, used, per) in bounds {
                let Some(limit) = limit else { continue };
                let fits = used.checked_add(wanted).is_some_and(|sum| sum <= limit);
                if !fits {
                    return Err(Exceeded {
                        what,
                        wanted,
                        used,
                        limit,
                        per,
                    });
                }
            }
        }
        Ok(())
    }

    /// Counts what is signed.
    pub fn add(&mut self, spent: &Spent, now_ms: u64) {
        for (what, amount) in spent {
            self.add_in(*what, quarter(now_ms), *amount);
        }
    }

    pub(crate) fn add_in(&mut self, what: What, quarter: u64, amount: u64) {
        let quarters = self.used.entry(what).or_default();
        match quarters.iter_mut().find(|(at, _)| *at == quarter) {
            Some((_, sum)) => *sum = sum.saturating_add(amount),
            None => quarters.push_back((quarter, amount)),
        }
    }

    /// All that still counts, by quarter.
    pub(crate) fn quarters(&self) -> impl Iterator<Item = (What, u64, u64)> {
        let all = self.used.iter();
        all.flat_map(|(what, quarters)| quarters.iter().map(|(at, sum)| (*what, *at, *sum)))
    }

    /// Forgets what counts no more.
    pub(crate) fn forget(&mut self, now_ms: u64) {
        let oldest = oldest_that_counts(now_ms);
        self.used.retain(|_, quarters| {
            quarters.retain(|(at, _)| *at >= oldest);
            !quarters.is_empty()
        });
    }

    /// How much of something counts now.
    #[must_use]
    pub fn used(&self, what: What, now_ms: u64) -> u64 {
        let oldest = oldest_that_counts(now_ms);
        let quarters = self.used.get(&what).into_iter().flatten();
        let counting = quarters.filter(|(at, _)| *at >= oldest);
        counting.fold(0, |sum, (_, amount)| sum.saturating_add(*amount))
    }
}

pub(crate) const fn quarter(now_ms: u64) -> u64 {
    now_ms / QUARTER_MS
}

pub(crate) const fn oldest_that_counts(now_ms: u64) -> u64 {
    quarter(now_ms).saturating_sub(QUARTERS)
}

#[cfg(test)]
pub(crate) mod tests;
