//! What accounts must hold to stay. It changes by vote, so the chain is asked, once in an epoch for each size.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use amm::Address;
use amm::token::{ACCOUNT_LENGTH, MINT_LENGTH};

use crate::address::TOKEN_PROGRAM;
use crate::rpc::{Error, Lamports, Rpc};

/// Sizes kept: there are few kinds of accounts that a transaction makes.
const SIZES_MAX: usize = 16;

/// The minimum balances of one epoch.
#[derive(Debug)]
pub struct Rents {
    rpc: Arc<dyn Rpc>,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    epoch: u64,
    minimums: BTreeMap<usize, Lamports>,
}

impl Rents {
    /// Nothing is known yet.
    #[must_use]
    pub fn new(rpc: Arc<dyn Rpc>) -> Self {
        Self {
            rpc,
            known: Mutex::default(),
        }
    }

    /// What an account of this many bytes must hold in this epoch.
    pub async fn minimum(&self, bytes: usize, epoch: u64) -> Result<Lamports, Error> {
        if let Some(minimum) = self.known(epoch).minimums.get(&bytes) {
            return Ok(*minimum);
        }
        let minimum = self.rpc.minimum_balance(bytes).await?;
        let mut known = self.known(epoch);
        if known.minimums.len() < SIZES_MAX {
            known.minimums.insert(bytes, minimum);
        }
        Ok(minimum)
    }

    /// What is known of an epoch; that of an earlier one is forgotten.
    fn known(&self, epoch: u64) -> std::sync::MutexGuard<'_, Known> {
        let mut known = self
            .known
            .lock()
            .expect("invariant: nothing panics while holding it");
        if known.epoch != epoch {
            *known = Known {
                epoch,
                minimums: BTreeMap::new(),
            };
        }
        known
    }
}

/// Bytes of a token account that the associated token program makes for a mint of a token program, or `None` where
/// its bytes are no mint.
#[must_use]
pub fn associated_account_bytes(token_program: Address, mint: &[u8]) -> Option<usize> {
    if token_program == TOKEN_PROGRAM {
        return (mint.len() == MINT_LENGTH).then_some(ACCOUNT_LENGTH);
    }
    // Every associated account of Token-2022 has the extension that keeps its owner.
    let mut bytes = ACCOUNT_LENGTH + 1 + EXTENSION_HEADER_BYTES;
    if mint.len() == MINT_LENGTH {
        return Some(bytes);
    }
    // Behind an account's length stand one byte that tells mints from accounts, and the extensions.
    let mut rest = mint.get(ACCOUNT_LENGTH + 1..)?;
    while let Some((kind, length, body)) = extension(rest) {
        if let Some(needed) = account_extension_bytes(kind) {
            bytes += EXTENSION_HEADER_BYTES + needed;
        }
        rest = body.get(length..)?;
    }
    Some(bytes)
}

/// An extension's kind and length.
const EXTENSION_HEADER_BYTES: usize = 4;

fn extension(rest: &[u8]) -> Option<(u16, usize, &[u8])> {
    let (header, body) = rest.split_first_chunk::<EXTENSION_HEADER_BYTES>()?;
    let [kind_low, kind_high, length_low, length_high] = *header;
    let kind = u16::from_le_bytes([kind_low, kind_high]);
    let length = usize::from(u16::from_le_bytes([length_low, length_high]));
    (kind != 0).then_some((kind, length, body))
}

/// What an extension of a mint adds to each of its accounts.
const fn account_extension_bytes(mint_extension: u16) -> Option<usize> {
    match mint_extension {
        // A transfer fee: what the account withholds.
        1 => Some(8),
        // Not transferable, and pausable: marks.
        9 | 26 => Some(0),
        // A transfer hook: whether a transfer is going on.
        14 => Some(1),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
