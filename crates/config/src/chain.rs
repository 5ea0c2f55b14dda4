//! The chain that orders are executed on, and what a simulated one is like.

use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use domain::TokenList;

use crate::Secret;
use crate::token_list::token_list;
use crate::values::{chain_url, decimal, rpc_url, venue_mode, whole};

/// The chain.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Chain")]
pub struct Chain {
    /// Where orders are executed: sim, the simulated cluster
    #[arg(long, env = "ORDER_VENUE_MODE", value_name = "MODE", default_value = "sim", value_parser = venue_mode)]
    pub order_venue_mode: VenueMode,
    /// Endpoints of the cluster, comma-separated, the preferred first; with sim the simulated
    /// cluster's, instead of SIM_CHAIN_URL
    #[arg(long, env = "SOLANA_RPC_URL", value_name = "URL", value_delimiter = ',', value_parser = rpc_url)]
    pub solana_rpc_url: Vec<Secret>,
    /// File with a token list, which gives symbols to mints [default: the cluster's]
    #[arg(
        long, env = "TOKEN_LIST", value_name = "FILE", default_value = "", hide_default_value = true,
        value_parser = token_list
    )]
    pub token_list: Arc<TokenList>,
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
}

/// Where orders are executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VenueMode {
    /// On the simulated cluster.
    Sim,
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
