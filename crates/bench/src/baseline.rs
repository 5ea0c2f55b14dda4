//! The engine in the usual Node stack (`bench/baseline`), measured like ours, in two settings.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use load::embedded::{Sizes, add_accept, add_pipeline, add_quantiles};
use load::latency::{figure, millis};
use load::progress::Progress;
use load::report::Report;
use load::scenarios;
use load::serve::{Program, Running};
use servers::{PostgresServer, RedisServer};

/// Stores each step as a row, as we do.
pub(crate) const EVERY_STEP: &str = "baseline, every step stored";
/// Stores the first and the last step only, as the fastest of its kind do.
pub(crate) const TWO_ROWS: &str = "baseline, two rows stored";
const FOLDER: &str = "bench/baseline";
/// More only makes its latency worse.
const CONCURRENCY: &str = "50";
/// Sockets that follow an order each.
const SOCKETS: usize = 100;

/// Acceptance and whole lives, in both settings: the steps of [`run`].
pub(crate) const STEPS: usize = 4;

/// Both settings.
pub(crate) async fn run(sizes: &Sizes, report: &mut Report, progress: &Progress) -> Result<()> {
    if !Path::new(FOLDER).join("node_modules").is_dir() {
        bail!("{FOLDER} is not installed; scripts/bench does that");
    }
    for (name, store) in [(EVERY_STEP, "every"), (TWO_ROWS, "two")] {
        progress.begin(&format!("{name}: accept"));
        let servers = Servers::start()?;
        let node = servers.node(store).await?;
        let kib = figure(node.target()?.resident_kib()?);
        report.add(name, "idle", "resident", kib / 1_024.0, "MiB");
        let ready = millis(node.ready_after);
        report.add(name, "idle", "ready, empty store", ready, "ms");
        let accept = scenarios::accept(&node.target()?, sizes.lasting).await?;
        add_accept(report, name, &accept);
        node.kill().await?;

        progress.begin(&format!("{name}: pipeline"));
        let servers = Servers::start()?;
        let node = servers.node(store).await?;
        add_pipeline(report, name, &node.target()?, sizes.lasting).await?;
        let sockets = scenarios::sockets(&node.target()?, SOCKETS).await?;
        let what = format!("{SOCKETS} sockets");
        add_quantiles(report, name, "stream", &what, &sockets.followed.latency);
        node.kill().await?;
    }
    Ok(())
}

struct Servers {
    postgres: PostgresServer,
    redis: RedisServer,
}

impl Servers {
    fn start() -> Result<Self> {
        Ok(Self {
            postgres: PostgresServer::start_with(&[("max_wal_size", "4GB")])?,
            redis: RedisServer::start()?,
        })
    }

    async fn node(&self, store: &str) -> Result<Running> {
        let variables = [
            ("DATABASE_URL", self.postgres.url()),
            ("REDIS_URL", self.redis.url()),
            ("STORE", store.to_owned()),
            ("CONCURRENCY", CONCURRENCY.to_owned()),
            ("NODE_ENV", "production".to_owned()),
        ];
        let program = Program {
            path: PathBuf::from("node"),
            args: vec![format!("{FOLDER}/server.js")],
            variables: variables
                .map(|(name, value)| (name.to_owned(), value))
                .to_vec(),
        };
        program.start().await.context("start the baseline")
    }
}
