//! A cluster that is not the engine's own, at the endpoints that the operator names.

use std::sync::Arc;

use anyhow::{Context, ensure};
use chain_solana::Settings;
use chain_solana::programs::{self, Program};
use chain_solana::rpc::Hash;
use chain_solana::settings::Landed;
use config::{Cluster, Commitment, Config};
use domain::transaction::Blockhash;
use domain::venue;
use futures_util::future::try_join_all;
use ports::cluster::{ClusterId, Mode};
use ports::{Clock, Random, Shutdown};

use super::endpoint::{self, Asked};
use super::genesis::{self, Expected};
use super::{QUOTE_LIMIT, Reached};

/// Connects to it. Nothing is sent to an endpoint, and no store is used, before the endpoint has said which cluster it
/// shows.
pub(super) async fn reach(
    config: &Config,
    clock: &Arc<dyn Clock>,
    random: &Random,
    shutdown: &Shutdown,
) -> anyhow::Result<Reached> {
    let cluster = named(config)?;
    let all = endpoints_of(config)?;
    let expected = Expected::Named(cluster);
    let (genesis, first) = genesis::wait(&all, expected, clock, random, shutdown).await?;
    let same = Expected::Same(genesis);
    let others = all.iter().enumerate().filter(|(place, _)| *place != first);
    let checks = others.map(|(_, it)| genesis::check(it, same, clock, random, shutdown));
    try_join_all(checks).await?;
    for one in &all {
        genesis::guard(one.clone(), genesis, Arc::clone(clock), shutdown);
    }
    let names: Vec<&str> = all.iter().map(|it| it.name.as_str()).collect();
    tracing::info!("orders are executed on {cluster}, at {}", names.join(", "));
    let endpoints = endpoint::together(&all, genesis, clock, shutdown)?;
    Ok(Reached {
        sockets: all[0].sockets(config)?,
        endpoints: Some(endpoints.clone()),
        rpc: endpoints,
        ..through(config, cluster, all[0].clone(), genesis)
    })
}

/// The cluster as this endpoint shows it, without a socket.
pub(super) fn through(config: &Config, cluster: Cluster, asked: Asked, genesis: Hash) -> Reached {
    Reached {
        endpoints: None,
        sockets: None,
        rpc: asked.rpc,
        simulation: None,
        sim: None,
        cluster: id(genesis.to_bytes()),
        name: cluster.name(),
        settings: settings(config, cluster),
        quote_limit: QUOTE_LIMIT,
    }
}

/// To which cluster a store of this configuration belongs. Only a cluster without a name has to be asked.
pub(super) async fn cluster(config: &Config) -> anyhow::Result<ClusterId> {
    let cluster = named(config)?;
    if let Some(genesis) = genesis::of(cluster) {
        return Ok(id(genesis.to_bytes()));
    }
    let asked = &endpoints_of(config)?[0];
    let found = genesis::ask(&*asked.rpc).await.map_err(anyhow::Error::msg);
    let found = found.with_context(|| format!("could not ask the cluster at {}", asked.name))?;
    Expected::Named(cluster).check(found, &asked.name)?;
    Ok(id(found.to_bytes()))
}

/// The cluster's own settings.
fn settings(config: &Config, cluster: Cluster) -> Settings {
    let landed = match config.chain.solana_commitment {
        Commitment::Confirmed => Landed::Confirmed,
        Commitment::Finalized => Landed::Finalized,
    };
    let programs = programs_of(Some(cluster), &config.chain.programs);
    Settings {
        tables: config.lookup_tables(None),
        ..Settings::live(programs, landed)
    }
}

/// The venues' programs, which a signer has to know by the same addresses as its workers.
pub(crate) fn programs_of(
    cluster: Option<Cluster>,
    named: &[(venue::Program, domain::Address)],
) -> Vec<Program> {
    match cluster {
        Some(Cluster::Devnet) => programs::devnet(),
        Some(Cluster::MainnetBeta | Cluster::Testnet | Cluster::Localnet) | None => {
            programs::moved(named)
        }
    }
}

fn named(config: &Config) -> anyhow::Result<Cluster> {
    config
        .chain
        .solana_cluster
        .context("SOLANA_CLUSTER is not set")
}

/// The one place where a process gets its way to the cluster: at least one endpoint.
fn endpoints_of(config: &Config) -> anyhow::Result<Vec<Asked>> {
    let all = endpoint::all(&config.endpoints())?;
    ensure!(!all.is_empty(), "SOLANA_RPC_URL is not set");
    Ok(all)
}

const fn id(genesis: [u8; 32]) -> ClusterId {
    ClusterId {
        mode: Mode::Live,
        genesis: Blockhash::new(genesis),
    }
}
