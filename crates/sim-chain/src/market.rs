//! The market of the simulated cluster: tokens, pools of all four programs, and somebody who moves their prices.
//!
//! Everything here is made of plain accounts at the programs' mainnet addresses; what it must not know is who looks at
//! them, or how. The market is a trader: whoever is about to look at an account says so ([`Market::touch`]), and where
//! it is a pool's, the market brings that pool towards its fair price by the program's own swap, once a block. So every
//! state is one that a program made, and where nobody looks there is no work.
//!
//! Begin with [`Market::open`]. `listing.rs` says which pools there are, `opening.rs` how their accounts look,
//! `movement.rs` what their fair prices are, and `arbitrage.rs` which swap leads there.

mod arbitrage;
mod first_prices;
mod genesis;
mod launch;
mod listing;
mod movement;
mod opening;
mod payer;
mod reading;
mod site;
pub(crate) mod token;
mod wallet;

pub use chain_solana::keys::simulated_key as engine_key;
pub(crate) use first_prices::seed_from;
pub use genesis::lookup_table;
pub use launch::{DECIMALS_MAX, Launch, Launched, NotLaunched, Part};
pub use opening::StartingFee;
pub use payer::{Failed, Processed};
pub use reading::{conditions, read_pool};
pub(crate) use wallet::market_wallet;

use std::collections::HashMap;

use amm::instruction::Amounts;
use amm::snapshot::ReadError;
use amm::{Direction, Refusal};
use solana_address::Address;
use solana_hash::Hash;

use crate::bank::Bank;
use crate::bank::address::to_amm;
use genesis::Genesis;
use listing::Listed;
use payer::{Payer, balance};
use token::Token;

use wallet::{Allowance, address_of, market_key};

/// Part (one in so many) of what the engine's wallet had at first: with less it is filled up.
const LOW_PART: u64 = 10;

/// Within so many blocks a price moves less than an order's usual slippage. Where nobody looked for longer, it jumps.
const CALM_BLOCKS: u64 = 8;

/// Whether prices move by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Moving,
    /// They move by trades alone.
    Still,
}

/// The market, for as long as a process runs. All that has to outlive it is in the bank.
#[derive(Debug)]
pub struct Market {
    seed: u64,
    mode: Mode,
    pools: Vec<Tended>,
    /// Which pool an account belongs to.
    pool_of: HashMap<Address, usize>,
    payer: Payer,
    engine: Address,
    /// The engine's wallets.
    filled: Vec<Filled>,
}

/// A pool, and when its price was last looked after.
#[derive(Debug)]
struct Tended {
    listed: Listed,
    height: Option<u64>,
    /// Whether nobody has looked at it since this process began.
    is_fresh: bool,
    /// At which height its price last jumped to where it should have been all the time. What it was before that is no
    /// price to trade at.
    jumped_at: u64,
}

/// Why there is no market on a chain.
#[derive(Debug, thiserror::Error)]
pub enum NotOpened {
    #[error("a pool cannot begin at its price")]
    Price(#[from] Refusal),
    #[error("the chain is of another version: start it with an empty ledger")]
    Chain(#[from] ReadError),
}

/// A trade by somebody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trade {
    pub pool: Address,
    pub mint_in: Address,
    pub amount_in: u64,
}

/// Why somebody else did not trade.
#[derive(Debug, thiserror::Error)]
pub enum NotTraded {
    #[error("there is no pool at this address")]
    NoPool(#[from] ReadError),
    #[error("the pool does not trade {0}")]
    OtherMint(Address),
    #[error(transparent)]
    Failed(#[from] Failed),
}

impl Market {
    /// The market of a chain. Where the chain is new, everything is put there as it is at this height.
    pub fn open(
        bank: &mut Bank,
        genesis_hash: &Hash,
        seed: u64,
        mode: Mode,
        height: u64,
    ) -> Result<Self, NotOpened> {
        let (tokens, listed) = (Token::listed(), listing::all());
        let payer = Payer::new(market_key(genesis_hash));
        let engine = address_of(&engine_key(genesis_hash));
        let is_new = bank.accounts().get(&payer.wallet).is_none();
        if is_new {
            let genesis = Genesis {
                seed,
                height,
                tokens: &tokens,
                pools: &listed,
                market: payer.wallet,
                engine,
            };
            genesis.lay(bank)?;
        }
        let mut pool_of = HashMap::new();
        for (place, pool) in listed.iter().enumerate() {
            let accounts = reading::own_accounts(bank, &pool.address)?;
            pool_of.extend(accounts.into_iter().map(|account| (account, place)));
        }
        let height = is_new.then_some(height);
        let tend = |listed| Tended {
            listed,
            height,
            is_fresh: true,
            jumped_at: 0,
        };
        Ok(Self {
            seed,
            mode,
            pools: listed.into_iter().map(tend).collect(),
            pool_of,
            payer,
            engine,
            filled: vec![Filled::of(engine)],
        })
    }

    /// Every pool that has a fair price.
    pub fn pools(&self) -> impl Iterator<Item = Address> {
        self.pools.iter().map(|pool| pool.listed.address)
    }

    /// The wallet of [`engine_key`].
    #[must_use]
    pub const fn engine_wallet(&self) -> Address {
        self.engine
    }

    /// Fills these wallets up too, which had nothing when the chain began.
    pub fn fill_up_too(&mut self, wallets: &[Address]) {
        let missing = wallets.iter().filter(|it| **it != self.engine);
        let missing: Vec<Filled> = missing.map(|wallet| Filled::of(*wallet)).collect();
        self.filled.extend(missing);
    }

    /// Somebody is about to look at these accounts: of those that are pools', prices are brought where they should be,
    /// unless they were at this height already. The answer is what the market did, for the block.
    pub fn touch<'a>(
        &mut self,
        bank: &mut Bank,
        accounts: impl IntoIterator<Item = &'a Address>,
        height: u64,
    ) -> Vec<Processed> {
        if self.mode == Mode::Still {
            return Vec::new();
        }
        let touched = accounts.into_iter();
        let places: Vec<usize> = touched
            .filter_map(|key| self.pool_of.get(key).copied())
            .collect();
        let mut landed = Vec::new();
        for place in places {
            match self.tend(bank, place, height) {
                Ok(trade) => landed.extend(trade),
                Err(error) => {
                    let pool = self.pools[place].listed.address;
                    tracing::error!(%pool, %error, "the market cannot move pool {pool}");
                }
            }
        }
        landed
    }

    /// From which height on these accounts' pools show prices to trade at.
    pub fn shown_from<'a>(&self, accounts: impl IntoIterator<Item = &'a Address>) -> u64 {
        let places = accounts.into_iter().filter_map(|key| self.pool_of.get(key));
        let jumps = places.map(|place| self.pools[*place].jumped_at);
        jumps.max().unwrap_or(0)
    }

    fn tend(
        &mut self,
        bank: &mut Bank,
        place: usize,
        height: u64,
    ) -> Result<Option<Processed>, NotTended> {
        let pool = &mut self.pools[place];
        // Where nobody knows how long nobody looked, it was long.
        let blocks = pool
            .height
            .map_or(u64::MAX, |since| height.saturating_sub(since));
        if blocks == 0 {
            return Ok(None);
        }
        if pool.is_fresh || blocks > CALM_BLOCKS {
            pool.jumped_at = height;
        }
        pool.is_fresh = false;
        pool.height = Some(height);
        let fair = pool.listed.fair_price(self.seed, height);
        let state = read_pool(bank, &pool.listed.address)?;
        let Some((direction, amounts)) = arbitrage::towards(&state, fair, blocks)? else {
            return Ok(None);
        };
        let landed = self.payer.swap(bank, &state, direction, amounts)?;
        Ok(Some(landed))
    }

    /// Somebody else trades: the price moves, and comes back over the next blocks where the market knows a fair one.
    pub fn trade(&mut self, bank: &mut Bank, trade: &Trade) -> Result<Processed, NotTraded> {
        let pool = read_pool(bank, &trade.pool)?;
        let mints = pool.mints();
        let direction = match to_amm(&trade.mint_in) {
            mint if mint == mints.0 => Direction::FirstToSecond,
            mint if mint == mints.1 => Direction::SecondToFirst,
            _ => return Err(NotTraded::OtherMint(trade.mint_in)),
        };
        let amounts = Amounts::ExactIn {
            amount_in: trade.amount_in,
            min_amount_out: 1,
        };
        Ok(self.payer.swap(bank, &pool, direction, amounts)?)
    }

    /// A token is born with its pool. The market knows no fair price of it: it moves by trades alone.
    pub fn launch(&mut self, bank: &mut Bank, launch: &Launch) -> Result<Launched, NotLaunched> {
        launch::launch(bank, self.payer.wallet, launch)
    }

    /// Fills the engine's wallets up where one has little left of something: a simulation does not run out.
    pub fn top_up(&mut self, bank: &mut Bank) -> Result<Vec<Processed>, Failed> {
        let allowance = Allowance::ENGINE;
        let mut landed = Vec::new();
        for Filled { wallet, holdings } in &self.filled {
            let lamports = bank.accounts().get(wallet).map(|it| it.lamports);
            if let Some(missing) = missing(lamports.unwrap_or(0), allowance.lamports) {
                landed.push(self.payer.give_lamports(bank, *wallet, missing)?);
            }
            for (token, account) in holdings {
                let has = balance(bank, account);
                if let Some(missing) = missing(has, token.units_worth(allowance.usd)) {
                    let asset = (token.mint, token.decimals);
                    landed.push(self.payer.give(bank, asset, *wallet, missing)?);
                }
            }
        }
        Ok(landed)
    }
}

/// A wallet that does not run out.
#[derive(Debug)]
struct Filled {
    wallet: Address,
    /// Its accounts for every token but wrapped SOL.
    holdings: Vec<(Token, Address)>,
}

impl Filled {
    fn of(wallet: Address) -> Self {
        let tokens = Token::listed().into_iter();
        let tokens = tokens.filter(|token| !token.is_wrapped_sol());
        let holdings = tokens.map(|token| {
            let account = token.account_of(&wallet);
            (token, account)
        });
        Self {
            wallet,
            holdings: holdings.collect(),
        }
    }
}

/// Why a pool was not brought to its price.
#[derive(Debug, thiserror::Error)]
enum NotTended {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Failed(#[from] Failed),
}

/// What fills a balance up to what it was at first, where little is left of it.
const fn missing(has: u64, at_first: u64) -> Option<u64> {
    if has < at_first / LOW_PART {
        Some(at_first - has)
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
