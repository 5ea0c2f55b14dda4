//! The sixteen assets that version 1 knew. Stored orders name them by these symbols, so they stay what they are; they
//! also are the list of mainnet-beta.

use super::{Asset, Mint, TokenProgram};

const fn token(mint: &str, decimals: u8) -> Asset {
    Asset::token(Mint::literal(mint), decimals)
}

const fn token_2022(mint: &str, decimals: u8) -> Asset {
    Asset {
        mint: Mint::literal(mint),
        decimals,
        program: TokenProgram::Token2022,
    }
}

/// Symbol, name, asset.
#[rustfmt::skip]
pub(crate) static LISTED: [(&str, &str, Asset); 16] = [
    ("SOL",     "Solana",           Asset::SOL),
    ("USDC",    "USD Coin",         Asset::USDC),
    ("USDT",    "Tether USD",       token("Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB", 6)),
    ("BONK",    "Bonk",             token("DezXAZ8z7PnrnRJjz3wXBoRgixCa6xjnB7YaB1pPB263", 5)),
    ("JUP",     "Jupiter",          token("JUPyiwrYJFskUPiHa7hkeR8VUtAeFoSYbKedZNsDvCN",  6)),
    ("RAY",     "Raydium",          token("4k3Dyjzvzp8eMZWUXbBCjEvwSkkk59S5iCNLY3QrkX6R", 6)),
    ("mSOL",    "Marinade SOL",     token("mSoLzYCxHdYgdzU16g5QSh3i5K3z3KZK7ytfqcJm7So",  9)),
    ("JitoSOL", "Jito SOL",         token("J1toso1uCk3RLmjorhTtrVwY9HJ7X8V9yYac6Y7kGCPn", 9)),
    ("WIF",     "dogwifhat",        token("EKpQGSJtjMFqKZ9KQanSqYXRcF8fBopzLHYxdM65zcjm", 6)),
    ("PYTH",    "Pyth Network",     token("HZ1JovNiVvGrGNiiYvEozEVgZ58xaU3RKwX8eACQBCt3", 6)),
    ("JTO",     "Jito",             token("jtojtomepa8beP8AuQc6eXt5FriJwfFMwQx2v2f9mCL",  9)),
    ("ORCA",    "Orca",             token("orcaEKTdK7LKz57vaAYr9QeNsVEPfiu6QeMU1kektZE",  6)),
    ("W",       "Wormhole",         token("85VBFQZC9TZkfaptBWjvUw7YbZjy52A6mjtPGjstQAmQ", 6)),
    ("PYUSD",   "PayPal USD",       token_2022("2b1kV6DkPAnxd5ixfnxCpjxmKwqjjaYmCZfHsFu24GXo", 6)),
    ("POPCAT",  "Popcat",           token("7GCihgDB8fe6KNjn2MYtkzZcRjQy3t9GHdC8uHYmW2hr", 9)),
    ("ETH",     "Ether (Wormhole)", token("7vfCXTUXx5WJV5JADk17DUJ4ksgau7utNKj4b963voxs", 8)),
];

pub(super) fn asset(symbol: &str) -> Option<Asset> {
    let mut listed = LISTED.iter();
    listed.find_map(|(listed, _, asset)| (*listed == symbol).then_some(*asset))
}

pub(super) fn symbol(mint: Mint) -> Option<&'static str> {
    let mut listed = LISTED.iter();
    listed.find_map(|(symbol, _, asset)| (asset.mint == mint).then_some(*symbol))
}
