//! The settings of `order-engine signer`: the process that alone has the key.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use clap::Args;
use domain::venue::Program;
use domain::{Address, TokenList};

use crate::chain::Cluster;
use crate::pools::pools_file;
use crate::text_file;
use crate::token_list::{Named, token_list};
use crate::values::{program, whole};
use crate::{Invalid, Logs};

const FILE_MIB_MAX: u64 = 1;
/// A lookup table holds no more.
const TABLE_ADDRESSES_MAX: usize = 256;

/// All settings of a signer.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Signer")]
pub struct Signer {
    /// Key file as solana-keygen writes it, mode 600, which no other process needs
    #[arg(long = "key-file", env = "SIGNER_KEY_FILE", value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// Socket at which workers ask, as their WALLET=unix:PATH names it; in a folder that its owner
    /// alone may write
    #[arg(
        long,
        env = "SIGNER_SOCKET",
        value_name = "PATH",
        default_value = "./signer/signer.sock"
    )]
    pub socket: PathBuf,
    /// File in which it counts what it signed
    #[arg(
        long,
        env = "SIGNER_JOURNAL",
        value_name = "FILE",
        default_value = "./signer/journal"
    )]
    pub journal: PathBuf,
    /// The most that may leave the wallet, such as SOL:5/order,SOL:50/day,fees:0.1/day; each token
    /// and the fees need a limit a day, and what is not named is never sold
    #[arg(long, env = "SIGNER_LIMITS", value_name = "LIMITS")]
    pub limits: Option<String>,
    /// The most messages that are signed within a minute
    #[arg(long, env = "SIGNER_MAX_PER_MINUTE", value_name = "COUNT", default_value = "600", value_parser = whole(1..=60_000_u32))]
    pub max_per_minute: u32,
    /// File with the addresses of the pools that may be swapped with, one a line [default: any pool
    /// of the venues]
    #[arg(long, env = "SIGNER_POOLS", value_name = "FILE", value_parser = pools_file)]
    pub pools: Option<Arc<[Address]>>,
    /// File with the lookup tables that messages may take pools' accounts from: a line for each,
    /// with its address and all that stands in it [default: none]
    #[arg(long, env = "SIGNER_TABLES", value_name = "FILE", value_parser = tables_file)]
    pub tables: Option<Tables>,
    /// Number of the user whose processes may ask [default: the signer's own]
    #[arg(long, env = "SIGNER_USER", value_name = "UID", value_parser = whole(0..=u32::MAX))]
    pub user: Option<u32>,
    /// Which cluster's programs and tokens it knows [default: mainnet-beta, as the simulated one]
    #[arg(long, env = "SOLANA_CLUSTER", value_name = "CLUSTER", value_enum)]
    pub solana_cluster: Option<Cluster>,
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
    #[command(flatten)]
    pub logs: Logs,
    /// Moment at which the process ends itself, for tests: journaled:nth
    #[cfg(any(debug_assertions, feature = "crash-points"))]
    #[arg(long, env = "CRASH_POINT", value_name = "NAME:NTH", hide = true)]
    pub crash_point: Option<String>,
}

/// Lookup tables with what stands in them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tables(pub Arc<BTreeMap<Address, Vec<Address>>>);

impl Signer {
    /// The key file and the limits, without which nothing is signed.
    pub fn needed(&self) -> Result<(&PathBuf, &str), Invalid> {
        let missing = |variable, example| Invalid::Missing {
            program: "order-engine signer",
            variable,
            example,
        };
        let key_file = self.key_file.as_ref().ok_or(missing(
            "SIGNER_KEY_FILE",
            "the path of a key file as solana-keygen writes it",
        ))?;
        let limits = self.limits.as_deref().ok_or(missing(
            "SIGNER_LIMITS",
            "the most that may leave the wallet, such as SOL:5/order,SOL:50/day,fees:0.1/day",
        ))?;
        if let Some(cluster) = self.solana_cluster {
            cluster.admits(&self.programs)?;
        }
        Ok((key_file, limits))
    }

    /// The token list: the one that is named, else the cluster's.
    #[must_use]
    pub fn tokens(&self) -> Arc<TokenList> {
        self.token_list.or(|| Cluster::tokens(self.solana_cluster))
    }
}

/// Reads the tables in this file.
fn tables_file(path: &str) -> Result<Tables, String> {
    let text = text_file::read(path, FILE_MIB_MAX);
    let text = text.map_err(|error| format!("a file with lookup tables ({error})"))?;
    let mut tables = BTreeMap::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default();
        let wrong =
            |what: &str| format!("a file with lookup tables, but line {} {what}", number + 1);
        let words: Result<Vec<_>, _> = line.split_whitespace().map(Address::from_str).collect();
        let words = words.map_err(|_| wrong("has something that is no address"))?;
        let Some((table, addresses)) = words.split_first() else {
            continue;
        };
        if addresses.len() > TABLE_ADDRESSES_MAX {
            return Err(wrong("has more than 256 addresses behind its table"));
        }
        if tables.insert(*table, addresses.to_vec()).is_some() {
            return Err(wrong("names a table for the second time"));
        }
    }
    Ok(Tables(Arc::new(tables)))
}
