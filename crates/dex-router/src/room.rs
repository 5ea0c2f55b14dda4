//! How long a route's transaction is: a packet has room for so many swaps.
//!
//! A route that is simulated first needs more: there its output goes to an account made for that alone.
//!
//! A CPMM swap names 13 accounts, a DAMM v2 swap 14, a DLMM swap 16 and its bin arrays, an AMM v4 swap 17 in the long
//! form; of those some seven are the pool's own, at 32 bytes each. So of CPMM, DAMM v2 and DLMM any two fit, simulated
//! those of CPMM and DAMM v2; what else does is counted.

use std::collections::BTreeSet;

use amm::instruction::{Amounts, Trader};
use amm::token::{TOKEN_2022_PROGRAM, TOKEN_PROGRAM};
use amm::{Address, Direction, Pool};
use domain::Asset;
use domain::asset::TokenProgram;

/// What fits into one packet.
pub const BYTES_MAX: usize = 1_232;

/// A signature with its count, the message's header, the blockhash, and two counts.
const FRAME: usize = 65 + 3 + 32 + 2;
const ADDRESS: usize = 32;
/// Compute-unit limit and price.
const BUDGET: usize = 8 + 12;
/// The transfer of nothing that names the execution's own address.
const NAMING: usize = 17;
/// An account of wrapped SOL: made with a seed of 11 characters, begun, ended.
const WRAPPING: usize = 108 + 38 + 7;
/// The wallet's usual account of a token, made where it is not there.
const ACCOUNT: usize = 10;
/// An account of a simulation's output: made with a seed of 11 characters, begun, and its address.
const OUTLET: usize = 108 + 38 + ADDRESS;

/// Stand for addresses that differ from all others.
const WALLET: Address = Address([0xf0; 32]);
const OWN: Address = Address([0xf1; 32]);
const COMPUTE_BUDGET: Address = Address([0xf2; 32]);
const ASSOCIATED_TOKEN: Address = Address([0xf3; 32]);
const SYSTEM: Address = Address([0; 32]);

/// What a lookup table holds. An account in it takes one byte of a message instead of 32, if no program of the message
/// and nobody who signs.
pub type Table = BTreeSet<Address>;

/// How many bytes a message is longer that looks into a table, and that looks into any.
const LOOK: usize = ADDRESS + 2;
const LOOKS: usize = 2;

/// One swap of a route.
#[derive(Debug, Clone, Copy)]
pub struct Swap<'a> {
    pub pool: &'a Pool,
    pub direction: Direction,
    pub assets: (Asset, Asset),
}

/// In how many bytes a route is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Length {
    /// Of its transaction, signed.
    pub transaction: usize,
    /// Of its simulation.
    pub simulation: usize,
}

/// How long the transaction is that makes these swaps: with these lookup tables, where that is shorter.
#[must_use]
pub fn length<'a>(swaps: impl IntoIterator<Item = Swap<'a>>, tables: &[Table]) -> Length {
    let mut called = BTreeSet::from([WALLET, COMPUTE_BUDGET, SYSTEM, TOKEN_PROGRAM]);
    let mut keys = BTreeSet::from([WALLET, OWN, COMPUTE_BUDGET, SYSTEM]);
    let mut first = None;
    let (mut wraps, mut filled) = (false, BTreeSet::new());
    let mut last = None;
    let mut instructions = 0;
    for swap in swaps {
        let (input, output) = swap.assets;
        first.get_or_insert(input.mint);
        last = Some(output);
        wraps |= input.is_native() || output.is_native();
        for asset in [input, output] {
            if Some(asset.mint) != first && !asset.is_native() && filled.insert(asset.mint) {
                keys.extend([mint(asset), program(asset), ASSOCIATED_TOKEN]);
                called.extend([program(asset), ASSOCIATED_TOKEN]);
            }
        }
        let trader = Trader {
            wallet: WALLET,
            input: holding(input),
            output: holding(output),
        };
        let amounts = Amounts::ExactIn {
            amount_in: 0,
            min_amount_out: 0,
        };
        let swap = swap.pool.swap_instruction(swap.direction, trader, amounts);
        keys.extend(swap.accounts.iter().map(|account| account.address));
        keys.insert(swap.program);
        called.insert(swap.program);
        // Its program, two counts, and a byte for each account.
        instructions += 3 + swap.accounts.len() + swap.data.len();
    }
    if wraps {
        keys.extend([TOKEN_PROGRAM, mint(Asset::SOL)]);
    }
    let around = if wraps { WRAPPING } else { NAMING };
    let transaction =
        FRAME + keys.len() * ADDRESS + BUDGET + around + filled.len() * ACCOUNT + instructions;
    // The account of what is bought is not made, nor is the program named that makes it, if it makes no other.
    let spared = ACCOUNT + ADDRESS + if filled.len() == 1 { ADDRESS } else { 0 };
    let simulation = match last.is_some_and(|asset| !asset.is_native()) {
        true => transaction + OUTLET - spared,
        false => transaction,
    };
    let saved = saved(keys.difference(&called), tables);
    Length {
        transaction: transaction - saved,
        simulation: simulation - saved,
    }
}

/// What tables save of these addresses; nothing where they would make it longer.
fn saved<'a>(keys: impl Iterator<Item = &'a Address>, tables: &[Table]) -> usize {
    let mut looked_into = BTreeSet::new();
    let mut found = 0;
    for key in keys {
        if let Some(place) = tables.iter().position(|table| table.contains(key)) {
            looked_into.insert(place);
            found += 1;
        }
    }
    (found * (ADDRESS - 1)).saturating_sub(looked_into.len() * LOOK + LOOKS)
}

fn mint(asset: Asset) -> Address {
    Address(*asset.mint.address().bytes())
}

/// Stands for the wallet's account of an asset: an address of its own.
fn holding(asset: Asset) -> Address {
    match asset.is_native() {
        true => OWN,
        false => Address(mint(asset).0.map(|byte| !byte)),
    }
}

const fn program(asset: Asset) -> Address {
    match asset.program {
        TokenProgram::Token => TOKEN_PROGRAM,
        TokenProgram::Token2022 => TOKEN_2022_PROGRAM,
    }
}
