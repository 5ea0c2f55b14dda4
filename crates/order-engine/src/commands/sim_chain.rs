//! `order-engine sim-chain`: the simulated chain as a process of its own, shared by a cluster.

use std::sync::Arc;

use actix_web::{App, HttpServer};
use anyhow::Context;
use bootstrap::{measure, runtime, service, status, world};
use config::Config;
use config::DEFAULT_PORT;
use config::args::Stop;
use ports::{Clock, Random, SystemClock};
use sim_chain::SimChain;

use crate::exit::Verdict;
use crate::output;

pub(crate) const EXAMPLES: &str = "\
Examples:
  order-engine sim-chain --port 4000 --data-dir ./chain
  SIM_SEED=7 SIM_LATENCY_SCALE=0.1 order-engine sim-chain

Gateways and workers find it by SIM_CHAIN_URL. Its ledger is in DATA_DIR and
survives restarts.";

/// Simulated calls end within seconds; callers repeat those that have not ended by then.
const FINISH_WITHIN_SECONDS: u64 = 3;

/// Runs the command.
pub(crate) async fn run(config: Config) -> anyhow::Result<Verdict> {
    config.validate().map_err(Stop::from)?;
    service::run(&config, async |shutdown| {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let parts = status::Parts {
            clock: clock.clone(),
            ports: None,
            prometheus: measure::start(shutdown)?,
            shutdown: shutdown.clone(),
        };
        let (random, data_dir) = (Random::from_system(), &config.servers.data_dir);
        let chain = world::simulate(&config.sim, data_dir, clock, random, shutdown)?;
        serve(&config, chain, parts).await?;
        shutdown.request_soft();
        shutdown.finished().await;
        Ok(())
    })
    .await?;
    Ok(Verdict::Good)
}

async fn serve(config: &Config, chain: Arc<SimChain>, parts: status::Parts) -> anyhow::Result<()> {
    let (host, port) = (
        config.listen.host.as_str(),
        config.listen.port.unwrap_or(DEFAULT_PORT),
    );
    let (soft, hard) = (parts.shutdown.clone(), parts.shutdown.clone());
    let server = HttpServer::new(move || {
        let (chain, parts) = (chain.clone(), parts.clone());
        App::new()
            .configure(|routes| status::routes(routes, parts))
            .configure(|routes| sim_chain::server::configure(routes, chain))
    })
    .workers(runtime::threads())
    .shutdown_signal(async move { soft.soft().await })
    .shutdown_timeout(FINISH_WITHIN_SECONDS)
    .bind((host, port))
    .with_context(|| format!("could not listen on {host}:{port}"))?;
    for address in server.addrs() {
        output::line(format!("the simulated chain is at http://{address}"))?;
    }
    let server = server.run();
    let handle = server.handle();
    tokio::select! {
        ended = server => ended.context("the HTTP server failed"),
        () = hard.hard() => {
            handle.stop(false).await;
            Ok(())
        }
    }
}
