//! What transactions may cost, and what is looked at before one is signed.

use std::sync::Arc;

use clap::{Args, ValueEnum};
use domain::spending::SpendLimits;
use domain::{Address, FeeLevel, MaxImpact};

use crate::chain::Cluster;
use crate::key_place::KeyPlace;
use crate::values::whole;
use crate::{Config, Invalid};

/// What every transaction costs for its signature: below this none can be sent.
const FEE_MIN_LAMPORTS: u64 = 5_000;
/// What stands behind every error in them.
const LIMITS_ALLOWED: &str = "TOKEN:AMOUNT/order or TOKEN:AMOUNT/day, comma-separated, each once, such as \
                              SOL:5/order,SOL:50/day,*:0/order,fees:0.1/day";

/// More swaps fit into no transaction.
const LEGS_MAX: u8 = 4;
/// Over more than one third token no route is looked for.
const HOPS_MAX: u8 = 2;
/// A whole SOL for one transaction: who allows more has made a mistake.
const FEE_MAX_LAMPORTS: u64 = 1_000_000_000;

/// Transactions.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Transactions")]
pub struct Transactions {
    /// What a transaction offers for its place in a block: low, medium, high, urgent, or a number of
    /// micro-lamports per compute unit
    #[arg(long, env = "TX_FEE_LEVEL", value_name = "LEVEL", default_value = "medium", value_parser = fee_level)]
    pub tx_fee_level: FeeLevel,
    /// The most that one transaction may pay in fees, in lamports
    #[arg(
        long, env = "TX_FEE_MAX_LAMPORTS", value_name = "LAMPORTS", default_value = "1000000",
        value_parser = whole(FEE_MIN_LAMPORTS..=FEE_MAX_LAMPORTS)
    )]
    pub tx_fee_max_lamports: u64,
    /// Whether transactions are simulated before they are signed [default: off in sim, on in live]
    #[arg(long, env = "TX_SIMULATE", value_name = "SWITCH", value_enum)]
    pub tx_simulate: Option<Switch>,
    /// What may be spent, as TOKEN:AMOUNT/order and TOKEN:AMOUNT/day; * is every token not named, fees all else that
    /// leaves in lamports [default: no limits; needed with * on mainnet-beta]
    #[arg(long, env = "SPEND_LIMITS", value_name = "LIMITS", value_parser = limits_text)]
    pub spend_limits: Option<String>,
    /// How far an order may move its pool's price, in hundredths of a percent, 0 for no limit [default: 0 in sim, 1000 in live]
    #[arg(long, env = "MAX_PRICE_IMPACT_BPS", value_name = "BPS", value_parser = whole(0..=10_000_u16))]
    pub max_price_impact_bps: Option<u16>,
    /// How many pools side by side one transaction may use; 1 = never more than one
    #[arg(long, env = "ROUTE_MAX_LEGS", value_name = "COUNT", default_value = "2", value_parser = whole(1..=LEGS_MAX))]
    pub route_max_legs: u8,
    /// How many pools one after another one transaction may use; 1 = no third token
    #[arg(long, env = "ROUTE_MAX_HOPS", value_name = "COUNT", default_value = "2", value_parser = whole(1..=HOPS_MAX))]
    pub route_max_hops: u8,
    /// Lookup tables that transactions may take accounts from where they do not fit without, comma-separated, or none
    /// [default: with sim the simulated cluster's, unless a signer process signs; with live none]
    #[arg(long, env = "LOOKUP_TABLES", value_name = "ADDRESSES", value_parser = tables)]
    pub lookup_tables: Option<Arc<[Address]>>,
}

/// The setting that names no lookup table.
const NO_TABLES: &str = "none";
/// More tables are not looked into.
const TABLES_MAX: usize = 8;

/// Lookup tables as they are written.
fn tables(text: &str) -> Result<Arc<[Address]>, String> {
    let allowed = || {
        format!("addresses of lookup tables, comma-separated, {TABLES_MAX} at most, or {NO_TABLES}")
    };
    if text.trim() == NO_TABLES {
        return Ok(Arc::from([]));
    }
    let named = text.split(',').map(|it| it.trim().parse::<Address>());
    let named: Vec<Address> = named.collect::<Result<_, _>>().map_err(|_| allowed())?;
    match named.len() <= TABLES_MAX {
        true => Ok(named.into()),
        false => Err(allowed()),
    }
}

/// Something that is done or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// It is done.
    On,
    /// It is not.
    Off,
}

impl Config {
    /// The lookup tables that transactions may use, where the cluster has this one of its own. A signer process signs nothing
    /// that takes accounts from a table it does not have.
    #[must_use]
    pub fn lookup_tables(&self, own: Option<Address>) -> Arc<[Address]> {
        if let Some(named) = &self.transactions.lookup_tables {
            return Arc::clone(named);
        }
        let keys = self.wallet.wallets.iter().filter_map(|it| it.key.as_ref());
        let mut keys = self.wallet.wallet.iter().chain(keys);
        match keys.any(|it| matches!(it, KeyPlace::Signer(_))) {
            true => Arc::from([]),
            false => own.into_iter().collect(),
        }
    }

    /// Whether transactions are simulated before they are signed.
    #[must_use]
    pub fn simulates(&self) -> Switch {
        let set = self.transactions.tx_simulate;
        set.unwrap_or_else(|| self.chain.order_venue_mode.defaults().simulate)
    }

    /// What may be spent; nothing is limited where nothing is set.
    pub fn spend_limits(&self) -> Result<SpendLimits, Invalid> {
        let Some(written) = &self.transactions.spend_limits else {
            return Ok(SpendLimits::default());
        };
        let read = SpendLimits::parse(written, &self.chain.tokens());
        read.map_err(|wrong| Invalid::SpendLimits {
            value: written.clone(),
            allowed: LIMITS_ALLOWED,
            wrong: wrong.to_string(),
        })
    }

    /// Checks that on mainnet-beta every token has a limit.
    pub(crate) fn validate_limits_of(&self, cluster: Cluster) -> Result<(), Invalid> {
        let limits = self.spend_limits()?;
        match cluster == Cluster::MainnetBeta && !limits.covers_all() {
            true => Err(Invalid::WithoutLimits),
            false => Ok(()),
        }
    }

    /// How far an order may move its pool's price; absent where there is no limit.
    #[must_use]
    pub fn max_impact(&self) -> Option<MaxImpact> {
        let set = self.transactions.max_price_impact_bps;
        let bps =
            set.unwrap_or_else(|| self.chain.order_venue_mode.defaults().max_price_impact_bps);
        MaxImpact::new(bps)
    }
}

/// They name tokens: what they mean follows from the token list.
fn limits_text(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err(LIMITS_ALLOWED.to_owned()),
        text => Ok(text.to_owned()),
    }
}

fn fee_level(text: &str) -> Result<FeeLevel, String> {
    FeeLevel::parse(text.trim()).map_err(|allowed| allowed.to_string())
}
