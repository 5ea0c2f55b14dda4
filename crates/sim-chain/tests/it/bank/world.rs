//! A small chain: three wallets with tokens of three mints, one of wrapped SOL and one with a transfer fee.

use ed25519_dalek::{Signer as _, SigningKey};
use sim_chain::bank::{Account, Bank, Environment, Rent, Transaction, Verified, address};
use solana_address::Address;
use solana_hash::Hash;
use solana_instruction::{AccountMeta, Instruction};
use solana_message::v0::{self, MessageAddressTableLookup};
use solana_message::{Message, VersionedMessage};
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;

pub(super) const WALLET_LAMPORTS: u64 = 10_000_000_000;
pub(super) const TOKENS: u64 = 1_000_000;
pub(super) const MINT: Address = Address::new_from_array([40; 32]);
pub(super) const FEE_MINT: Address = Address::new_from_array([41; 32]);
/// An address that stands in the lookup table.
pub(super) const IN_TABLE: Address = Address::new_from_array([50; 32]);
const TABLE: Address = Address::new_from_array([60; 32]);
const BLOCKHASH: Hash = Hash::new_from_array([1; 32]);

pub(super) struct World {
    pub(super) bank: Bank,
    keys: [SigningKey; 3],
}

/// The hash of a block that nobody named yet.
pub(super) fn fresh(block: u64) -> Hash {
    let mut bytes = [255; 32];
    bytes[..8].copy_from_slice(&block.to_le_bytes());
    Hash::new_from_array(bytes)
}

fn option(key: Option<Address>) -> Vec<u8> {
    let tag = u32::from(key.is_some()).to_le_bytes();
    [&tag[..], key.unwrap_or_default().as_ref()].concat()
}

fn mint(authority: Option<Address>, supply: u64) -> Vec<u8> {
    let authority = option(authority);
    [
        &authority[..],
        &supply.to_le_bytes(),
        &[6, 1],
        &option(None),
    ]
    .concat()
}

fn holding(mint: Address, owner: Address, amount: u64, native: Option<u64>) -> Vec<u8> {
    let mut data = vec![0; 165];
    data[..32].copy_from_slice(mint.as_ref());
    data[32..64].copy_from_slice(owner.as_ref());
    data[64..72].copy_from_slice(&amount.to_le_bytes());
    data[108] = 1;
    data[109] = u8::from(native.is_some());
    data[113..121].copy_from_slice(&native.unwrap_or(0).to_le_bytes());
    data
}

/// A base with one extension behind it.
fn extended(mut base: Vec<u8>, kind: u8, extension: u16, value: &[u8]) -> Vec<u8> {
    base.resize(165, 0);
    base.push(kind);
    base.extend(extension.to_le_bytes());
    base.extend(u16::try_from(value.len()).unwrap().to_le_bytes());
    base.extend(value);
    base
}

/// Two percent, at most 5,000 units.
fn fee_config() -> Vec<u8> {
    let fee = [
        &[0; 8][..],
        &5_000_u64.to_le_bytes(),
        &200_u16.to_le_bytes(),
    ]
    .concat();
    [&[0; 72][..], &fee, &fee].concat()
}

impl World {
    pub(super) fn new() -> Self {
        let keys = [1, 2, 3].map(|seed| SigningKey::from_bytes(&[seed; 32]));
        let mut world = Self {
            bank: Bank::new(Environment::default()),
            keys,
        };
        world.bank.register_blockhash(BLOCKHASH);
        let wallets = [0, 1, 2].map(|index| world.wallet(index));
        for wallet in wallets {
            let account = Account::new(WALLET_LAMPORTS, address::SYSTEM, Vec::new());
            world.bank.set_account(wallet, account);
            world.give_tokens(wallet);
        }
        let supply = TOKENS * 3;
        let plain = mint(Some(world.payer()), supply);
        world.set(MINT, address::TOKEN, plain.clone(), 0);
        let with_fee = extended(plain, 1, 1, &fee_config());
        world.set(FEE_MINT, address::TOKEN_2022, with_fee, 0);
        world.set(address::WRAPPED_SOL, address::TOKEN, mint(None, 0), 0);
        world.set_table();
        world
    }

    fn give_tokens(&mut self, wallet: Address) {
        let reserve = Rent::default().minimum_balance(165);
        let plain = holding(MINT, wallet, TOKENS, None);
        self.set(self.account_of(wallet, MINT), address::TOKEN, plain, 0);
        let fee = extended(holding(FEE_MINT, wallet, TOKENS, None), 2, 2, &[0; 8]);
        self.set(
            self.account_of(wallet, FEE_MINT),
            address::TOKEN_2022,
            fee,
            0,
        );
        let wrapped = holding(address::WRAPPED_SOL, wallet, TOKENS, Some(reserve));
        let key = self.account_of(wallet, address::WRAPPED_SOL);
        self.set(key, address::TOKEN, wrapped, TOKENS);
    }

    /// Puts a rent-exempt account there, with some lamports more.
    fn set(&mut self, key: Address, owner: Address, data: Vec<u8>, more: u64) {
        let lamports = Rent::default().minimum_balance(data.len()) + more;
        self.bank
            .set_account(key, Account::new(lamports, owner, data));
    }

    /// A table that is used for one account to write and one to read.
    fn set_table(&mut self) {
        let mut data = vec![0; 56];
        data[0] = 1;
        data[4..12].fill(255);
        data[20] = 2;
        data.extend(IN_TABLE.as_ref());
        data.extend([51; 32]);
        self.set(TABLE, address::LOOKUP_TABLE, data, 0);
    }

    pub(super) fn payer(&self) -> Address {
        self.wallet(0)
    }

    pub(super) fn wallet(&self, index: usize) -> Address {
        Address::from(self.keys[index].verifying_key().to_bytes())
    }

    pub(super) fn account_of(&self, wallet: Address, mint: Address) -> Address {
        let program = if mint == FEE_MINT {
            address::TOKEN_2022
        } else {
            address::TOKEN
        };
        address::associated_token(&wallet, &mint, &program)
    }

    pub(super) fn lamports(&self, key: Address) -> u64 {
        self.bank
            .accounts()
            .get(&key)
            .map_or(0, |account| account.lamports)
    }

    /// From the payer's account to the second wallet's.
    pub(super) fn token_transfer(&self, amount: u64) -> Instruction {
        let (from, to) = (self.payer(), self.wallet(1));
        Instruction {
            program_id: address::TOKEN,
            accounts: vec![
                AccountMeta::new(self.account_of(from, MINT), false),
                AccountMeta::new(self.account_of(to, MINT), false),
                AccountMeta::new_readonly(from, true),
            ],
            data: [&[3][..], &amount.to_le_bytes()].concat(),
        }
    }

    /// A transaction that all wallets it asks for have signed.
    pub(super) fn sign(&self, instructions: &[Instruction]) -> Verified {
        let message = Message::new_with_blockhash(instructions, Some(&self.payer()), &BLOCKHASH);
        let signers = usize::from(message.header.num_required_signatures);
        let message = VersionedMessage::Legacy(message);
        let bytes = message.serialize();
        let signature = |key: &Address| {
            let signer = self
                .keys
                .iter()
                .find(|it| it.verifying_key().as_bytes() == key.as_array());
            Signature::from(
                signer
                    .expect("a wallet of this world")
                    .sign(&bytes)
                    .to_bytes(),
            )
        };
        let signatures = message.static_account_keys()[..signers]
            .iter()
            .map(signature);
        let transaction = VersionedTransaction {
            signatures: signatures.collect(),
            message,
        };
        Transaction::new(transaction).unwrap().verify().unwrap()
    }

    /// A transaction that also takes the table's accounts, without signatures.
    pub(super) fn unsigned_with_table(&self, instructions: &[Instruction]) -> Transaction {
        let message = v0::Message::try_compile(&self.payer(), instructions, &[], BLOCKHASH);
        let message = VersionedMessage::V0(v0::Message {
            address_table_lookups: vec![MessageAddressTableLookup {
                account_key: TABLE,
                writable_indexes: vec![0],
                readonly_indexes: vec![1],
            }],
            ..message.unwrap()
        });
        Transaction::new(VersionedTransaction::new_unsigned(message)).unwrap()
    }
}
