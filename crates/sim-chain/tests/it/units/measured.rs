//! Executions whose compute units were measured on the real programs, built anew as the engine builds them. The folder
//! `svm` measures with the same text.

use amm::dlmm::account::PairAccount;
use amm::dlmm::quote::{BINS_PER_ARRAY, array_of};
use amm::instruction::Amounts;
use amm::{Address, Direction, Pool, Program};
use chain_solana::address::associated_token;
use chain_solana::build::budget::Budget;
use chain_solana::build::compile::{LookupTable, Message};
use chain_solana::build::work::{Work, units_limit};
use chain_solana::build::{self, Asset, Execution, Leg, WRAPPED_ACCOUNT_BYTES};
use chain_solana::rpc::{Lamports, MicroLamports};
use domain::asset::TokenProgram;
use domain::{OrderId, TokenList};
use serde_json::Value;
use sim_chain::bank::{Account, Bank, Rent, Transaction, address};
use sim_chain::cluster::GENESIS_HASH;
use sim_chain::market::{conditions, engine_key, read_pool};
use solana_hash::Hash;
use uuid::Uuid;

const FILE: &str = include_str!("../../../vectors/units.json");
/// What stands before the addresses in a lookup table.
const TABLE_HEADER_BYTES: usize = 56;
/// Of what it would cost, a purchase may cost so many percent.
const BUYS_FOR_PERCENT: u64 = 102;

/// The market's seed: with another one every amount would meet other bins.
pub(crate) const SEED: u64 = 3;
/// The blocks that pass before.
pub(crate) const BLOCKS: u32 = 3;

/// An execution, and what it used.
pub(crate) struct Case {
    it: Value,
}

/// A case as a transaction.
pub(crate) struct Built {
    pub(crate) transaction: Transaction,
    /// The limit that the engine sets where nothing is simulated.
    pub(crate) limit: u64,
    /// How many bins of which DLMM pools its swaps leave behind, and how many arrays.
    pub(crate) bins: Vec<(u32, u32)>,
}

pub(crate) fn cases() -> Vec<Case> {
    let file: Value = serde_json::from_str(FILE).unwrap();
    let cases = file["cases"].as_array().unwrap().iter().cloned();
    cases.map(|it| Case { it }).collect()
}

impl Case {
    pub(crate) fn name(&self) -> &str {
        self.it["name"].as_str().unwrap()
    }

    /// Compute units of the real programs.
    pub(crate) fn units(&self) -> u64 {
        self.it["units"].as_u64().unwrap()
    }

    /// Puts the chain into the state that the case begins with, and builds its transaction there.
    pub(crate) fn build(&self, bank: &mut Bank) -> Built {
        let wallet = Address(engine_key(&GENESIS_HASH).verifying_key().to_bytes());
        for missing in self.it["without"].as_array().into_iter().flatten() {
            let asset = asset(missing);
            let account = associated_token(wallet, asset.mint, asset.program);
            bank.set_account(account.0.into(), Account::absent());
        }
        let path: Vec<Asset> = self.it["path"]
            .as_array()
            .unwrap()
            .iter()
            .map(asset)
            .collect();
        let swaps: Vec<Swap> = self.it["swaps"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| Swap::read(bank, it))
            .collect();
        let legs = swaps.iter().map(|swap| Leg {
            pool: &swap.pool,
            direction: swap.direction,
            amounts: swap.amounts,
        });
        let has_bins = swaps.iter().any(|swap| matches!(swap.pool, Pool::Dlmm(_)));
        let work = Work::of(wallet, &path, swaps.iter().map(|swap| swap.units));
        let limit = units_limit(work.units(), has_bins);
        let drafted = build::draft(&Execution {
            order_id: OrderId::new(Uuid::from_u128(7)),
            number: 1,
            wallet,
            path: &path,
            legs: &legs.collect::<Vec<_>>(),
            budget: Budget {
                units: limit,
                price: MicroLamports::new(10_000),
            },
            wrapped_rent: Lamports::new(Rent::default().minimum_balance(WRAPPED_ACCOUNT_BYTES)),
        });
        let instructions = drafted.unwrap().instructions;
        let table = LookupTable {
            address: Address([99; 32]),
            addresses: {
                let metas = instructions.iter().flat_map(|it| &it.accounts);
                let mut all: Vec<Address> = metas
                    .map(|meta| meta.address)
                    .filter(|it| *it != wallet)
                    .collect();
                all.sort_unstable();
                all.dedup();
                all
            },
        };
        bank.set_account(table.address.0.into(), in_use(&table.addresses));
        let message = Message::compile(wallet, &instructions, Hash::default(), &[table]);
        Built {
            transaction: Transaction::decode(&message.unwrap().unsigned()).unwrap(),
            limit: limit.into(),
            bins: swaps.iter().filter_map(|swap| swap.bins).collect(),
        }
    }
}

/// A swap of a case.
struct Swap {
    pool: Pool,
    direction: Direction,
    amounts: Amounts,
    units: u32,
    bins: Option<(u32, u32)>,
}

impl Swap {
    fn read(bank: &mut Bank, it: &Value) -> Self {
        let program = match it["venue"].as_str().unwrap() {
            "cpmm" => Program::MAINNET[0],
            "amm-v4" => Program::MAINNET[1],
            "damm-v2" => Program::MAINNET[2],
            "dlmm" => Program::MAINNET[3],
            other => panic!("{other} is no venue"),
        };
        let (mint_in, mint_out) = (asset(&it["from"]).mint, asset(&it["to"]).mint);
        let (at, mut pool) = pool(bank, program, mint_in, mint_out);
        let direction = Direction::between(pool.mints(), mint_in, mint_out).unwrap();
        if let (Some(bins), Pool::Dlmm(state)) = (it["edgeAfter"].as_i64(), &pool) {
            let active = before_edge(state.pool.active_id, direction, bins);
            // In that direction all bins pay out: any of them may be the active one.
            let mut account = bank.accounts().get(&at).cloned().unwrap();
            let mut pair = PairAccount::decode(&account.data).unwrap();
            pair.set(PairAccount::ACTIVE_ID, active);
            account.data = pair.bytes().to_vec().into();
            bank.set_account(at, account);
            pool = read_pool(bank, &at).unwrap();
        }
        let at = conditions(bank, &pool, direction);
        let amount = |field: &str| match it[field].as_object() {
            // As much as all of so many bins and half of the next one pay out.
            Some(through) => Some((through["bins"].as_u64().unwrap(), true)),
            None => it[field].as_u64().map(|amount| (amount, false)),
        };
        let bought = |bins| {
            pool.quote_out(paid_by(&pool, direction, bins), &at)
                .unwrap()
        };
        let (quote, amounts) = match (amount("sells"), amount("buys")) {
            (Some((amount, is_bins)), None) => {
                let amount_in = if is_bins {
                    bought(amount).amount_in
                } else {
                    amount
                };
                let amounts = Amounts::ExactIn {
                    amount_in,
                    min_amount_out: 1,
                };
                (pool.quote_in(amount_in, &at).unwrap(), amounts)
            }
            (None, Some((amount, is_bins))) => {
                let amount_out = if is_bins {
                    bought(amount).amount_out
                } else {
                    amount
                };
                let quote = pool.quote_out(amount_out, &at).unwrap();
                let amounts = Amounts::ExactOut {
                    amount_out,
                    max_amount_in: quote.amount_in * BUYS_FOR_PERCENT / 100,
                };
                (quote, amounts)
            }
            _ => panic!("a swap sells or buys: {it}"),
        };
        let after = pool.after_swap(amounts, &at).unwrap();
        let bins = match (&pool, &after) {
            (Pool::Dlmm(before), Pool::Dlmm(after)) => {
                let (from, to) = (before.pool.active_id, after.pool.active_id);
                Some((from.abs_diff(to), array_of(from).abs_diff(array_of(to))))
            }
            _ => None,
        };
        Self {
            pool,
            direction,
            amounts,
            units: quote.compute_units,
            bins,
        }
    }
}

/// The bin behind which so many are left, itself among them, before another array of bins begins.
fn before_edge(active: i32, direction: Direction, bins: i64) -> i32 {
    let bins = i32::try_from(bins).unwrap();
    let lowest = array_of(active) * BINS_PER_ARRAY;
    match direction {
        Direction::FirstToSecond => lowest + bins - 1,
        Direction::SecondToFirst => lowest + BINS_PER_ARRAY - bins,
    }
}

/// What the first bins of a DLMM pair pay out, and half of the next one.
fn paid_by(pool: &Pool, direction: Direction, bins: u64) -> u64 {
    let Pool::Dlmm(state) = pool else {
        panic!("bins are DLMM's")
    };
    let active = state.pool.active_id;
    let ahead = match direction {
        Direction::FirstToSecond => i32::MIN..=active,
        Direction::SecondToFirst => active..=i32::MAX,
    };
    let mut ahead: Vec<_> = state.pool.bins.range(ahead).collect();
    ahead.sort_by_key(|(id, _)| id.abs_diff(active));
    let pays = ahead.into_iter().map(|(_, bin)| {
        let (_, paid) = direction.in_out((bin.amount_x, bin.amount_y));
        paid
    });
    let mut pays = pays.filter(|paid| *paid > 0);
    let whole: u64 = (0..bins).filter_map(|_| pays.next()).sum();
    whole + pays.next().unwrap() / 2
}

fn asset(symbol: &Value) -> Asset {
    let asset = TokenList::mainnet().find(symbol.as_str().unwrap()).unwrap();
    Asset {
        mint: Address(*asset.mint.address().bytes()),
        program: match asset.program {
            TokenProgram::Token => amm::token::TOKEN_PROGRAM,
            TokenProgram::Token2022 => amm::token::TOKEN_2022_PROGRAM,
        },
    }
}

fn pool(
    bank: &Bank,
    program: Program,
    one: Address,
    other: Address,
) -> (solana_address::Address, Pool) {
    let id = solana_address::Address::from(program.id().0);
    let mut owned = bank
        .accounts()
        .iter()
        .filter(|(_, account)| account.owner == id);
    let found = owned.find_map(|(key, _)| {
        let pool = read_pool(bank, key).ok()?;
        Direction::between(pool.mints(), one, other).map(|_| (*key, pool))
    });
    found.unwrap()
}

/// A lookup table that is in use since long ago.
fn in_use(addresses: &[Address]) -> Account {
    let mut data = vec![0; TABLE_HEADER_BYTES];
    data[0] = 1;
    data[4..12].copy_from_slice(&u64::MAX.to_le_bytes());
    data.extend(addresses.iter().flat_map(|address| address.0));
    Account::new(1_000_000_000, address::LOOKUP_TABLE, data)
}
