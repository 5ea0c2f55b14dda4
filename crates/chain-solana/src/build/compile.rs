//! Instructions as a message, and a message as a signed transaction.

use amm::Address;
use amm::instruction::Instruction;
use domain::transaction::{self, Height, SignedTransaction};
use solana_hash::Hash;
use solana_instruction::AccountMeta;
use solana_message::{AddressLookupTableAccount, Message as LegacyMessage, v0};
use solana_signature::Signature;

use super::Error;

/// What fits into one packet.
pub const BYTES_MAX: usize = 1_232;
/// One signature and its count, before the message.
pub const SIGNATURES_BYTES: usize = 65;

/// A message that is not signed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    bytes: Vec<u8>,
    blockhash: Hash,
}

/// A lookup table as it stands on the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookupTable {
    /// Its account.
    pub address: Address,
    /// The addresses in it.
    pub addresses: Vec<Address>,
}

impl Message {
    /// A legacy message where it fits, else one that names accounts by lookup tables.
    pub fn compile(
        payer: Address,
        instructions: &[Instruction],
        blockhash: Hash,
        tables: &[LookupTable],
    ) -> Result<Self, Error> {
        let instructions: Vec<_> = instructions.iter().map(to_solana).collect();
        let payer = key(payer);
        let legacy = LegacyMessage::new_with_blockhash(&instructions, Some(&payer), &blockhash);
        let of = |bytes| Self { bytes, blockhash };
        let shortest = match of(legacy.serialize()) {
            short if short.fits() || tables.is_empty() => short,
            _ => {
                let tables: Vec<_> = tables.iter().map(table).collect();
                let message = v0::Message::try_compile(&payer, &instructions, &tables, blockhash);
                of(message.map_err(|_| Error::TooManyAccounts)?.serialize())
            }
        };
        match shortest.fits() {
            true => Ok(shortest),
            false => Err(Error::TooLarge {
                bytes: shortest.transaction_bytes(),
            }),
        }
    }

    /// What is signed.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The transaction without a signature, for a simulation.
    #[must_use]
    pub fn unsigned(&self) -> Vec<u8> {
        self.with(&Signature::default())
    }

    /// The transaction as it is stored and sent.
    #[must_use]
    pub fn signed(&self, signature: Signature, last_valid_height: Height) -> SignedTransaction {
        SignedTransaction {
            signature: transaction::Signature::from_bytes(signature.as_array()),
            bytes: self.with(&signature).into(),
            last_valid_height,
            blockhash: Some(transaction::Blockhash::new(self.blockhash.to_bytes())),
            outlay: None,
        }
    }

    fn with(&self, signature: &Signature) -> Vec<u8> {
        [&[1], signature.as_ref(), &self.bytes].concat()
    }

    fn fits(&self) -> bool {
        self.transaction_bytes() <= BYTES_MAX
    }

    fn transaction_bytes(&self) -> usize {
        SIGNATURES_BYTES + self.bytes.len()
    }
}

fn key(address: Address) -> solana_address::Address {
    solana_address::Address::from(address.0)
}

fn to_solana(instruction: &Instruction) -> solana_instruction::Instruction {
    let accounts = instruction.accounts.iter().map(|account| AccountMeta {
        pubkey: key(account.address),
        is_signer: account.is_signer,
        is_writable: account.is_writable,
    });
    solana_instruction::Instruction {
        program_id: key(instruction.program),
        accounts: accounts.collect(),
        data: instruction.data.clone(),
    }
}

fn table(table: &LookupTable) -> AddressLookupTableAccount {
    AddressLookupTableAccount {
        key: key(table.address),
        addresses: table.addresses.iter().copied().map(key).collect(),
    }
}
