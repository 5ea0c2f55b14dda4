//! What a process needs to trade on a cluster that is not the engine's own, and what keeps it from doing so by mistake.

use std::net::IpAddr;

use clap::{Args, ValueEnum};
use domain::Address;

use crate::chain::Cluster;
use crate::key_place::{KeyPlace, key_place};
use crate::values::{address, secret_text};
use crate::wallets::{ClientWallet, NamedKey, client_wallet, named_key};
use crate::{Config, Invalid, Secret};

/// The wallet that trades.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Wallet")]
pub struct Wallet {
    /// Key file as solana-keygen writes it, or unix:PATH of a signer's socket, for workers alone [default
    /// with sim: a wallet of the simulated cluster's]
    #[arg(long, env = "WALLET", value_name = "FILE", value_parser = key_place)]
    pub wallet: Option<KeyPlace>,
    /// The key itself, in base58 or as a key file's array, for hosts without files; as a variable alone
    #[arg(long, env = "WALLET_KEY", value_name = "KEY", value_parser = key)]
    pub wallet_key: Option<Secret>,
    /// Several wallets instead of one, as name=FILE or name=unix:PATH, comma-separated; an order that asks for none is paid from the
    /// first that no client has for itself. With sim a name alone will do
    #[arg(long, env = "WALLETS", value_name = "NAME=FILE", value_delimiter = ',', value_parser = named_key)]
    pub wallets: Vec<NamedKey>,
    /// Clients that trade with a wallet of their own, as client=wallet, comma-separated; for gateways
    #[arg(long, env = "CLIENT_WALLETS", value_name = "CLIENT=WALLET", value_delimiter = ',', value_parser = client_wallet)]
    pub client_wallets: Vec<ClientWallet>,
    /// Addresses of the wallets that trade, comma-separated; gateways need it with live
    #[arg(long, env = "WALLET_ADDRESS", value_name = "ADDRESS", value_delimiter = ',', value_parser = address)]
    pub wallet_address: Vec<Address>,
    /// Whether orders are taken on mainnet-beta; nothing else counts there without it
    #[arg(long, env = "TRADING", value_name = "STATE", value_enum)]
    pub trading: Option<Trading>,
}

/// Whether orders are taken on mainnet-beta.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Trading {
    /// They are.
    Enabled,
    /// They are refused.
    Disabled,
}

/// Which part of the engine a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// All of it.
    Engine,
    /// It takes orders in.
    Gateway,
    /// It executes them.
    Worker,
}

impl Role {
    /// The program.
    #[must_use]
    pub const fn program(self) -> &'static str {
        match self {
            Self::Engine => "order-engine",
            Self::Gateway => "api-gateway",
            Self::Worker => "order-worker",
        }
    }

    const fn signs(self) -> bool {
        matches!(self, Self::Engine | Self::Worker)
    }

    pub(crate) const fn takes_orders_in(self) -> bool {
        matches!(self, Self::Engine | Self::Gateway)
    }
}

impl Wallet {
    /// Whether a key is named, in whichever way.
    #[must_use]
    pub fn has_key(&self) -> bool {
        let has_file = self.wallets.iter().any(|it| it.key.is_some());
        self.wallet.is_some() || self.wallet_key.is_some() || has_file
    }
}

/// A key is never judged here: what is wrong with it is said where it is read, without repeating it.
fn key(text: &str) -> Result<Secret, String> {
    let is_array = text.trim().starts_with('[');
    match is_array {
        true => Ok(Secret::new(text.trim())),
        false => secret_text(text).map_err(|_| "a key in base58, or a key file's array".to_owned()),
    }
}

impl Config {
    /// Checks what a process of this part needs to run.
    pub fn validate_to_run(&self, role: Role) -> Result<(), Invalid> {
        self.validate()?;
        self.validate_bindings(role)?;
        match self.chain.is_live() {
            true => self.validate_live(role),
            false => Ok(()),
        }
    }

    /// Whether orders are taken: on mainnet-beta only where the operator says whose money it is, and that it may be
    /// spent.
    #[must_use]
    pub fn takes_orders(&self) -> bool {
        let is_mainnet = self.chain.live_cluster() == Some(Cluster::MainnetBeta);
        let is_enabled = self.wallet.trading == Some(Trading::Enabled);
        !is_mainnet || (is_enabled && !self.wallet.wallet_address.is_empty())
    }

    /// Checks where the cluster is, and which one it must be.
    pub fn validate_endpoint(&self, program: &'static str) -> Result<Cluster, Invalid> {
        let missing = |variable, example| Invalid::Missing {
            program,
            variable,
            example,
        };
        if self.chain.solana_rpc_url.is_empty() {
            return Err(missing(
                "SOLANA_RPC_URL",
                "the address of an endpoint of the cluster, such as https://api.devnet.solana.com",
            ));
        }
        let cluster = self.chain.solana_cluster.ok_or(missing(
            "SOLANA_CLUSTER",
            "mainnet-beta, devnet, testnet or localnet, which ORDER_VENUE_MODE=live must be told",
        ))?;
        cluster.admits(&self.chain.programs)?;
        Ok(cluster)
    }

    fn validate_live(&self, role: Role) -> Result<(), Invalid> {
        let program = role.program();
        let cluster = self.validate_endpoint(program)?;
        self.validate_limits_of(cluster)?;
        let missing = |variable, example| Invalid::Missing {
            program,
            variable,
            example,
        };
        if role.signs() && !self.wallet.has_key() {
            return Err(missing(
                "WALLET",
                "the path of a key file as solana-keygen writes it, unix:PATH of a signer, or the key itself as WALLET_KEY; several as WALLETS",
            ));
        }
        if role == Role::Gateway && self.wallet.wallet_address.is_empty() {
            return Err(missing(
                "WALLET_ADDRESS",
                "the address of the wallet with which the workers trade",
            ));
        }
        if role.takes_orders_in() && !self.is_guarded() {
            return Err(Invalid::OpenToOthers {
                host: self.listen.host.clone(),
            });
        }
        Ok(())
    }

    /// Whether nobody but people of this machine comes in without a credential.
    fn is_guarded(&self) -> bool {
        let has_keys = !self.access.api_keys.is_empty() && self.access.admin_key.is_some();
        has_keys || is_loopback(&self.listen.host)
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.parse::<IpAddr>();
    address.map_or(host == "localhost", |address| address.is_loopback())
}
