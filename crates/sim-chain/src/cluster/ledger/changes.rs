//! How much a transaction has changed what a wallet holds of a mint.

use std::collections::BTreeSet;

use solana_address::Address;

use crate::bank::address::WRAPPED_SOL;
use crate::bank::{Outcome, TokenBalance};

/// The change over all of the wallet's accounts. Native SOL counts as wrapped SOL; fees and the rent of accounts that
/// came or went do not count.
pub(super) fn of(outcome: &Outcome, wallet: &Address, mint: &Address) -> i128 {
    let held = |balances: &[TokenBalance]| -> i128 {
        let own = balances.iter().filter(|it| it.owner == *wallet);
        let held = own.filter(|it| it.mint == *mint);
        held.map(|it| i128::from(it.amount)).sum()
    };
    let tokens = held(&outcome.post_token_balances) - held(&outcome.pre_token_balances);
    let place = outcome.keys.iter().position(|key| key == wallet);
    match place {
        Some(place) if *mint == WRAPPED_SOL => {
            let fee = if place == 0 { outcome.fee } else { 0 };
            tokens + lamports(outcome, place) + i128::from(fee) + rent(outcome, wallet)
        }
        _ => tokens,
    }
}

fn lamports(outcome: &Outcome, place: usize) -> i128 {
    let at = |balances: &[u64]| i128::from(balances.get(place).copied().unwrap_or(0));
    at(&outcome.post_balances) - at(&outcome.pre_balances)
}

/// What the wallet's token accounts that came hold beside tokens, less what those held that went.
fn rent(outcome: &Outcome, wallet: &Address) -> i128 {
    let (before, after) = (&outcome.pre_token_balances, &outcome.post_token_balances);
    let own = before.iter().chain(after).filter(|it| it.owner == *wallet);
    let places: BTreeSet<u8> = own.map(|it| it.account_index).collect();
    let wrapped = |balances: &[TokenBalance], place: u8| {
        let mut balances = balances.iter();
        let found = balances.find(|it| it.account_index == place && it.mint == WRAPPED_SOL);
        found.map_or(0, |it| i128::from(it.amount))
    };
    let came_or_went = |place: &u8| {
        let at = |balances: &[u64]| balances.get(usize::from(*place)).copied().unwrap_or(0);
        at(&outcome.pre_balances) == 0 || at(&outcome.post_balances) == 0
    };
    let places = places.into_iter().filter(came_or_went);
    places
        .map(|place| {
            let tokens = wrapped(after, place) - wrapped(before, place);
            lamports(outcome, usize::from(place)) - tokens
        })
        .sum()
}
