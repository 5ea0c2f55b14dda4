//! Lamports for the asking. What the faucet gives is paid by a transaction like any other.

use ed25519_dalek::SigningKey;
use solana_address::Address;
use solana_hash::Hash;
use solana_message::{Message, VersionedMessage};

use crate::bank::Verified;
use crate::bank::instruction::{transfer, units_limit};

/// It is no secret: it signs nothing but gifts on a simulated cluster.
const KEY: &[u8; 32] = b"the faucet of a simulated chain!";
/// What the faucet has from the first block on: half a billion SOL.
pub(super) const FUNDS: u64 = 500_000_000_000_000_000;
/// The most that is given at once.
pub const AIRDROP_LAMPORTS_MAX: u64 = 1_000_000_000_000_000;
/// More than the instructions of a gift use.
const UNITS: u64 = 1_000;
/// A gift's unit limit, which nobody charges for, tells it from its twins under one blockhash.
const TWINS: u64 = 1_000_000;

#[must_use]
pub fn faucet() -> Address {
    let key = SigningKey::from_bytes(KEY).verifying_key();
    Address::from(key.to_bytes())
}

/// A signed gift. `number` tells it from others to the same address.
pub(super) fn payment(to: Address, lamports: u64, blockhash: Hash, number: u64) -> Verified {
    let key = SigningKey::from_bytes(KEY);
    let units = u32::try_from(UNITS + number % TWINS).unwrap_or(u32::MAX);
    let from = faucet();
    let instructions = [units_limit(units), transfer(from, to, lamports)];
    let message = Message::new_with_blockhash(&instructions, Some(&from), &blockhash);
    Verified::sign(VersionedMessage::Legacy(message), &[&key])
        .expect("invariant: a message of two instructions that its payer signs")
}
