//! A node of the simulated cluster as its clients see it: the methods of Solana's JSON-RPC, over HTTP and over
//! WebSocket.
//!
//! Begin with [`Node::call`]; the methods are in `methods/`, one file for what they are about.

pub mod http;

mod context;
mod filter;
pub(crate) mod methods;
mod params;
mod parsed;
mod socket;
mod subscription;
mod transaction;

use std::sync::Arc;

use futures_util::future::try_join_all;
use serde_json::Value;
use solana_address::Address;

use crate::json_rpc::error::Error;
use crate::json_rpc::request::{Call, Request, answer};
use crate::service::{Kind, Service, Trouble};
use methods::accounts::ACCOUNTS_MAX;
use params::Params;

/// The version that the node says it has: clients choose by it what they ask.
pub const VERSION: &str = "3.0.6";
/// The node's own address, which is also every block's leader.
pub const IDENTITY: Address = Address::new_from_array(*b"the only node of a simulated net");

/// Answers calls.
#[derive(Debug, Clone)]
pub struct Node {
    service: Arc<Service>,
}

/// Why a call has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failed {
    /// The node's answer is an error.
    Error(Error),
    /// The node does not answer in the protocol's words.
    Trouble(Trouble),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<Trouble> for Failed {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Behind(slots) => Self::Error(Error::unhealthy(Some(slots))),
            other => Self::Trouble(other),
        }
    }
}

impl Node {
    #[must_use]
    pub const fn new(service: Arc<Service>) -> Self {
        Self { service }
    }

    /// Answers the body of a request. `None` where it asks for no answer. Trouble that one call of a list meets is
    /// that of the whole list. Cancel safety: transactions may have been taken.
    pub async fn answer(&self, body: &[u8]) -> Result<Option<Value>, Trouble> {
        match Request::parse(body) {
            Ok(Request::One(call)) => self.answer_one(call).await,
            Ok(Request::Many(calls)) => {
                let answers = calls.into_iter().map(|call| self.answer_one(call));
                let answers = try_join_all(answers).await?;
                let told: Vec<Value> = answers.into_iter().flatten().collect();
                Ok((!told.is_empty()).then_some(Value::Array(told)))
            }
            Err(error) => Ok(Some(refusal(error))),
        }
    }

    async fn answer_one(&self, asked: Result<Call, Error>) -> Result<Option<Value>, Trouble> {
        let Call { id, method, params } = match asked {
            Ok(call) => call,
            Err(error) => return Ok(Some(refusal(error))),
        };
        let result = match self.call(&method, params).await {
            Ok(value) => Ok(value),
            Err(Failed::Error(error)) => Err(error),
            Err(Failed::Trouble(trouble)) => return Err(trouble),
        };
        Ok(id.map(|id| answer(&id, result)))
    }

    /// Answers one call. Cancel safety: a transaction may have been taken.
    pub async fn call(&self, method: &str, params: Vec<Value>) -> Result<Value, Failed> {
        let params = Params::new(params);
        let read = accounts_read(method, &params);
        self.service
            .begin(self.kind(method, &params, &read))
            .await?;
        if !read.is_empty() {
            self.service.look_at(&read).await;
        }
        methods::call(&self.service, method, &params)
    }

    fn kind(&self, method: &str, params: &Params, read: &[Address]) -> Kind {
        match method {
            "getAccountInfo" | "getMultipleAccounts" => self.service.kind_of_read(read),
            "getProgramAccounts" => params
                .address(0)
                .map_or(Kind::Other, |program| Service::kind_of_search(&program)),
            "sendTransaction" => Kind::Send,
            "getSignatureStatuses" | "getEpochInfo" => Kind::Status,
            _ => Kind::Other,
        }
    }
}

/// The accounts that a call reads, where it reads accounts.
fn accounts_read(method: &str, params: &Params) -> Vec<Address> {
    if !matches!(method, "getAccountInfo" | "getMultipleAccounts") {
        return Vec::new();
    }
    let stated = match params.get(0) {
        Some(Value::Array(keys)) => keys.as_slice(),
        Some(key) => std::slice::from_ref(key),
        None => &[],
    };
    let keys = stated.iter().take(ACCOUNTS_MAX);
    let keys = keys.filter_map(|key| params::address(key.as_str()?).ok());
    keys.collect()
}

fn refusal(error: Error) -> Value {
    answer(&Value::Null, Err(error))
}

/// Answers every call of a request at once.
fn respond(
    body: &[u8],
    mut call: impl FnMut(&str, &Params) -> Result<Value, Error>,
) -> Option<Value> {
    let mut one = |asked: Result<Call, Error>| match asked {
        Ok(Call { id, method, params }) => {
            let result = call(&method, &Params::new(params));
            id.map(|id| answer(&id, result))
        }
        Err(error) => Some(refusal(error)),
    };
    match Request::parse(body) {
        Ok(Request::One(call)) => one(call),
        Ok(Request::Many(calls)) => {
            let answers: Vec<Value> = calls.into_iter().filter_map(one).collect();
            (!answers.is_empty()).then_some(Value::Array(answers))
        }
        Err(error) => Some(refusal(error)),
    }
}
