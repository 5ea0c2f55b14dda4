//! The engine's chain as any Solana client sees it: over JSON-RPC, and never by the engine's word.

mod balances;
mod books;
mod competing;
mod door;
mod forks;
mod gated;
mod launched;
mod slow;
mod wrapped;

pub(crate) use balances::every_lamport_is_explained;
pub(crate) use wrapped::wrapped_sol_stays;

use anyhow::{Context, Result, ensure};
use cluster::engine::Engine;
use cluster::http::http;
use serde_json::{Value, json};
use servers::free_port::free_port;

/// A node of the cluster.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    url: String,
}

impl Node {
    pub(crate) fn at(url: &str) -> Self {
        Self {
            url: url.to_owned(),
        }
    }

    /// What a method answers; an error of the method is an error here.
    pub(crate) async fn call(&self, method: &str, params: Value) -> Result<Value> {
        let question = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let answer = http().post(&self.url).json(&question).send().await;
        let mut answer: Value = answer.with_context(|| self.url.clone())?.json().await?;
        ensure!(answer["error"].is_null(), "{method}: {answer}");
        Ok(answer["result"].take())
    }

    /// The `value` that stands beside a slot.
    async fn value(&self, method: &str, params: Value) -> Result<Value> {
        Ok(self.call(method, params).await?["value"].take())
    }
}

/// An engine in one process, whose cluster is also a node.
pub(crate) async fn engine_and_node(variables: &[(&str, &str)]) -> Result<(Engine, Node)> {
    let port = free_port();
    let text = port.to_string();
    let all: Vec<_> = variables
        .iter()
        .copied()
        .chain([("SIM_RPC_PORT", text.as_str())])
        .collect();
    let engine = Engine::start(&all).await?;
    Ok((engine, Node::at(&format!("http://127.0.0.1:{port}"))))
}
