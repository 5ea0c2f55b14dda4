//! Addresses that programs derive, each computed once in a process.
//!
//! The market's are the same in every world, and deriving them is nearly all that the opening of one costs: a simulation
//! opens thousands of worlds.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use solana_address::Address;

use crate::bank::address::{ASSOCIATED_TOKEN, find_program_address};

/// More than the market's own. Those of tokens that are born later are computed each time.
const KNOWN_MAX: usize = 8_192;

type Known = HashMap<Vec<u8>, (Address, u8)>;

static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);

/// An address that a program derives, with its bump.
pub(super) fn derived(seeds: &[&[u8]], program: &Address) -> (Address, u8) {
    let mut key = program.to_bytes().to_vec();
    for seed in seeds {
        // A seed has 32 bytes at most.
        key.push(u8::try_from(seed.len()).unwrap_or(u8::MAX));
        key.extend_from_slice(seed);
    }
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = known().get(&key) {
        return *found;
    }
    let found = find_program_address(seeds, program)
        .expect("invariant: a few seeds of 32 bytes at most have an address for some bump");
    let mut known = known();
    if known.len() < KNOWN_MAX {
        known.insert(key, found);
    }
    found
}

/// The account in which a wallet holds a mint by convention.
pub(super) fn holding(wallet: &Address, mint: &Address, program: &Address) -> Address {
    let seeds = [wallet.as_ref(), program.as_ref(), mint.as_ref()];
    derived(&seeds, &ASSOCIATED_TOKEN).0
}
