//! The two wallets that there are from the beginning, and what they have. Their keys follow from the chain's genesis
//! hash, so every process knows them; they are worth nothing anywhere else.

use ed25519_dalek::SigningKey;
use sha2::{Digest, Sha256};
use solana_address::Address;
use solana_hash::Hash;

use crate::bank::GENESIS_HASH;

/// What a wallet has at genesis, and what the engine's is filled up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Allowance {
    pub(super) lamports: u64,
    /// The worth of what it has of every token, in dollars.
    pub(super) usd: u64,
    pub(super) wraps_sol: bool,
}

/// The market's: deep enough that it seldom has to make more, and SOL for everybody who asks.
pub(super) const MARKET: Allowance = Allowance {
    lamports: 500_000_000_000_000_000,
    usd: 400_000_000,
    wraps_sol: true,
};

impl Allowance {
    /// The engine's, which wraps its SOL itself.
    pub(super) const ENGINE: Self = Self {
        lamports: 100_000_000_000_000,
        usd: 10_000_000,
        wraps_sol: false,
    };
}

/// The key of the one who moves prices.
pub(super) fn market_key(genesis_hash: &Hash) -> SigningKey {
    let hash = Sha256::new()
        .chain_update(b"the market's wallet")
        .chain_update(genesis_hash.as_ref());
    SigningKey::from_bytes(&hash.finalize().into())
}

/// Whose transactions are the market's own.
pub(crate) fn market_wallet() -> Address {
    address_of(&market_key(&GENESIS_HASH))
}

/// The address of a key.
pub(super) fn address_of(key: &SigningKey) -> Address {
    Address::from(key.verifying_key().to_bytes())
}
