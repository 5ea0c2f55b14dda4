//! What a socket follows. There are no queues: each look at the chain finds what is new since the last one, so that
//! a socket costs nothing but its own looks, and what it has not read yet waits on the chain.

mod news;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use solana_address::Address;
use solana_signature::Signature;

use super::context::{Context, with_context};
use super::filter::{self, Filter};
use super::methods::accounts::AccountSettings;
use super::params::{self, Params};
use crate::bank::Account;
use crate::cluster::{Cluster, Commitment, Snapshot};
use crate::json_rpc::error::Error;
use news::Written;

/// How many things one socket may follow.
const SUBSCRIPTIONS_MAX: usize = 1_000;

#[derive(Debug)]
enum Subject {
    Signature(Signature, Commitment),
    Account {
        key: Address,
        settings: AccountSettings,
        last: Option<Account>,
    },
    Program {
        program: Address,
        filters: Vec<Filter>,
        settings: AccountSettings,
        /// The number of the first transaction that was not looked at.
        next: u64,
    },
    Logs {
        mention: Option<Address>,
        commitment: Commitment,
        next: u64,
    },
    Slot(u64),
    Root(u64),
}

/// Everything that one socket follows.
#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    last_id: u64,
    subjects: BTreeMap<u64, Subject>,
}

impl Subscriptions {
    pub(super) fn is_empty(&self) -> bool {
        self.subjects.is_empty()
    }

    /// Answers a call of a socket.
    pub(super) fn call(
        &mut self,
        cluster: &Cluster,
        method: &str,
        params: &Params,
    ) -> Result<Value, Error> {
        let subject = match method {
            "signatureSubscribe" => signature(params),
            "accountSubscribe" => account(cluster, params),
            "programSubscribe" => program(cluster, params),
            "logsSubscribe" => logs(cluster, params),
            "slotSubscribe" => Ok(Subject::Slot(slot(cluster, Commitment::Processed))),
            "rootSubscribe" => Ok(Subject::Root(slot(cluster, Commitment::Finalized))),
            "signatureUnsubscribe"
            | "accountUnsubscribe"
            | "programUnsubscribe"
            | "logsUnsubscribe"
            | "slotUnsubscribe"
            | "rootUnsubscribe" => {
                return self.remove(params.required(0)?);
            }
            _ => Err(Error::method_not_found()),
        }?;
        if self.subjects.len() >= SUBSCRIPTIONS_MAX {
            return Err(Error::invalid_request(format!(
                "too many subscriptions on one socket; max {SUBSCRIPTIONS_MAX}"
            )));
        }
        self.last_id += 1;
        self.subjects.insert(self.last_id, subject);
        Ok(json!(self.last_id))
    }

    fn remove(&mut self, id: u64) -> Result<Value, Error> {
        match self.subjects.remove(&id) {
            Some(_) => Ok(json!(true)),
            None => Err(Error::invalid_params("Invalid subscription id.")),
        }
    }

    /// Finds what is new on the chain, and tells it.
    pub(super) fn look(&mut self, cluster: &Cluster) -> Vec<Value> {
        let followed: Vec<Address> = self.subjects.values().filter_map(Subject::key).collect();
        if !followed.is_empty() {
            cluster.touch(&followed);
        }
        let (mut told, mut written) = (Vec::new(), Written::default());
        cluster.read(Commitment::Processed, |chain| {
            self.subjects.retain(|id, subject| {
                let news = subject.news(chain, &mut written);
                let ends = matches!(subject, Subject::Signature(..)) && !news.is_empty();
                told.extend(news.into_iter().map(|result| {
                    json!({
                        "jsonrpc": "2.0",
                        "method": subject.notification(),
                        "params": { "result": result, "subscription": id },
                    })
                }));
                !ends
            });
        });
        told
    }
}

fn slot(cluster: &Cluster, commitment: Commitment) -> u64 {
    cluster.read(commitment, |chain| chain.slot())
}

fn landed(cluster: &Cluster) -> u64 {
    cluster.read(Commitment::Processed, |chain| chain.history().landed())
}

fn signature(params: &Params) -> Result<Subject, Error> {
    let signature = params::signature(&params.required::<String>(0)?)?;
    let context: Context = params.settings(1)?;
    Ok(Subject::Signature(signature, context.commitment()))
}

fn account(cluster: &Cluster, params: &Params) -> Result<Subject, Error> {
    let key = params.address(0)?;
    let settings: AccountSettings = params.settings(1)?;
    let commitment = settings.context().commitment();
    let last = cluster.read(commitment, |chain| chain.accounts().get(&key).cloned());
    Ok(Subject::Account {
        key,
        settings,
        last,
    })
}

fn program(cluster: &Cluster, params: &Params) -> Result<Subject, Error> {
    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct Filters {
        filters: Option<Vec<Value>>,
    }
    let stated: Filters = params.settings(1)?;
    Ok(Subject::Program {
        program: params.address(0)?,
        filters: filter::read(stated.filters.as_deref().unwrap_or_default())?,
        settings: params.settings(1)?,
        next: landed(cluster),
    })
}

fn logs(cluster: &Cluster, params: &Params) -> Result<Subject, Error> {
    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase")]
    enum Of {
        All,
        AllWithVotes,
        Mentions(Vec<String>),
    }
    let mention = match params.required::<Of>(0)? {
        Of::All | Of::AllWithVotes => None,
        Of::Mentions(keys) => match keys.as_slice() {
            [key] => Some(params::address(key)?),
            _ => {
                return Err(Error::invalid_params(
                    "Invalid Request: Only 1 address supported",
                ));
            }
        },
    };
    let context: Context = params.settings(1)?;
    Ok(Subject::Logs {
        mention,
        commitment: context.commitment(),
        next: landed(cluster),
    })
}

impl Subject {
    fn key(&self) -> Option<Address> {
        match self {
            Self::Account { key, .. } => Some(*key),
            _ => None,
        }
    }

    const fn notification(&self) -> &'static str {
        match self {
            Self::Signature(..) => "signatureNotification",
            Self::Account { .. } => "accountNotification",
            Self::Program { .. } => "programNotification",
            Self::Logs { .. } => "logsNotification",
            Self::Slot(_) => "slotNotification",
            Self::Root(_) => "rootNotification",
        }
    }

    /// The results to tell.
    fn news(&mut self, chain: Snapshot<'_>, written: &mut Written) -> Vec<Value> {
        match self {
            Self::Signature(signature, commitment) => {
                let chain = chain.at(*commitment);
                let landed = chain.landed(signature);
                let err = landed.map(|landed| landed.outcome.status.as_ref().err());
                err.map(|err| with_context(chain.slot(), json!({ "err": err })))
                    .into_iter()
                    .collect()
            }
            Self::Account {
                key,
                settings,
                last,
            } => news::of_account(
                chain.at(settings.context().commitment()),
                key,
                settings,
                last,
            ),
            Self::Program {
                program,
                filters,
                settings,
                next,
            } => {
                let chain = chain.at(settings.context().commitment());
                news::of_program(chain, written, program, filters, *settings, next)
            }
            Self::Logs {
                mention,
                commitment,
                next,
            } => news::of_logs(chain.at(*commitment), mention.as_ref(), next),
            Self::Slot(last) => {
                let (slot, root) = (chain.slot(), chain.at(Commitment::Finalized).slot());
                let parent = chain.header(slot).parent_slot;
                news::moved(
                    last,
                    slot,
                    json!({ "slot": slot, "parent": parent, "root": root }),
                )
            }
            Self::Root(last) => {
                let root = chain.at(Commitment::Finalized).slot();
                news::moved(last, root, json!(root))
            }
        }
    }
}
