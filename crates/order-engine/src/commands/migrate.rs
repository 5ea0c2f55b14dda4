//! `order-engine migrate`: upgrades the tables of a store, as every start does.

use std::sync::Arc;

use bootstrap::{backend, telemetry};
use config::Config;
use config::args::Stop;
use ports::SystemClock;

use crate::exit::Verdict;
use crate::output;

pub(crate) const EXAMPLES: &str = "\
Examples:
  DATABASE_URL=postgres://trader@db/orders order-engine migrate
  order-engine migrate --data-dir /var/lib/order-engine

Any number of processes may migrate at once; one does it, the others wait.";

/// Runs the command.
pub(crate) async fn run(config: &Config) -> anyhow::Result<Verdict> {
    config.validate().map_err(Stop::from)?;
    let _telemetry = telemetry::start(&config.logs);
    let migrated = backend::migrate(config, Arc::new(SystemClock::new())).await?;
    output::line(format!("{}: {}", migrated.store, migrated.outcome))?;
    Ok(Verdict::Good)
}
