//! The engine's own programs as processes: starts, signals and awaits them, and ends them when
//! dropped.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::http::http;

/// Nothing a test starts needs longer to become ready, also on a busy machine.
const READY_LIMIT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(10);

/// A running program. Dropping it kills it.
#[derive(Debug)]
pub struct Program {
    name: String,
    child: Child,
    log: PathBuf,
}

/// The folder the workspace's programs are built into: that of the test which is running, or its parent.
///
/// # Panics
/// Where the running program has no folder.
#[must_use]
pub fn binary(name: &str) -> PathBuf {
    let mut folder = std::env::current_exe().expect("invariant: a running program has a path");
    folder.pop();
    if folder.ends_with("deps") {
        folder.pop();
    }
    folder.join(name)
}

impl Program {
    /// Starts a program of the workspace with these arguments and variables; nothing else of the
    /// environment reaches it but what a shell needs. Its output goes to `log`.
    pub fn start(
        name: &str,
        args: &[&str],
        variables: &[(String, String)],
        log: &Path,
    ) -> Result<Self> {
        let path = binary(name);
        if !path.exists() {
            bail!(
                "{} is not there; run `cargo build --workspace --bins` first",
                path.display()
            );
        }
        let output = File::options()
            .create(true)
            .append(true)
            .open(log)
            .context("open the log")?;
        let mut command = Command::new(&path);
        command
            .args(args)
            .env_clear()
            .envs(
                ["PATH", "HOME", "TMPDIR"]
                    .iter()
                    .filter_map(|key| Some((key, std::env::var_os(key)?))),
            )
            .envs(variables.iter().map(|(key, value)| (key, value)))
            .current_dir(log.parent().unwrap_or_else(|| Path::new("/")))
            .stdin(Stdio::null())
            .stdout(output.try_clone().context("share the log")?)
            .stderr(output);
        let child = command
            .spawn()
            .with_context(|| format!("start {}", path.display()))?;
        Ok(Self {
            name: name.to_owned(),
            child,
            log: log.to_owned(),
        })
    }

    /// The process itself.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it printed so far.
    #[must_use]
    pub fn output(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Whether it has ended, by itself or not.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let pid = i32::try_from(self.child.id()).context("a process id")?;
        kill(Pid::from_raw(pid), signal).with_context(|| format!("send {signal} to {}", self.name))
    }

    /// Kills it and waits until it is gone.
    pub fn kill(&mut self) -> Result<()> {
        self.signal(Signal::SIGKILL)?;
        self.child.wait().context("wait for the killed program")?;
        Ok(())
    }

    /// Asks it to stop and waits for that, for `limit` at the most.
    pub async fn terminate(&mut self, limit: Duration) -> Result<ExitStatus> {
        self.signal(Signal::SIGTERM)?;
        self.exited(limit).await
    }

    /// Waits until it has ended by itself.
    pub async fn exited(&mut self, limit: Duration) -> Result<ExitStatus> {
        #[expect(
            clippy::disallowed_methods,
            reason = "the harness measures real processes"
        )]
        let began = Instant::now();
        loop {
            // Whoever else has its port may answer well.
            if let Some(status) = self.child.try_wait().context("look at the program")? {
                return Ok(status);
            }
            if began.elapsed() > limit {
                bail!(
                    "{} still runs after {limit:?}:\n{}",
                    self.name,
                    self.output()
                );
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Waits until `base_url` answers that it is ready.
    pub async fn ready(&mut self, base_url: &str) -> Result<()> {
        #[expect(
            clippy::disallowed_methods,
            reason = "the harness measures real processes"
        )]
        let began = Instant::now();
        loop {
            let answer = http().get(format!("{base_url}/ready")).send().await;
            // Whoever else has its port may answer well.
            if let Some(status) = self.child.try_wait().context("look at the program")? {
                bail!(
                    "{} ended with {status} before it was ready:\n{}",
                    self.name,
                    self.output()
                );
            }
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            if began.elapsed() > READY_LIMIT {
                bail!(
                    "{} is not ready after {READY_LIMIT:?}:\n{}",
                    self.name,
                    self.output()
                );
            }
            tokio::time::sleep(POLL).await;
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
