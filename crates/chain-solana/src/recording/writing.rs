//! Makes a recording, one snapshot after the other.

use std::collections::BTreeMap;

use amm::Address;
use domain::token_list::Listing;

use super::account::{Kept, Stored, Written};
use super::{Cluster, File, QuoteRequest, SnapshotPart, SwapPart, TokenPart, VERSION};

/// A recording under way, of pools of mainnet's programs.
#[derive(Debug)]
pub struct Recorder {
    file: File,
    kept: Kept,
}

impl Recorder {
    /// One that holds no snapshot yet. The swaps are of these tokens.
    #[must_use]
    pub fn new(tokens: &[Listing], swaps: &[QuoteRequest]) -> Self {
        let symbol = |mint| {
            let mut listings = tokens.iter();
            let listing = listings.find(|listing| listing.asset.mint == mint);
            listing.map_or_else(|| mint.to_string(), |listing| listing.symbol.clone())
        };
        let swaps = swaps.iter().map(|swap| SwapPart {
            token_in: symbol(swap.asset_in.mint),
            token_out: symbol(swap.asset_out.mint),
            amount: match swap.amount_out {
                None => Some(swap.amount_in.to_decimal(swap.asset_in.decimals)),
                Some(_) => None,
            },
            amount_out: swap
                .amount_out
                .map(|bought| bought.to_decimal(swap.asset_out.decimals)),
        });
        let tokens = tokens.iter().map(|listing| TokenPart {
            symbol: listing.symbol.clone(),
            mint: listing.asset.mint,
            decimals: listing.asset.decimals,
            program: listing.asset.program,
        });
        Self {
            file: File {
                version: VERSION,
                cluster: Cluster::MainnetBeta,
                tokens: tokens.collect(),
                swaps: swaps.collect(),
                snapshots: Vec::new(),
            },
            kept: Kept::new(),
        }
    }

    /// Adds all accounts of a slot that are to be in the recording, the clock's among them.
    pub fn add(&mut self, slot: u64, accounts: BTreeMap<Address, Stored>) {
        let mut written = BTreeMap::new();
        for (address, now) in &accounts {
            if let Some(change) = Written::since(self.kept.get(address), now) {
                written.insert(address.to_string(), Some(change));
            }
        }
        let gone = self.kept.keys().filter(|it| !accounts.contains_key(it));
        written.extend(gone.map(|address| (address.to_string(), None)));
        self.file.snapshots.push(SnapshotPart {
            slot,
            accounts: written,
        });
        self.kept = accounts;
    }

    /// The file's text.
    #[must_use]
    pub fn finish(&self) -> String {
        serde_json::to_string(&self.file).expect("invariant: texts and numbers are always JSON")
    }
}
