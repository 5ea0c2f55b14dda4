//! Which prices a chain begins with where nobody named a seed: such that a first look at it shows both venues winning.

use domain::{TokenList, Venue};
use solana_address::Address;

use super::listing::{self, Listed};
use super::movement::{ONE, mix, movement};
use super::opening::Kind;

/// What is sold and bought first, as `order-engine demo` does. Each venue pays most for one of them.
const FIRST_SALES: [(&str, &str); 2] = [("SOL", "USDC"), ("USDC", "BONK")];
const BASIS_POINT: i64 = ONE / 10_000;
/// By so much the winner leads, so that it still does some blocks later, and whatever a bin's width does to a price.
const LEAD: i64 = 30 * BASIS_POINT;
/// About every third seed will do.
const SEEDS_MAX: usize = 256;

/// The first seed from a drawn one on with which both venues win at this height.
pub(crate) fn seed_from(drawn: u64, height: u64) -> u64 {
    let listed = listing::all();
    let sales = FIRST_SALES.map(|names| Sale::of(names, &listed));
    let seeds = std::iter::successors(Some(drawn), |seed| Some(mix(*seed)));
    let mut seeds = seeds.take(SEEDS_MAX);
    let both_win = |seed: &u64| {
        let winners = sales.each_ref().map(|sale| sale.winner(*seed, height));
        matches!(winners, [Some(first), Some(second)] if first != second)
    };
    seeds.find(both_win).unwrap_or(drawn)
}

struct Sale {
    mint_in: Address,
    pools: Vec<Listed>,
}

impl Sale {
    fn of((token_in, token_out): (&str, &str), listed: &[Listed]) -> Self {
        let list = TokenList::mainnet();
        let mint = |symbol: &str| {
            let asset = list.find(symbol).expect("invariant: it is listed");
            Address::from(*asset.mint.address().bytes())
        };
        let (mint_in, mint_out) = (mint(token_in), mint(token_out));
        let trades = |pool: &&Listed| {
            let mints = [pool.tokens.0.mint, pool.tokens.1.mint];
            mints.contains(&mint_in) && mints.contains(&mint_out)
        };
        Self {
            mint_in,
            pools: listed.iter().filter(trades).copied().collect(),
        }
    }

    /// The venue that clearly pays most.
    fn winner(&self, seed: u64, height: u64) -> Option<Venue> {
        let best = |venue| {
            let of_venue = self
                .pools
                .iter()
                .filter(|pool| venue_of(pool.kind) == venue);
            let paid = of_venue.map(|pool| self.paid(pool, seed, height));
            paid.max().unwrap_or(-ONE)
        };
        match best(Venue::Raydium) - best(Venue::Meteora) {
            LEAD.. => Some(Venue::Raydium),
            lead if lead <= -LEAD => Some(Venue::Meteora),
            _ => None,
        }
    }

    /// How much more than the reference price a small sale gets after the fee, in billionths.
    fn paid(&self, pool: &Listed, seed: u64, height: u64) -> i64 {
        let moved = movement(seed, &pool.address, height);
        let for_it = match pool.tokens.0.mint == self.mint_in {
            true => moved,
            false => -moved,
        };
        for_it - fee_bps(pool.kind) * BASIS_POINT
    }
}

const fn venue_of(kind: Kind) -> Venue {
    match kind {
        Kind::Cpmm | Kind::AmmV4 => Venue::Raydium,
        Kind::DammV2 | Kind::Dlmm(_) => Venue::Meteora,
    }
}

const fn fee_bps(kind: Kind) -> i64 {
    match kind {
        Kind::Cpmm | Kind::AmmV4 => 25,
        Kind::DammV2 => 30,
        Kind::Dlmm(_) => 10,
    }
}
