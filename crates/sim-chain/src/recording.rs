//! Records the simulated market's pools, as a program that reads a cluster would have seen them. The same seed gives the
//! same recording, whatever the clock says.

use std::collections::{BTreeMap, BTreeSet};

use amm::Program;
use amm::snapshot::{Snapshot as _, StoredAccount};
use chain_solana::pools::Candidate;
use chain_solana::recording::{QuoteRequest, Recorder, Stored};
use domain::TokenList;
use solana_address::Address;
use solana_hash::Hash;

use crate::bank::address::{from_amm, to_amm};
use crate::bank::{Bank, Clock, Environment};
use crate::cluster::GENESIS_HASH;
use crate::market::{Market, Mode, NotOpened};

/// Heights begin somewhere.
const BEGIN: u64 = 300_000_000;
const SLOTS_PER_EPOCH: u64 = 432_000;
/// When the first block was made, in seconds since 1970, and how many blocks there are in two seconds.
const BEGAN_AT: i64 = 1_700_000_000;
const BLOCKS_IN_TWO_SECONDS: u64 = 5;
const CLOCK: &str = "SysvarC1ock11111111111111111111111111111111";

/// What to record.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Determines prices.
    pub seed: u64,
    pub tokens: &'a TokenList,
    /// What is to be swapped at each snapshot; the pools of these pairs are recorded.
    pub swaps: &'a [QuoteRequest],
    pub snapshots: u32,
    /// How many blocks one snapshot is after the other.
    pub blocks_apart: u32,
}

/// A recording's text.
pub fn record(wanted: &Wanted<'_>) -> Result<String, NotOpened> {
    let mut bank = Bank::new(Environment {
        clock: clock(BEGIN),
        ..Environment::default()
    });
    let mut market = Market::open(&mut bank, &GENESIS_HASH, wanted.seed, Mode::Moving, BEGIN)?;
    let pools = pools_of(&bank, wanted.swaps);
    let traded = wanted.swaps.iter();
    let traded: BTreeSet<_> = traded
        .flat_map(|it| [it.asset_in, it.asset_out])
        .map(|it| it.mint)
        .collect();
    let listings = wanted.tokens.listings().iter();
    let listings: Vec<_> = listings
        .filter(|listing| traded.contains(&listing.asset.mint))
        .cloned()
        .collect();
    let mut recorder = Recorder::new(&listings, wanted.swaps);
    for number in 0..wanted.snapshots {
        let height = BEGIN + u64::from(number + 1) * u64::from(wanted.blocks_apart.max(1));
        pass(&mut bank, height);
        market.touch(&mut bank, &pools, height);
        recorder.add(clock(height).slot, accounts_of(&bank, &pools));
        bank.forget_before(clock(height).slot);
    }
    Ok(recorder.finish())
}

fn pass(bank: &mut Bank, height: u64) {
    bank.set_clock(clock(height));
    let mut hash = [0; 32];
    hash[..8].copy_from_slice(&height.to_le_bytes());
    bank.register_blockhash(Hash::new_from_array(hash));
}

/// The time at a height; no slot is skipped.
fn clock(height: u64) -> Clock {
    let seconds = height.saturating_sub(BEGIN) * 2 / BLOCKS_IN_TWO_SECONDS;
    Clock {
        slot: height,
        epoch: height / SLOTS_PER_EPOCH,
        unix_timestamp: BEGAN_AT.saturating_add_unsigned(seconds),
    }
}

/// The pools of these swaps' pairs.
fn pools_of(bank: &Bank, swaps: &[QuoteRequest]) -> Vec<Address> {
    let address = |asset: domain::Asset| amm::Address(*asset.mint.address().bytes());
    let pairs = swaps
        .iter()
        .map(|it| (address(it.asset_in), address(it.asset_out)));
    let pairs: BTreeSet<_> = pairs
        .flat_map(|(one, other)| [(one, other), (other, one)])
        .collect();
    let all = bank.accounts().iter().map(|(key, _)| *key);
    let mut pools: Vec<Address> = all
        .filter(|key| candidate(bank, key).is_some_and(|it| pairs.contains(&it.mints)))
        .collect();
    pools.sort_unstable();
    pools
}

fn candidate(bank: &Bank, key: &Address) -> Option<Candidate> {
    let at = to_amm(key);
    let owner = bank.accounts().account(&at)?.owner;
    let program = Program::MAINNET.into_iter().find(|it| it.id() == owner)?;
    Candidate::at(program, at, bank.accounts()).ok()
}

/// What the pools' prices follow from, and the clock.
fn accounts_of(bank: &Bank, pools: &[Address]) -> BTreeMap<amm::Address, Stored> {
    let candidates = pools.iter().filter_map(|pool| candidate(bank, pool));
    let needed = candidates.flat_map(|it| it.accounts);
    let needed = needed.chain([amm::Address::literal(CLOCK)]);
    let stored = needed.filter_map(|at| {
        let account = bank.accounts().get(&from_amm(at))?;
        let stored = Stored {
            lamports: account.lamports,
            account: StoredAccount {
                owner: to_amm(&account.owner),
                data: account.data.to_vec(),
            },
        };
        Some((at, stored))
    });
    stored.collect()
}
