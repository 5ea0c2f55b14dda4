//! Recorded swaps, made again by the engine's own builder from the accounts that they met: the emulation executes its
//! transactions to the balances that the real programs left.

use std::collections::BTreeMap;

use amm::instruction::{Amounts, Instruction, Trader};
use amm::token::TokenAccount;
use amm::{Pool, Program, amm_v4, cpmm, damm_v2, dlmm};
use chain_solana::build::budget::Budget;
use chain_solana::build::compile::Message;
use chain_solana::build::{Asset, Execution, Leg, WRAPPED_ACCOUNT_BYTES, draft};
use chain_solana::message::Decoded;
use chain_solana::rpc::{Lamports, MicroLamports};
use domain::OrderId;
use sim_chain::bank::{Account, Bank, LAMPORTS_PER_SIGNATURE, Rent, Transaction, address};
use solana_address::Address;
use solana_hash::Hash;
use solana_instruction_error::InstructionError;
use solana_transaction_error::TransactionError;
use uuid::Uuid;

use super::case::{Case, same};

/// Enough for every swap that is recorded, at no price.
const BUDGET: Budget = Budget {
    units: 1_400_000,
    price: MicroLamports::new(0),
};
/// Recorded traders may hold their SOL wrapped; the builder wraps the wallet's own.
const WEALTH: u64 = 100_000_000_000_000;
/// A lookup table's addresses begin behind its header.
const TABLE_HEADER_BYTES: usize = 56;

/// What DAMM v2 fails with, the only program whose swaps may give nothing, or a part.
const EXCEEDED_SLIPPAGE: &str = "6002: ";
const PRICE_RANGE_VIOLATION: &str = "6015: ";

type Accounts = BTreeMap<Address, Account>;

/// Whether a case is one swap that went through. If so, the engine's own transaction must do the same.
pub(super) fn check(case: &Case<'_>) -> Result<bool, String> {
    if !case.succeeds() {
        return Ok(false);
    }
    let (bank, bytes) = (case.bank(), case.bytes());
    let loaded = loaded(&bank, &bytes)?;
    let decoded = Decoded::read(&bytes, &loaded).map_err(|error| error.to_string())?;
    let mut swaps = decoded.instructions.iter().filter_map(|instruction| {
        let mut programs = Program::MAINNET.into_iter();
        let program = programs.find(|program| program.id() == instruction.program)?;
        Some((program, instruction))
    });
    let (Some((program, swap)), None) = (swaps.next(), swaps.next()) else {
        return Ok(false);
    };
    let told = Told::read(program, swap)?;
    Swap::new(bank, case.after(), told)?.check()?;
    Ok(true)
}

/// What a recorded instruction says of its swap.
struct Told {
    program: Program,
    address: amm::Address,
    trader: Trader,
    amounts: Amounts,
    arrays: Vec<amm::Address>,
    /// It may end at the pool's last price, with a part of the input.
    is_partial: bool,
    /// Somebody else gets a share of the fee; with the engine nobody does.
    is_shared: bool,
    named: Vec<Address>,
}

impl Told {
    fn read(program: Program, instruction: &Instruction) -> Result<Self, String> {
        let failed = |failure| format!("no swap: {failure:?}");
        let named = instruction.accounts.iter().map(|it| from_amm(it.address));
        let of = |address, trader, amounts| Self {
            program,
            address,
            trader,
            amounts,
            arrays: Vec::new(),
            is_partial: false,
            is_shared: false,
            named: named.clone().collect(),
        };
        Ok(match program {
            Program::Cpmm(_) => {
                let swap = cpmm::instruction::SwapInstruction::decode(instruction);
                let swap = swap.map_err(failed)?;
                of(swap.pool, swap.trader, swap.amounts)
            }
            Program::AmmV4(_) => {
                let swap = amm_v4::instruction::SwapInstruction::decode(instruction);
                let swap = swap.map_err(failed)?;
                of(swap.pool, swap.trader, swap.amounts)
            }
            Program::DammV2(_) => {
                let swap = damm_v2::instruction::SwapInstruction::decode(instruction);
                let swap = swap.map_err(failed)?;
                let both = (swap.amount, swap.limit);
                let amounts = match swap.mode {
                    damm_v2::quote::Mode::ExactOut => purchase(both),
                    damm_v2::quote::Mode::ExactIn | damm_v2::quote::Mode::PartialIn => sale(both),
                };
                Self {
                    is_partial: swap.mode == damm_v2::quote::Mode::PartialIn,
                    is_shared: swap.referral.is_some(),
                    ..of(swap.pool, swap.trader, amounts)
                }
            }
            Program::Dlmm(_) => {
                let swap = dlmm::instruction::SwapInstruction::decode(instruction);
                let swap = swap.map_err(failed)?;
                Self {
                    is_shared: swap.host.is_some(),
                    arrays: swap.bin_arrays,
                    ..of(swap.pair, swap.trader, swap.amounts)
                }
            }
        })
    }
}

const fn sale((amount_in, min_amount_out): (u64, u64)) -> Amounts {
    Amounts::ExactIn {
        amount_in,
        min_amount_out,
    }
}

const fn purchase((amount_out, max_amount_in): (u64, u64)) -> Amounts {
    Amounts::ExactOut {
        amount_out,
        max_amount_in,
    }
}

/// A recorded swap, and the chain before and after it.
struct Swap {
    told: Told,
    wallet: Address,
    pool: Pool,
    /// What is paid with, and what is received.
    assets: [Asset; 2],
    bank: Bank,
    before: Accounts,
    after: Accounts,
}

impl Swap {
    fn new(bank: Bank, after: Accounts, told: Told) -> Result<Self, String> {
        let pool = Pool::read(told.program, told.address, &told.arrays, bank.accounts());
        let pool = pool.map_err(|error| format!("no pool: {error}"))?;
        let before: Accounts = bank
            .accounts()
            .iter()
            .map(|(key, account)| (*key, account.clone()))
            .collect();
        let asset = |mint: amm::Address| Asset {
            mint,
            program: before
                .get(&from_amm(mint))
                .map_or(to_amm(address::TOKEN), |account| to_amm(account.owner)),
        };
        let (first, second) = pool.mints();
        let (first, second) = (asset(first), asset(second));
        let wallet = from_amm(told.trader.wallet);
        let input = from_amm(told.trader.input);
        // An account that lived no longer than the transaction is known by its address.
        let found = before.get(&input).or(after.get(&input));
        let pays_first = found
            .and_then(|account| TokenAccount::read(&account.data))
            .map_or(account_of(wallet, first) == input, |account| {
                account.mint == first.mint
            });
        let assets = if pays_first {
            [first, second]
        } else {
            [second, first]
        };
        Ok(Self {
            told,
            wallet,
            pool,
            assets,
            bank,
            before,
            after,
        })
    }

    fn check(mut self) -> Result<(), String> {
        let [paid, received] = self.moved();
        self.furnish();
        let result = self.execute(self.limited());
        if let Some(refusal) = self.refusal(paid, received) {
            let told = result.err().unwrap_or_default();
            return same("refusal", &true, &told.starts_with(refusal));
        }
        let changes = result?;
        let others = self.others(&self.after);
        same("the pool's accounts stay", &false, &others.is_empty())?;
        if !self.told.is_shared {
            same("others", &others, &self.others(&changes))?;
        }
        let [input, output] = self.assets;
        self.check_trader(&changes, input, -i128::from(paid))?;
        self.check_trader(&changes, output, i128::from(received))?;
        self.check_lamports(&changes, [paid, received])
    }

    /// What the trader paid and received.
    fn moved(&self) -> [u64; 2] {
        let trader = &self.told.trader;
        [(0, trader.input), (1, trader.output)].map(|(side, account)| {
            let asset = self.assets[side];
            let account = from_amm(account);
            if asset.is_native() {
                // It may have been wrapped on the way, but it ends in the pool's account or comes from there.
                let pools = self.after.keys().filter(|key| self.is_others(key));
                let changes = pools.map(|key| self.change(key, asset));
                changes.max().unwrap_or(0)
            } else {
                self.change(&account, asset)
            }
        })
    }

    /// By how much an account's tokens became more or fewer.
    fn change(&self, key: &Address, asset: Asset) -> u64 {
        let before = tokens(&self.before, key, asset);
        let after = self.after.get(key).map(|_| tokens(&self.after, key, asset));
        before.abs_diff(after.unwrap_or(before))
    }

    /// Whether an account that the swap names is not the trader's.
    fn is_others(&self, key: &Address) -> bool {
        let trader = &self.told.trader;
        let own = [trader.wallet, trader.input, trader.output].map(from_amm);
        self.told.named.contains(key) && !own.contains(key)
    }

    fn others(&self, accounts: &Accounts) -> Accounts {
        let others = accounts.iter().filter(|(key, _)| self.is_others(key));
        others.map(|(key, it)| (*key, it.clone())).collect()
    }

    /// Puts there what the recorded transaction did without: the mints, the wallet's SOL, and its tokens where the
    /// engine keeps them.
    fn furnish(&mut self) {
        let wallet = Account::new(WEALTH, address::SYSTEM, Vec::new());
        self.bank.set_account(self.wallet, wallet);
        let trader = self.told.trader;
        for (asset, account) in self.assets.into_iter().zip([trader.input, trader.output]) {
            let mint = from_amm(asset.mint);
            if !self.before.contains_key(&mint) {
                let mut data = vec![0; amm::token::MINT_LENGTH];
                // It is initialized.
                data[45] = 1;
                let lamports = Rent::default().minimum_balance(data.len());
                let account = Account::new(lamports, from_amm(asset.program), data);
                self.bank.set_account(mint, account);
            }
            let held = self.before.get(&from_amm(account)).cloned();
            if let Some(held) = held.filter(|_| !asset.is_native()) {
                let key = account_of(self.wallet, asset);
                self.before.insert(key, held.clone());
                self.bank.set_account(key, held);
            }
        }
    }

    /// How the programs refuse what the engine does not do: it gives nothing for nothing, and knows no fill that ends
    /// at the pool's last price.
    fn refusal(&self, paid: u64, received: u64) -> Option<&'static str> {
        let ends_early = match self.told.amounts {
            Amounts::ExactIn { amount_in, .. } => self.told.is_partial && paid < amount_in,
            Amounts::ExactOut { .. } => false,
        };
        match (received, ends_early) {
            (0, _) => Some(EXCEEDED_SLIPPAGE),
            (_, true) => Some(PRICE_RANGE_VIOLATION),
            (_, false) => None,
        }
    }

    /// The recorded amounts, with limits where there were none.
    fn limited(&self) -> Amounts {
        match self.told.amounts {
            Amounts::ExactIn {
                amount_in,
                min_amount_out,
            } => sale((amount_in, min_amount_out.max(1))),
            Amounts::ExactOut {
                amount_out,
                max_amount_in,
            } => purchase((amount_out, max_amount_in.min(WEALTH / 2))),
        }
    }

    fn execute(&self, amounts: Amounts) -> Result<Accounts, String> {
        let (first, _) = self.pool.mints();
        let direction = if self.assets[0].mint == first {
            amm::Direction::FirstToSecond
        } else {
            amm::Direction::SecondToFirst
        };
        let leg = Leg {
            pool: &self.pool,
            direction,
            amounts,
        };
        let rent = Rent::default().minimum_balance(WRAPPED_ACCOUNT_BYTES);
        let built = draft(&Execution {
            order_id: OrderId::new(Uuid::from_u128(7)),
            number: 1,
            wallet: self.told.trader.wallet,
            path: &self.assets,
            legs: &[leg],
            budget: BUDGET,
            wrapped_rent: Lamports::new(rent),
        });
        let built = built.map_err(|error| error.to_string())?.instructions;
        let message = Message::compile(to_amm(self.wallet), &built, Hash::default(), &[]);
        let bytes = message.map_err(|error| error.to_string())?.unsigned();
        let transaction = Transaction::decode(&bytes).map_err(|error| error.to_string())?;
        let executed = self.bank.execute(&transaction);
        let executed = executed.map_err(|error| error.to_string())?;
        match executed.outcome.status {
            Ok(()) => Ok(executed.changes.into_iter().collect()),
            Err(TransactionError::InstructionError(_, InstructionError::Custom(code))) => {
                Err(format!("{code}: {:#?}", executed.outcome.logs()))
            }
            Err(ref error) => Err(format!("{error}: {:#?}", executed.outcome.logs())),
        }
    }

    /// The wallet has so much more or less where it keeps a token.
    fn check_trader(&self, changes: &Accounts, asset: Asset, change: i128) -> Result<(), String> {
        if asset.is_native() {
            return Ok(());
        }
        let key = account_of(self.wallet, asset);
        let [before, after] = [&self.before, changes].map(|it| i128::from(tokens(it, &key, asset)));
        same(
            &format!("tokens {}", asset.mint),
            &change,
            &(after - before),
        )
    }

    /// The wallet paid the fee, the rent of accounts that stay, and what it swapped of SOL; nothing of it is left
    /// anywhere.
    fn check_lamports(&self, changes: &Accounts, moved: [u64; 2]) -> Result<(), String> {
        let mut expected = i128::from(WEALTH) - i128::from(LAMPORTS_PER_SIGNATURE);
        for ((asset, amount), sign) in self.assets.into_iter().zip(moved).zip([-1, 1]) {
            let key = account_of(self.wallet, asset);
            if asset.is_native() {
                expected += sign * i128::from(amount);
            } else if !self.before.contains_key(&key) {
                let made = changes.get(&key).map_or(0, |account| account.lamports);
                expected -= i128::from(made);
            }
        }
        let left = changes.get(&self.wallet).map(|account| account.lamports);
        same("lamports", &Some(expected), &left.map(i128::from))
    }
}

/// How much of a token an account holds.
fn tokens(accounts: &Accounts, key: &Address, asset: Asset) -> u64 {
    let account = accounts.get(key);
    let account = account.and_then(|account| TokenAccount::read(&account.data));
    let account = account.filter(|account| account.mint == asset.mint);
    account.map_or(0, |account| account.amount)
}

fn account_of(wallet: Address, asset: Asset) -> Address {
    address::associated_token(&wallet, &from_amm(asset.mint), &from_amm(asset.program))
}

const fn from_amm(key: amm::Address) -> Address {
    Address::new_from_array(key.0)
}

const fn to_amm(key: Address) -> amm::Address {
    amm::Address(key.to_bytes())
}

/// What a transaction takes from its lookup tables: to write, then to read.
fn loaded(bank: &Bank, bytes: &[u8]) -> Result<Vec<amm::Address>, String> {
    let transaction = Transaction::decode(bytes).map_err(|error| error.to_string())?;
    let lookups = transaction.message().address_table_lookups();
    let mut both = [Vec::new(), Vec::new()];
    for lookup in lookups.unwrap_or_default() {
        let table = bank.accounts().get(&lookup.account_key);
        let table = table.ok_or("a lookup table is missing")?;
        let (addresses, _) = table.data[TABLE_HEADER_BYTES..].as_chunks::<32>();
        for (taken, indexes) in both
            .iter_mut()
            .zip([&lookup.writable_indexes, &lookup.readonly_indexes])
        {
            let of = |index: &u8| amm::Address(addresses[usize::from(*index)]);
            taken.extend(indexes.iter().map(of));
        }
    }
    Ok(both.concat())
}
