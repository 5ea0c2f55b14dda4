//! What the token accounts of a transaction hold, as `getTransaction` tells it.

use solana_address::Address;

use super::View;
use super::account::Account;
use super::address::is_token_program;
use super::message::position;
use super::programs::token::{Mint, TokenAccount};
use super::traces::TokenBalance;

/// The balances of all token accounts among `accounts`, which stand at `keys`.
pub(super) fn of_tokens(
    stored: View<'_>,
    keys: &[Address],
    accounts: &[Account],
) -> Vec<TokenBalance> {
    let decimals = |mint: &Address| {
        let here = keys.iter().position(|key| key == mint);
        let account = here.map(|at| &accounts[at]).or_else(|| stored.get(mint))?;
        is_token_program(&account.owner)
            .then(|| Mint::read(&account.data).ok().map(|mint| mint.decimals))?
    };
    let balance = |(index, account): (usize, &Account)| {
        if !is_token_program(&account.owner) {
            return None;
        }
        let token = TokenAccount::read(&account.data).ok()?;
        Some(TokenBalance {
            account_index: position(index),
            decimals: decimals(&token.mint)?,
            mint: token.mint,
            owner: token.owner,
            program: account.owner,
            amount: token.amount,
        })
    };
    accounts.iter().enumerate().filter_map(balance).collect()
}
