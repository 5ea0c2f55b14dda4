//! A line of the ledger, from a transaction that landed.

use std::sync::LazyLock;

use amm::Program;
use amm::instruction::{AccountMeta, Amounts, Instruction, Trader};
use domain::asset::TokenProgram;
use domain::transaction::{Blockhash, Height, Signature};
use domain::{Asset, BaseUnits, Mint, Timestamp, Venue};
use ports::ledger::LedgerEntry;
use solana_address::Address;

use super::changes;
use crate::bank::address::{self, from_amm, to_amm};
use crate::bank::{Outcome, TokenBalance};
use crate::cluster::history::Landed;
use crate::market::market_wallet;

/// A line, and what the file finds it by.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(super) entry: LedgerEntry,
    pub(super) slot: u64,
    pub(super) signature: [u8; 64],
}

/// Its wallet is asked for with every transaction.
static MARKET: LazyLock<Address> = LazyLock::new(market_wallet);

impl Line {
    /// What a transaction swapped. `None` where it swapped nothing, and for the market's own.
    pub(crate) fn of(landed: &Landed, height: u64, landed_at: Timestamp) -> Option<Self> {
        let outcome = &landed.outcome;
        if outcome.keys.first() == Some(&*MARKET) {
            return None;
        }
        let swaps: Vec<Swap> = swaps(landed).collect();
        let (first, last) = (swaps.first()?, swaps.last()?);
        let (mint_in, _) = first.mints(outcome)?;
        let (_, mint_out) = last.mints(outcome)?;
        let ok = outcome.status.is_ok();
        let (amount_in, amount_out) = if ok {
            let wallet = from_amm(first.trader.wallet);
            let change = |mint| changes::of(outcome, &wallet, mint);
            (positive(-change(&mint_in)), positive(change(&mint_out)))
        } else {
            (stated(&swaps, outcome, &mint_in), 0)
        };
        let signature = *landed.transaction.signature().as_array();
        let entry = LedgerEntry {
            signature: Signature::from_bytes(&signature),
            blockhash: Blockhash::new(landed.transaction.blockhash().to_bytes()),
            venue: first.venue,
            asset_in: asset(outcome, &mint_in)?,
            asset_out: asset(outcome, &mint_out)?,
            amount_in: BaseUnits::new(amount_in),
            amount_out: BaseUnits::new(amount_out),
            height: Height::new(height),
            landed_at,
            ok,
        };
        Some(Self {
            entry,
            slot: landed.slot,
            signature,
        })
    }
}

/// One instruction that swaps.
struct Swap {
    venue: Venue,
    trader: Trader,
    vaults: [amm::Address; 2],
    amounts: Amounts,
}

impl Swap {
    fn read(program: Program, instruction: &Instruction) -> Option<Self> {
        let venue = match program {
            Program::Cpmm(_) | Program::AmmV4(_) => Venue::Raydium,
            Program::DammV2(_) | Program::Dlmm(_) => Venue::Meteora,
        };
        let swap = amm::Swap::decode(&program, instruction).ok()?;
        Some(Self {
            venue,
            trader: swap.trader,
            vaults: [swap.vaults.0, swap.vaults.1],
            amounts: swap.amounts,
        })
    }

    /// What it pays with and what it receives. An account that is there neither before nor after the transaction is the
    /// temporary one of wrapped SOL, or was to be made: the pool's vaults tell the rest.
    fn mints(&self, outcome: &Outcome) -> Option<(Address, Address)> {
        let mint = |account| token_balance(outcome, account).map(|balance| balance.mint);
        let vaults = [mint(self.vaults[0])?, mint(self.vaults[1])?];
        let other = |of: Address| vaults[usize::from(vaults[0] == of)];
        let output = mint(self.trader.output).filter(|mint| vaults.contains(mint));
        let input = mint(self.trader.input).filter(|mint| vaults.contains(mint));
        let paid = match (input, output) {
            (Some(input), _) => input,
            (None, Some(output)) => other(output),
            (None, None) if vaults.contains(&address::WRAPPED_SOL) => address::WRAPPED_SOL,
            (None, None) => vaults[0],
        };
        Some((paid, other(paid)))
    }
}

fn swaps(landed: &Landed) -> impl Iterator<Item = Swap> {
    let keys = &landed.outcome.keys;
    let instructions = landed.transaction.instructions().iter();
    instructions.filter_map(move |compiled| {
        let key = |index: u8| keys.get(usize::from(index));
        let id = to_amm(key(compiled.program_id_index)?);
        let mut programs = Program::MAINNET.into_iter();
        let program = programs.find(|program| program.id() == id)?;
        let meta = |index: &u8| key(*index).map(|key| AccountMeta::read(to_amm(key)));
        let instruction = Instruction {
            program: id,
            accounts: compiled.accounts.iter().map(meta).collect::<Option<_>>()?,
            data: compiled.data.clone(),
        };
        Swap::read(program, &instruction)
    })
}

/// What the swaps that pay with a mint were told to pay at most.
fn stated(swaps: &[Swap], outcome: &Outcome, mint: &Address) -> u64 {
    let paid_with = |swap: &&Swap| swap.mints(outcome).is_some_and(|(paid, _)| paid == *mint);
    let amounts = swaps
        .iter()
        .filter(paid_with)
        .map(|swap| match swap.amounts {
            Amounts::ExactIn { amount_in, .. } => amount_in,
            Amounts::ExactOut { max_amount_in, .. } => max_amount_in,
        });
    amounts.fold(0, u64::saturating_add)
}

fn token_balance(outcome: &Outcome, account: amm::Address) -> Option<&TokenBalance> {
    let account = from_amm(account);
    let place = outcome.keys.iter().position(|key| *key == account)?;
    let balances = outcome.pre_token_balances.iter();
    let mut balances = balances.chain(&outcome.post_token_balances);
    balances.find(|balance| usize::from(balance.account_index) == place)
}

fn asset(outcome: &Outcome, mint: &Address) -> Option<Asset> {
    let mut balances = outcome.pre_token_balances.iter();
    let balance = balances.find(|balance| balance.mint == *mint)?;
    Some(Asset {
        mint: Mint::new(domain::Address::new(mint.to_bytes())),
        decimals: balance.decimals,
        program: if balance.program == address::TOKEN_2022 {
            TokenProgram::Token2022
        } else {
            TokenProgram::Token
        },
    })
}

/// A wallet that gained where it was to pay has paid nothing.
fn positive(amount: i128) -> u64 {
    u64::try_from(amount.max(0)).unwrap_or(u64::MAX)
}
