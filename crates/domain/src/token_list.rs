//! Which symbols stand for which assets. It is data: an operator may bring another list.

mod json;

use std::collections::HashMap;

use crate::asset::{Asset, LISTED, Mint};

pub use json::NoList;

/// What its issuer calls USDC on devnet.
const DEVNET_USDC: Mint = Mint::literal("4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU");

/// An asset with what people call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    pub symbol: String,
    pub name: String,
    pub asset: Asset,
}

/// The assets that have symbols.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenList {
    listings: Vec<Listing>,
    /// Symbols in lower case.
    by_symbol: HashMap<String, usize>,
    by_mint: HashMap<Mint, usize>,
}

/// Why listings are no list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Ambiguous {
    #[error("the symbol {0} stands twice in it")]
    Symbol(String),
    #[error("the mint {0} stands twice in it")]
    Mint(Mint),
}

impl TokenList {
    /// A list of these, in this order.
    pub fn new(listings: Vec<Listing>) -> Result<Self, Ambiguous> {
        let (mut by_symbol, mut by_mint) = (HashMap::new(), HashMap::new());
        for (place, listing) in listings.iter().enumerate() {
            let symbol = listing.symbol.to_ascii_lowercase();
            if by_symbol.insert(symbol, place).is_some() {
                return Err(Ambiguous::Symbol(listing.symbol.clone()));
            }
            if by_mint.insert(listing.asset.mint, place).is_some() {
                return Err(Ambiguous::Mint(listing.asset.mint));
            }
        }
        Ok(Self {
            listings,
            by_symbol,
            by_mint,
        })
    }

    /// The list of mainnet-beta, which the simulated cluster has too.
    #[must_use]
    pub fn mainnet() -> Self {
        let listings = LISTED.iter().map(|(symbol, name, asset)| Listing {
            symbol: (*symbol).to_owned(),
            name: (*name).to_owned(),
            asset: *asset,
        });
        Self::new(listings.collect()).expect("invariant: the list in the code is unambiguous")
    }

    /// The list of devnet, where USDC is another mint.
    #[must_use]
    pub fn devnet() -> Self {
        let listing = |symbol: &str, name: &str, asset| Listing {
            symbol: symbol.to_owned(),
            name: name.to_owned(),
            asset,
        };
        let listings = vec![
            listing("SOL", "Solana", Asset::SOL),
            listing("USDC", "USD Coin", Asset::token(DEVNET_USDC, 6)),
        ];
        Self::new(listings).expect("invariant: the list in the code is unambiguous")
    }

    /// All of it.
    #[must_use]
    pub fn listings(&self) -> &[Listing] {
        &self.listings
    }

    /// The asset of a symbol in any case (`wSOL` is `SOL`), or of a listed mint's address.
    #[must_use]
    pub fn find(&self, symbol_or_mint: &str) -> Option<Asset> {
        let symbol = match symbol_or_mint.to_ascii_lowercase() {
            wrapped if wrapped == "wsol" => "sol".to_owned(),
            symbol => symbol,
        };
        let by_mint = || self.by_mint.get(&symbol_or_mint.parse().ok()?);
        let place = self.by_symbol.get(&symbol).or_else(by_mint)?;
        Some(self.listings[*place].asset)
    }

    /// How far ahead a mint stands in the list, 0 for the first.
    #[must_use]
    pub fn place_of(&self, mint: Mint) -> Option<usize> {
        self.by_mint.get(&mint).copied()
    }

    /// What clients are shown for a mint: its symbol, or its address where it has none.
    #[must_use]
    pub fn name_of(&self, mint: Mint) -> String {
        match self.by_mint.get(&mint) {
            Some(place) => self.listings[*place].symbol.clone(),
            None => mint.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asset_is_found_by_symbol_in_any_case_and_by_mint() {
        let list = TokenList::mainnet();

        for name in [
            "SOL",
            "sol",
            "wSOL",
            "So11111111111111111111111111111111111111112",
        ] {
            assert_eq!(list.find(name), Some(Asset::SOL), "{name}");
        }
        assert_eq!(list.find("DOGE"), None);
        assert_eq!(list.find(""), None);
    }

    #[test]
    fn usdc_is_another_mint_on_devnet() {
        let (main, dev) = (TokenList::mainnet(), TokenList::devnet());

        assert_eq!(dev.find("SOL"), main.find("SOL"));
        assert_ne!(dev.find("USDC"), main.find("USDC"));
        assert_eq!(dev.find(&Asset::USDC.mint.to_string()), None);
    }

    #[test]
    fn what_has_no_symbol_is_called_by_its_mint() {
        let mint = "9BB6NFEcjBCtnNLFko2FqVQBq8HHM13kCyYcdQbgpump";

        assert_eq!(TokenList::mainnet().name_of(Mint::SOL), "SOL");
        assert_eq!(TokenList::mainnet().name_of(Mint::literal(mint)), mint);
    }

    #[test]
    fn a_list_that_names_a_symbol_or_a_mint_twice_is_refused() {
        let listing = |symbol: &str, asset| Listing {
            symbol: symbol.to_owned(),
            name: symbol.to_owned(),
            asset,
        };

        let symbols = TokenList::new(vec![listing("A", Asset::SOL), listing("a", Asset::USDC)]);
        assert_eq!(symbols, Err(Ambiguous::Symbol("a".to_owned())));
        let mints = TokenList::new(vec![listing("A", Asset::SOL), listing("B", Asset::SOL)]);
        assert_eq!(mints, Err(Ambiguous::Mint(Mint::SOL)));
    }
}
