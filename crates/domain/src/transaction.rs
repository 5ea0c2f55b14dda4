//! A signed transaction as the engine keeps it: bytes that only what speaks to the chain reads, the
//! signature, the blockhash and the last valid height.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::base58;
use crate::spending::Outlay;

/// A block height of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Height(u64);

impl Height {
    /// Wraps a height read from the chain or a store.
    #[must_use]
    pub const fn new(value: u64) -> Self {
        Self(value)
    }

    /// The number itself.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Height {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A transaction's signature in base58. The chain identifies the transaction by it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Signature(Arc<str>);

/// The text is not the base58 form of 64 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a base58 signature of 64 bytes")]
pub struct InvalidSignature;

impl Signature {
    /// The signature made of these 64 bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 64]) -> Self {
        base58::signature(bytes, |text| Self(text.into()))
    }

    /// Checks a text from outside.
    pub fn parse(text: &str) -> Result<Self, InvalidSignature> {
        let mut bytes = [0; 64];
        match five8::decode_64(text, &mut bytes) {
            Ok(()) => Ok(Self(text.into())),
            Err(_) => Err(InvalidSignature),
        }
    }

    /// The base58 text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The hash of the block that a transaction names. It says until when the transaction may land, and together with the
/// signature it is never twice in a store.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Blockhash([u8; 32]);

impl Blockhash {
    /// The hash in these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Blockhash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        base58::address(&self.0, |text| f.pad(text))
    }
}

impl fmt::Debug for Blockhash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A transaction as a ledger names it. A store finds it by both: those of one block lie together, signatures alone
/// lie anywhere.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TransactionRef {
    pub blockhash: Blockhash,
    pub signature: Signature,
}

/// What the engine stores before it sends anything. It may send the same bytes again at any time;
/// after `last_valid_height` they can no longer land.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedTransaction {
    pub signature: Signature,
    pub bytes: Arc<[u8]>,
    pub last_valid_height: Height,
    /// Absent in what 0.1.0 stored.
    pub blockhash: Option<Blockhash>,
    /// What it may spend, where that is counted.
    pub outlay: Option<Box<Outlay>>,
}
