//! Lookup tables: messages name accounts that stand in one by one byte instead of 32, so that more swaps fit.
//!
//! They are read once in a while. One that is being given up serves no longer than 513 slots, so it is left out from the
//! look on that shows it: what was built before lands by then or never.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use amm::Address;
use ports::Clock;
use tracing::debug;

use crate::build::compile::LookupTable;
use crate::recent_by::RecentBy;
use crate::rpc::{Account, At, Error, Rpc, Slot, View};

/// The program that owns them.
pub const LOOKUP_TABLE_PROGRAM: Address =
    Address::literal("AddressLookupTab1e1111111111111111111111111");

/// How long what was read serves.
const READ_EVERY: Duration = Duration::from_secs(60);
const HEADER_BYTES: usize = 56;
const KIND_TABLE: u32 = 1;
/// A message names an address of a table by one byte.
const ADDRESSES_MAX: usize = 256;
/// The slot of what is not being given up.
const NEVER: u64 = u64::MAX;

/// The tables that this process was told to use.
#[derive(Debug)]
pub(crate) struct Tables {
    rpc: Arc<dyn Rpc>,
    named: Arc<[Address]>,
    recent: RecentBy<(), Arc<[LookupTable]>, Error>,
    last: Mutex<Arc<[LookupTable]>>,
}

impl Tables {
    /// Nothing is read yet.
    pub(crate) fn new(rpc: Arc<dyn Rpc>, clock: Arc<dyn Clock>, named: Arc<[Address]>) -> Self {
        Self {
            rpc,
            named,
            recent: RecentBy::new(clock, READ_EVERY),
            last: Mutex::new(Arc::from([])),
        }
    }

    /// What was read last.
    pub(crate) fn last(&self) -> Arc<[LookupTable]> {
        let last = self.last.lock();
        Arc::clone(&last.expect("invariant: nothing panics while holding it"))
    }

    /// Reads them where that was too long ago. Without an answer none is used: what needs none goes on.
    pub(crate) async fn refresh(&self) {
        if self.named.is_empty() {
            return;
        }
        let (rpc, named) = (Arc::clone(&self.rpc), Arc::clone(&self.named));
        let reading = async move {
            let At { slot, value } = rpc.accounts(&named, View::CONFIRMED).await?;
            let found = named.iter().zip(value);
            let tables = found.filter_map(|(address, account)| {
                let table = account.as_ref().and_then(|it| read(*address, it, slot));
                if table.is_none() {
                    debug!(%address, "{address} is no lookup table that can be used");
                }
                table
            });
            Ok(tables.collect::<Vec<_>>().into())
        };
        let tables = self.recent.get((), reading).await;
        let mut last = self
            .last
            .lock()
            .expect("invariant: nothing panics while holding it");
        *last = tables.unwrap_or_else(|_: Error| Arc::from([]));
    }
}

/// The table in an account, with the addresses that may be used at a slot; nothing where it is none, or is being given
/// up.
fn read(address: Address, account: &Account, slot: Slot) -> Option<LookupTable> {
    let (header, addresses) = account.data.split_at_checked(HEADER_BYTES)?;
    let number = |at: usize| Some(u64::from_le_bytes(*header.get(at..)?.first_chunk()?));
    let kind = u32::from_le_bytes(*header.first_chunk()?);
    let (given_up_at, extended_at) = (number(4)?, number(12)?);
    if account.owner != LOOKUP_TABLE_PROGRAM || kind != KIND_TABLE || given_up_at != NEVER {
        return None;
    }
    let (addresses, rest) = addresses.as_chunks::<32>();
    // What a slot added is usable from the next one on.
    let usable = match slot.get() > extended_at {
        true => addresses.len(),
        false => usize::from(header[20]),
    };
    let usable = addresses.get(..usable)?;
    (rest.is_empty() && usable.len() <= ADDRESSES_MAX).then(|| LookupTable {
        address,
        addresses: usable.iter().copied().map(Address).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpc::Lamports;

    const AT: Address = Address([9; 32]);

    fn account(given_up_at: u64, extended_at: u64, before: u8, addresses: &[Address]) -> Account {
        let mut data = vec![0; HEADER_BYTES];
        data[0] = 1;
        data[4..12].copy_from_slice(&given_up_at.to_le_bytes());
        data[12..20].copy_from_slice(&extended_at.to_le_bytes());
        data[20] = before;
        data.extend(addresses.iter().flat_map(|it| it.0));
        Account {
            lamports: Lamports::new(1),
            owner: LOOKUP_TABLE_PROGRAM,
            executable: false,
            data,
        }
    }

    fn usable(account: &Account, slot: u64) -> Option<Vec<Address>> {
        read(AT, account, Slot::new(slot)).map(|table| table.addresses)
    }

    #[test]
    fn a_table_serves_with_what_earlier_slots_put_into_it() {
        let all = [Address([1; 32]), Address([2; 32]), Address([3; 32])];
        let table = account(NEVER, 100, 2, &all);

        assert_eq!(usable(&table, 101), Some(all.to_vec()));
        assert_eq!(usable(&table, 100), Some(all[..2].to_vec()));
    }

    #[test]
    fn what_is_no_table_or_is_being_given_up_does_not_serve() {
        let good = account(NEVER, 100, 0, &[AT]);
        let cut = |bytes: usize| Account {
            data: good.data[..bytes].to_vec(),
            ..good.clone()
        };
        let of_another = Account {
            owner: AT,
            ..good.clone()
        };
        let mut of_no_kind = good.clone();
        of_no_kind.data[0] = 0;
        let too_long = account(NEVER, 100, 0, &[AT; 257]);
        let wrong = [
            account(90, 100, 0, &[AT]),
            account(u64::MAX - 1, 100, 0, &[AT]),
            account(NEVER, 200, 2, &[AT]),
            of_another,
            of_no_kind,
            too_long,
            cut(0),
            cut(HEADER_BYTES - 1),
            cut(HEADER_BYTES + 31),
        ];

        for (place, account) in wrong.iter().enumerate() {
            assert_eq!(usable(account, 150), None, "{place}");
        }
        assert_eq!(usable(&good, 150), Some(vec![AT]));
        assert_eq!(usable(&cut(HEADER_BYTES), 150), Some(vec![]));
    }
}
