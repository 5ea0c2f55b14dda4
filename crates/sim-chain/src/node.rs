//! A node of the simulated cluster as its clients see it: the methods of Solana's JSON-RPC, over HTTP and over
//! WebSocket.
//!
//! Begin with [`Node::call`]; the methods are in `methods/`, one file for what they are about.

pub mod http;

mod context;
mod filter;
mod methods;
mod params;
mod parsed;
mod socket;
mod subscription;
mod transaction;

use std::sync::Arc;

use serde_json::Value;
use solana_address::Address;

use crate::cluster::Cluster;
use crate::json_rpc::error::Error;
use crate::json_rpc::request::{Call, Request, answer};
use params::Params;

/// The version that the node says it has: clients choose by it what they ask.
pub const VERSION: &str = "3.0.6";
/// The node's own address, which is also every block's leader.
pub const IDENTITY: Address = Address::new_from_array(*b"the only node of a simulated net");

/// Answers calls.
#[derive(Debug, Clone)]
pub struct Node {
    cluster: Arc<Cluster>,
}

impl Node {
    #[must_use]
    pub const fn new(cluster: Arc<Cluster>) -> Self {
        Self { cluster }
    }

    /// Answers the body of a request. `None` where it asks for no answer.
    #[must_use]
    pub fn answer(&self, body: &[u8]) -> Option<Value> {
        respond(body, |method, params| {
            methods::call(&self.cluster, method, params)
        })
    }

    /// Answers one call.
    pub fn call(&self, method: &str, params: Vec<Value>) -> Result<Value, Error> {
        methods::call(&self.cluster, method, &Params::new(params))
    }
}

/// Answers every call of a request.
fn respond(
    body: &[u8],
    mut call: impl FnMut(&str, &Params) -> Result<Value, Error>,
) -> Option<Value> {
    let refusal = |error| Some(answer(&Value::Null, &Err::<Value, _>(error)));
    let mut one = |asked: Result<Call, Error>| match asked {
        Ok(Call { id, method, params }) => {
            let result = call(&method, &Params::new(params));
            id.map(|id| answer(&id, &result))
        }
        Err(error) => refusal(error),
    };
    match Request::parse(body) {
        Ok(Request::One(call)) => one(call),
        Ok(Request::Many(calls)) => {
            let answers: Vec<Value> = calls.into_iter().filter_map(one).collect();
            (!answers.is_empty()).then_some(Value::Array(answers))
        }
        Err(error) => refusal(error),
    }
}
