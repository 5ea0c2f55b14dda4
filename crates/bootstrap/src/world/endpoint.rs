//! How the endpoints of a cluster are asked.

use std::sync::Arc;

use anyhow::Context;
use chain_solana::Rpc;
use chain_solana::rpc::http::{Endpoint, HttpRpc, Limits};
use config::Secret;
use config::args::Stop;

/// What is said of an address that is none.
const NO_ENDPOINT: &str = "SOLANA_RPC_URL is not allowed: an entry is no address of an endpoint, such as http://host:8899";

/// An endpoint that can be asked, and what people are shown of its address.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Asks it.
    pub rpc: Arc<dyn Rpc>,
    /// Its address without what may be a secret.
    pub name: String,
}

/// The endpoint at this address. Nothing is sent yet.
pub fn at(url: &Secret) -> anyhow::Result<Asked> {
    let unusable = |_| Stop::Wrong(NO_ENDPOINT.to_owned());
    let endpoint: Endpoint = url.expose().parse().map_err(unusable)?;
    let name = endpoint.to_string();
    let rpc = HttpRpc::new(endpoint, Limits::default()).context("could not make an HTTP client")?;
    Ok(Asked {
        rpc: Arc::new(rpc),
        name,
    })
}
