use ed25519_dalek::{Signer as _, SigningKey};
use solana_instruction::{AccountMeta, Instruction};
use solana_message::v0::MessageAddressTableLookup;
use solana_message::{Message, v0};

use super::*;
use crate::bank::Account;
use crate::bank::Accounts;

const TABLE: Address = Address::new_from_array([7; 32]);

fn key() -> SigningKey {
    SigningKey::from_bytes(&[1; 32])
}

fn payer() -> Address {
    Address::from(key().verifying_key().to_bytes())
}

fn transfer() -> Instruction {
    let to = Address::new_from_array([2; 32]);
    Instruction {
        program_id: address::SYSTEM,
        accounts: vec![AccountMeta::new(payer(), true), AccountMeta::new(to, false)],
        data: [&2_u32.to_le_bytes()[..], &5_u64.to_le_bytes()].concat(),
    }
}

fn signed(message: VersionedMessage) -> VersionedTransaction {
    let signature = key().sign(&message.serialize()).to_bytes();
    VersionedTransaction {
        signatures: vec![Signature::from(signature)],
        message,
    }
}

fn legacy() -> Message {
    Message::new_with_blockhash(
        &[transfer()],
        Some(&payer()),
        &Hash::new_from_array([3; 32]),
    )
}

fn bytes() -> Vec<u8> {
    wincode::serialize(&signed(VersionedMessage::Legacy(legacy()))).unwrap()
}

/// A message with one table, of which it takes these indexes.
fn with_table(writable: &[u8], readonly: &[u8]) -> Transaction {
    let message = v0::Message {
        address_table_lookups: vec![MessageAddressTableLookup {
            account_key: TABLE,
            writable_indexes: writable.to_vec(),
            readonly_indexes: readonly.to_vec(),
        }],
        ..v0::Message::try_compile(&payer(), &[transfer()], &[], Hash::default()).unwrap()
    };
    Transaction::new(signed(VersionedMessage::V0(message))).unwrap()
}

/// A table of `count` addresses, of which `old` stood there before slot 10.
fn table(count: u8, old: u8, deactivated: u64) -> Account {
    let mut data = vec![0; 56];
    data[0] = 1;
    data[4..12].copy_from_slice(&deactivated.to_le_bytes());
    data[12..20].copy_from_slice(&10_u64.to_le_bytes());
    data[20] = old;
    for index in 0..count {
        data.extend([100 + index; 32]);
    }
    Account::new(1, address::LOOKUP_TABLE, data)
}

#[test]
fn what_is_written_is_read_again_and_verifies() {
    let transaction = Transaction::decode(&bytes()).unwrap();

    assert_eq!(transaction.encode(), bytes());
    assert_eq!(transaction.signatures().len(), 1);
    assert!(transaction.verify().is_ok());
}

#[test]
fn a_changed_byte_of_the_message_breaks_the_signature() {
    let mut changed = bytes();
    *changed.last_mut().unwrap() ^= 1;

    let verified = Transaction::decode(&changed).unwrap().verify();

    assert_eq!(verified, Err(TransactionError::SignatureFailure));
}

#[test]
fn more_bytes_than_a_packet_holds_are_refused() {
    let large = vec![0; BYTES_MAX + 1];

    assert_eq!(Transaction::decode(&large), Err(Malformed::TooLarge(1_233)));
}

#[test]
fn every_cut_is_refused_and_bytes_behind_the_end_are_ignored() {
    let whole = bytes();

    for end in 0..whole.len() {
        assert!(Transaction::decode(&whole[..end]).is_err(), "{end}");
    }
    let longer = [&whole[..], &[9; 5]].concat();
    assert_eq!(Transaction::decode(&longer).unwrap().encode(), whole);
}

#[test]
fn a_length_that_is_written_longer_than_needed_is_refused() {
    let whole = bytes();
    // One signature, with the number one in two bytes.
    let alias = [&[0x81, 0x00][..], &whole[1..]].concat();

    assert!(matches!(
        Transaction::decode(&alias),
        Err(Malformed::Undecodable(_))
    ));
}

#[test]
fn messages_of_later_versions_are_refused() {
    let mut later = bytes();
    for version in 1..=0x7f {
        later[65] = 0x80 | version;
        assert!(Transaction::decode(&later).is_err(), "{version}");
    }
}

#[test]
fn numbers_that_point_nowhere_are_refused() {
    let spoiled = |spoil: fn(&mut Message)| {
        let mut message = legacy();
        spoil(&mut message);
        Transaction::new(signed(VersionedMessage::Legacy(message)))
    };

    for transaction in [
        spoiled(|message| message.instructions[0].program_id_index = 3),
        spoiled(|message| message.instructions[0].program_id_index = 0),
        spoiled(|message| message.instructions[0].accounts[1] = 3),
        spoiled(|message| message.header.num_required_signatures = 0),
        spoiled(|message| message.header.num_required_signatures = 2),
        spoiled(|message| message.header.num_readonly_signed_accounts = 1),
        spoiled(|message| message.header.num_readonly_unsigned_accounts = 3),
    ] {
        assert_eq!(transaction, Err(Malformed::Unsanitary));
    }
}

#[test]
fn no_message_writes_to_programs_it_calls_or_to_what_is_reserved() {
    let mut instruction = transfer();
    let clock = Address::from_str_const("SysvarC1ock11111111111111111111111111111111");
    instruction.accounts.push(AccountMeta::new(clock, false));
    instruction.program_id = address::MEMO;
    instruction
        .accounts
        .push(AccountMeta::new(address::MEMO, false));
    let message = Message::new(&[instruction], Some(&payer()));
    let transaction = Transaction::new(signed(VersionedMessage::Legacy(message))).unwrap();

    let keys = transaction
        .resolve(Accounts::default().latest(), 0)
        .unwrap();

    let written = keys.all.iter().zip(&keys.writable);
    let written: Vec<_> = written.filter(|(_, w)| **w).map(|(key, _)| *key).collect();
    assert_eq!(written, [payer(), Address::new_from_array([2; 32])]);
}

#[test]
fn a_table_gives_its_addresses_behind_those_of_the_message() {
    let mut accounts = Accounts::default();
    accounts.set(TABLE, table(4, 4, u64::MAX), 0);
    let transaction = with_table(&[3, 1], &[0]);

    let keys = transaction.resolve(accounts.latest(), 11).unwrap();

    let loaded = [103, 101, 100].map(|byte| Address::new_from_array([byte; 32]));
    assert_eq!(keys.all[3..], loaded);
    assert_eq!(keys.writable[3..], [true, true, false]);
    assert_eq!(keys.loaded(&transaction), (&loaded[..2], &loaded[2..]));
}

#[test]
fn a_table_that_cannot_serve_is_named_as_the_real_chain_names_it() {
    let resolved = |account: Option<Account>, slot| {
        let mut accounts = Accounts::default();
        if let Some(account) = account {
            accounts.set(TABLE, account, 0);
        }
        with_table(&[1], &[])
            .resolve(accounts.latest(), slot)
            .map(|_| ())
    };
    let foreign = Account {
        owner: address::TOKEN,
        ..table(4, 4, u64::MAX)
    };
    let short = Account::new(1, address::LOOKUP_TABLE, vec![1; 10]);

    assert_eq!(
        resolved(None, 11),
        Err(TransactionError::AddressLookupTableNotFound)
    );
    assert_eq!(
        resolved(Some(foreign), 11),
        Err(TransactionError::InvalidAddressLookupTableOwner)
    );
    assert_eq!(
        resolved(Some(short), 11),
        Err(TransactionError::InvalidAddressLookupTableData)
    );
    assert_eq!(
        resolved(Some(table(1, 1, u64::MAX)), 11),
        Err(TransactionError::InvalidAddressLookupTableIndex)
    );
    // Added in this very slot: not usable before the next.
    assert_eq!(
        resolved(Some(table(4, 1, u64::MAX)), 10),
        Err(TransactionError::InvalidAddressLookupTableIndex)
    );
    assert_eq!(resolved(Some(table(4, 1, u64::MAX)), 11), Ok(()));
    // Given up at slot 20.
    assert_eq!(resolved(Some(table(4, 4, 20)), 532), Ok(()));
    assert_eq!(
        resolved(Some(table(4, 4, 20)), 533),
        Err(TransactionError::AddressLookupTableNotFound)
    );
}

#[test]
fn what_is_signed_here_is_what_its_signers_would_have_signed() {
    let message = VersionedMessage::Legacy(legacy());

    let ours = Verified::sign(message.clone(), &[&key()]).unwrap();

    let theirs = Transaction::new(signed(message)).unwrap().verify().unwrap();
    assert_eq!(ours, theirs);
}

#[test]
fn nothing_is_signed_for_somebody_else() {
    let message = VersionedMessage::Legacy(legacy());
    let other = SigningKey::from_bytes(&[9; 32]);
    let signs = |keys: &[&SigningKey]| Verified::sign(message.clone(), keys);

    assert_eq!(signs(&[&other]), Err(Malformed::Unsanitary));
    assert_eq!(signs(&[]), Err(Malformed::Unsanitary));
    assert_eq!(signs(&[&key(), &key()]), Err(Malformed::Unsanitary));
}
