//! Signed transactions from bytes that anybody may have sent, checked as a real node checks them, and the
//! accounts that their messages name.
//!
//! The formats are those of the `solana-*` crates; here are the rules around them.

use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use solana_address::Address;
use solana_hash::Hash;
use solana_message::VersionedMessage;
use solana_message::compiled_instruction::CompiledInstruction;
use solana_signature::{SIGNATURE_BYTES, Signature};
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_error::TransactionError;

use super::View;
use super::address;
use super::lookup_table;

/// The longest transaction that a cluster takes: what fits into one packet.
pub const BYTES_MAX: usize = 1_232;

/// Why bytes are no transaction.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("too large: {0} bytes (max: {BYTES_MAX} bytes)")]
    TooLarge(usize),
    #[error("not a transaction: {0}")]
    Undecodable(String),
    #[error("message version {0} is not supported; send a legacy message or version 0")]
    Version(u8),
    #[error("its header, indexes or number of signatures do not fit its accounts")]
    Unsanitary,
}

/// A signed transaction whose shape is right. Its signatures are not checked yet, and nothing of it was
/// looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    inner: VersionedTransaction,
    message: Vec<u8>,
    message_hash: [u8; 32],
}

impl Transaction {
    /// Reads a transaction; never panics. Bytes after its end are ignored, as nodes do.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        if bytes.len() > BYTES_MAX {
            return Err(Malformed::TooLarge(bytes.len()));
        }
        let inner: VersionedTransaction = wincode::deserialize(bytes)
            .map_err(|error| Malformed::Undecodable(error.to_string()))?;
        Self::new(inner)
    }

    /// The same for a transaction that was put together here.
    pub fn new(inner: VersionedTransaction) -> Result<Self, Malformed> {
        if matches!(inner.message, VersionedMessage::V1(_)) {
            return Err(Malformed::Version(1));
        }
        inner.sanitize().map_err(|_| Malformed::Unsanitary)?;
        let message = inner.message.serialize();
        let message_hash = Sha256::digest(&message).into();
        Ok(Self {
            inner,
            message,
            message_hash,
        })
    }

    /// The same transaction under another blockhash, which its signatures do not fit any more.
    #[must_use]
    pub fn with_blockhash(&self, blockhash: Hash) -> Self {
        let mut inner = self.inner.clone();
        inner.message.set_recent_blockhash(blockhash);
        Self::new(inner).expect("invariant: a blockhash does not change a message's shape")
    }

    /// The bytes of the whole transaction.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let signatures = &self.inner.signatures;
        // So few fit into a packet that their number is one byte.
        let count = position(signatures.len());
        let mut bytes =
            Vec::with_capacity(1 + signatures.len() * SIGNATURE_BYTES + self.message.len());
        bytes.push(count);
        bytes.extend(signatures.iter().flat_map(|it| it.as_array()));
        bytes.extend_from_slice(&self.message);
        bytes
    }

    /// The signature that the chain knows the transaction by.
    #[must_use]
    pub fn signature(&self) -> &Signature {
        &self.inner.signatures[0]
    }

    #[must_use]
    pub fn signatures(&self) -> &[Signature] {
        &self.inner.signatures
    }

    #[must_use]
    pub fn message(&self) -> &VersionedMessage {
        &self.inner.message
    }

    #[must_use]
    pub fn instructions(&self) -> &[CompiledInstruction] {
        self.inner.message.instructions()
    }

    #[must_use]
    pub fn blockhash(&self) -> &Hash {
        self.inner.message.recent_blockhash()
    }

    /// What tells one message from another, whoever signed it and how often.
    pub(crate) fn message_hash(&self) -> &[u8; 32] {
        &self.message_hash
    }

    /// The program that an instruction calls; programs never come from lookup tables.
    pub(crate) fn program(&self, instruction: &CompiledInstruction) -> &Address {
        &self.inner.message.static_account_keys()[usize::from(instruction.program_id_index)]
    }

    /// Checks that every signer signed exactly this message. It needs no chain, so callers may check many at
    /// once, on threads of their own.
    pub fn verify(self) -> Result<Verified, TransactionError> {
        let keys = self.inner.message.static_account_keys();
        let mut signed = self.inner.signatures.iter().zip(keys);
        let all = signed.all(|(signature, key)| {
            let signature = ed25519_dalek::Signature::from_bytes(signature.as_array());
            VerifyingKey::from_bytes(key.as_array())
                .is_ok_and(|key| key.verify_strict(&self.message, &signature).is_ok())
        });
        if all {
            Ok(Verified(self))
        } else {
            Err(TransactionError::SignatureFailure)
        }
    }

    /// The same for a transaction that may have been signed in this process: where it has one signer alone, a caller
    /// who knows that this key made this signature for exactly these bytes saves the check.
    pub(crate) fn verify_unless(
        self,
        was_signed: impl FnOnce(&Address, &Signature, &[u8]) -> bool,
    ) -> Result<Verified, TransactionError> {
        let signer = &self.inner.message.static_account_keys()[0];
        match self.inner.signatures.as_slice() {
            [signature] if was_signed(signer, signature, &self.message) => Ok(Verified(self)),
            _ => self.verify(),
        }
    }

    /// Finds all accounts that the message names, those of lookup tables too.
    pub(crate) fn resolve(&self, accounts: View<'_>, slot: u64) -> Result<Keys, TransactionError> {
        let message = &self.inner.message;
        let mut keys = message.static_account_keys().to_vec();
        let lookups = message.address_table_lookups().unwrap_or_default();
        let mut readonly = Vec::new();
        for lookup in lookups {
            let table = lookup_table::read(accounts, &lookup.account_key, slot)?;
            lookup_table::take(table, &lookup.writable_indexes, &mut keys)?;
            lookup_table::take(table, &lookup.readonly_indexes, &mut readonly)?;
        }
        let writable_end = keys.len();
        keys.append(&mut readonly);
        Ok(Keys {
            writable: self.writable(&keys, writable_end),
            all: keys,
            writable_end,
        })
    }

    /// Which of the message's accounts it may write: of those from `writable_end` on, which lookup tables gave to
    /// be read, none.
    pub(crate) fn writable(&self, keys: &[Address], writable_end: usize) -> Vec<bool> {
        let loader = keys.contains(&address::UPGRADEABLE_LOADER);
        keys.iter()
            .enumerate()
            .map(|(index, key)| {
                self.asks_to_write(index, writable_end)
                    && !address::RESERVED.contains(key)
                    && (loader || !self.calls(index))
            })
            .collect()
    }

    fn asks_to_write(&self, index: usize, writable_end: usize) -> bool {
        let header = self.inner.message.header();
        let stated = self.inner.message.static_account_keys().len();
        let signers = usize::from(header.num_required_signatures);
        if index >= stated {
            index < writable_end
        } else if index >= signers {
            index < stated - usize::from(header.num_readonly_unsigned_accounts)
        } else {
            index < signers - usize::from(header.num_readonly_signed_accounts)
        }
    }

    /// Whether the account is called as a program, which nobody may write to then.
    fn calls(&self, index: usize) -> bool {
        self.instructions()
            .iter()
            .any(|instruction| usize::from(instruction.program_id_index) == index)
    }
}

/// A transaction that all its signers have signed: the only kind that can change a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified(Transaction);

impl Verified {
    /// Signs a message with the keys of all its signers, in their order. What was signed here needs no check.
    pub fn sign(message: VersionedMessage, keys: &[&SigningKey]) -> Result<Self, Malformed> {
        let signers = message.static_account_keys().iter().zip(keys);
        let is_theirs = |(account, key): (&Address, &&SigningKey)| {
            key.verifying_key().as_bytes() == account.as_array()
        };
        if !signers.into_iter().all(is_theirs) {
            return Err(Malformed::Unsanitary);
        }
        let bytes = message.serialize();
        let sign = |key: &&SigningKey| Signature::from(key.sign(&bytes).to_bytes());
        let signatures = keys.iter().map(sign).collect();
        Transaction::new(VersionedTransaction {
            signatures,
            message,
        })
        .map(Self)
    }

    #[must_use]
    pub fn get(&self) -> &Transaction {
        &self.0
    }
}

/// The accounts of a message in the order that its indexes count: stated, looked up to write, looked up to
/// read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Keys {
    pub(crate) all: Vec<Address>,
    pub(crate) writable: Vec<bool>,
    writable_end: usize,
}

impl Keys {
    /// What came from lookup tables: to write, to read.
    pub(crate) fn loaded(&self, transaction: &Transaction) -> (&[Address], &[Address]) {
        let stated = transaction.message().static_account_keys().len();
        let (writable, readonly) = self.all.split_at(self.writable_end);
        (&writable[stated..], readonly)
    }
}

/// An instruction's place as errors name it. A transaction of 1,232 bytes has fewer than 256 instructions that
/// are told apart here; real nodes cut the number the same way.
pub(super) fn position(index: usize) -> u8 {
    u8::try_from(index).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests;
