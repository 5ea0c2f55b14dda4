//! The assets that the engine trades: symbol, mint address, decimals.

use std::fmt;

use domain::Asset;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Debug)]
struct Listing {
    symbol: &'static str,
    name: &'static str,
    mint: &'static str,
    decimals: u8,
}

const fn listing(
    symbol: &'static str,
    name: &'static str,
    mint: &'static str,
    decimals: u8,
) -> Listing {
    Listing {
        symbol,
        name,
        mint,
        decimals,
    }
}

// The index is used in memory only; the engine stores and sends the symbol.
#[rustfmt::skip]
static LISTINGS: [Listing; 16] = [
    listing("SOL",     "Solana",            "So11111111111111111111111111111111111111112",  9),
    listing("USDC",    "USD Coin",          "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v", 6),
    listing("USDT",    "Tether USD",        "Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB", 6),
    listing("BONK",    "Bonk",              "DezXAZ8z7PnrnRJjz3wXBoRgixCa6xjnB7YaB1pPB263", 5),
    listing("JUP",     "Jupiter",           "JUPyiwrYJFskUPiHa7hkeR8VUtAeFoSYbKedZNsDvCN",  6),
    listing("RAY",     "Raydium",           "4k3Dyjzvzp8eMZWUXbBCjEvwSkkk59S5iCNLY3QrkX6R", 6),
    listing("mSOL",    "Marinade SOL",      "mSoLzYCxHdYgdzU16g5QSh3i5K3z3KZK7ytfqcJm7So",  9),
    listing("JitoSOL", "Jito SOL",          "J1toso1uCk3RLmjorhTtrVwY9HJ7X8V9yYac6Y7kGCPn", 9),
    listing("WIF",     "dogwifhat",         "EKpQGSJtjMFqKZ9KQanSqYXRcF8fBopzLHYxdM65zcjm", 6),
    listing("PYTH",    "Pyth Network",      "HZ1JovNiVvGrGNiiYvEozEVgZ58xaU3RKwX8eACQBCt3", 6),
    listing("JTO",     "Jito",              "jtojtomepa8beP8AuQc6eXt5FriJwfFMwQx2v2f9mCL",  9),
    listing("ORCA",    "Orca",              "orcaEKTdK7LKz57vaAYr9QeNsVEPfiu6QeMU1kektZE",  6),
    listing("W",       "Wormhole",          "85VBFQZC9TZkfaptBWjvUw7YbZjy52A6mjtPGjstQAmQ", 6),
    listing("PYUSD",   "PayPal USD",        "2b1kV6DkPAnxd5ixfnxCpjxmKwqjjaYmCZfHsFu24GXo", 6),
    listing("POPCAT",  "Popcat",            "7GCihgDB8fe6KNjn2MYtkzZcRjQy3t9GHdC8uHYmW2hr", 9),
    listing("ETH",     "Ether (Wormhole)",  "7vfCXTUXx5WJV5JADk17DUJ4ksgau7utNKj4b963voxs", 8),
];

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
        Self::find(&asset.mint.to_string())
    }

    /// The same as the engine knows it.
    #[must_use]
    pub(crate) fn asset(self) -> Asset {
        let mint = self
            .mint()
            .parse()
            .expect("invariant: the list names mints");
        Asset::token(mint, self.decimals())
    }

    /// Finds an asset by its symbol in any case (`wSOL` is `SOL`), or by its mint address.
    #[must_use]
    pub fn find(symbol_or_mint: &str) -> Option<Self> {
        if symbol_or_mint.eq_ignore_ascii_case("wsol") {
            return Some(Self::SOL);
        }
        Self::all().find(|token| {
            token.symbol().eq_ignore_ascii_case(symbol_or_mint) || token.mint() == symbol_or_mint
        })
    }

    fn listing(self) -> &'static Listing {
        &LISTINGS[usize::from(self.0)]
    }

    /// The short name, in its usual case.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        self.listing().symbol
    }

    /// The long name, for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.listing().name
    }

    /// The mint's address on Solana.
    #[must_use]
    pub fn mint(self) -> &'static str {
        self.listing().mint
    }

    /// How many decimals one whole unit of the asset has.
    #[must_use]
    pub fn decimals(self) -> u8 {
        self.listing().decimals
    }

    /// Whether a swap wraps or unwraps native SOL for this asset.
    #[must_use]
    pub fn is_native(self) -> bool {
        self == Self::SOL
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.symbol())
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.symbol())
    }
}

impl Serialize for Token {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.symbol())
    }
}

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::find(&text).ok_or_else(|| serde::de::Error::custom(format!("unknown token {text}")))
    }
}
