//! Wallets for engines that trade live on the simulated Solana cluster: a key file each, funded by the cluster's faucet.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use domain::Address;
use ed25519_dalek::SigningKey;
use ports::Random;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::http::http;

/// More than any test spends.
const LAMPORTS: u64 = 1_000_000_000_000_000;
const POLL: Duration = Duration::from_millis(20);
/// A block is confirmed within some slots.
const LOOKS_MAX: u32 = 1_500;

/// A wallet's key file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyFile {
    /// Where it is; its owner alone can read it.
    pub path: PathBuf,
    /// The wallet.
    pub address: String,
}

impl KeyFile {
    /// Makes a wallet that nobody had before, as solana-keygen would.
    pub fn make(path: &Path) -> Result<Self> {
        let random = Random::from_system();
        let words = [(); 4].map(|()| random.bits().to_le_bytes());
        let mut seed = [0; 32];
        seed.copy_from_slice(words.as_flattened());
        let key = SigningKey::from_bytes(&seed);
        let mut file = File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .context("make a key file")?;
        write!(file, "{:?}", key.to_keypair_bytes()).context("write a key file")?;
        Ok(Self {
            path: path.to_owned(),
            address: Address::new(key.verifying_key().to_bytes()).to_string(),
        })
    }

    /// The key in it.
    pub fn key(&self) -> Result<SigningKey> {
        let bytes: Vec<u8> = serde_json::from_str(&self.text()?).context("read the key")?;
        let bytes = bytes.first_chunk::<32>().context("a whole key")?;
        Ok(SigningKey::from_bytes(bytes))
    }

    /// What stands in it, as hosts without files are given it.
    pub fn text(&self) -> Result<String> {
        std::fs::read_to_string(&self.path).context("read the key file")
    }

    /// Asks the node's faucet for more than any test spends, and waits until it is there.
    pub async fn fund(&self, node: &str) -> Result<()> {
        ask(node, "requestAirdrop", json!([self.address, LAMPORTS])).await?;
        for _ in 0..LOOKS_MAX {
            let settings = json!({"commitment": "confirmed"});
            let balance = ask(node, "getBalance", json!([self.address, settings])).await?;
            if balance["value"].as_u64() >= Some(LAMPORTS) {
                return Ok(());
            }
            tokio::time::sleep(POLL).await;
        }
        anyhow::bail!("the airdrop does not land")
    }

    /// What an engine of one process needs to trade with this wallet on the cluster of this node.
    #[must_use]
    pub fn live_on(&self, node: &str) -> Vec<(&'static str, String)> {
        let mut variables = way_to(node).to_vec();
        variables.push(("ORDER_VENUE_MODE", "live".to_owned()));
        variables.push(("WALLET", self.path.display().to_string()));
        variables
    }
}

/// How a live process reaches the simulated cluster: as a localnet.
#[must_use]
pub fn way_to(node: &str) -> [(&'static str, String); 2] {
    [
        ("SOLANA_RPC_URL", node.to_owned()),
        ("SOLANA_CLUSTER", "localnet".to_owned()),
    ]
}

/// What a node answers; an error of the method is an error here.
pub async fn ask(node: &str, method: &str, params: Value) -> Result<Value> {
    let question = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let answer = http().post(node).json(&question).send().await;
    let mut answer: Value = answer.with_context(|| node.to_owned())?.json().await?;
    ensure!(answer["error"].is_null(), "{method}: {answer}");
    Ok(answer["result"].take())
}
