//! Accounts as they stand.

use serde::Deserialize;
use serde_json::{Value, json};
use solana_address::Address;

use super::Answer;
use crate::bank::{Account, TokenAccount};
use crate::cluster::{Cluster, Commitment, Snapshot};
use crate::json_rpc::account::{AccountInfo, Encoding, Slice};
use crate::json_rpc::error::Error;
use crate::node::context::{Context, with_context};
use crate::node::filter;
use crate::node::params::{self, Params};

/// How many accounts one call may ask for.
pub(in crate::node) const ACCOUNTS_MAX: usize = 100;

/// How accounts are asked for.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in crate::node) struct AccountSettings {
    pub(in crate::node) encoding: Encoding,
    pub(in crate::node) data_slice: Option<Slice>,
    pub(in crate::node) commitment: Option<Commitment>,
    pub(in crate::node) min_context_slot: Option<u64>,
}

impl AccountSettings {
    pub(in crate::node) const fn context(self) -> Context {
        Context {
            commitment: self.commitment,
            min_context_slot: self.min_context_slot,
        }
    }
}

/// An account with what telling it needs, so that it is told without holding up the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::node) struct Found {
    account: Account,
    decimals: Option<u8>,
}

impl Found {
    pub(in crate::node) fn of(chain: Snapshot<'_>, account: &Account, encoding: Encoding) -> Self {
        let decimals = (encoding == Encoding::JsonParsed)
            .then(|| TokenAccount::read(&account.data).ok())
            .flatten()
            .and_then(|token| chain.decimals(&token.mint));
        Self {
            account: account.clone(),
            decimals,
        }
    }

    pub(in crate::node) fn tell(
        &self,
        encoding: Encoding,
        slice: Option<Slice>,
    ) -> Result<AccountInfo, Error> {
        AccountInfo::new(&self.account, encoding, slice, |_| self.decimals)
    }
}

pub(in crate::node) fn find(
    chain: Snapshot<'_>,
    key: &Address,
    encoding: Encoding,
) -> Option<Found> {
    let account = chain.accounts().get(key)?;
    Some(Found::of(chain, account, encoding))
}

fn read_all(
    cluster: &Cluster,
    keys: &[Address],
    settings: AccountSettings,
) -> Result<(u64, Vec<Option<AccountInfo>>), Error> {
    let (slot, found) = settings.context().read(cluster, |chain| {
        let found = keys.iter().map(|key| find(chain, key, settings.encoding));
        Ok((chain.slot(), found.collect::<Vec<_>>()))
    })?;
    let tell = |found: Option<Found>| {
        found
            .map(|found| found.tell(settings.encoding, settings.data_slice))
            .transpose()
    };
    Ok((slot, found.into_iter().map(tell).collect::<Result<_, _>>()?))
}

pub(super) fn account_info(cluster: &Cluster, params: &Params) -> Answer {
    let key = params.address(0)?;
    let (slot, accounts) = read_all(cluster, &[key], params.settings(1)?)?;
    Ok(with_context(slot, &accounts[0]))
}

pub(super) fn multiple_accounts(cluster: &Cluster, params: &Params) -> Answer {
    let keys: Vec<String> = params.required(0)?;
    let keys = params::list(&keys, ACCOUNTS_MAX, params::address)?;
    let (slot, accounts) = read_all(cluster, &keys, params.settings(1)?)?;
    Ok(with_context(slot, accounts))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ProgramSettings {
    filters: Option<Vec<Value>>,
    with_context: bool,
    #[serde(flatten)]
    account: AccountSettings,
}

pub(super) fn program_accounts(cluster: &Cluster, params: &Params) -> Answer {
    let program = params.address(0)?;
    let settings: ProgramSettings = params.settings(1)?;
    let filters = filter::read(settings.filters.as_deref().unwrap_or_default())?;
    let (slot, found) = collect(cluster, settings.account, |account| {
        account.owner == program && filters.iter().all(|filter| filter.takes(&account.data))
    })?;
    let told = tell_keyed(found, settings.account)?;
    Ok(if settings.with_context {
        with_context(slot, told)
    } else {
        json!(told)
    })
}

/// All accounts that a test takes, by their addresses.
pub(super) fn collect(
    cluster: &Cluster,
    settings: AccountSettings,
    takes: impl Fn(&Account) -> bool,
) -> Result<(u64, Vec<(Address, Found)>), Error> {
    settings.context().read(cluster, |chain| {
        let mut found: Vec<_> = chain
            .accounts()
            .iter()
            .filter(|(_, account)| takes(account))
            .map(|(key, account)| (*key, Found::of(chain, account, settings.encoding)))
            .collect();
        found.sort_unstable_by_key(|(key, _)| *key);
        Ok((chain.slot(), found))
    })
}

pub(super) fn tell_keyed(
    found: Vec<(Address, Found)>,
    settings: AccountSettings,
) -> Result<Vec<Value>, Error> {
    found
        .into_iter()
        .map(|(key, found)| keyed(&key, &found, settings))
        .collect()
}

/// An account with its address.
pub(in crate::node) fn keyed(
    key: &Address,
    found: &Found,
    settings: AccountSettings,
) -> Result<Value, Error> {
    let account = found.tell(settings.encoding, settings.data_slice)?;
    Ok(json!({ "pubkey": key.to_string(), "account": account }))
}

pub(super) fn balance(cluster: &Cluster, params: &Params) -> Answer {
    let key = params.address(0)?;
    let context: Context = params.settings(1)?;
    context.read(cluster, |chain| {
        let account = chain.accounts().get(&key);
        let lamports = account.map_or(0, |account| account.lamports);
        Ok(with_context(chain.slot(), lamports))
    })
}

pub(super) fn minimum_balance(cluster: &Cluster, params: &Params) -> Answer {
    let bytes: usize = params.required(0)?;
    let context: Context = params.settings(1)?;
    context.read(cluster, |chain| {
        Ok(json!(chain.rent().minimum_balance(bytes)))
    })
}
