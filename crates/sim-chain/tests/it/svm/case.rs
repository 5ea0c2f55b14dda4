//! One recorded transaction: what the chain was, what was sent, and what came of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use sim_chain::bank::{self, Account, Bank, Clock, Environment, Outcome, Transaction};
use solana_address::Address;

/// A file of cases, with the data of accounts beside them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    cases: Vec<Recorded>,
    blobs: BTreeMap<String, String>,
}

/// A case as it is written. Fields that only help a reader, or say again what the transaction says, are named so
/// that an unknown one is an error.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Recorded {
    id: String,
    clock: RecordedClock,
    transaction: String,
    before: Vec<RecordedAccount>,
    expected: Expected,
    #[serde(rename = "tags")]
    _tags: Value,
    #[serde(rename = "note", default)]
    _note: Value,
    #[serde(rename = "pools", default)]
    _pools: Value,
    #[serde(rename = "programs", default)]
    _programs: Value,
    #[serde(rename = "signers", default)]
    _signers: Value,
    #[serde(rename = "version", default)]
    _version: Value,
    #[serde(rename = "message", default)]
    _message: Value,
    #[serde(rename = "signature", default)]
    _signature: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordedClock {
    slot: u64,
    epoch: u64,
    unix_timestamp: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordedAccount {
    pubkey: String,
    lamports: u64,
    owner: String,
    data: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Expected {
    error: Value,
    landed: bool,
    fee: u64,
    after: Vec<RecordedAccount>,
    #[serde(default)]
    logs: Option<Vec<String>>,
    #[serde(default)]
    inner: Option<Vec<Value>>,
    #[serde(default)]
    program_data: Vec<String>,
    #[serde(default)]
    ray_log: Vec<String>,
    compute_units: u64,
    #[serde(rename = "userLamports", default)]
    _user_lamports: Value,
    #[serde(rename = "userTokens", default)]
    _user_tokens: Value,
}

/// A case of a file.
pub(super) struct Case<'a> {
    file: &'a File,
    recorded: &'a Recorded,
}

impl File {
    pub(super) fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path)
            .unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
        serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{} is no file of cases: {error}", path.display()))
    }

    pub(super) fn cases(&self) -> impl Iterator<Item = Case<'_>> {
        self.cases.iter().map(|recorded| Case {
            file: self,
            recorded,
        })
    }
}

fn address(text: &str) -> Address {
    Address::from_str(text).expect("an address")
}

fn bytes(text: &str) -> Vec<u8> {
    BASE64_STANDARD.decode(text).expect("base64")
}

impl Case<'_> {
    pub(super) fn id(&self) -> &str {
        &self.recorded.id
    }

    fn account(&self, recorded: &RecordedAccount) -> (Address, Account) {
        let data = bytes(&self.file.blobs[&recorded.data]);
        let account = Account::new(recorded.lamports, address(&recorded.owner), data);
        (address(&recorded.pubkey), account)
    }

    /// The chain before the transaction, which would find its blockhash valid.
    pub(super) fn bank(&self) -> Bank {
        let clock = &self.recorded.clock;
        let mut bank = Bank::new(Environment {
            clock: Clock {
                slot: clock.slot,
                epoch: clock.epoch,
                unix_timestamp: clock.unix_timestamp,
            },
            ..Environment::default()
        });
        for recorded in &self.recorded.before {
            let (key, account) = self.account(recorded);
            bank.set_account(key, account);
        }
        bank
    }

    /// Whether the transaction landed and did what it was to do.
    pub(super) fn succeeds(&self) -> bool {
        self.recorded.expected.landed && self.recorded.expected.error.is_null()
    }

    /// The accounts that are not as they were; closed ones have no lamports.
    pub(super) fn after(&self) -> BTreeMap<Address, Account> {
        let after = self.recorded.expected.after.iter();
        after.map(|recorded| self.account(recorded)).collect()
    }

    /// The whole signed transaction.
    pub(super) fn bytes(&self) -> Vec<u8> {
        bytes(&self.recorded.transaction)
    }

    /// Executes the case and compares everything that is known of its end.
    pub(super) fn check(&self) -> Result<(), String> {
        let mut bank = self.bank();
        let transaction = Transaction::decode(&self.bytes()).map_err(|error| error.to_string())?;
        bank.register_blockhash(*transaction.blockhash());
        let verified = transaction.verify().map_err(|error| error.to_string())?;
        let before = bank.clone();

        let result = bank.process(&verified);

        let expected = &self.recorded.expected;
        same("landed", &expected.landed, &result.is_ok())?;
        let error = match &result {
            Ok(outcome) => outcome.status.clone().err(),
            Err(error) => Some(error.clone()),
        };
        same("error", &expected.error, &json!(error))?;
        if let Ok(outcome) = &result {
            same("fee", &expected.fee, &outcome.fee)?;
            self.check_outcome(outcome)?;
        }
        self.check_accounts(&before, &bank)
    }

    fn check_outcome(&self, outcome: &Outcome) -> Result<(), String> {
        let expected = &self.recorded.expected;
        if let Some(logs) = &expected.logs {
            let without_units =
                |lines: &[String]| lines.iter().map(|line| no_units(line)).collect::<Vec<_>>();
            same(
                "logs",
                &without_units(logs),
                &without_units(&outcome.logs()),
            )?;
        }
        if let Some(inner) = &expected.inner {
            let called: Vec<(u8, Value)> = (0..)
                .zip(inner.clone())
                .filter(|(_, list)| list.as_array().is_some_and(|list| !list.is_empty()))
                .collect();
            same("inner instructions", &called, &told(outcome))?;
        }
        if outcome.status.is_ok() {
            self.check_units(outcome.compute_units)?;
        }
        for (what, prefix, expected) in [
            ("program data", "Program data: ", &expected.program_data),
            ("ray logs", "Program log: ray_log: ", &expected.ray_log),
        ] {
            let lines = outcome.logs();
            let lines = lines.iter();
            let logged: Vec<&str> = lines.filter_map(|line| line.strip_prefix(prefix)).collect();
            same(what, &expected.as_slice(), &logged.as_slice())?;
        }
        Ok(())
    }

    /// Other versions of the programs differ by some hundred units; these are to plan limits by.
    fn check_units(&self, units: u64) -> Result<(), String> {
        let real = self.recorded.expected.compute_units;
        let near = units.abs_diff(real) <= real / 8 + 2_000;
        near.then_some(())
            .ok_or_else(|| format!("units: {units} are not near {real}"))
    }

    /// Every account is as it was, or as it is said to be after.
    fn check_accounts(&self, before: &Bank, after: &Bank) -> Result<(), String> {
        let mut expected: BTreeMap<Address, Account> = before
            .accounts()
            .iter()
            .map(|(key, account)| (*key, account.clone()))
            .collect();
        for recorded in &self.recorded.expected.after {
            let (key, account) = self.account(recorded);
            if account.lamports == 0 {
                expected.remove(&key);
            } else {
                expected.insert(key, account);
            }
        }
        for (key, account) in &expected {
            same(
                &format!("account {key}"),
                &Some(account),
                &after.accounts().get(key),
            )?;
        }
        same(
            "number of accounts",
            &expected.len(),
            &after.accounts().len(),
        )
    }
}

/// What an outcome tells of called instructions, as the recorded cases write it.
fn told(outcome: &Outcome) -> Vec<(u8, Value)> {
    let list = |(index, list): &(u8, Vec<bank::InnerInstruction>)| {
        let list: Vec<Value> = list
            .iter()
            .map(|inner| {
                json!({
                    "height": inner.stack_height,
                    "program": inner.program_index,
                    "accounts": inner.accounts,
                    "data": BASE64_STANDARD.encode(&inner.data),
                })
            })
            .collect();
        (*index, Value::from(list))
    };
    outcome.inner.iter().map(list).collect()
}

/// A line of the log without the numbers that differ from one version of a program to the next.
fn no_units(line: &str) -> String {
    let consumed = line
        .strip_suffix(" compute units")
        .and_then(|line| line.split_once(" consumed "));
    match consumed {
        Some((program, _)) => format!("{program} consumed"),
        None => line.to_owned(),
    }
}

pub(super) fn same<E: PartialEq<A> + std::fmt::Debug, A: std::fmt::Debug>(
    what: &str,
    expected: &E,
    actual: &A,
) -> Result<(), String> {
    if expected == actual {
        return Ok(());
    }
    Err(format!("{what}: expected {expected:?}, is {actual:?}"))
}
