//! `order-engine sim-chain`: the simulated cluster as a process of its own, shared by workers and gateways.

use std::sync::Arc;

use bootstrap::world::simulated;
use bootstrap::{measure, service, status};
use config::Config;
use config::DEFAULT_PORT;
use config::args::Stop;
use ports::{Clock, Random, SystemClock};

use crate::exit::Verdict;
use crate::node::Node;
use crate::output;

pub(crate) const EXAMPLES: &str = "\
Examples:
  order-engine sim-chain --port 4000 --data-dir ./chain
  SIM_SEED=7 SIM_LATENCY_SCALE=0.1 order-engine sim-chain
  solana --url http://127.0.0.1:4000 slot

Gateways and workers find it by SIM_CHAIN_URL, and Solana's own tools as they
find any node. Its sockets are on the next port too, if that is free. Its
ledger is in DATA_DIR and survives restarts.";

/// Runs the command.
pub(crate) async fn run(config: Config) -> anyhow::Result<Verdict> {
    config.validate().map_err(Stop::from)?;
    service::run(&config.logs, async |shutdown| {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let parts = status::Parts {
            clock: clock.clone(),
            ports: None,
            prometheus: measure::start(shutdown)?,
            shutdown: shutdown.clone(),
        };
        let (random, data_dir) = (Random::from_system(), &config.servers.data_dir);
        let world = simulated::run(&config, data_dir, clock, &random, shutdown)?;
        let port = config.listen.port.unwrap_or(DEFAULT_PORT);
        let node = Node::listen((&config.listen.host, port), world, shutdown)?;
        output::line(format!(
            "the simulated cluster is at http://{}",
            node.address()?
        ))?;
        node.serve(Some(parts)).await?;
        shutdown.request_soft();
        shutdown.finished().await;
        Ok(())
    })
    .await?;
    Ok(Verdict::Good)
}
