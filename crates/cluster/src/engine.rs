//! The all-in-one engine as a process over a folder of its own.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::local::{FAST, Member};
use crate::program::Program;
use servers::free_port::free_port;

/// A running engine and the folder it keeps everything in.
#[derive(Debug)]
pub struct Engine {
    program: Option<Program>,
    folder: TempDir,
    port: u16,
    variables: Vec<(String, String)>,
}

const LOG: &str = "engine.log";

impl Engine {
    /// Starts an engine on an empty store with the [`FAST`] settings, overridden by `variables`.
    pub async fn start(variables: &[(&str, &str)]) -> Result<Self> {
        let folder = tempfile::tempdir().context("make a folder for the engine")?;
        let port = free_port();
        let mut all: Vec<(String, String)> = Vec::new();
        for (key, value) in FAST.iter().chain(variables) {
            all.retain(|(known, _)| known != key);
            all.push(((*key).to_owned(), (*value).to_owned()));
        }
        all.push(("PORT".to_owned(), port.to_string()));
        all.push((
            "DATA_DIR".to_owned(),
            folder.path().join("data").display().to_string(),
        ));
        let mut engine = Self {
            program: None,
            folder,
            port,
            variables: all,
        };
        engine.restart().await?;
        Ok(engine)
    }

    /// Starts it again over the same folder, with the same settings.
    pub async fn restart(&mut self) -> Result<()> {
        self.program = None;
        let log = self.log();
        let mut program = Program::start("order-engine", &["serve"], &self.variables, &log)?;
        program.ready(&self.url("")).await?;
        self.program = Some(program);
        Ok(())
    }

    /// Changes a setting for the next start.
    pub fn set(&mut self, key: &str, value: &str) {
        self.variables.retain(|(known, _)| known != key);
        self.variables.push((key.to_owned(), value.to_owned()));
    }

    /// The process.
    ///
    /// # Panics
    /// Where it was killed and not started again.
    pub fn program(&mut self) -> &mut Program {
        self.program.as_mut().expect("invariant: the engine runs")
    }

    /// Kills it as a power cut would.
    pub fn kill(&mut self) -> Result<()> {
        self.program().kill()?;
        self.program = None;
        Ok(())
    }

    /// Asks it to stop; returns its exit code.
    pub async fn stop(&mut self) -> Result<Option<i32>> {
        let status = self.program().terminate(Duration::from_secs(30)).await?;
        self.program = None;
        Ok(status.code())
    }

    /// The process as one that can be frozen.
    pub(crate) fn member(&mut self) -> Member {
        let (pid, port) = (self.program().pid(), self.port);
        Member::new("engine", pid, "http://", port)
    }

    /// What it has printed.
    #[must_use]
    pub fn log(&self) -> std::path::PathBuf {
        self.folder.path().join(LOG)
    }

    /// The folder of the store.
    #[must_use]
    pub fn data_dir(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    /// The address of a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}
