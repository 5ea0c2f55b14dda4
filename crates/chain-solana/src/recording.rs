//! Recorded pools: accounts of some slots in a file, from which routes are found as they would have been found then.
//! docs/OPERATIONS.md describes the file.
//!
//! What stays as it was from one snapshot to the next is not written again, and of an account that changed only the
//! bytes that did.

mod account;
mod pools;
mod writing;

use std::collections::BTreeMap;

use amm::{Address, Program};
use domain::asset::TokenProgram;
use domain::token_list::Listing;
use domain::{Asset, BaseUnits, Mint, TokenList};
use serde::{Deserialize, Serialize};

use account::{Kept, Written};

pub use account::Stored;
pub use dex_router::request::QuoteRequest;
pub use pools::RecordedPools;
pub use writing::Recorder;

/// The longest file that is read.
pub const BYTES_MAX: u64 = 64 << 20;
/// Accounts that are kept at once: far more than the pools of some pairs need.
const ACCOUNTS_MAX: usize = 10_000;
/// The version of the file that is written.
const VERSION: u32 = 1;

/// Why a file is no recording.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadRecording(String);

/// What a file holds.
#[derive(Debug)]
pub struct Recording {
    pub tokens: TokenList,
    /// What is to be swapped at each snapshot.
    pub swaps: Vec<QuoteRequest>,
    programs: Vec<Program>,
    snapshots: Vec<SnapshotPart>,
}

#[derive(Debug, Serialize, Deserialize)]
struct File {
    version: u32,
    #[serde(default)]
    cluster: Cluster,
    tokens: Vec<TokenPart>,
    swaps: Vec<SwapPart>,
    snapshots: Vec<SnapshotPart>,
}

/// Whose programs the pools are of.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Cluster {
    #[default]
    MainnetBeta,
    Devnet,
}

#[derive(Debug, Serialize, Deserialize)]
struct TokenPart {
    symbol: String,
    mint: Mint,
    decimals: u8,
    #[serde(default = "token_program")]
    program: TokenProgram,
}

const fn token_program() -> TokenProgram {
    TokenProgram::Token
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SwapPart {
    token_in: String,
    token_out: String,
    /// What is sold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    amount: Option<String>,
    /// What is bought, where that is exact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    amount_out: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct SnapshotPart {
    slot: u64,
    /// Null where an account is gone.
    accounts: BTreeMap<String, Option<Written>>,
}

impl Recording {
    /// Reads a file's text. Accounts are looked at when their snapshot is.
    pub fn read(text: &str) -> Result<Self, BadRecording> {
        let file: File = serde_json::from_str(text).map_err(unread)?;
        if file.version != VERSION {
            let version = file.version;
            return Err(bad(format!(
                "version {version} is not known, only {VERSION}"
            )));
        }
        let listings = file.tokens.into_iter().map(Listing::from).collect();
        let tokens = TokenList::new(listings).map_err(unread)?;
        let swaps = file.swaps.iter().enumerate();
        let swaps = swaps.map(|(place, swap)| {
            let read = swap.read(&tokens);
            read.map_err(|BadRecording(why)| bad(format!("swap {}: {why}", place + 1)))
        });
        Ok(Self {
            swaps: swaps.collect::<Result<_, _>>()?,
            tokens,
            programs: match file.cluster {
                Cluster::MainnetBeta => Program::MAINNET.into(),
                Cluster::Devnet => Program::DEVNET.into(),
            },
            snapshots: file.snapshots,
        })
    }

    /// The pools of each snapshot, in the file's order.
    pub fn snapshots(&self) -> impl Iterator<Item = Result<RecordedPools, BadRecording>> {
        let mut kept = BTreeMap::new();
        self.snapshots.iter().enumerate().map(move |(place, part)| {
            let read = self.pools(part, &mut kept);
            read.map_err(|BadRecording(why)| {
                let (number, slot) = (place + 1, part.slot);
                bad(format!("snapshot {number} (slot {slot}): {why}"))
            })
        })
    }

    fn pools(&self, part: &SnapshotPart, kept: &mut Kept) -> Result<RecordedPools, BadRecording> {
        for (address, written) in &part.accounts {
            let at: Address = address
                .parse()
                .map_err(|_| bad(format!("{address} is no address")))?;
            let read = account::keep(kept, at, written.as_ref());
            read.map_err(|why| bad(format!("account {address}: {why}")))?;
        }
        if kept.len() > ACCOUNTS_MAX {
            return Err(bad(format!("more than {ACCOUNTS_MAX} accounts")));
        }
        RecordedPools::of(&self.programs, part.slot, kept)
    }
}

impl From<TokenPart> for Listing {
    fn from(token: TokenPart) -> Self {
        Self {
            name: token.symbol.clone(),
            symbol: token.symbol,
            asset: Asset {
                mint: token.mint,
                decimals: token.decimals,
                program: token.program,
            },
        }
    }
}

impl SwapPart {
    fn read(&self, tokens: &TokenList) -> Result<QuoteRequest, BadRecording> {
        let find = |name: &str| {
            let found = tokens.find(name);
            found.ok_or_else(|| bad(format!("{name} is none of the file's tokens")))
        };
        let (asset_in, asset_out) = (find(&self.token_in)?, find(&self.token_out)?);
        if asset_in.mint == asset_out.mint {
            return Err(bad("it sells what it buys"));
        }
        let read = |amount: &str, asset: Asset| {
            let read = BaseUnits::parse(amount, asset.decimals);
            read.map_err(|why| bad(format!("amount {amount}: {why}")))
        };
        let (amount_in, amount_out) = match (&self.amount, &self.amount_out) {
            (Some(sold), None) => (read(sold, asset_in)?, None),
            (None, Some(bought)) => (BaseUnits::new(0), Some(read(bought, asset_out)?)),
            _ => return Err(bad("it has either `amount` or `amountOut`")),
        };
        Ok(QuoteRequest {
            asset_in,
            asset_out,
            amount_in,
            amount_out,
        })
    }
}

fn bad(why: impl Into<String>) -> BadRecording {
    BadRecording(why.into())
}

/// What is wrong with a whole file.
fn unread(error: impl std::error::Error) -> BadRecording {
    bad(error.to_string())
}

#[cfg(test)]
mod tests;
