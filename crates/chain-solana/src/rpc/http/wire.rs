//! Answers as nodes write them. Fields that are not named here are not looked at.

use std::str::FromStr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use solana_hash::Hash;
use solana_signature::Signature;

use crate::rpc::transaction::{self, Meta, TokenBalance};
use crate::rpc::{self, At, Commitment, Failure, Lamports, MicroLamports, Outcome, Slot};

/// Something that stands in the answer as its text.
pub(super) struct Text<T>(pub(super) T);

impl<'de, T: FromStr> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let read = text.parse().map(Self);
        read.map_err(|_| D::Error::custom("a text that is not what it should be"))
    }
}

type Address = Text<amm::Address>;

/// Bytes in base64, beside the name of that encoding.
pub(super) struct Bytes(Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let (text, encoding) = <(String, String)>::deserialize(from)?;
        if encoding != "base64" {
            return Err(D::Error::custom("an encoding that was not asked for"));
        }
        let read = BASE64_STANDARD.decode(text).map(Self);
        read.map_err(|_| D::Error::custom("not base64"))
    }
}

#[derive(Deserialize)]
pub(super) struct WithContext<T> {
    context: Context,
    pub(super) value: T,
}

#[derive(Deserialize)]
struct Context {
    slot: Slot,
}

impl<T> WithContext<T> {
    pub(super) fn map<U>(self, with: impl FnOnce(T) -> U) -> At<U> {
        At {
            slot: self.context.slot,
            value: with(self.value),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EpochInfo {
    pub(super) absolute_slot: Slot,
    pub(super) block_height: u64,
    pub(super) epoch: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Blockhash {
    pub(super) blockhash: Text<Hash>,
    pub(super) last_valid_block_height: u64,
}

#[derive(Deserialize)]
pub(super) struct Account {
    lamports: Lamports,
    owner: Address,
    #[serde(default)]
    executable: bool,
    data: Bytes,
}

impl From<Account> for rpc::Account {
    fn from(account: Account) -> Self {
        Self {
            lamports: account.lamports,
            owner: account.owner.0,
            executable: account.executable,
            data: account.data.0,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct KeyedAccount {
    pub(super) pubkey: Address,
    pub(super) account: Account,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Fee {
    pub(super) slot: Slot,
    pub(super) prioritization_fee: MicroLamports,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Simulated {
    pub(super) err: Value,
    logs: Option<Vec<String>>,
    units_consumed: Option<u64>,
    pub(super) accounts: Option<Vec<Option<Account>>>,
}

impl Simulated {
    pub(super) fn into_simulated(self, accounts: usize) -> rpc::Simulated {
        let shown = self.accounts.unwrap_or_default();
        let shown = shown.into_iter().map(|one| one.map(Into::into));
        rpc::Simulated {
            outcome: outcome(&self.err),
            logs: self.logs.unwrap_or_default(),
            units: self.units_consumed,
            accounts: shown
                .chain(std::iter::repeat(None))
                .take(accounts)
                .collect(),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Status {
    slot: Slot,
    // `null` is a success; a node that leaves the field out has said nothing.
    err: Value,
    confirmation_status: Confirmation,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Confirmation {
    Processed,
    Confirmed,
    Finalized,
}

impl From<Status> for rpc::Status {
    fn from(status: Status) -> Self {
        let commitment = match status.confirmation_status {
            Confirmation::Processed => Commitment::Processed,
            Confirmation::Confirmed => Commitment::Confirmed,
            Confirmation::Finalized => Commitment::Finalized,
        };
        Self {
            slot: status.slot,
            outcome: outcome(&status.err),
            commitment,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Entry {
    signature: Text<Signature>,
    slot: Slot,
    err: Value,
}

impl From<Entry> for rpc::Entry {
    fn from(entry: Entry) -> Self {
        Self {
            signature: entry.signature.0,
            slot: entry.slot,
            outcome: outcome(&entry.err),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Transaction {
    slot: Slot,
    transaction: Bytes,
    meta: Option<WireMeta>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireMeta {
    err: Value,
    fee: Lamports,
    compute_units_consumed: Option<u64>,
    pre_balances: Vec<Lamports>,
    post_balances: Vec<Lamports>,
    pre_token_balances: Option<Vec<WireTokenBalance>>,
    post_token_balances: Option<Vec<WireTokenBalance>>,
    loaded_addresses: Option<Loaded>,
    log_messages: Option<Vec<String>>,
}

#[derive(Default, Deserialize)]
struct Loaded {
    writable: Vec<Address>,
    readonly: Vec<Address>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireTokenBalance {
    account_index: u8,
    mint: Address,
    owner: Option<Address>,
    ui_token_amount: Amount,
}

#[derive(Deserialize)]
struct Amount {
    amount: Text<u64>,
}

impl Transaction {
    pub(super) fn with_meta(self) -> Option<rpc::Transaction> {
        let meta = self.meta?;
        let loaded = meta.loaded_addresses.unwrap_or_default();
        let loaded = loaded.writable.into_iter().chain(loaded.readonly);
        Some(rpc::Transaction {
            slot: self.slot,
            bytes: self.transaction.0,
            meta: Meta {
                outcome: outcome(&meta.err),
                fee: meta.fee,
                units: meta.compute_units_consumed,
                pre_balances: meta.pre_balances,
                post_balances: meta.post_balances,
                pre_tokens: tokens(meta.pre_token_balances),
                post_tokens: tokens(meta.post_token_balances),
                loaded: loaded.map(|address| address.0).collect(),
                logs: meta.log_messages.unwrap_or_default(),
            },
        })
    }
}

fn tokens(balances: Option<Vec<WireTokenBalance>>) -> Vec<TokenBalance> {
    let read = |balance: WireTokenBalance| TokenBalance {
        index: balance.account_index.into(),
        mint: balance.mint.0,
        owner: balance.owner.map(|owner| owner.0),
        amount: balance.ui_token_amount.amount.0,
    };
    balances.unwrap_or_default().into_iter().map(read).collect()
}

fn outcome(err: &Value) -> Outcome {
    match err {
        Value::Null => Ok(()),
        err => Err(failure(err)),
    }
}

/// A failure, kept as its text where this version does not know it: an unknown failure is still one.
pub(super) fn failure(err: &Value) -> transaction::Failure {
    match serde_json::from_value(err.clone()) {
        Ok(known) => Failure::Known(known),
        Err(_) => Failure::Unknown(err.to_string()),
    }
}
