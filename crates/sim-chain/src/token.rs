//! The listed assets by number, so that pools and prices can be tables.

use std::fmt;

use domain::Asset;
use domain::asset::LISTED;

/// A listed asset. It is an index into the list, so it is cheap to copy.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(u8);

impl Token {
    /// Native SOL, wrapped around a swap.
    pub const SOL: Self = Self(0);
    /// USD Coin.
    pub const USDC: Self = Self(1);

    /// Every listed asset.
    pub fn all() -> impl ExactSizeIterator<Item = Self> + Clone {
        (0u8..16).map(Self)
    }

    /// The listed token that is this asset.
    #[must_use]
    pub(crate) fn of(asset: Asset) -> Option<Self> {
        Self::all().find(|token| token.asset().mint == asset.mint)
    }

    /// The listed token with this symbol.
    #[must_use]
    pub fn find(symbol: &str) -> Option<Self> {
        Self::all().find(|token| token.symbol() == symbol)
    }

    /// The same as the engine knows it.
    #[must_use]
    pub(crate) fn asset(self) -> Asset {
        LISTED[usize::from(self.0)].2
    }

    /// The short name, in its usual case.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        LISTED[usize::from(self.0)].0
    }

    /// How many decimals one whole unit of the asset has.
    #[must_use]
    pub fn decimals(self) -> u8 {
        self.asset().decimals
    }

    /// Whether a swap wraps or unwraps native SOL for this asset.
    #[must_use]
    pub fn is_native(self) -> bool {
        self == Self::SOL
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.symbol())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
