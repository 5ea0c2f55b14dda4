//! Starts programs for measurement: each on a temporary folder, with nothing from our environment
//! except what a shell needs.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::Instant;

use crate::call;
use crate::target::Target;

/// A program that is not ready by then will not be.
const READY_LIMIT: Duration = Duration::from_secs(30);
/// Between two looks at whether it is ready; the resolution of that figure.
const LOOK: Duration = Duration::from_millis(2);

/// A program to start.
#[derive(Debug)]
pub struct Program {
    pub path: PathBuf,
    pub args: Vec<String>,
    pub variables: Vec<(String, String)>,
}

/// A running program; it is killed with this value.
#[derive(Debug)]
pub struct Running {
    process: Child,
    /// The address that it prints when it listens.
    pub address: SocketAddr,
    /// From its start to its first answer that it is ready.
    pub ready_after: Duration,
    /// Held open: a program may not outlive the end of who reads its greeting.
    _output: Greeting,
}

type Greeting = Lines<BufReader<ChildStdout>>;

impl Program {
    /// The all-in-one engine on a folder, without delays.
    #[must_use]
    pub fn engine(path: &Path, folder: &Path, concurrency: u32, starts_per_minute: u32) -> Self {
        let args = [
            "serve",
            "--port",
            "0",
            "--log",
            "warn",
            "--sim-latency-scale",
            "0",
            "--sim-seed",
            "7",
            "--queue-max-concurrency",
            &concurrency.to_string(),
            "--queue-rate-limit-per-minute",
            &starts_per_minute.to_string(),
            "--data-dir",
            &folder.display().to_string(),
        ];
        Self {
            path: path.to_owned(),
            args: args.map(str::to_owned).to_vec(),
            variables: Vec::new(),
        }
    }

    /// Starts it and waits until `/ready` answers.
    pub async fn start(&self) -> anyhow::Result<Running> {
        let began = Instant::now();
        let kept = ["PATH", "HOME", "TMPDIR"];
        let mut process = Command::new(&self.path)
            .args(&self.args)
            .env_clear()
            .envs(
                kept.iter()
                    .filter_map(|key| Some((key, std::env::var_os(key)?))),
            )
            .envs(self.variables.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("start {}", self.path.display()))?;
        let output = process.stdout.take().context("a program without output")?;
        let mut output = BufReader::new(output).lines();
        let address = listening(&mut output).await?;
        while call::get(address, "/ready").await.is_err() {
            if began.elapsed() > READY_LIMIT {
                bail!("{} is not ready", self.path.display());
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(Running {
            process,
            address,
            ready_after: began.elapsed(),
            _output: output,
        })
    }
}

impl Running {
    /// It alone, as what is measured.
    pub fn target(&self) -> anyhow::Result<Target> {
        Ok(Target {
            gateways: vec![self.address],
            counting: vec![self.address],
            pids: vec![self.process.id().context("it has ended")?],
        })
    }

    /// Kills it and waits for its end.
    pub async fn kill(mut self) -> anyhow::Result<()> {
        self.process.kill().await.context("end a program")
    }
}

/// A folder for one engine.
pub fn folder() -> anyhow::Result<TempDir> {
    tempfile::Builder::new()
        .prefix("bench-")
        .tempdir()
        .context("make a folder")
}

/// The first address of a program's greeting.
async fn listening(output: &mut Greeting) -> anyhow::Result<SocketAddr> {
    let greeting = async {
        while let Some(line) = output.next_line().await? {
            if let Some((_, rest)) = line.split_once("http://") {
                let end = rest.find(|c: char| !matches!(c, '0'..='9' | '.' | ':'));
                return Ok(rest[..end.unwrap_or(rest.len())].parse()?);
            }
        }
        bail!("it ended before it listened")
    };
    let found = tokio::time::timeout(READY_LIMIT, greeting).await;
    found.context("it said nothing in time")?
}
