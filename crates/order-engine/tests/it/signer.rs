//! `order-engine signer` as a process: what it signs however often it is killed, what it shows, and engines that trade
//! through it while it is frozen or gone.

mod kept;
mod killed;
mod trading;

use std::path::{Path, PathBuf};
use std::time::Duration;

use amm::cpmm::instruction::SwapInstruction;
use amm::instruction::{Amounts, Trader};
use amm::{Address, Program};
use anyhow::{Context, Result, bail};
use chain_solana::address::{TOKEN_PROGRAM, WRAPPED_SOL, associated_token};
use chain_solana::build::compile::Message;
use chain_solana::keys::socket::SocketSigner;
use chain_solana::rpc::Hash;
use cluster::KeyFile;
use cluster::program::Program as Process;
use tempfile::TempDir;

const POLL: Duration = Duration::from_millis(5);
/// Polls until a signer has to answer, also on a busy machine.
const POLLS_MAX: u32 = 12_000;
const USDC: Address = Address::literal("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v");

/// A signer with its key, in a folder of its own.
struct Signer {
    process: Option<Process>,
    wallet: KeyFile,
    variables: Vec<(String, String)>,
    folder: TempDir,
}

impl Signer {
    /// One for a new key, with these limits.
    async fn start(limits: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let wallet = KeyFile::make(&folder.path().join("wallet.json"))?;
        Self::of(folder, wallet, limits).await
    }

    /// One for a key that is there already.
    async fn of(folder: TempDir, wallet: KeyFile, limits: &str) -> Result<Self> {
        let mut signer = Self {
            process: None,
            variables: variables(folder.path(), &wallet, limits),
            wallet,
            folder,
        };
        signer.restart().await?;
        Ok(signer)
    }

    async fn restart(&mut self) -> Result<()> {
        self.process = None;
        let log = self.folder.path().join("signer.log");
        let process = Process::start("order-engine", &["signer"], &self.variables, &log)?;
        let process = self.process.insert(process);
        for _ in 0..POLLS_MAX {
            if SocketSigner::connect(&self.folder.path().join("door/signer.sock"))
                .await
                .is_ok()
            {
                return Ok(());
            }
            if process.has_ended() {
                bail!("the signer ended: {}", process.output());
            }
            tokio::time::sleep(POLL).await;
        }
        bail!("the signer does not answer: {}", process.output())
    }

    /// Changes a setting for the next start.
    fn set(&mut self, name: &str, value: &str) {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    fn kill(&mut self) -> Result<()> {
        let mut process = self.process.take().context("it runs")?;
        process.kill()
    }

    fn process(&mut self) -> Result<&mut Process> {
        self.process.as_mut().context("it runs")
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("door/signer.sock")
    }

    fn journal(&self) -> PathBuf {
        self.folder.path().join("journal")
    }

    async fn client(&self) -> Result<SocketSigner> {
        Ok(SocketSigner::connect(&self.socket()).await?)
    }
}

fn variables(folder: &Path, wallet: &KeyFile, limits: &str) -> Vec<(String, String)> {
    let path = |name: &str| folder.join(name).display().to_string();
    [
        ("SIGNER_KEY_FILE", wallet.path.display().to_string()),
        ("SIGNER_SOCKET", path("door/signer.sock")),
        ("SIGNER_JOURNAL", path("journal")),
        ("SIGNER_LIMITS", limits.to_owned()),
        ("SIGNER_MAX_PER_MINUTE", "60000".to_owned()),
        ("RUST_LOG", "debug".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}

/// The sale of one USDC for wrapped SOL, from and to the wallet's usual accounts; each number is a message of its own.
fn sale(wallet: Address, number: u32) -> Result<Vec<u8>> {
    let usual = |mint| associated_token(wallet, mint, TOKEN_PROGRAM);
    let Program::Cpmm(cpmm) = Program::MAINNET[0] else {
        bail!("CPMM stands first");
    };
    let swap = SwapInstruction {
        trader: Trader {
            wallet,
            input: usual(USDC),
            output: usual(WRAPPED_SOL),
        },
        authority: cpmm.authority,
        config: Address([33; 32]),
        pool: Address([30; 32]),
        vaults: (Address([31; 32]), Address([32; 32])),
        token_programs: (TOKEN_PROGRAM, TOKEN_PROGRAM),
        mints: (USDC, WRAPPED_SOL),
        observation: Address([34; 32]),
        amounts: Amounts::ExactIn {
            amount_in: 1_000_000,
            min_amount_out: 1,
        },
    };
    let mut hash = [9; 32];
    hash[..4].copy_from_slice(&number.to_le_bytes());
    let swap = swap.encode(&cpmm);
    let message = Message::compile(wallet, &[swap], Hash::new_from_array(hash), &[])?;
    Ok(message.bytes().to_vec())
}
