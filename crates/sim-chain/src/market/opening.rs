//! How pools are opened: each program's accounts as they stand when the first provider has come.

mod amm_v4;
mod cpmm;
pub(super) mod damm_v2;
mod dlmm;
mod order_book;

use amm::Refusal;
use solana_address::Address;

use super::site::Site;
use super::token::Token;
use crate::bank::address::find_program_address;

pub(super) use cpmm::{
    configuration as cpmm_configuration, configuration_address as cpmm_configuration_address,
};
pub(super) use dlmm::{Terms as DlmmTerms, array_address, bin_at};

/// A program with what is fixed of its pools when they are opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Cpmm,
    AmmV4,
    DammV2,
    Dlmm(dlmm::Terms),
}

/// The pool that is opened.
#[derive(Debug, Clone, Copy)]
pub(super) struct Opening {
    /// The first and the second token in the program's own order; see [`Kind::ordered`].
    pub(super) tokens: (Token, Token),
    /// What is provided of them.
    pub(super) amounts: (u64, u64),
    pub(super) provider: Address,
    /// Unix time from which the pool trades, and now.
    pub(super) opens_at: u64,
    pub(super) starting_fee: Option<StartingFee>,
    pub(super) now: u64,
}

/// A fee that falls to the usual one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StartingFee {
    pub bps: u16,
    /// How long it takes from the pool's opening on.
    pub falls_for_seconds: u64,
}

/// An address that a program derives, with its bump.
fn derived(seeds: &[&[u8]], program: &Address) -> (Address, u8) {
    find_program_address(seeds, program)
        .expect("invariant: a few seeds of 32 bytes at most have an address for some bump")
}

impl Kind {
    /// Puts the tokens of a pair, its base first, into the order that the program keeps them in.
    pub(super) fn ordered(self, base: Token, quote: Token) -> (Token, Token) {
        match self {
            Self::Cpmm if base.mint > quote.mint => (quote, base),
            Self::Cpmm | Self::AmmV4 | Self::DammV2 | Self::Dlmm(_) => (base, quote),
        }
    }

    /// The address of a pool of these tokens, as the program derives it.
    pub(super) fn address(self, tokens: (Token, Token)) -> Address {
        let mints = (tokens.0.mint, tokens.1.mint);
        match self {
            Self::Cpmm => cpmm::address(mints),
            Self::AmmV4 => amm_v4::address(mints),
            Self::DammV2 => damm_v2::address(mints),
            Self::Dlmm(terms) => dlmm::address(terms, mints),
        }
    }

    /// Puts the accounts of a new pool there. Both mints must be there.
    pub(super) fn open(self, site: &mut Site, opening: &Opening) -> Result<Address, Refusal> {
        match self {
            Self::Cpmm => Ok(cpmm::open(site, opening)),
            Self::AmmV4 => Ok(amm_v4::open(site, opening)),
            Self::DammV2 => damm_v2::open(site, opening),
            Self::Dlmm(terms) => dlmm::open(terms, site, opening),
        }
    }
}

/// Two mints, the one with the smaller address first.
fn sorted((first, second): (Address, Address)) -> (Address, Address) {
    if first < second {
        (first, second)
    } else {
        (second, first)
    }
}

/// Shares of the first provider of a constant product.
fn shares((first, second): (u64, u64)) -> u64 {
    let product = u128::from(first) * u128::from(second);
    u64::try_from(product.isqrt()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
