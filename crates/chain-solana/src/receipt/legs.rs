//! What each swap of a transaction exchanged: by what its pool's vaults hold before and behind it, and by what arrived
//! in the wallet.

use std::collections::BTreeMap;

use amm::instruction::Amounts;
use amm::token::{TransferFee, WRAPPED_SOL};
use amm::{Address, Program, Refusal, Swap};

use super::Swapped;
use crate::message::Decoded;
use crate::rpc::transaction::{Meta, TokenBalance};

/// What one swap exchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exchanged {
    /// The mint that was paid with.
    pub mint_in: Address,
    /// The mint that was received.
    pub mint_out: Address,
    /// What left the wallet, transfer fees included.
    pub amount_in: u64,
    /// What arrived in the wallet.
    pub amount_out: u64,
}

/// What the token programs may have kept of each transfer of a mint, the likeliest first.
pub type Fees = BTreeMap<Address, Vec<TransferFee>>;

/// What each of a transaction's swaps exchanged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Legs {
    /// In their order; nothing where the balances do not tell them apart.
    pub exchanged: Vec<Exchanged>,
    /// Mints of which a part was kept, nobody knows how much of each leg's: their legs have proportional shares of what
    /// the wallet shows.
    pub shared: Vec<Address>,
}

/// The swaps of a transaction in their order. `change` is how much the wallet's holding of a mint has grown.
pub(super) fn exchanged(
    meta: &Meta,
    decoded: &Decoded,
    swapped: &Swapped,
    programs: &[Program],
    fees: &Fees,
    change: impl Fn(Address) -> Option<i128>,
) -> Legs {
    let swaps = decoded.instructions.iter().filter_map(|instruction| {
        let program = programs.iter().find(|it| it.id() == instruction.program)?;
        Swap::decode(program, instruction).ok()
    });
    let swaps: Vec<Swap> = swaps.collect();
    let is_twice = |pool| swaps.iter().filter(|it| it.pool == pool).count() > 1;
    if swaps.iter().any(|swap| is_twice(swap.pool)) {
        return Legs::default();
    }
    let legs = swaps.iter().map(|swap| of_vaults(meta, decoded, swap));
    let Some(mut legs) = legs.collect::<Option<Vec<_>>>() else {
        return Legs::default();
    };
    let fees_of = |mint| fees.get(&mint).map_or(&[][..], Vec::as_slice);
    let mut shared = Vec::new();
    let mut received: Vec<Address> = legs.iter().map(|leg| leg.mint_out).collect();
    received.sort_unstable();
    received.dedup();
    for mint in received {
        let passed_on = sum(&legs, |leg| (leg.mint_in == mint).then_some(leg.amount_in));
        // Of native SOL in between, which is transferred without a fee, what is left shows among the lamports alone.
        if mint == swapped.mint_out || mint != WRAPPED_SOL {
            let arrived = positive(change(mint)).map(|grown| grown + passed_on);
            let of_mint = legs.iter_mut().filter(|leg| leg.mint_out == mint);
            let of_mint = of_mint.map(|leg| &mut leg.amount_out).collect();
            if divide(of_mint, arrived, fees_of(mint), TransferFee::arriving) == Parts::Shared {
                shared.push(mint);
            }
        }
    }
    let sold = positive(change(swapped.mint_in).map(|grown| -grown));
    let of_sold = legs.iter_mut().filter(|leg| leg.mint_in == swapped.mint_in);
    let of_sold = of_sold.map(|leg| &mut leg.amount_in).collect();
    let fees = fees_of(swapped.mint_in);
    if divide(of_sold, sold, fees, TransferFee::to_send) == Parts::Shared {
        shared.push(swapped.mint_in);
    }
    Legs {
        exchanged: legs,
        shared,
    }
}

fn positive(amount: Option<i128>) -> Option<u128> {
    u128::try_from(amount?).ok()
}

/// How well parts are known of which the wallet shows the sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Parts {
    Exact,
    Shared,
}

/// Makes of what vaults sent or received what arrived in the wallet or left it, of which the total is known. A fee is
/// the right one where it explains that to the unit.
fn divide(
    mut parts: Vec<&mut u64>,
    total: Option<u128>,
    fees: &[TransferFee],
    beside: fn(&TransferFee, u64) -> Result<u64, Refusal>,
) -> Parts {
    let Some(total) = total else {
        return Parts::Exact;
    };
    if let [only] = parts.as_mut_slice() {
        **only = u64::try_from(total).unwrap_or(**only);
        return Parts::Exact;
    }
    let is_whole = |parts: &[u64]| parts.iter().copied().map(u128::from).sum::<u128>() == total;
    let vaults: Vec<u64> = parts.iter().map(|part| **part).collect();
    if is_whole(&vaults) {
        return Parts::Exact;
    }
    let explained = fees.iter().find_map(|fee| {
        let of_vaults = vaults.iter().map(|part| beside(fee, *part));
        let parts: Vec<u64> = of_vaults.collect::<Result<_, _>>().ok()?;
        is_whole(&parts).then_some(parts)
    });
    let Some(explained) = explained else {
        share(parts, total);
        return Parts::Shared;
    };
    for (part, amount) in parts.into_iter().zip(explained) {
        *part = amount;
    }
    Parts::Exact
}

/// Each leg has its proportional share of what the wallet shows.
fn share(mut parts: Vec<&mut u64>, total: u128) {
    let given: u128 = parts.iter().map(|part| u128::from(**part)).sum();
    let Some((last, others)) = parts.split_last_mut() else {
        return;
    };
    let mut rest = total;
    for part in others {
        let share = u128::from(**part) * total;
        let share = share.checked_div(given).unwrap_or(0).min(rest);
        rest -= share;
        **part = u64::try_from(share).unwrap_or(**part);
    }
    **last = u64::try_from(rest).unwrap_or(**last);
}

fn sum(legs: &[Exchanged], of: impl Fn(&Exchanged) -> Option<u64>) -> u128 {
    legs.iter().filter_map(of).map(u128::from).sum()
}

/// By what the vaults gained and lost.
fn of_vaults(meta: &Meta, decoded: &Decoded, swap: &Swap) -> Option<Exchanged> {
    let vault = |address: Address| {
        let place = decoded.keys.iter().position(|key| *key == address)?;
        let held = |balances: &[TokenBalance]| {
            let found = balances.iter().find(|it| it.index == place)?;
            Some((found.mint, found.amount))
        };
        let (mint, before) = held(&meta.pre_tokens)?;
        let (_, behind) = held(&meta.post_tokens)?;
        Some((mint, before, behind))
    };
    let (one, other) = (vault(swap.vaults.0)?, vault(swap.vaults.1)?);
    let (input, output) = match one.2 > one.1 {
        true => (one, other),
        false => (other, one),
    };
    let taken = input.2.checked_sub(input.1)?;
    Some(Exchanged {
        mint_in: input.0,
        mint_out: output.0,
        amount_in: match swap.amounts {
            Amounts::ExactIn { amount_in, .. } => amount_in,
            Amounts::ExactOut { .. } => taken,
        },
        amount_out: output.1.checked_sub(output.2)?,
    })
}

#[cfg(test)]
mod tests;
