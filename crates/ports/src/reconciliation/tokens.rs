//! A wallet's tokens, each to its smallest unit: what it must hold of them by what was read, and what it holds.

use std::collections::{BTreeMap, BTreeSet};

use domain::Mint;

use super::{Held, TOKENS_MAX};
use crate::safety::{Checkpoint, Tokens};

/// What a comparison has come to of one token, in base units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TokenTotal {
    /// Absent for a token that is looked at from the next comparison on.
    pub held: Option<u64>,
    /// What others paid in.
    pub from_outside: i128,
    /// What neither receipts nor what came from others explain.
    pub unexplained: i128,
}

/// What a transaction did to a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenChange {
    pub mint: Mint,
    /// By the ledger, in base units.
    pub change: i128,
    /// By the order's receipt, if that is another one.
    pub told: Option<i128>,
}

/// All tokens of one comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Book {
    /// What the wallet must hold, of the tokens that are compared.
    expected: BTreeMap<Mint, i128>,
    totals: BTreeMap<Mint, TokenTotal>,
}

impl Book {
    /// What is held is looked at; what was noted is compared.
    pub(super) fn begin(from: Option<&Checkpoint>, held: &Held) -> Self {
        let noted = from.into_iter().flat_map(|it| it.tokens.iter());
        let total = |(mint, held): (&Mint, &u64)| {
            let held = Some(*held);
            (
                *mint,
                TokenTotal {
                    held,
                    ..TokenTotal::default()
                },
            )
        };
        Self {
            expected: noted
                .filter(|(mint, _)| held.tokens.contains_key(mint))
                .filter_map(|(mint, amount)| Some((*mint, i128::from((*amount)?))))
                .collect(),
            totals: held.tokens.iter().map(total).collect(),
        }
    }

    /// What the ledger says of a transaction. A token that the wallet moves itself is followed from then on; one that
    /// others pay in, or take back, is not: anybody can make a token and do that.
    pub(super) fn add(&mut self, changes: &BTreeMap<Mint, i128>, is_own: bool) {
        for (mint, change) in changes {
            if is_own {
                self.totals.entry(*mint).or_default();
            }
            if let Some(expected) = self.expected.get_mut(mint) {
                *expected += change;
            }
        }
    }

    /// A receipt tells other changes: how they differ, token by token.
    pub(super) fn differ(
        &mut self,
        changes: &BTreeMap<Mint, i128>,
        told: &BTreeMap<Mint, i128>,
    ) -> bool {
        let mints = changes.keys().chain(told.keys());
        let mut differs = false;
        for mint in mints.collect::<BTreeSet<_>>() {
            let of = |all: &BTreeMap<Mint, i128>| all.get(mint).copied().unwrap_or(0);
            let missing = of(changes) - of(told);
            if missing != 0 {
                self.totals.entry(*mint).or_default().unexplained += missing;
                differs = true;
            }
        }
        differs
    }

    /// Somebody else's transaction: of a token that is followed, what it pays in is named, and what it takes has no
    /// explanation. Whether it takes.
    pub(super) fn add_outside(&mut self, changes: &BTreeMap<Mint, i128>) -> bool {
        let mut takes = false;
        for (mint, change) in changes {
            let Some(total) = self.totals.get_mut(mint) else {
                continue;
            };
            match *change > 0 {
                true => total.from_outside += change,
                false => total.unexplained += change,
            }
            takes |= *change < 0;
        }
        takes
    }

    /// Tokens that hold something else than was read.
    pub(super) fn unbalanced(&self) -> Vec<Mint> {
        let missing = |mint: &Mint| self.missing(mint) != Some(0);
        self.compared().filter(missing).collect()
    }

    /// Tokens that are compared.
    pub(super) fn compared(&self) -> impl Iterator<Item = Mint> {
        self.expected.keys().copied()
    }

    /// How much more is held than must be.
    fn missing(&self, mint: &Mint) -> Option<i128> {
        let held = self.totals.get(mint)?.held?;
        Some(i128::from(held) - self.expected.get(mint)?)
    }

    /// Everything was read: what is held beside what must be is unexplained.
    pub(super) fn conclude(&mut self) {
        for mint in self.unbalanced() {
            let missing = self.missing(&mint).unwrap_or(0);
            self.totals.entry(mint).or_default().unexplained += missing;
        }
    }

    /// There is more to read: the wallet held then what must have been held.
    pub(super) fn break_off(&mut self) {
        for (mint, total) in &mut self.totals {
            let expected = self.expected.get(mint).copied();
            total.held = expected.map(|it| u64::try_from(it).unwrap_or(0));
            // Less than nothing cannot be.
            total.unexplained += expected.unwrap_or(0).min(0);
        }
    }

    /// What must be held by what was read up to here, as a store notes it.
    pub(super) fn expected(&self) -> Tokens {
        let followed = self.totals.keys().map(|mint| (*mint, None));
        let mut tokens: Tokens = followed.collect();
        for (mint, amount) in &self.expected {
            tokens.insert(*mint, u64::try_from(*amount).ok());
        }
        tokens
    }

    /// What is held, as a store notes it, and how many tokens are too many to be followed: those of which nothing is
    /// held are the first to go.
    pub(super) fn noted(&self) -> (Tokens, usize) {
        let mut tokens: Tokens = self
            .totals
            .iter()
            .map(|(mint, it)| (*mint, it.held))
            .collect();
        if tokens.len() > TOKENS_MAX {
            tokens.retain(|_, held| *held != Some(0));
        }
        let left_out = tokens.len().saturating_sub(TOKENS_MAX);
        let tokens = tokens.into_iter().take(TOKENS_MAX).collect();
        (tokens, left_out)
    }

    pub(super) const fn totals(&self) -> &BTreeMap<Mint, TokenTotal> {
        &self.totals
    }

    pub(super) fn is_balanced(&self) -> bool {
        self.totals.values().all(|it| it.unexplained == 0)
    }
}
