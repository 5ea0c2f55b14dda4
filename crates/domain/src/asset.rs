//! What is traded. Any mint can be; which symbol people use for it is data and stands in a
//! [`TokenList`](crate::token_list::TokenList).

mod version_1;

use std::fmt;
use std::str::FromStr;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::address::{Address, InvalidAddress};
use crate::named::named;

pub(crate) use version_1::LISTED;

/// The address of an asset's mint.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mint(Address);

named! {
    /// The program that a mint belongs to.
    TokenProgram {
        Token "token"
        Token2022 "token_2022"
    }
}

/// A mint with the facts about it that never change, so that they can be stored with an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Asset {
    pub mint: Mint,
    pub decimals: u8,
    pub program: TokenProgram,
}

impl Mint {
    /// Wrapped SOL, which stands for native SOL: swaps wrap and unwrap it.
    pub const SOL: Self = Self::literal("So11111111111111111111111111111111111111112");

    /// The mint at this address.
    #[must_use]
    pub const fn new(address: Address) -> Self {
        Self(address)
    }

    /// A mint that stands in the code, where a wrong one does not compile.
    #[must_use]
    pub const fn literal(text: &str) -> Self {
        Self(Address::literal(text))
    }

    /// Its address.
    #[must_use]
    pub const fn address(self) -> Address {
        self.0
    }

    /// The name under which stores list orders. Version 1 knew sixteen assets, and those by their symbols alone:
    /// under these names they are still found.
    #[must_use]
    pub fn column(self) -> String {
        version_1::symbol(self).map_or_else(|| self.to_string(), str::to_owned)
    }
}

impl Asset {
    /// Native SOL, wrapped around a swap.
    pub const SOL: Self = Self::token(Mint::SOL, 9);
    /// USD Coin on mainnet.
    pub const USDC: Self = Self::token(
        Mint::literal("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"),
        6,
    );

    /// An asset of the original token program.
    #[must_use]
    pub const fn token(mint: Mint, decimals: u8) -> Self {
        Self {
            mint,
            decimals,
            program: TokenProgram::Token,
        }
    }

    /// Whether a swap wraps or unwraps native SOL for it.
    #[must_use]
    pub fn is_native(self) -> bool {
        self.mint == Mint::SOL
    }
}

impl fmt::Display for Mint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Mint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for Mint {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        text.parse().map(Self)
    }
}

/// Version 1 stored a symbol.
impl<'de> Deserialize<'de> for Asset {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Stored)
    }
}

/// Reads either form as it comes, without a copy of it.
struct Stored;

impl<'de> Visitor<'de> for Stored {
    type Value = Asset;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an asset")
    }

    fn visit_str<E: de::Error>(self, symbol: &str) -> Result<Asset, E> {
        version_1::asset(symbol)
            .ok_or_else(|| E::custom(format!("{symbol} is no asset of version 1")))
    }

    fn visit_map<A: MapAccess<'de>>(self, facts: A) -> Result<Asset, A::Error> {
        #[derive(Deserialize)]
        struct Facts {
            mint: Mint,
            decimals: u8,
            program: TokenProgram,
        }
        let facts = Facts::deserialize(MapAccessDeserializer::new(facts))?;
        Ok(Asset {
            mint: facts.mint,
            decimals: facts.decimals,
            program: facts.program,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_form_of_version_2_is_stable() {
        let json = r#"{"mint":"So11111111111111111111111111111111111111112","decimals":9,"program":"token"}"#;

        assert_eq!(serde_json::to_string(&Asset::SOL).unwrap(), json);
        assert_eq!(serde_json::from_str::<Asset>(json).unwrap(), Asset::SOL);
    }

    #[test]
    fn a_symbol_of_version_1_is_still_read() {
        assert_eq!(
            serde_json::from_str::<Asset>("\"USDC\"").unwrap(),
            Asset::USDC
        );
        assert!(serde_json::from_str::<Asset>("\"NOPE\"").is_err());
    }

    #[test]
    fn stores_list_assets_of_version_1_by_their_symbols_and_others_by_their_mints() {
        let other = "9BB6NFEcjBCtnNLFko2FqVQBq8HHM13kCyYcdQbgpump";

        assert_eq!(Mint::SOL.column(), "SOL");
        assert_eq!(Mint::literal(other).column(), other);
    }
}
