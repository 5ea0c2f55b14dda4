//! Signed transactions read back: which accounts they name and what they tell which program.

use amm::Address;
use amm::instruction::{AccountMeta, Instruction};
use solana_hash::Hash;
use solana_message::VersionedMessage;
use solana_transaction::versioned::VersionedTransaction;

/// Stands for an account that a lookup table gives: nobody's address.
pub const UNKNOWN: Address = Address([0xff; 32]);

/// Why bytes are no transaction that can be read here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// They are no transaction.
    #[error("not a transaction: {0}")]
    Bytes(String),
    /// Its header or its instructions speak of accounts that it does not name.
    #[error("the transaction speaks of accounts that it does not name")]
    Accounts,
}

/// A transaction's accounts and instructions, those of lookup tables in their places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// How many signatures it has: of so many of the first accounts.
    pub signatures: usize,
    /// The block that it was made over.
    pub blockhash: Hash,
    /// All accounts that it names, in the order of its indexes.
    pub keys: Vec<Address>,
    /// What it tells programs. An account may be written where any of its instructions may write it.
    pub instructions: Vec<Instruction>,
}

impl Decoded {
    /// Who pays for it: the first of its signers.
    #[must_use]
    pub fn payer(&self) -> Option<Address> {
        self.keys.first().copied()
    }

    /// Reads a transaction, given what came from its lookup tables: addresses to write, then addresses to read.
    pub fn read(bytes: &[u8], loaded: &[Address]) -> Result<Self, Unreadable> {
        let transaction: VersionedTransaction =
            wincode::deserialize(bytes).map_err(|error| Unreadable::Bytes(error.to_string()))?;
        Self::of(&transaction.message, transaction.signatures.len(), loaded)
    }

    /// Reads a transaction of which nobody says what came from its lookup tables: those accounts are [`UNKNOWN`].
    pub fn stated(bytes: &[u8]) -> Result<Self, Unreadable> {
        let transaction: VersionedTransaction =
            wincode::deserialize(bytes).map_err(|error| Unreadable::Bytes(error.to_string()))?;
        let message = &transaction.message;
        let lookups = message.address_table_lookups().unwrap_or_default();
        let loaded = lookups
            .iter()
            .map(|it| it.writable_indexes.len() + it.readonly_indexes.len());
        let loaded = vec![UNKNOWN; loaded.sum()];
        Self::of(message, transaction.signatures.len(), &loaded)
    }

    fn of(
        message: &VersionedMessage,
        signatures: usize,
        loaded: &[Address],
    ) -> Result<Self, Unreadable> {
        let stated = message.static_account_keys().iter();
        let keys: Vec<_> = stated
            .map(|key| Address(key.to_bytes()))
            .chain(loaded.iter().copied())
            .collect();
        let metas = metas(message, &keys).ok_or(Unreadable::Accounts)?;
        let instructions = message.instructions().iter().map(|compiled| {
            let meta = |index: &u8| metas.get(usize::from(*index)).copied();
            let accounts: Option<Vec<AccountMeta>> = compiled.accounts.iter().map(meta).collect();
            Some(Instruction {
                program: meta(&compiled.program_id_index)?.address,
                accounts: accounts?,
                data: compiled.data.clone(),
            })
        });
        let instructions: Option<Vec<Instruction>> = instructions.collect();
        Ok(Self {
            signatures,
            blockhash: *message.recent_blockhash(),
            keys,
            instructions: instructions.ok_or(Unreadable::Accounts)?,
        })
    }
}

/// A message that nobody has signed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsigned {
    message: VersionedMessage,
}

/// What a message takes from a lookup table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// The table.
    pub table: Address,
    /// The places of what may be written, then those of what is only read.
    pub places: (Vec<u8>, Vec<u8>),
}

impl Unsigned {
    /// Reads a message. Bytes that another form would stand for too are none.
    pub fn read(bytes: &[u8]) -> Result<Self, Unreadable> {
        let unreadable = |why: String| Unreadable::Bytes(why);
        let message: VersionedMessage =
            wincode::deserialize(bytes).map_err(|error| unreadable(error.to_string()))?;
        // Later versions may say what they pay in other places than these are looked at.
        if !matches!(
            message,
            VersionedMessage::Legacy(_) | VersionedMessage::V0(_)
        ) {
            return Err(unreadable("neither legacy nor version 0".to_owned()));
        }
        if message.serialize() != bytes {
            return Err(unreadable("not in its only form".to_owned()));
        }
        Ok(Self { message })
    }

    /// How many addresses stand in the message itself.
    #[must_use]
    pub fn stated(&self) -> usize {
        self.message.static_account_keys().len()
    }

    /// What it takes from lookup tables.
    #[must_use]
    pub fn lookups(&self) -> Vec<Lookup> {
        let lookups = self.message.address_table_lookups().unwrap_or_default();
        let lookups = lookups.iter().map(|it| Lookup {
            table: Address(it.account_key.to_bytes()),
            places: (it.writable_indexes.clone(), it.readonly_indexes.clone()),
        });
        lookups.collect()
    }

    /// Its accounts and instructions, given what came from its lookup tables: addresses to write, then addresses to
    /// read.
    pub fn decode(&self, loaded: &[Address]) -> Result<Decoded, Unreadable> {
        let signatures = self.message.header().num_required_signatures;
        Decoded::of(&self.message, signatures.into(), loaded)
    }
}

fn metas(message: &VersionedMessage, keys: &[Address]) -> Option<Vec<AccountMeta>> {
    let header = message.header();
    let stated = message.static_account_keys().len();
    let looked_up = message.address_table_lookups().unwrap_or_default();
    let loaded_to_write: usize = looked_up
        .iter()
        .map(|lookup| lookup.writable_indexes.len())
        .sum();
    let signers = usize::from(header.num_required_signatures);
    let written_signers = signers.checked_sub(header.num_readonly_signed_accounts.into())?;
    let written = stated.checked_sub(header.num_readonly_unsigned_accounts.into())?;
    let metas = keys.iter().enumerate().map(|(index, address)| AccountMeta {
        address: *address,
        is_signer: index < signers,
        is_writable: if index >= stated {
            index < stated + loaded_to_write
        } else {
            index < written_signers || (index >= signers && index < written)
        },
    });
    Some(metas.collect())
}
