//! A cluster for a test: on an empty store, leaving nothing behind.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use nix::sys::signal::Signal;
use tempfile::TempDir;

use super::{Between, Cluster, FAST, Member, Size, State};
use crate::e2e::Target;
use servers::process::wait_until;

/// A PostgreSQL that is told to drop everything does so at once, also on a busy machine.
const END_LIMIT: Duration = Duration::from_secs(5);

/// A cluster in a folder of its own. Dropping it ends all of it.
#[derive(Debug)]
pub struct Scratch {
    cluster: Cluster,
    state: State,
    _folder: TempDir,
}

impl Scratch {
    /// Starts a cluster with the [`FAST`] settings, overridden by `variables`.
    pub async fn start(size: Size, variables: &[(&str, &str)]) -> Result<Self> {
        let folder = tempfile::tempdir().context("make a folder for the cluster")?;
        let cluster = Cluster::at(folder.path());
        let variables = FAST.iter().chain(variables);
        let variables = variables.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        // From here on, whatever was started is ended, also where the rest could not be.
        let mut scratch = Self {
            cluster,
            state: State::default(),
            _folder: folder,
        };
        scratch.state = scratch.cluster.up(size, variables.collect()).await?;
        Ok(scratch)
    }

    /// What it consists of.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// What its processes keep, and what they have printed.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.cluster.folder()
    }

    /// Its gateways, for the end-to-end suites.
    #[must_use]
    pub fn target(&self) -> Target {
        let gateways = self.state.gateways.iter();
        let target = Target::new(gateways.map(|gateway| gateway.url.clone()).collect());
        match (&self.state.wallet, &self.state.sim) {
            (Some(_), Some(sim)) => target.live_on(&sim.url),
            _ => target,
        }
    }

    /// Brings the numbers to `size`, and starts again what has died beside.
    pub async fn scale(&mut self, size: Size) -> Result<()> {
        self.state = self.cluster.scale(size).await?;
        Ok(())
    }

    /// Puts something between its world and the gateways and workers that are started from now on.
    pub fn put_between(&mut self, between: Between) -> Result<()> {
        self.state = self.cluster.put_between(between)?;
        Ok(())
    }

    /// Starts one more worker, with variables that no other has; returns before it is ready.
    pub fn add_worker(&mut self, variables: &[(&str, &str)]) -> Result<Member> {
        self.state = self.cluster.add_worker(variables)?;
        let added = self.state.workers.last();
        added.cloned().context("the worker that was added")
    }

    /// What PostgreSQL answers to a question, one line per row.
    pub fn ask_postgres(&self, question: &str) -> Result<String> {
        let postgres = self.state.postgres.as_ref().context("PostgreSQL is up")?;
        let url = format!("postgres://postgres@127.0.0.1:{}/postgres", postgres.port());
        ask(Command::new("psql").args([url.as_str(), "-Atc", question]))
    }

    /// What Redis answers to a command.
    pub fn ask_redis(&self, command: &[&str]) -> Result<String> {
        let redis = self.state.redis.as_ref().context("Redis is up")?;
        let port = redis.port().to_string();
        ask(Command::new("redis-cli").args(["-p", &port]).args(command))
    }
}

fn ask(command: &mut Command) -> Result<String> {
    let name = command.get_program().display().to_string();
    let output = command.output().with_context(|| format!("run {name}"))?;
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{name}: {error}");
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What was written down, as an interrupted start has handed nothing out.
        let Ok(state) = self.cluster.state() else {
            return;
        };
        let programs = state.gateways.iter().chain(&state.workers);
        for member in programs.chain(&state.sim).chain(&state.redis) {
            member.kill();
        }
        if let Some(postgres) = &state.postgres {
            // Killed, it would leave its shared memory to the machine; stopped, it hears nothing.
            postgres.thaw();
            postgres.signal(Signal::SIGQUIT);
            if !wait_until(END_LIMIT, || !postgres.is_live()) {
                postgres.kill();
            }
        }
    }
}

/// The sum of a counter over its labels, as a process of a cluster tells it.
pub async fn counter(member: &Member, name: &str) -> Result<u64> {
    let answer = crate::http::http()
        .get(format!("{}/metrics", member.url))
        .send()
        .await
        .with_context(|| format!("ask {} for its metrics", member.name))?;
    let text = answer.text().await.context("read the metrics")?;
    let mut sum = 0;
    for line in text.lines() {
        let Some((series, value)) = line.rsplit_once(' ') else {
            continue;
        };
        if series.split('{').next() == Some(name) {
            sum += value.parse::<u64>().context("read a counter")?;
        }
    }
    Ok(sum)
}
