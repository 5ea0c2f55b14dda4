//! The chain that orders are executed on, and what a simulated one is like.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use domain::venue::Program;
use domain::{Address, TokenList};

use crate::Invalid;
use crate::Secret;
use crate::token_list::{Named, token_list};
use crate::values::{chain_url, decimal, program, rpc_url, socket_url, whole};

/// The chain.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Chain")]
pub struct Chain {
    /// Where orders are executed: on the simulated cluster, or live on the one at SOLANA_RPC_URL
    #[arg(
        long,
        env = "ORDER_VENUE_MODE",
        value_name = "MODE",
        value_enum,
        default_value = "sim"
    )]
    pub order_venue_mode: VenueMode,
    /// Endpoints of the cluster, comma-separated, the preferred first; with sim the simulated
    /// cluster's, instead of SIM_CHAIN_URL
    #[arg(long, env = "SOLANA_RPC_URL", value_name = "URL", value_delimiter = ',', value_parser = rpc_url)]
    pub solana_rpc_url: Vec<Secret>,
    /// WebSocket endpoint of the cluster [default: derived as Solana's tools do, the next port where one is
    /// named]
    #[arg(long, env = "SOLANA_WS_URL", value_name = "URL", value_parser = socket_url)]
    pub solana_ws_url: Option<Secret>,
    /// Which cluster the endpoints must show, with live
    #[arg(long, env = "SOLANA_CLUSTER", value_name = "CLUSTER", value_enum)]
    pub solana_cluster: Option<Cluster>,
    /// What counts as landed
    #[arg(
        long,
        env = "SOLANA_COMMITMENT",
        value_name = "COMMITMENT",
        value_enum,
        default_value = "confirmed"
    )]
    pub solana_commitment: Commitment,
    /// Where the venues' programs are on a localnet, as cpmm=ADDRESS,amm_v4=…,damm_v2=…,dlmm=…
    /// [default: as on mainnet-beta]
    #[arg(long, env = "PROGRAMS", value_name = "NAME=ADDRESS", value_delimiter = ',', value_parser = program)]
    pub programs: Vec<(Program, Address)>,
    /// File with a token list, which gives symbols to mints [default: the cluster's]
    #[arg(
        long, env = "TOKEN_LIST", value_name = "FILE", default_value = "", hide_default_value = true,
        value_parser = token_list
    )]
    pub token_list: Named,
    /// How old pools may be that a quote is made from, in milliseconds
    #[arg(long, env = "QUOTE_MAX_AGE_MS", value_name = "MS", default_value = "2000", value_parser = whole(1..=600_000_u64))]
    pub quote_max_age_ms: u64,
}

impl Chain {
    /// How old pools may be that a quote is made from.
    #[must_use]
    pub const fn quote_max_age(&self) -> Duration {
        Duration::from_millis(self.quote_max_age_ms)
    }

    /// Whether orders spend what is on a cluster that is not this engine's own.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        matches!(self.order_venue_mode, VenueMode::Live)
    }

    /// The cluster, in live.
    #[must_use]
    pub fn live_cluster(&self) -> Option<Cluster> {
        self.solana_cluster.filter(|_| self.is_live())
    }

    /// The token list: the one that is named, else the cluster's.
    #[must_use]
    pub fn tokens(&self) -> Arc<TokenList> {
        self.token_list.or(|| Cluster::tokens(self.live_cluster()))
    }
}

/// Where orders are executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum VenueMode {
    /// On the simulated cluster.
    Sim,
    /// On the cluster that the endpoints show.
    Live,
}

/// Which cluster is traded on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Cluster {
    /// Where money is real.
    MainnetBeta,
    /// Solana's own, for programs that are made.
    Devnet,
    /// Solana's own, for validators.
    Testnet,
    /// Any other.
    Localnet,
}

impl Cluster {
    /// Those that everybody calls by the same name.
    pub const KNOWN: [Self; 3] = [Self::MainnetBeta, Self::Devnet, Self::Testnet];

    /// Only a localnet has the venues' programs where somebody says that they are.
    pub(super) fn admits(self, programs: &[(Program, Address)]) -> Result<(), Invalid> {
        match programs.is_empty() || self == Self::Localnet {
            true => Ok(()),
            false => Err(Invalid::ProgramsElsewhere { cluster: self }),
        }
    }

    /// The list of a cluster; the simulated one and those without a name have mainnet's.
    pub(super) fn tokens(cluster: Option<Self>) -> TokenList {
        match cluster {
            Some(Self::Devnet) => TokenList::devnet(),
            _ => TokenList::mainnet(),
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MainnetBeta => "mainnet-beta",
            Self::Devnet => "devnet",
            Self::Testnet => "testnet",
            Self::Localnet => "localnet",
        }
    }
}

impl fmt::Display for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// From when on a transaction counts as landed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Commitment {
    /// Two thirds of the stake voted for its block.
    Confirmed,
    /// Its block can no longer be undone.
    Finalized,
}

/// The simulated cluster.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Simulation")]
pub struct Sim {
    /// The simulated cluster that several processes share; without it, one in this process
    #[arg(long, env = "SIM_CHAIN_URL", value_name = "URL", value_parser = chain_url)]
    pub sim_chain_url: Option<String>,
    /// Port on which the all-in-one engine also serves its simulated cluster's JSON-RPC, 0 for a
    /// free one
    #[arg(long, env = "SIM_RPC_PORT", value_name = "PORT", value_parser = whole(0..=u16::MAX))]
    pub sim_rpc_port: Option<u16>,
    /// Whether prices move by themselves, or by trades alone
    #[arg(
        long,
        env = "SIM_MARKET",
        value_name = "MARKET",
        value_enum,
        default_value = "moving"
    )]
    pub sim_market: Market,
    /// Factor on every simulated delay and on the block time; 0 for no delays
    #[arg(long, env = "SIM_LATENCY_SCALE", value_name = "FACTOR", default_value = "1", value_parser = decimal(0.0..=1000.0))]
    pub sim_latency_scale: f64,
    /// Chance that a simulated call fails in a way that a retry may cure
    #[arg(long, env = "SIM_FAILURE_RATE", value_name = "CHANCE", default_value = "0", value_parser = decimal(0.0..=1.0))]
    pub sim_failure_rate: f64,
    /// Makes prices, delays and failures the same every time [default: random]
    #[arg(long, env = "SIM_SEED", value_name = "NUMBER", value_parser = whole(0..=u64::MAX))]
    pub sim_seed: Option<u64>,
}

/// What moves the simulated prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Market {
    /// Somebody else trades.
    Moving,
    /// Orders alone.
    Still,
}
