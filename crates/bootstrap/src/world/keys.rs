//! The wallet with which this process signs, and that of others at which it only looks.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chain_solana::keys::socket::SocketSigner;
use chain_solana::keys::{self, Signer as _, Wallet};
use config::args::Stop;
use config::{Config, KeyPlace, VenueMode};
use domain::Address;
use nix::sys::prctl::set_dumpable;
use nix::sys::resource::{Resource, setrlimit};
use ports::retry::Policy;
use ports::{Random, Shutdown, SystemClock};
use sim_chain::cluster::GENESIS_HASH;
use tracing::{info, warn};

use crate::backend::StoppedWaiting;

/// Waits between looks for a signer.
const ASK_AGAIN: Policy = Policy {
    base_delay: Duration::from_millis(250),
    max_delay: Duration::from_secs(5),
};

/// The key that a configuration names.
#[derive(Debug)]
pub enum Key {
    /// In this process.
    Here(Box<Wallet>),
    /// In a signer, at this socket.
    At(PathBuf),
}

/// Who signs.
#[derive(Debug)]
pub enum Signing {
    /// This process.
    Here(Box<Wallet>),
    /// A process of its own.
    Signer(Arc<SocketSigner>),
}

/// The key with which a process of this configuration signs. What is wrong with it is one line that holds nothing of it.
pub fn key(config: &Config) -> Result<Key, Stop> {
    let named = match (&config.wallet.wallet, &config.wallet.wallet_key) {
        (Some(KeyPlace::Signer(socket)), _) => return Ok(Key::At(socket.clone())),
        (Some(KeyPlace::File(path)), _) => {
            hide_memory();
            let wrong = |error| format!("WALLET={} is not allowed: it {error}", path.display());
            Some(keys::read(path).map_err(|error| Stop::Wrong(wrong(error)))?)
        }
        (None, Some(text)) => {
            hide_memory();
            warn!(
                "the key is a variable (WALLET_KEY), which whoever sees this process' environment can read; name a key \
                 file with WALLET where there are files"
            );
            let wrong = |error| format!("WALLET_KEY=*** is not allowed: it is {error}");
            Some(keys::from_text(text.expose()).map_err(|error| Stop::Wrong(wrong(error)))?)
        }
        (None, None) => None,
    };
    match (named, config.chain.order_venue_mode) {
        (Some(wallet), _) => {
            check_named(config, address_of(&wallet))?;
            Ok(Key::Here(Box::new(wallet)))
        }
        (None, VenueMode::Sim) => Ok(Key::Here(Box::new(simulated()))),
        // Its key would follow from a genesis hash that everybody knows.
        (None, VenueMode::Live) => Err(Stop::Wrong("WALLET is not set".to_owned())),
    }
}

impl Key {
    /// Whoever signs with it. Where WALLET_ADDRESS names one wallet, a signer need not be there yet; else it is waited
    /// for, as it alone can tell whose key it has.
    pub async fn reach(self, config: &Config, shutdown: &Shutdown) -> anyhow::Result<Signing> {
        let socket = match self {
            Self::Here(wallet) => return Ok(Signing::Here(wallet)),
            Self::At(socket) => socket,
        };
        let signer = match config.wallet.wallet_address[..] {
            [one] => SocketSigner::of(&socket, chain_solana::rpc::Address(*one.bytes())),
            _ => wait_for(&socket, shutdown).await?,
        };
        let address = signer_address(&signer);
        check_named(config, address)?;
        info!("{address} signs at the socket {}", socket.display());
        let signer = Arc::new(signer);
        let watched = Arc::clone(&signer);
        shutdown.spawn_until_soft(async move { watched.watch().await });
        Ok(Signing::Signer(signer))
    }
}

impl Signing {
    /// The wallet's address.
    #[must_use]
    pub fn address(&self) -> Address {
        match self {
            Self::Here(wallet) => address_of(wallet),
            Self::Signer(signer) => signer_address(signer),
        }
    }
}

/// Asks the signer at this socket once, for those who only look.
pub async fn address_at(socket: &Path) -> io::Result<Address> {
    let signer = SocketSigner::connect(socket).await?;
    Ok(signer_address(&signer))
}

async fn wait_for(socket: &Path, shutdown: &Shutdown) -> anyhow::Result<SocketSigner> {
    let (clock, random) = (SystemClock::new(), Random::from_system());
    let ask = || SocketSigner::connect(socket);
    let accept = |answer: io::Result<SocketSigner>, failures| {
        let tell = |error: &io::Error| {
            if failures == 0 {
                let socket = socket.display();
                warn!(%error, "the signer at {socket} is waited for: {error}");
            }
        };
        answer.inspect_err(tell).ok()
    };
    tokio::select! {
        biased;
        () = shutdown.soft() => Err(StoppedWaiting("the signer").into()),
        signer = ASK_AGAIN.repeat_until(&clock, &random, ask, accept) => Ok(signer),
    }
}

/// The address of the wallet that trades, for a process without its key.
#[must_use]
pub fn address(config: &Config) -> Option<Address> {
    let named = config.wallet.wallet_address.first().copied();
    named.or_else(|| match config.chain.order_venue_mode {
        VenueMode::Sim => Some(address_of(&simulated())),
        VenueMode::Live => None,
    })
}

/// A gateway signs nothing, and the more processes have a key, the more can lose it.
pub fn warn_of_key(config: &Config) {
    if config.wallet.has_key() {
        warn!(
            "this gateway was given a key (WALLET or WALLET_KEY) that workers alone need; take it away"
        );
    }
}

/// The address of a wallet.
#[must_use]
pub fn address_of(wallet: &Wallet) -> Address {
    Address::new(wallet.address().0)
}

fn signer_address(signer: &SocketSigner) -> Address {
    Address::new(signer.address().0)
}

fn check_named(config: &Config, address: Address) -> Result<(), Stop> {
    let named = &config.wallet.wallet_address;
    match named.is_empty() || named.contains(&address) {
        true => Ok(()),
        false => Err(Stop::Wrong(format!(
            "WALLET_ADDRESS does not name the key's address, {address}"
        ))),
    }
}

/// The wallet of the simulated cluster.
fn simulated() -> Wallet {
    Wallet::of_simulated_cluster(&GENESIS_HASH)
}

/// Nobody else's process may read the memory that a key is in, and no core dump writes it down.
fn hide_memory() {
    let hidden = set_dumpable(false).and_then(|()| setrlimit(Resource::RLIMIT_CORE, 0, 0));
    if let Err(error) = hidden {
        warn!(%error, "other processes of this user may read the memory that the key is in: {error}");
    }
}
