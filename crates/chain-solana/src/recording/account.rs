//! An account as a file holds it: as JSON-RPC shows it, or what has changed of it since the snapshot before.

use std::collections::BTreeMap;

use amm::Address;
use amm::snapshot::StoredAccount;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

/// No account of a pool is longer.
const BYTES_MAX: usize = 1 << 20;
/// Bytes between two changes up to which they are written as one: a change of its own takes about as much.
const GAP: usize = 12;

/// What is known of all accounts at a snapshot.
pub(super) type Kept = BTreeMap<Address, Stored>;

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub lamports: u64,
    pub account: StoredAccount,
}

/// An account as it is written: whole, or by its changes.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Written {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lamports: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    /// The bytes and how they are written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    data: Option<(String, Encoding)>,
    /// Where bytes have changed, and to what, in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    changed: Option<Vec<(usize, String)>>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Encoding {
    Base64,
    Base58,
}

/// Keeps what is written of an account; nothing written says that it is gone.
pub(super) fn keep(kept: &mut Kept, at: Address, written: Option<&Written>) -> Result<(), String> {
    let Some(written) = written else {
        kept.remove(&at);
        return Ok(());
    };
    match &written.changed {
        Some(changes) => {
            let stored = kept.get_mut(&at).ok_or("it changes before it is there")?;
            stored.lamports = written.lamports.unwrap_or(stored.lamports);
            change(&mut stored.account.data, changes)
        }
        None => {
            kept.insert(at, written.whole()?);
            Ok(())
        }
    }
}

fn change(data: &mut [u8], changes: &[(usize, String)]) -> Result<(), String> {
    for (offset, text) in changes {
        let bytes = BASE64_STANDARD.decode(text).map_err(|_| "not base64")?;
        let end = offset.checked_add(bytes.len());
        let place = end.and_then(|end| data.get_mut(*offset..end));
        let place = place.ok_or("a change reaches beyond its bytes")?;
        place.copy_from_slice(&bytes);
    }
    Ok(())
}

impl Written {
    fn whole(&self) -> Result<Stored, String> {
        let owner = self.owner.as_deref().ok_or("it has no owner")?;
        let (text, encoding) = self.data.as_ref().ok_or("it has no data")?;
        // Base64 takes four characters for three bytes, base58 no less.
        if text.len() > BYTES_MAX / 3 * 4 {
            return Err(format!("it has more than {BYTES_MAX} bytes"));
        }
        let data = match encoding {
            Encoding::Base64 => BASE64_STANDARD.decode(text).map_err(|_| "not base64")?,
            Encoding::Base58 => bs58::decode(text).into_vec().map_err(|_| "not base58")?,
        };
        Ok(Stored {
            lamports: self.lamports.ok_or("it has no lamports")?,
            account: StoredAccount {
                owner: owner.parse().map_err(|_| "its owner is no address")?,
                data,
            },
        })
    }

    /// What is to be written of an account that was so before; nothing where it is the same.
    pub(super) fn since(before: Option<&Stored>, now: &Stored) -> Option<Self> {
        let same = |before: &&Stored| {
            before.account.owner == now.account.owner
                && before.account.data.len() == now.account.data.len()
        };
        let Some(before) = before.filter(same) else {
            return Some(Self {
                lamports: Some(now.lamports),
                owner: Some(now.account.owner.to_string()),
                data: Some((BASE64_STANDARD.encode(&now.account.data), Encoding::Base64)),
                changed: None,
            });
        };
        if before == now {
            return None;
        }
        let runs = runs(&before.account.data, &now.account.data).into_iter();
        let changed = runs.map(|(start, end)| {
            let bytes = &now.account.data[start..end];
            (start, BASE64_STANDARD.encode(bytes))
        });
        Some(Self {
            lamports: (before.lamports != now.lamports).then_some(now.lamports),
            changed: Some(changed.collect()),
            ..Self::default()
        })
    }
}

/// Where two texts of one length differ.
fn runs(before: &[u8], now: &[u8]) -> Vec<(usize, usize)> {
    let differing = before.iter().zip(now).enumerate();
    let differing = differing.filter(|(_, (before, now))| before != now);
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (place, _) in differing {
        match runs.last_mut() {
            Some((_, end)) if place - *end <= GAP => *end = place + 1,
            _ => runs.push((place, place + 1)),
        }
    }
    runs
}
