//! Transactions that are tried or sent, and lamports for the asking.

use serde::Deserialize;
use serde_json::{Value, json};
use solana_address::Address;
use solana_transaction_error::TransactionError;

use super::Answer;
use super::accounts::Found;
use crate::bank::{Account, Executed, Transaction};
use crate::cluster::{AIRDROP_LAMPORTS_MAX, Cluster, Commitment, Snapshot};
use crate::json_rpc::account::{AccountInfo, Encoding as AccountEncoding};
use crate::json_rpc::error::Error;
use crate::json_rpc::simulation::{Blockhash, Calls, Simulation};
use crate::node::Failed;
use crate::node::context::{Context, with_context};
use crate::node::params::{self, Params, WireEncoding};
use crate::node::transaction;
use crate::service::Service;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct SimulateSettings {
    sig_verify: bool,
    replace_recent_blockhash: bool,
    inner_instructions: bool,
    encoding: Option<WireEncoding>,
    accounts: Option<WantedAccounts>,
    commitment: Option<Commitment>,
    min_context_slot: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WantedAccounts {
    addresses: Vec<String>,
    encoding: Option<AccountEncoding>,
}

pub(super) fn simulate(cluster: &Cluster, params: &Params) -> Answer {
    let text: String = params.required(0)?;
    let settings: SimulateSettings = params.settings(1)?;
    let transaction = transaction::read(&text, settings.encoding)?;
    if settings.sig_verify {
        if settings.replace_recent_blockhash {
            return Err(Error::invalid_params(
                "sigVerify may not be used with replaceRecentBlockhash",
            ));
        }
        verify(&transaction)?;
    }
    let wanted = read_wanted(&transaction, &settings.accounts.unwrap_or_default())?;
    cluster.touch_all_of(&transaction);
    let context = Context {
        commitment: settings.commitment,
        min_context_slot: settings.min_context_slot,
    };
    let calls = if settings.inner_instructions {
        Calls::Told
    } else {
        Calls::LeftOut
    };
    context.read(cluster, |chain| {
        let (transaction, replacement) = if settings.replace_recent_blockhash {
            let (blockhash, last_valid_block_height) = chain.latest_blockhash();
            let told = Blockhash {
                blockhash: blockhash.to_string(),
                last_valid_block_height,
            };
            (transaction.with_blockhash(blockhash), Some(told))
        } else {
            (transaction, None)
        };
        let executed = try_out(chain, &transaction);
        let accounts = wanted.map(|wanted| wanted.tell(chain, executed.as_ref().ok()));
        let told = Simulation {
            accounts: accounts.transpose()?,
            replacement_blockhash: replacement,
            ..Simulation::new(executed.map(|executed| executed.outcome), calls)
        };
        Ok(with_context(chain.slot(), told))
    })
}

/// What a transaction would do, if a block can take it.
pub(crate) fn try_out(
    chain: Snapshot<'_>,
    transaction: &Transaction,
) -> Result<Executed, TransactionError> {
    chain.admits(transaction)?;
    chain.execute(transaction)
}

fn verify(transaction: &Transaction) -> Result<(), Error> {
    let verified = transaction.clone().verify();
    verified
        .map(drop)
        .map_err(|_| Error::signature_verification())
}

/// The accounts that a simulation tells as it leaves them.
struct Wanted {
    keys: Vec<Address>,
    encoding: AccountEncoding,
}

fn read_wanted(
    transaction: &Transaction,
    wanted: &WantedAccounts,
) -> Result<Option<Wanted>, Error> {
    if wanted.addresses.is_empty() {
        return Ok(None);
    }
    let encoding = wanted.encoding.unwrap_or(AccountEncoding::Base64);
    if encoding == AccountEncoding::Base58 {
        return Err(Error::invalid_params("base58 encoding not supported"));
    }
    let most = named(transaction);
    if wanted.addresses.len() > most {
        return Err(Error::invalid_params(format!(
            "Too many accounts provided; max {most}"
        )));
    }
    let keys = wanted.addresses.iter().map(|key| params::address(key));
    Ok(Some(Wanted {
        keys: keys.collect::<Result<_, _>>()?,
        encoding,
    }))
}

/// How many accounts a transaction names.
pub(crate) fn named(transaction: &Transaction) -> usize {
    let stated = transaction.message().static_account_keys().len();
    let lookups = transaction.message().address_table_lookups();
    let looked_up = lookups
        .unwrap_or_default()
        .iter()
        .map(|lookup| lookup.writable_indexes.len() + lookup.readonly_indexes.len());
    stated + looked_up.sum::<usize>()
}

/// An account as an execution leaves it; what was never executed leaves nothing to see.
pub(crate) fn after<'a>(
    chain: Snapshot<'a>,
    executed: Option<&'a Executed>,
    key: &Address,
) -> Option<&'a Account> {
    let executed = executed?;
    let changed = executed.changes.iter().find(|(changed, _)| changed == key);
    match changed {
        Some((_, account)) => (account.lamports > 0).then_some(account),
        None => chain.accounts().get(key),
    }
}

impl Wanted {
    fn tell(
        &self,
        chain: Snapshot<'_>,
        executed: Option<&Executed>,
    ) -> Result<Vec<Option<AccountInfo>>, Error> {
        let tell = |key: &Address| {
            let account = after(chain, executed, key)?;
            Some(Found::of(chain, account, self.encoding).tell(self.encoding, None))
        };
        self.keys.iter().map(|key| tell(key).transpose()).collect()
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct SendSettings {
    skip_preflight: bool,
    preflight_commitment: Option<Commitment>,
    encoding: Option<WireEncoding>,
    min_context_slot: Option<u64>,
}

/// Takes a transaction. Whether it landed is another question: one that no block can take is dropped without a word,
/// as a cluster would drop it.
pub(super) fn send(service: &Service, params: &Params) -> Result<Value, Failed> {
    let text: String = params.required(0)?;
    let settings: SendSettings = params.settings(1)?;
    let transaction = transaction::read(&text, settings.encoding)?;
    let signature = transaction.signature().to_string();
    let verified = match transaction.verify() {
        Ok(verified) => verified,
        Err(_) if settings.skip_preflight => return Ok(json!(signature)),
        Err(_) => return Err(Error::signature_verification().into()),
    };
    let cluster = service.cluster();
    if !settings.skip_preflight {
        cluster.touch_all_of(verified.get());
        let context = Context {
            commitment: settings.preflight_commitment,
            min_context_slot: settings.min_context_slot,
        };
        context.read(cluster, |chain| preflight(chain, verified.get()))?;
    }
    service.submit(verified)?;
    Ok(json!(signature))
}

fn preflight(chain: Snapshot<'_>, transaction: &Transaction) -> Result<(), Error> {
    let result = try_out(chain, transaction).map(|executed| executed.outcome);
    let error = match &result {
        Ok(outcome) => outcome.status.clone().err(),
        Err(error) => Some(error.clone()),
    };
    let Some(error) = error else {
        return Ok(());
    };
    let told: Value = json!(Simulation::new(result, Calls::LeftOut));
    Err(Error::preflight(&error, told))
}

pub(super) fn airdrop(cluster: &Cluster, params: &Params) -> Answer {
    let to = params.address(0)?;
    let lamports: u64 = params.required(1)?;
    if lamports > AIRDROP_LAMPORTS_MAX {
        return Err(Error::invalid_params(format!(
            "airdrop request too large; max {AIRDROP_LAMPORTS_MAX} lamports"
        )));
    }
    let landed = cluster
        .airdrop(to, lamports)
        .map_err(|error| Error::internal(format!("the faucet cannot pay: {error}")))?;
    Ok(json!(landed.transaction.signature().to_string()))
}
