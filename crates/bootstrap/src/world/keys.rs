//! The wallets with which this process signs, and those of others at which it only looks.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chain_solana::keys::socket::SocketSigner;
use chain_solana::keys::{self, Signer as _, Wallet};
use config::args::Stop;
use config::{Config, KeyPlace, VenueMode};
use domain::{Address, NamedWallet, WalletName};
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

/// Where a key is that a configuration names.
#[derive(Debug)]
pub enum Held {
    /// In this process.
    Here(Box<Wallet>),
    /// In a signer, at this socket.
    At(PathBuf),
}

/// A wallet's key, and what the wallet is called.
#[derive(Debug)]
pub struct Key {
    pub name: WalletName,
    pub held: Held,
}

impl Key {
    /// Its wallet, where the key is in this process: of one in a signer, that alone can tell.
    #[must_use]
    pub fn named(&self) -> Option<NamedWallet> {
        match &self.held {
            Held::Here(wallet) => Some(NamedWallet {
                name: self.name.clone(),
                address: address_of(wallet),
            }),
            Held::At(_) => None,
        }
    }
}

/// The keys of one process: at least one. The first one is used unasked.
#[derive(Debug)]
pub struct Keys {
    first: Key,
    others: Vec<Key>,
}

/// Who signs.
#[derive(Debug)]
pub enum Signing {
    /// This process.
    Here(Box<Wallet>),
    /// A process of its own.
    Signer(Arc<SocketSigner>),
}

/// Who signs for each wallet of one process: at least one. The first one is used unasked.
#[derive(Debug)]
pub struct Signings {
    first: (WalletName, Signing),
    others: Vec<(WalletName, Signing)>,
}

impl Keys {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// The wallets whose keys are in this process, without the keys.
    #[must_use]
    pub fn names(&self) -> Vec<NamedWallet> {
        self.iter().filter_map(Key::named).collect()
    }

    /// The first one, and the others.
    #[must_use]
    pub fn into_parts(self) -> (Key, Vec<Key>) {
        (self.first, self.others)
    }

    /// Whoever signs with them. Where WALLET_ADDRESS names the one wallet, its signer need not be there yet; else
    /// signers are waited for, as they alone can tell whose keys they have.
    pub async fn reach(self, config: &Config, shutdown: &Shutdown) -> anyhow::Result<Signings> {
        let only = match (&config.wallet.wallet_address[..], &self.others[..]) {
            ([only], []) => Some(*only),
            _ => None,
        };
        let first = self.first.reach(only, shutdown).await?;
        let mut others = Vec::with_capacity(self.others.len());
        for key in self.others {
            others.push(key.reach(None, shutdown).await?);
        }
        let signings = Signings { first, others };
        check(config, &signings.names())?;
        Ok(signings)
    }
}

impl Key {
    async fn reach(
        self,
        address: Option<Address>,
        shutdown: &Shutdown,
    ) -> anyhow::Result<(WalletName, Signing)> {
        let socket = match self.held {
            Held::Here(wallet) => return Ok((self.name, Signing::Here(wallet))),
            Held::At(socket) => socket,
        };
        let signer = match address {
            Some(address) => {
                SocketSigner::of(&socket, chain_solana::rpc::Address(*address.bytes()))
            }
            None => wait_for(&socket, shutdown).await?,
        };
        let address = signer_address(&signer);
        info!("{address} signs at the socket {}", socket.display());
        let signer = Arc::new(signer);
        let watched = Arc::clone(&signer);
        shutdown.spawn_until_soft(async move { watched.watch().await });
        Ok((self.name, Signing::Signer(signer)))
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

impl Signings {
    /// The wallets that are signed for.
    #[must_use]
    pub fn names(&self) -> Vec<NamedWallet> {
        let all = std::iter::once(&self.first).chain(&self.others);
        all.map(|(name, signing)| NamedWallet {
            name: name.clone(),
            address: signing.address(),
        })
        .collect()
    }

    /// Who signs for the first wallet, and who for the others.
    #[must_use]
    pub fn into_parts(self) -> (Signing, Vec<Signing>) {
        let others = self.others.into_iter().map(|(_, signing)| signing);
        (self.first.1, others.collect())
    }
}

/// The keys with which a process of this configuration signs. What is wrong with one is one line that holds nothing of
/// it.
pub fn keys(config: &Config) -> Result<Keys, Stop> {
    let named = config.wallet.wallets.iter();
    let named = named.map(|it| named_key(&it.name, it.key.as_ref()));
    let mut all = named.collect::<Result<Vec<_>, Stop>>()?.into_iter();
    let first = match all.next() {
        Some(first) => first,
        None => Key {
            name: WalletName::main(),
            held: only(config)?,
        },
    };
    let keys = Keys {
        first,
        others: all.collect(),
    };
    check(config, &keys.names())?;
    Ok(keys)
}

/// One of several keys.
fn named_key(name: &WalletName, place: Option<&KeyPlace>) -> Result<Key, Stop> {
    let held = match place {
        Some(place) => held_in(place, &format!("WALLETS={name}="))?,
        None => Held::Here(Box::new(simulated_named(name))),
    };
    let name = name.clone();
    Ok(Key { name, held })
}

/// The key of a process that has one.
fn only(config: &Config) -> Result<Held, Stop> {
    let wallet = match (&config.wallet.wallet, &config.wallet.wallet_key) {
        (Some(place), _) => return held_in(place, "WALLET="),
        (None, Some(text)) => {
            hide_memory();
            warn!(
                "the key is a variable (WALLET_KEY), which whoever sees this process' environment can read; name a key \
                 file with WALLET where there are files"
            );
            let wrong = |error| format!("WALLET_KEY=*** is not allowed: it is {error}");
            keys::from_text(text.expose()).map_err(|error| Stop::Wrong(wrong(error)))?
        }
        (None, None) => match config.chain.order_venue_mode {
            VenueMode::Sim => simulated(),
            // Its key would follow from a genesis hash that everybody knows.
            VenueMode::Live => return Err(Stop::Wrong("WALLET is not set".to_owned())),
        },
    };
    Ok(Held::Here(Box::new(wallet)))
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

/// The key in a file, or the signer that has it. What is wrong is said of this setting.
fn held_in(place: &KeyPlace, setting: &str) -> Result<Held, Stop> {
    let path = match place {
        KeyPlace::Signer(socket) => return Ok(Held::At(socket.clone())),
        KeyPlace::File(path) => path,
    };
    hide_memory();
    let setting = format!("{setting}{}", path.display());
    let wrong = |error| Stop::Wrong(format!("{setting} is not allowed: it {error}"));
    Ok(Held::Here(Box::new(keys::read(path).map_err(wrong)?)))
}

/// Every wallet is one that the operator names, and each has one name.
fn check(config: &Config, wallets: &[NamedWallet]) -> Result<(), Stop> {
    for (place, wallet) in wallets.iter().enumerate() {
        let address = wallet.address;
        check_named(config, address)?;
        let mut former = wallets.iter().take(place);
        if let Some(former) = former.find(|it| it.address == address) {
            return Err(Stop::Wrong(format!(
                "WALLETS gives {} and {} the same key, of {address}: each name and each key once",
                former.name, wallet.name
            )));
        }
    }
    Ok(())
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

/// The wallets whose addresses follow from their names alone, for a process without keys.
#[must_use]
pub fn named(config: &Config) -> Vec<NamedWallet> {
    let wallets = config.wallet.wallets.iter();
    let named = wallets.map(|it| match it.key {
        None => Some(NamedWallet {
            name: it.name.clone(),
            address: address_of(&simulated_named(&it.name)),
        }),
        Some(_) => None,
    });
    named.collect::<Option<_>>().unwrap_or_default()
}

/// A gateway signs nothing, and the more processes have a key, the more can lose it.
pub fn warn_of_key(config: &Config) {
    if config.wallet.has_key() {
        warn!(
            "this gateway was given a key (WALLET, WALLETS or WALLET_KEY) that workers alone need; take it away"
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

/// The one of this name. Settings allow it where the cluster is simulated alone.
fn simulated_named(name: &WalletName) -> Wallet {
    Wallet::named_of_simulated_cluster(&GENESIS_HASH, name)
}

/// The wallets that the simulated cluster has because this configuration names them.
pub(super) fn simulated_wallets(config: &Config) -> impl Iterator<Item = Address> {
    let named = config.wallet.wallets.iter().filter(|it| it.key.is_none());
    named.map(|it| address_of(&simulated_named(&it.name)))
}

/// Nobody else's process may read the memory that a key is in, and no core dump writes it down.
fn hide_memory() {
    let hidden = set_dumpable(false).and_then(|()| setrlimit(Resource::RLIMIT_CORE, 0, 0));
    if let Err(error) = hidden {
        warn!(%error, "other processes of this user may read the memory that the key is in: {error}");
    }
}
