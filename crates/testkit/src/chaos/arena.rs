//! What is broken: the all-in-one engine, or a cluster with its servers. What befalls it is in `faults`.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use ports::Random;

use super::faults::{self, Fault, Kind};
use crate::cluster::{Scratch, Size};
use crate::engine::Engine;

const SIZE: Size = Size {
    gateways: 2,
    workers: 3,
};
/// Short leases, so that what a dead worker held goes on soon; a tenth of the usual delays, and some
/// failures of the chain's own.
const SETTINGS: [(&str, &str); 8] = [
    ("SIM_LATENCY_SCALE", "0.1"),
    ("SIM_FAILURE_RATE", "0.03"),
    ("QUEUE_RATE_LIMIT_PER_MINUTE", "0"),
    ("QUEUE_MAX_CONCURRENCY", "20"),
    ("RETRY_BASE_DELAY_MS", "50"),
    ("LEASE_MS", "2000"),
    ("HEARTBEAT_MS", "400"),
    ("SWEEP_MS", "300"),
];

/// What is broken. Dropping it ends all of it.
#[derive(Debug)]
pub enum Arena {
    Embedded(Box<Engine>),
    Cluster(Box<Scratch>),
}

impl Arena {
    /// The all-in-one engine over the embedded store.
    pub async fn embedded() -> Result<Self> {
        let engine = Engine::start(&SETTINGS).await?;
        Ok(Self::Embedded(Box::new(engine)))
    }

    /// Two gateways and three workers over Redis, PostgreSQL and a chain of their own.
    pub async fn cluster() -> Result<Self> {
        let cluster = Scratch::start(SIZE, &SETTINGS).await?;
        Ok(Self::Cluster(Box::new(cluster)))
    }

    /// Where clients may knock now.
    #[must_use]
    pub fn gateways(&self) -> Vec<String> {
        match self {
            Self::Embedded(engine) => vec![engine.url("")],
            Self::Cluster(cluster) => cluster.target().gateways,
        }
    }

    /// Copies what its processes have printed to a folder that outlives it.
    pub fn keep_logs(&self, to: &Path) -> Result<()> {
        fs::create_dir_all(to).context("make a folder for the logs")?;
        let logs = match self {
            Self::Embedded(engine) => vec![engine.log()],
            Self::Cluster(cluster) => {
                let logs = fs::read_dir(cluster.folder().join("logs")).context("find the logs")?;
                logs.flatten().map(|entry| entry.path()).collect()
            }
        };
        for log in logs {
            let name = log.file_name().context("a log has a name")?;
            fs::copy(&log, to.join(name)).with_context(|| format!("keep {}", log.display()))?;
        }
        Ok(())
    }

    /// Something happens to its processes, now and then two things at once; returns what it was once it is
    /// over and everything that died runs again.
    pub(super) async fn strike(&mut self, random: &Random) -> Result<Vec<Fault>> {
        match self {
            Self::Embedded(engine) => Ok(vec![faults::strike_engine(engine, random).await?]),
            Self::Cluster(cluster) => {
                let (first, second) = (Kind::any(random), Kind::any(random));
                let randoms = [random.bits(), random.bits()].map(Random::seeded);
                let struck = if first.may_coincide_with(second) && random.below(3) == 0 {
                    let (one, other) = tokio::join!(
                        faults::strike_cluster(cluster, first, &randoms[0]),
                        faults::strike_cluster(cluster, second, &randoms[1]),
                    );
                    vec![one?, other?]
                } else {
                    vec![faults::strike_cluster(cluster, first, &randoms[0]).await?]
                };
                cluster.scale(SIZE).await?;
                Ok(struck)
            }
        }
    }

    /// Everything runs again.
    pub(super) async fn calm(&mut self) -> Result<()> {
        if let Self::Cluster(cluster) = self {
            cluster.scale(SIZE).await?;
        }
        Ok(())
    }
}
