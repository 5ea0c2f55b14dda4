//! The wallet with which this process signs, and that of others at which it only looks.

use chain_solana::keys::{self, Signer as _, Wallet};
use config::args::Stop;
use config::{Config, VenueMode};
use domain::Address;
use nix::sys::prctl::set_dumpable;
use nix::sys::resource::{Resource, setrlimit};
use sim_chain::cluster::GENESIS_HASH;

/// The key with which a process of this configuration signs. What is wrong with it is one line that holds nothing of it.
pub fn key(config: &Config) -> Result<Wallet, Stop> {
    let named = match (&config.wallet.wallet, &config.wallet.wallet_key) {
        (Some(path), _) => {
            hide_memory();
            let path = path.as_path();
            let wrong = |error| format!("WALLET={} is not allowed: it {error}", path.display());
            Some(keys::read(path).map_err(|error| Stop::Wrong(wrong(error)))?)
        }
        (None, Some(text)) => {
            hide_memory();
            tracing::warn!(
                "the key is a variable (WALLET_KEY), which whoever sees this process' environment can read; name a key \
                 file with WALLET where there are files"
            );
            let wrong = |error| format!("WALLET_KEY=*** is not allowed: it is {error}");
            Some(keys::from_text(text.expose()).map_err(|error| Stop::Wrong(wrong(error)))?)
        }
        (None, None) => None,
    };
    match (named, config.chain.order_venue_mode) {
        (Some(wallet), _) if is_named(config, address_of(&wallet)) => Ok(wallet),
        (Some(wallet), _) => Err(Stop::Wrong(format!(
            "WALLET_ADDRESS does not name the key's address, {}",
            address_of(&wallet)
        ))),
        (None, VenueMode::Sim) => Ok(simulated()),
        // Its key would follow from a genesis hash that everybody knows.
        (None, VenueMode::Live) => Err(Stop::Wrong("WALLET is not set".to_owned())),
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
        tracing::warn!(
            "this gateway was given a key (WALLET or WALLET_KEY) that workers alone need; take it away"
        );
    }
}

/// The address of a wallet.
#[must_use]
pub fn address_of(wallet: &Wallet) -> Address {
    Address::new(wallet.address().0)
}

fn is_named(config: &Config, address: Address) -> bool {
    let named = &config.wallet.wallet_address;
    named.is_empty() || named.contains(&address)
}

/// The wallet of the simulated cluster.
fn simulated() -> Wallet {
    Wallet::of_simulated_cluster(&GENESIS_HASH)
}

/// Nobody else's process may read the memory that a key is in, and no core dump writes it down.
fn hide_memory() {
    let hidden = set_dumpable(false).and_then(|()| setrlimit(Resource::RLIMIT_CORE, 0, 0));
    if let Err(error) = hidden {
        tracing::warn!(%error, "other processes of this user may read the memory that the key is in: {error}");
    }
}
