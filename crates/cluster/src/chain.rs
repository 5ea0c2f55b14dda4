//! The simulated Solana cluster as a process that outlives engines.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use servers::free_port::free_port;
use tempfile::TempDir;

use crate::http::http;
use crate::key_file::KeyFile;
use crate::program::Program;

/// Connections that may break before a call is given up.
const TRIES_MAX: usize = 5;

/// A running cluster with its ledger.
#[derive(Debug)]
pub struct Chain {
    url: String,
    _program: Program,
    folder: TempDir,
}

impl Chain {
    /// Starts one with these variables.
    pub async fn start(variables: &[(&str, &str)]) -> Result<Self> {
        let folder = tempfile::tempdir().context("make a folder for the chain")?;
        let port = free_port();
        let data_dir = folder.path().join("data").display().to_string();
        let own = [("PORT", port.to_string()), ("DATA_DIR", data_dir)];
        let own = own.map(|(name, value)| (name.to_owned(), value));
        let given = variables.iter();
        let given = given.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let variables: Vec<_> = given.chain(own).collect();
        let log = folder.path().join("chain.log");
        let mut program = Program::start("order-engine", &["sim-chain"], &variables, &log)?;
        let url = format!("http://127.0.0.1:{port}");
        program.ready(&url).await?;
        Ok(Self {
            url,
            _program: program,
            folder,
        })
    }

    /// Where it answers.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A funded wallet on it, by a name that no other has.
    pub async fn wallet(&self, name: &str) -> Result<KeyFile> {
        let path = self.folder.path().join(format!("{name}.json"));
        let wallet = KeyFile::make(&path)?;
        wallet.fund(&self.url).await?;
        Ok(wallet)
    }

    /// Lets these things go wrong from now on, and nothing else.
    pub async fn let_go_wrong(&self, faults: &Value) -> Result<()> {
        let_go_wrong(&self.url, faults).await
    }
}

/// Lets these things go wrong at the simulated cluster from now on, and nothing else. Asked again where a connection
/// breaks: it may have been closed while nothing was said on it.
pub async fn let_go_wrong(url: &str, faults: &Value) -> Result<()> {
    let mut tries = 1;
    let set = loop {
        let set = http().post(format!("{url}/api/sim/faults")).json(faults);
        match set.send().await {
            Ok(set) => break set,
            Err(error) if tries == TRIES_MAX => return Err(error).context("set faults"),
            Err(_) => tries += 1,
        }
    };
    ensure!(set.status().is_success(), "faults: {}", set.status());
    Ok(())
}
