//! Addresses that Solana fixes, and how others follow from seeds.

mod known;

use amm::Address;
use ed25519_dalek::VerifyingKey;
use sha2::{Digest, Sha256};

pub use amm::token::{TOKEN_2022_PROGRAM, TOKEN_PROGRAM, WRAPPED_SOL};

/// The program of lamports and of accounts without a program.
pub const SYSTEM_PROGRAM: Address = Address::literal("11111111111111111111111111111111");
/// The program that makes a wallet's token accounts.
pub const ASSOCIATED_TOKEN_PROGRAM: Address =
    Address::literal("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL");
/// Whose instructions set what a transaction may use and pays for it.
pub const COMPUTE_BUDGET_PROGRAM: Address =
    Address::literal("ComputeBudget111111111111111111111111111111");
/// The account that holds the chain's time.
pub const CLOCK: Address = Address::literal("SysvarC1ock11111111111111111111111111111111");

const MARKER: &[u8] = b"ProgramDerivedAddress";

/// The address that a program signs for with exactly these seeds, the bump among them; `None` where it could be
/// somebody's public key.
#[must_use]
pub fn derive(seeds: &[&[u8]], program: Address) -> Option<Address> {
    let mut hash = Sha256::new();
    for seed in seeds {
        hash.update(seed);
    }
    hash.update(program.0);
    hash.update(MARKER);
    let bytes: [u8; 32] = hash.finalize().into();
    // Only a point of the curve can be a public key.
    VerifyingKey::from_bytes(&bytes)
        .is_err()
        .then_some(Address(bytes))
}

/// The first address that no key can have, with the bump that leads to it, counted down from 255; `None` where no bump
/// leads to one, which takes 2^255 tries to meet.
#[must_use]
pub fn find(seeds: &[&[u8]], program: Address) -> Option<(Address, u8)> {
    known::find(seeds, program, search)
}

fn search(seeds: &[&[u8]], program: Address) -> Option<(Address, u8)> {
    (1..=u8::MAX).rev().find_map(|bump| {
        let end = [bump];
        let all: Vec<&[u8]> = seeds.iter().copied().chain([&end[..]]).collect();
        derive(&all, program).map(|address| (address, bump))
    })
}

/// The same without the bump.
#[must_use]
pub fn program_address(seeds: &[&[u8]], program: Address) -> Option<Address> {
    find(seeds, program).map(|(address, _)| address)
}

/// The address at which `base` may make an account by naming a seed.
#[must_use]
pub fn with_seed(base: Address, seed: &str, program: Address) -> Address {
    let hash = Sha256::new()
        .chain_update(base.0)
        .chain_update(seed)
        .chain_update(program.0);
    Address(hash.finalize().into())
}

/// The account that holds a wallet's tokens of one mint by convention.
#[must_use]
pub fn associated_token(wallet: Address, mint: Address, token_program: Address) -> Address {
    find_associated_token(wallet, mint, token_program).0
}

/// The bump that leads to that account's address.
#[must_use]
pub fn associated_token_bump(wallet: Address, mint: Address, token_program: Address) -> u8 {
    find_associated_token(wallet, mint, token_program).1
}

fn find_associated_token(wallet: Address, mint: Address, token_program: Address) -> (Address, u8) {
    find(
        &[&wallet.0, &token_program.0, &mint.0],
        ASSOCIATED_TOKEN_PROGRAM,
    )
    .expect("invariant: one of 255 hashes is no point of the curve")
}

#[cfg(test)]
mod tests;
