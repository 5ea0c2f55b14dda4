//! The engine as a cluster of local processes: Redis, PostgreSQL, the simulated Solana cluster, gateways and
//! workers, on free ports, over a temporary folder. `scripts/cluster` is its command line; tests
//! use it as a value.
//!
//! After every start the list of running processes is written to `state.json`, so that `down` can
//! clean up an interrupted start.

mod launch;
mod member;
mod scratch;
pub mod settings;
mod state;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::Signal;

pub use member::Member;
pub use scratch::{Scratch, counter};
pub use state::{Between, State, Status};

use launch::Launcher;

/// CONTRACT.md lets a worker take 25 s; a gateway less.
const DRAIN_LIMIT: Duration = Duration::from_secs(28);
/// What keeps nothing needs no longer.
const END_LIMIT: Duration = Duration::from_secs(5);

/// Settings most end-to-end tests want: everything a hundred times faster, no limit of starts.
pub const FAST: &[(&str, &str)] = &[
    ("SIM_LATENCY_SCALE", "0.01"),
    ("QUEUE_RATE_LIMIT_PER_MINUTE", "0"),
    ("RETRY_BASE_DELAY_MS", "50"),
    ("QUEUE_MAX_CONCURRENCY", "50"),
];

/// How many of each to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    pub gateways: usize,
    pub workers: usize,
}

impl Default for Size {
    fn default() -> Self {
        Self {
            gateways: 2,
            workers: 3,
        }
    }
}

/// A cluster that lives in a folder.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
}

impl Cluster {
    /// The cluster of this folder, running or not.
    #[must_use]
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// Starts an empty cluster, in place of one that runs; returns once all of it is ready.
    pub async fn up(&self, size: Size, variables: BTreeMap<String, String>) -> Result<State> {
        self.down().await?;
        fs::create_dir_all(&self.folder).context("make the folder of the cluster")?;
        // The database's user must be able to go through it.
        fs::set_permissions(&self.folder, fs::Permissions::from_mode(0o755))
            .context("open the folder of the cluster")?;
        let mut state = State {
            variables,
            ..State::default()
        };
        let launcher = Launcher::new(&self.folder);
        launcher.start_postgres(&mut state)?;
        launcher.start_redis(&mut state)?;
        launcher.start_sim(&mut state).await?;
        launcher.make_wallet(&mut state).await?;
        launcher.migrate(&state)?;
        launcher.fill(&mut state, size).await?;
        Ok(state)
    }

    /// What runs now.
    pub fn state(&self) -> Result<State> {
        State::read(&self.folder)?.with_context(|| {
            format!(
                "no cluster is up in {}; see scripts/cluster --help",
                self.folder.display()
            )
        })
    }

    /// Brings the numbers to `size`, and starts again what has died beside.
    pub async fn scale(&self, size: Size) -> Result<State> {
        let mut state = self.state()?;
        let launcher = Launcher::new(&self.folder);
        launcher.revive(&mut state).await?;
        let surplus: Vec<Member> = state.take_surplus(size);
        state.write(&self.folder)?;
        end_all(&surplus, Signal::SIGTERM, DRAIN_LIMIT).await;
        launcher.fill(&mut state, size).await?;
        Ok(state)
    }

    /// Starts one more worker, with variables that no other has; returns before it is ready.
    pub fn add_worker(&self, variables: &[(&str, &str)]) -> Result<State> {
        let mut state = self.state()?;
        let launcher = Launcher::new(&self.folder);
        launcher.add_worker(&mut state, variables)?;
        Ok(state)
    }

    /// Puts something between its world and the gateways and workers that are started from now on.
    pub fn put_between(&self, between: Between) -> Result<State> {
        let mut state = self.state()?;
        state.between = between;
        state.write(&self.folder)?;
        Ok(state)
    }

    /// Ends everything and deletes the folder. A cluster that is not there is down already.
    pub async fn down(&self) -> Result<()> {
        let Some(state) = State::read(&self.folder)? else {
            return self.delete();
        };
        let engine: Vec<Member> = state
            .gateways
            .iter()
            .chain(&state.workers)
            .cloned()
            .collect();
        end_all(&engine, Signal::SIGTERM, DRAIN_LIMIT).await;
        let sim: Vec<Member> = state.sim.into_iter().collect();
        end_all(&sim, Signal::SIGTERM, END_LIMIT).await;
        let redis: Vec<Member> = state.redis.into_iter().collect();
        end_all(&redis, Signal::SIGTERM, END_LIMIT).await;
        // Its data is deleted next: there is nothing to save, but its shared memory to give back.
        let postgres: Vec<Member> = state.postgres.into_iter().collect();
        end_all(&postgres, Signal::SIGQUIT, END_LIMIT).await;
        self.delete()
    }

    fn delete(&self) -> Result<()> {
        match fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).context("delete the folder of the cluster")
            }
            _ => Ok(()),
        }
    }

    /// What one of its processes has printed.
    pub fn log(&self, name: &str) -> Result<PathBuf> {
        let state = self.state()?;
        let known = state
            .named(name)
            .map_or_else(|| name.to_owned(), |member| member.name.clone());
        let is_plain = known
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || character == '-');
        let path = launch::log_of(&self.folder, &known);
        if !is_plain || !path.is_file() {
            bail!(
                "nothing is called {name}; there are {}",
                state.names().join(", ")
            );
        }
        Ok(path)
    }

    /// The folder it lives in.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// Ends processes in parallel: asks, waits, and kills those that have not ended by then.
async fn end_all(members: &[Member], signal: Signal, patience: Duration) {
    for member in members {
        // A stopped process hears nothing else before this.
        member.signal(Signal::SIGCONT);
        member.signal(signal);
    }
    let gone = async {
        while members.iter().any(Member::is_live) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    if tokio::time::timeout(patience, gone).await.is_err() {
        for member in members.iter().filter(|member| member.is_live()) {
            member.kill();
        }
    }
}
