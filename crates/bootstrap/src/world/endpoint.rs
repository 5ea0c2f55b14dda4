//! How the endpoints of a cluster are asked.

use std::sync::Arc;

use anyhow::Context;
use chain_solana::rpc::Hash;
use chain_solana::rpc::http::{Endpoint, HttpRpc, Limits};
use chain_solana::rpc::socket::SocketEndpoint;
use chain_solana::{Endpoints, Rpc};
use config::args::Stop;
use config::{Config, Secret};
use ports::{Clock, Shutdown, Valve};

/// What is said of an address that is none.
const NO_ENDPOINT: &str = "SOLANA_RPC_URL is not allowed: an entry is no address of an endpoint, such as http://host:8899";

const NO_SOCKETS: &str =
    "SOLANA_WS_URL is not allowed: it is no address of sockets, such as ws://host:8900";

/// An endpoint that can be asked, and what people are shown of its address.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Asks it.
    pub rpc: Arc<dyn Rpc>,
    /// The same, with what only people want to know.
    pub node: Arc<HttpRpc>,
    /// Its address without what may be a secret.
    pub name: String,
    /// Its host and port, which tell it from the others.
    host: String,
    /// Where Solana's tools look for its sockets, if there can be such a place.
    sockets: Option<SocketEndpoint>,
}

impl Asked {
    /// Where the cluster tells news: where the operator says, else where Solana's tools would look.
    pub(super) fn sockets(&self, config: &Config) -> anyhow::Result<Option<SocketEndpoint>> {
        let Some(named) = &config.chain.solana_ws_url else {
            return Ok(self.sockets.clone());
        };
        let unusable = |_| Stop::Wrong(NO_SOCKETS.to_owned());
        Ok(Some(named.expose().parse().map_err(unusable)?))
    }
}

/// The endpoint at this address. Nothing is sent yet.
pub fn at(url: &Secret) -> anyhow::Result<Asked> {
    let unusable = |_| Stop::Wrong(NO_ENDPOINT.to_owned());
    let endpoint: Endpoint = url.expose().parse().map_err(unusable)?;
    let (name, host) = (endpoint.to_string(), endpoint.host());
    let sockets = SocketEndpoint::of(&endpoint).ok();
    let rpc = HttpRpc::new(endpoint, Limits::default()).context("could not make an HTTP client")?;
    let node = Arc::new(rpc);
    Ok(Asked {
        rpc: node.clone(),
        node,
        name,
        host,
        sockets,
    })
}

/// The endpoints at these addresses, in their order.
pub(super) fn all(urls: &[Secret]) -> anyhow::Result<Vec<Asked>> {
    urls.iter().map(at).collect()
}

/// Several as one, of a cluster with this genesis hash. An eye is kept on them until the process stops.
pub(super) fn together(
    all: &[Asked],
    genesis: Hash,
    clock: &Arc<dyn Clock>,
    shutdown: &Shutdown,
) -> anyhow::Result<Arc<Endpoints>> {
    let named = all.iter().map(|it| (it.host.clone(), Arc::clone(&it.rpc)));
    let endpoints = Endpoints::new(named.collect(), genesis, Arc::clone(clock))
        .map_err(|wrong| Stop::Wrong(format!("SOLANA_RPC_URL is not allowed: {wrong}")))?;
    let valve = Valve::shut_at_first(Arc::clone(clock));
    let endpoints = Arc::new(endpoints.behind(Arc::new(valve)));
    if all.len() > 1 {
        let watched = Arc::clone(&endpoints);
        shutdown.spawn_until_soft(async move { watched.watch().await });
    }
    Ok(endpoints)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(Debug, clap::Parser)]
    struct Program {
        #[command(flatten)]
        config: Config,
    }

    #[track_caller]
    fn check(flags: &[&str], sockets: &str) {
        let endpoints = "--solana-rpc-url=http://localhost:8899,http://other:1";
        let arguments = ["program", endpoints].into_iter();
        let config = Program::parse_from(arguments.chain(flags.iter().copied())).config;
        let first = at(&config.endpoints()[0]).unwrap();

        let found = first.sockets(&config).unwrap().unwrap();

        assert_eq!(found.to_string(), sockets);
    }

    #[test]
    fn the_named_sockets_go_before_those_of_the_first_endpoint() {
        check(&[], "ws://localhost:8900");
        check(
            &["--solana-ws-url=wss://news.example"],
            "wss://news.example",
        );
    }
}
