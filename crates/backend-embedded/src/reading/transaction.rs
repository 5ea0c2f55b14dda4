//! A transaction's row.

use std::sync::Arc;

use domain::transaction::{Blockhash, Height, Signature, SignedTransaction};
use rusqlite::Row;

use crate::error::Fault;

/// A transaction as its row holds it; whoever needs it parses the text, not the writer.
#[derive(Debug)]
pub(crate) struct StoredTransaction {
    signature: String,
    bytes: Vec<u8>,
    last_valid_height: i64,
    blockhash: Option<[u8; 32]>,
    outlay: Option<String>,
}

impl StoredTransaction {
    /// From the columns `signature`, `bytes`, `last_valid_height`, `blockhash`, `outlay`.
    pub(crate) fn read(row: &Row<'_>, first: usize) -> Result<Self, Fault> {
        Ok(Self {
            signature: row.get(first)?,
            bytes: row.get(first + 1)?,
            last_valid_height: row.get(first + 2)?,
            blockhash: row.get(first + 3)?,
            outlay: row.get(first + 4)?,
        })
    }

    /// The transaction.
    pub(crate) fn parse(self) -> Result<SignedTransaction, Fault> {
        let signature = Signature::parse(&self.signature).map_err(|_| Fault::Senseless {
            what: "a signature",
        })?;
        let height = u64::try_from(self.last_valid_height)
            .map_err(|_| Fault::Senseless { what: "a height" })?;
        Ok(SignedTransaction {
            signature,
            bytes: Arc::from(self.bytes),
            last_valid_height: Height::new(height),
            blockhash: self.blockhash.map(Blockhash::new),
            outlay: self
                .outlay
                .as_deref()
                .map(serde_json::from_str)
                .transpose()?,
        })
    }
}
