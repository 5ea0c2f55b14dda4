//! What a transaction did that landed: read from the ledger, never taken from a quote.

pub mod failure;
pub mod legs;

use std::collections::BTreeSet;

use amm::instruction::{Amounts, Instruction};
use amm::token::WRAPPED_SOL;
use amm::{Address, Program, Swap};

use crate::build::budget::LAMPORTS_PER_SIGNATURE;
use crate::message::Decoded;
use crate::rpc::transaction::{Meta, TokenBalance};
use crate::rpc::{Lamports, Slot, Transaction};
use failure::Reverted;
use legs::{Fees, Legs, exchanged};

/// Whose change of which balances is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Swapped {
    /// Who swapped.
    pub wallet: Address,
    /// The mint that was paid with; wrapped SOL stands for native SOL.
    pub mint_in: Address,
    /// The mint that was received; likewise.
    pub mint_out: Address,
}

impl Swapped {
    /// What a transaction of a wallet was to swap: from the first swap's input to the last one's output. An account
    /// that is there neither before nor after is the temporary one of wrapped SOL.
    pub fn of(
        transaction: &Transaction,
        decoded: &Decoded,
        wallet: Address,
        programs: &[Program],
    ) -> Result<Self, Error> {
        let meta = &transaction.meta;
        let mut swaps = swaps(decoded, programs);
        let first = swaps.next().ok_or(Error::NoSwap)?.trader;
        let last = swaps.next_back().map_or(first, |it| it.trader);
        let mint = |account: Address| {
            let place = decoded.keys.iter().position(|key| *key == account);
            let mut balances = meta.post_tokens.iter().chain(&meta.pre_tokens);
            let found = balances.find(|it| Some(it.index) == place);
            found.map_or(WRAPPED_SOL, |it| it.mint)
        };
        Ok(Self {
            wallet,
            mint_in: mint(first.input),
            mint_out: mint(last.output),
        })
    }
}

/// The swaps of a transaction.
fn swaps(decoded: &Decoded, programs: &[Program]) -> impl DoubleEndedIterator<Item = Swap> {
    let swap = |instruction: &Instruction| {
        let mut programs = programs.iter();
        let program = programs.find(|it| it.id() == instruction.program)?;
        Swap::decode(program, instruction).ok()
    };
    decoded.instructions.iter().filter_map(swap)
}

/// Whether a transaction of the engine's can have moved such amounts: a sale was signed to sell so much, and for so much
/// at least; a purchase, to pay no more. Limits are corrected by what is told, so an endpoint must not tell what it likes.
#[must_use]
pub fn is_as_signed(
    decoded: &Decoded,
    programs: &[Program],
    (amount_in, amount_out): (u64, u64),
) -> bool {
    let all: Vec<Swap> = swaps(decoded, programs).collect();
    let (Some(first), Some(last)) = (all.first(), all.last()) else {
        return false;
    };
    let (input, output) = (first.trader.input, last.trader.output);
    let (mut least_in, mut most_in, mut least_out) = (0_u64, 0_u64, 0_u64);
    for swap in &all {
        let (least, most, out) = match swap.amounts {
            Amounts::ExactIn {
                amount_in,
                min_amount_out,
            } => (amount_in, amount_in, min_amount_out),
            Amounts::ExactOut {
                amount_out,
                max_amount_in,
            } => (0, max_amount_in, amount_out),
        };
        if swap.trader.input == input {
            least_in = least_in.saturating_add(least);
            most_in = most_in.saturating_add(most);
        }
        if swap.trader.output == output {
            least_out = least_out.saturating_add(out);
        }
    }
    (least_in..=most_in).contains(&amount_in) && amount_out >= least_out
}

/// What a landed transaction did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The slot of its block.
    pub slot: Slot,
    /// Whether it took effect.
    pub effect: Effect,
    /// What its payer paid, landed or reverted.
    pub fee: Lamports,
    /// The part of that which was offered for being taken early.
    pub priority_fee: Lamports,
    /// What the wallet's accounts hold that the transaction made.
    pub rent_paid: Lamports,
    /// What the wallet's accounts held that it closed.
    pub rent_returned: Lamports,
    /// The compute units it used, where the node says so.
    pub units: Option<u64>,
}

/// What became of the swap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// It was made.
    Filled {
        /// What left the wallet, transfer fees included.
        amount_in: u64,
        /// What arrived in the wallet.
        amount_out: u64,
        /// The same of each swap.
        legs: Legs,
    },
    /// It was rolled back: only the fee is gone.
    Reverted(Reverted),
}

/// Why a transaction tells nothing of a wallet's swap.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The wallet is not among its accounts.
    #[error("the transaction does not name the wallet {0}")]
    AnotherWallet(Address),
    /// It swaps nothing.
    #[error("the transaction makes no swap")]
    NoSwap,
    /// Its balances are fewer than its accounts, or the wallet's went the wrong way.
    #[error("the transaction's balances make no sense for this swap")]
    Balances,
    /// Its block is another one than that of its status.
    #[error("the transaction is told to be in slot {told}, and by its status in slot {known}")]
    Slot {
        /// The slot of the transaction.
        told: Slot,
        /// The slot of its status.
        known: Slot,
    },
}

/// What a transaction, which is decoded already, did for a wallet on a cluster of these programs. Of a mint whose fees
/// are known each leg's amount is exact.
pub fn read(
    transaction: &Transaction,
    decoded: &Decoded,
    swapped: &Swapped,
    programs: &[Program],
    fees: &Fees,
) -> Result<Receipt, Error> {
    let meta = &transaction.meta;
    let rent = Rent::of(meta, swapped.wallet)?;
    let effect = match &meta.outcome {
        Err(failure) => Effect::Reverted(Reverted::explain(failure, decoded, programs)),
        Ok(()) => {
            let change = |mint| change(meta, decoded, &rent, swapped.wallet, mint);
            Effect::Filled {
                amount_in: amount(-change(swapped.mint_in)?)?,
                amount_out: amount(change(swapped.mint_out)?)?,
                legs: exchanged(meta, decoded, swapped, programs, fees, |mint| {
                    change(mint).ok()
                }),
            }
        }
    };
    let signatures = u64::try_from(decoded.signatures).unwrap_or(u64::MAX);
    let base = signatures.saturating_mul(LAMPORTS_PER_SIGNATURE);
    Ok(Receipt {
        slot: transaction.slot,
        effect,
        fee: meta.fee,
        priority_fee: Lamports::new(meta.fee.get().saturating_sub(base)),
        rent_paid: Lamports::new(rent.paid),
        rent_returned: Lamports::new(rent.returned),
        units: meta.units,
    })
}

/// How much a wallet's holding of a mint has grown.
fn change(
    meta: &Meta,
    decoded: &Decoded,
    rent: &Rent,
    wallet: Address,
    mint: Address,
) -> Result<i128, Error> {
    let held = |balances: &[TokenBalance]| -> i128 {
        let held = balances
            .iter()
            .filter(|it| it.owner == Some(wallet) && it.mint == mint);
        held.map(|it| i128::from(it.amount)).sum()
    };
    let tokens = held(&meta.post_tokens) - held(&meta.pre_tokens);
    if mint != WRAPPED_SOL {
        return Ok(tokens);
    }
    // Native SOL goes through an account that is there neither before nor after: it shows in the wallet's lamports,
    // beside the fee and the rent of other accounts.
    let place = decoded.keys.iter().position(|key| *key == wallet);
    let place = place.ok_or(Error::AnotherWallet(wallet))?;
    let fee = if place == 0 { meta.fee.get() } else { 0 };
    let lamports = balance(&meta.post_balances, place)? - balance(&meta.pre_balances, place)?;
    Ok(tokens + lamports + i128::from(fee) + i128::from(rent.paid) - i128::from(rent.returned))
}

/// What the wallet's token accounts that came or went hold beside tokens.
struct Rent {
    paid: u64,
    returned: u64,
}

impl Rent {
    fn of(meta: &Meta, wallet: Address) -> Result<Self, Error> {
        let all = meta.pre_tokens.iter().chain(&meta.post_tokens);
        let own = all.filter(|it| it.owner == Some(wallet));
        let own: BTreeSet<usize> = own.map(|it| it.index).collect();
        let mut rent = Self {
            paid: 0,
            returned: 0,
        };
        let is_in = |tokens: &[TokenBalance], place| tokens.iter().any(|it| it.index == place);
        for place in own {
            let before = balance(&meta.pre_balances, place)?;
            let after = balance(&meta.post_balances, place)?;
            // Anybody may have paid lamports to its address before there was an account of tokens.
            if !is_in(&meta.pre_tokens, place) {
                rent.paid += amount((after - before - wrapped(&meta.post_tokens, place)).max(0))?;
            }
            if !is_in(&meta.post_tokens, place) {
                rent.returned +=
                    amount((before - after - wrapped(&meta.pre_tokens, place)).max(0))?;
            }
        }
        Ok(rent)
    }
}

/// An account's lamports that are wrapped SOL and no rent.
fn wrapped(balances: &[TokenBalance], place: usize) -> i128 {
    let mut balances = balances.iter();
    let found = balances.find(|it| it.index == place && it.mint == WRAPPED_SOL);
    found.map_or(0, |it| it.amount.into())
}

fn balance(balances: &[Lamports], place: usize) -> Result<i128, Error> {
    let found = balances.get(place).ok_or(Error::Balances)?;
    Ok(found.get().into())
}

fn amount(of: i128) -> Result<u64, Error> {
    u64::try_from(of).map_err(|_| Error::Balances)
}
