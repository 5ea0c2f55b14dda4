//! What is broken: the all-in-one engine, or a cluster with its servers. The faults are in
//! `faults`.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use ports::Random;
use tempfile::TempDir;

use super::faults::{self, Fault, Kind, Strike};
use crate::engine::Engine;
use crate::local::{Between, Scratch, Size};
use crate::wall_clocks::{WallClocks, sweep_shared_memory};
use servers::LosingProxy;

const SIZE: Size = Size {
    gateways: 2,
    workers: 3,
};
const NOBODY: Size = Size {
    gateways: 0,
    workers: 0,
};
/// Short leases, so that what a dead worker held goes on soon; a tenth of the usual delays, and some
/// failures of the chain's own.
const SETTINGS: [(&str, &str); 9] = [
    ("SIM_LATENCY_SCALE", "0.1"),
    ("SIM_FAILURE_RATE", "0.03"),
    ("QUEUE_RATE_LIMIT_PER_MINUTE", "0"),
    ("QUEUE_MAX_CONCURRENCY", "20"),
    ("RETRY_BASE_DELAY_MS", "50"),
    ("LEASE_MS", "2000"),
    ("HEARTBEAT_MS", "400"),
    ("SWEEP_MS", "300"),
    // Prices that move fast halt nothing here; lamports that nothing explains do.
    ("HALT_AFTER_REVERTS", "0"),
];

/// What is broken. Dropping it ends all of it.
#[derive(Debug)]
pub enum Arena {
    Embedded(Box<OneProcess>),
    Cluster(Box<Cluster>),
}

/// On what a cluster executes orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// On its simulated cluster.
    Sim,
    /// On the same, taken for somebody else's: over JSON-RPC, with a key file, and with all faults of an endpoint.
    Live,
}

impl Mode {
    /// As the setting names it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sim => "sim",
            Self::Live => "live",
        }
    }
}

/// The all-in-one engine, by a clock that can be set.
#[derive(Debug)]
pub struct OneProcess {
    engine: Engine,
    clocks: WallClocks,
    _swept: Swept,
}

/// Processes that reach PostgreSQL through a proxy, by clocks that can be set, PostgreSQL's included.
#[derive(Debug)]
pub struct Cluster {
    mode: Mode,
    processes: Scratch,
    proxy: LosingProxy,
    clocks: WallClocks,
    _swept: Swept,
}

/// The folder of the clocks; what killed processes have left of theirs goes with it.
#[derive(Debug)]
struct Swept(TempDir);

impl Swept {
    fn new() -> Result<Self> {
        let folder = tempfile::tempdir();
        Ok(Self(folder.context("make a folder for the clocks")?))
    }

    fn clocks(&self) -> Result<WallClocks> {
        WallClocks::in_folder(self.0.path())
    }
}

impl Drop for Swept {
    fn drop(&mut self) {
        sweep_shared_memory();
    }
}

impl Arena {
    /// The all-in-one engine over the embedded store.
    pub async fn embedded() -> Result<Self> {
        let swept = Swept::new()?;
        let clocks = swept.clocks()?;
        let clock = clocks.variables(faults::ENGINE)?;
        let clock = clock.iter().map(|(name, value)| (*name, value.as_str()));
        let settings: Vec<_> = SETTINGS.into_iter().chain(clock).collect();
        let engine = Engine::start(&settings).await?;
        Ok(Self::Embedded(Box::new(OneProcess {
            engine,
            clocks,
            _swept: swept,
        })))
    }

    /// Two gateways and three workers over Redis, PostgreSQL and a chain of their own.
    pub async fn cluster(mode: Mode) -> Result<Self> {
        let swept = Swept::new()?;
        let clocks = swept.clocks()?;
        let settings = SETTINGS
            .into_iter()
            .chain([("ORDER_VENUE_MODE", mode.name())]);
        let mut processes = Scratch::start(NOBODY, &settings.collect::<Vec<_>>()).await?;
        faults::make_settable(&processes)?;
        let postgres = processes.state().postgres.as_ref();
        let proxy = LosingProxy::to(postgres.context("PostgreSQL is up")?.port()).await?;
        processes.put_between(Between {
            database_port: Some(proxy.port()),
            clocks: Some(clocks.clone()),
            ..Between::default()
        })?;
        processes.scale(SIZE).await?;
        Ok(Self::Cluster(Box::new(Cluster {
            mode,
            processes,
            proxy,
            clocks,
            _swept: swept,
        })))
    }

    /// Where clients may knock now.
    #[must_use]
    pub fn gateways(&self) -> Vec<String> {
        match self {
            Self::Embedded(one) => vec![one.engine.url("")],
            Self::Cluster(cluster) => cluster.processes.target().gateways,
        }
    }

    /// The chain's own address, where the engine takes it for somebody else's.
    pub(super) fn chain(&self) -> Option<String> {
        match self {
            Self::Embedded(_) => None,
            Self::Cluster(cluster) => cluster.processes.target().chain,
        }
    }

    /// Copies what its processes have printed to a folder that outlives it.
    pub fn keep_logs(&self, to: &Path) -> Result<()> {
        fs::create_dir_all(to).context("make a folder for the logs")?;
        let logs = match self {
            Self::Embedded(one) => vec![one.engine.log()],
            Self::Cluster(cluster) => {
                let logs = cluster.processes.folder().join("logs");
                let logs = fs::read_dir(logs).context("find the logs")?;
                logs.flatten().map(|entry| entry.path()).collect()
            }
        };
        for log in logs {
            let name = log.file_name().context("a log has a name")?;
            fs::copy(&log, to.join(name)).with_context(|| format!("keep {}", log.display()))?;
        }
        Ok(())
    }

    const fn weights(&self) -> &'static [(Kind, u64)] {
        match self {
            Self::Embedded(_) => &Kind::OF_ENGINE,
            Self::Cluster(cluster) => match cluster.mode {
                Mode::Sim => &Kind::OF_CLUSTER,
                Mode::Live => &Kind::OF_LIVE,
            },
        }
    }

    /// Whether it has somebody of this kind.
    pub(super) fn has(&self, kind: Kind) -> bool {
        kind == Kind::Connections || self.weights().iter().any(|(other, _)| *other == kind)
    }

    /// What comes next of what is wanted, now and then two things at once; nothing where nothing that
    /// is wanted can befall it.
    pub(super) fn draw(&self, wanted: &[Kind], random: &Random) -> Vec<Strike> {
        let draw = || Kind::any(self.weights(), wanted, random);
        let Some(first) = draw() else {
            return Vec::new();
        };
        let mut kinds = vec![first];
        if random.below(3) == 0 {
            kinds.extend(draw().filter(|second| first.may_coincide_with(*second)));
        }
        let strikes = kinds.into_iter().map(|kind| kind.strike(random));
        strikes.flatten().collect()
    }

    /// These faults strike it at once; returns its name once they are over and everything that died
    /// runs again.
    pub(super) async fn suffer(
        &mut self,
        strikes: &[Strike],
        random: &Random,
    ) -> Result<Vec<Fault>> {
        let mut struck = Vec::new();
        match self {
            Self::Embedded(one) => {
                for strike in strikes {
                    let striking =
                        faults::strike_engine(&mut one.engine, &one.clocks, *strike, random);
                    struck.push(striking.await?);
                }
            }
            Self::Cluster(cluster) => {
                let randoms: Vec<Random> = strikes
                    .iter()
                    .map(|_| Random::seeded(random.bits()))
                    .collect();
                let striking = strikes.iter().zip(&randoms);
                let whom = (&cluster.processes, &cluster.proxy, &cluster.clocks);
                let striking =
                    striking.map(|(strike, random)| faults::strike_cluster(whom, *strike, random));
                struck = futures_util::future::try_join_all(striking).await?;
                cluster.processes.scale(SIZE).await?;
            }
        }
        Ok(struck)
    }

    /// Everything runs again. Clocks stay as they are: nobody promises to put them right.
    pub(super) async fn calm(&mut self) -> Result<()> {
        if let Self::Cluster(cluster) = self {
            cluster.processes.scale(SIZE).await?;
        }
        Ok(())
    }
}
