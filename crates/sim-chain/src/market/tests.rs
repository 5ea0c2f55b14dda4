//! What the market promises:
//!
//! 1. Pools of a pair differ by some tenths of a percent from the first block on, and by 2 to 5 % at times.
//! 2. Between a quote and its execution a price moves by 10 basis points at most in the median, 40 at the 99th percent.
//! 3. Tokens are neither made nor lost but by their mints.
//! 4. A one-sided load does not run a pool dry, and what it did to the price goes.
//! 5. Where nobody looks nothing happens, and a still market never trades.

mod balances;
mod first_prices;
mod launches;
mod statistics;

use amm::Pool;

use super::movement::ONE;
use super::*;
use crate::bank::{Clock, Environment};

const GENESIS: Hash = Hash::new_from_array([7; 32]);
/// Heights begin somewhere.
const BEGIN: u64 = 1_000_000;

/// A chain with its market.
struct World {
    bank: Bank,
    market: Market,
    height: u64,
}

impl World {
    fn new(seed: u64, mode: Mode) -> Self {
        let environment = Environment {
            clock: clock(BEGIN),
            ..Environment::default()
        };
        let mut bank = Bank::new(environment);
        let market = Market::open(&mut bank, &GENESIS, seed, mode, BEGIN).unwrap();
        let mut world = Self {
            bank,
            market,
            height: BEGIN,
        };
        world.pass(1);
        world
    }

    /// So many blocks later.
    fn pass(&mut self, blocks: u64) {
        self.height += blocks;
        self.bank.set_clock(clock(self.height));
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&self.height.to_le_bytes());
        self.bank.register_blockhash(Hash::new_from_array(hash));
    }

    fn touch(&mut self, pool: &Address) -> Vec<Processed> {
        self.market.touch(&mut self.bank, [pool], self.height)
    }

    fn listed(&self) -> Vec<Listed> {
        self.market.pools.iter().map(|pool| pool.listed).collect()
    }

    /// The pool of a program for two symbols.
    fn pool(&self, wanted: fn(&Pool) -> bool, symbols: [&str; 2]) -> Listed {
        let list = domain::TokenList::mainnet();
        let mints = symbols.map(|symbol| *list.find(symbol).unwrap().mint.address().bytes());
        let is_it = |pool: &Listed| {
            let (first, second) = (pool.tokens.0.mint, pool.tokens.1.mint);
            mints.contains(first.as_array())
                && mints.contains(second.as_array())
                && wanted(&read_pool(&self.bank, &pool.address).unwrap())
        };
        self.listed().into_iter().find(is_it).unwrap()
    }

    /// The price of a pool's dearer mint address in the other over the reference price, in billionths: so pools of a
    /// pair can be compared whatever order they keep their tokens in.
    fn premium(&self, listed: &Listed) -> i64 {
        let (first, second) = listed.tokens;
        let pool = read_pool(&self.bank, &listed.address).unwrap();
        let (x, y) = match &pool {
            Pool::Cpmm(state) => state.pool.reserves().unwrap(),
            Pool::AmmV4(state) => state.pool.reserves().unwrap(),
            Pool::DammV2(state) => {
                let (first, second) = state.pool.reserves().unwrap();
                (first.into(), second.into())
            }
            Pool::Dlmm(state) => (1 << 64, state.pool.price().unwrap()),
        };
        let worth = |token: Token| u128::from(token.micro_usd) * 1_000_000_000_000 / token.unit();
        let (a, b) = if first.mint > second.mint {
            ((x, worth(first)), (y, worth(second)))
        } else {
            ((y, worth(second)), (x, worth(first)))
        };
        // What `b` holds is worth, over what `a` holds.
        let value = |(amount, worth): (u128, u128)| {
            amm::rounding::mul_div_floor(amount, worth, 1_000_000).unwrap()
        };
        let one = u128::from(ONE.unsigned_abs());
        i64::try_from(value(b) * one / value(a)).unwrap()
    }
}

fn clock(height: u64) -> Clock {
    Clock {
        slot: height,
        epoch: height / 432_000,
        unix_timestamp: 1_780_000_000 + i64::try_from(height * 2 / 5).unwrap(),
    }
}

/// How far `b` is from `a`, in billionths of `a`.
fn change(a: i64, b: i64) -> i64 {
    ((b - a) * ONE / a).abs()
}
