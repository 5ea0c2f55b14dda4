//! Address lookup tables as they stand in accounts. They are only read: nothing here makes or extends one.

use solana_address::Address;
use solana_transaction_error::TransactionError;

use super::View;
use super::address;

const HEADER_BYTES: usize = 56;
const KIND_TABLE: u32 = 1;
/// How long a table that is being given up still serves: as long as its slot is among the recent ones.
const COOL_DOWN_SLOTS: u64 = 513;

/// Reads the table at an address: the addresses of it that may be used at a slot.
pub(crate) fn read<'a>(
    accounts: View<'a>,
    key: &Address,
    slot: u64,
) -> Result<&'a [[u8; 32]], TransactionError> {
    let account = accounts
        .get(key)
        .ok_or(TransactionError::AddressLookupTableNotFound)?;
    if account.owner != address::LOOKUP_TABLE {
        return Err(TransactionError::InvalidAddressLookupTableOwner);
    }
    let active = active_addresses(&account.data, slot)?;
    let (addresses, _) = account.data[HEADER_BYTES..].as_chunks();
    Ok(&addresses[..active.min(addresses.len())])
}

/// Appends the addresses at `indexes`.
pub(crate) fn take(
    table: &[[u8; 32]],
    indexes: &[u8],
    keys: &mut Vec<Address>,
) -> Result<(), TransactionError> {
    for index in indexes {
        let found = table.get(usize::from(*index));
        let bytes = found.ok_or(TransactionError::InvalidAddressLookupTableIndex)?;
        keys.push(Address::from(*bytes));
    }
    Ok(())
}

/// What a slot added is usable from the next slot on.
fn active_addresses(data: &[u8], slot: u64) -> Result<usize, TransactionError> {
    let invalid = TransactionError::InvalidAddressLookupTableData;
    let header: &[u8; HEADER_BYTES] = data.first_chunk().ok_or(invalid.clone())?;
    let number = |at: usize| {
        let bytes = header[at..]
            .first_chunk()
            .expect("invariant: within 56 bytes");
        u64::from_le_bytes(*bytes)
    };
    let kind = u32::from_le_bytes(*header.first_chunk().expect("invariant: within 56 bytes"));
    if kind != KIND_TABLE || !(data.len() - HEADER_BYTES).is_multiple_of(32) {
        return Err(invalid);
    }
    let given_up_at = number(4);
    if given_up_at != u64::MAX && slot >= given_up_at.saturating_add(COOL_DOWN_SLOTS) {
        return Err(TransactionError::AddressLookupTableNotFound);
    }
    let extended_at = number(12);
    Ok(if slot > extended_at {
        (data.len() - HEADER_BYTES) / 32
    } else {
        usize::from(header[20])
    })
}
