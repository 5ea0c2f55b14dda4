//! `order-engine migrate`: upgrades the tables of a store, as every start does, and gives a store to
//! another cluster.

use std::sync::Arc;

use anyhow::bail;
use bootstrap::{backend, telemetry, world};
use clap::Args;
use config::Config;
use config::args::Stop;
use ports::cluster::Rebound;
use ports::{ClusterId, SystemClock};

use crate::exit::Verdict;
use crate::output;

pub(crate) const EXAMPLES: &str = "\
Examples:
  DATABASE_URL=postgres://trader@db/orders order-engine migrate
  order-engine migrate --data-dir /var/lib/order-engine
  ORDER_VENUE_MODE=sim order-engine migrate --rebind

Any number of processes may migrate at once; one does it, the others wait.
A store belongs to one cluster, by mode and genesis hash. --rebind gives it to
the configured one. Stop every gateway and worker first: it is refused while an
order is open or a worker lives, and gateways are not looked for.";

/// The command.
#[derive(Debug, Args)]
pub(crate) struct Migrate {
    /// Also give the store to the configured cluster; only while no order is open
    #[arg(long)]
    rebind: bool,
    #[command(flatten)]
    config: Config,
}

/// Runs the command.
pub(crate) async fn run(command: &Migrate) -> anyhow::Result<Verdict> {
    let config = &command.config;
    config.validate().map_err(Stop::from)?;
    if config.chain.is_live() {
        let endpoint = config.validate_endpoint("order-engine migrate");
        endpoint.map_err(Stop::from)?;
    }
    let _telemetry = telemetry::start(&config.logs);
    let clock = Arc::new(SystemClock::new());
    let migrated = backend::migrate(config, clock.clone()).await?;
    output::line(format!("{}: {}", migrated.store, migrated.outcome))?;
    let cluster = world::cluster_of(config).await?;
    if command.rebind {
        let rebound = backend::rebind(config, clock, &cluster).await?;
        output::line(format!("{}: {}", migrated.store, told(rebound, &cluster)?))?;
    } else {
        backend::belong(config, clock, cluster).await?;
    }
    Ok(Verdict::Good)
}

/// What became of the store, for people.
fn told(rebound: Rebound, cluster: &ClusterId) -> anyhow::Result<String> {
    match rebound {
        Rebound::Done { former: None } => Ok(format!("belongs to the cluster of {cluster} now")),
        Rebound::Done {
            former: Some(former),
        } if former == *cluster => Ok(format!("belongs to the cluster of {cluster} already")),
        Rebound::Done {
            former: Some(former),
        } => Ok(format!(
            "belongs to the cluster of {cluster} now, no longer to that of {former}"
        )),
        Rebound::OrdersOpen { orders } => bail!(
            "orders are open ({orders}): a store is given to another cluster only when all have ended; cancel them, \
             or let them end"
        ),
        Rebound::WorkersAlive { workers } => bail!(
            "workers live ({workers}): stop all processes of the former cluster first; one that was killed counts \
             for LEASE_MS"
        ),
    }
}
