//! `order-engine migrate`: upgrades the tables of a store, as every start does.

use std::sync::Arc;

use bootstrap::backend::Belonging;
use bootstrap::{backend, telemetry, world};
use clap::Args;
use config::Config;
use config::args::Stop;
use ports::SystemClock;

use crate::exit::Verdict;
use crate::output;

pub(crate) const EXAMPLES: &str = "\
Examples:
  DATABASE_URL=postgres://trader@db/orders order-engine migrate
  order-engine migrate --data-dir /var/lib/order-engine
  order-engine migrate --rebind     the store's orders are over, and the next
                                    ones are of another cluster

Any number of processes may migrate at once; one does it, the others wait.";

/// Which store.
#[derive(Debug, Args)]
pub(crate) struct Migrate {
    /// Give the store to the configured cluster; only while no order is open and no worker lives
    #[arg(long)]
    rebind: bool,
    #[command(flatten)]
    config: Config,
}

/// Runs the command.
pub(crate) async fn run(migrate: &Migrate) -> anyhow::Result<Verdict> {
    let config = &migrate.config;
    config.validate().map_err(Stop::from)?;
    let _telemetry = telemetry::start(&config.logs);
    let cluster = world::cluster_of(config.chain.order_venue_mode);
    let belonging = match migrate.rebind {
        true => Belonging::Rebound,
        false => Belonging::Kept,
    };
    let clock = Arc::new(SystemClock::new());
    let migrated = backend::migrate(config, cluster, belonging, clock).await?;
    output::line(format!("{}: {}", migrated.store, migrated.outcome))?;
    Ok(Verdict::Good)
}
