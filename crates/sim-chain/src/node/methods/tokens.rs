//! Tokens: balances, supplies, and who holds them.

use serde::Deserialize;
use serde_json::{Value, json};
use solana_address::Address;

use super::Answer;
use super::accounts::{AccountSettings, collect, tell_keyed};
use crate::bank::address::is_token_program;
use crate::bank::{Account, Mint, TokenAccount};
use crate::cluster::{Cluster, Snapshot};
use crate::json_rpc::amount::TokenAmount;
use crate::json_rpc::error::Error;
use crate::node::context::{Context, with_context};
use crate::node::params::{self, Params};

/// How many of a mint's accounts are told, the largest first.
const LARGEST: usize = 20;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Of {
    Mint(String),
    ProgramId(String),
}

pub(super) fn account_balance(cluster: &Cluster, params: &Params) -> Answer {
    let key = params.address(0)?;
    let context: Context = params.settings(1)?;
    cluster.touch(&[key]);
    context.read(cluster, |chain| {
        let account = existing(chain, &key)?;
        let token = token_account(account)
            .ok_or_else(|| Error::invalid_params("Invalid param: not a Token account"))?;
        let decimals = mint(chain, &token.mint)?.decimals;
        let amount = TokenAmount::new(token.amount, decimals);
        Ok(with_context(chain.slot(), amount))
    })
}

pub(super) fn supply(cluster: &Cluster, params: &Params) -> Answer {
    let key = params.address(0)?;
    let context: Context = params.settings(1)?;
    context.read(cluster, |chain| {
        let mint = mint(chain, &key)?;
        let amount = TokenAmount::new(mint.supply, mint.decimals);
        Ok(with_context(chain.slot(), amount))
    })
}

pub(super) fn accounts_by_owner(cluster: &Cluster, params: &Params) -> Answer {
    let owner = params.address(0)?;
    let of: Of = params.required(1)?;
    let settings: AccountSettings = params.settings(2)?;
    let (wanted_mint, program) = match of {
        Of::ProgramId(program) => (None, params::address(&program)?),
        Of::Mint(key) => {
            let key = params::address(&key)?;
            let program = settings.context().read(cluster, |chain| {
                mint(chain, &key)?;
                existing(chain, &key).map(|account| account.owner)
            })?;
            (Some(key), program)
        }
    };
    if !is_token_program(&program) {
        return Err(Error::invalid_params(
            "Invalid param: unrecognized Token program id",
        ));
    }
    let (slot, found) = collect(cluster, settings, |account| {
        account.owner == program
            && token_account(account).is_some_and(|token| {
                token.owner == owner && wanted_mint.is_none_or(|mint| token.mint == mint)
            })
    })?;
    Ok(with_context(slot, tell_keyed(found, settings)?))
}

pub(super) fn largest_accounts(cluster: &Cluster, params: &Params) -> Answer {
    let key = params.address(0)?;
    let context: Context = params.settings(1)?;
    context.read(cluster, |chain| {
        let decimals = mint(chain, &key)?.decimals;
        let mut holders: Vec<(u64, Address)> = chain
            .accounts()
            .iter()
            .filter_map(|(holder, account)| {
                let token = token_account(account).filter(|token| token.mint == key)?;
                Some((token.amount, *holder))
            })
            .collect();
        holders.sort_unstable_by(|one, other| other.cmp(one));
        let told = holders.iter().take(LARGEST).map(|(amount, holder)| {
            let mut told = json!(TokenAmount::new(*amount, decimals));
            told["address"] = holder.to_string().into();
            told
        });
        Ok(with_context(chain.slot(), told.collect::<Vec<Value>>()))
    })
}

fn existing<'a>(chain: Snapshot<'a>, key: &Address) -> Result<&'a Account, Error> {
    let account = chain.accounts().get(key);
    account.ok_or_else(|| Error::invalid_params("Invalid param: could not find account"))
}

fn mint(chain: Snapshot<'_>, key: &Address) -> Result<Mint, Error> {
    let account = chain.accounts().get(key);
    account
        .filter(|account| is_token_program(&account.owner))
        .and_then(|account| Mint::read(&account.data).ok())
        .ok_or_else(|| Error::invalid_params("Invalid param: could not find mint"))
}

fn token_account(account: &Account) -> Option<TokenAccount> {
    is_token_program(&account.owner)
        .then(|| TokenAccount::read(&account.data).ok())
        .flatten()
}
