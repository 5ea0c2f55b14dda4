use solana_address::Address;

use super::{Account, Accounts};
use crate::bank::address;

const KEY: Address = Address::new_from_array([9; 32]);

fn wallet(lamports: u64) -> Account {
    Account::new(lamports, address::SYSTEM, Vec::new())
}

fn lamports(accounts: &Accounts, slot: u64) -> Option<u64> {
    accounts.at(slot).get(&KEY).map(|account| account.lamports)
}

/// Paid in slot 5, twice more in 7, emptied in 9.
fn written() -> Accounts {
    let mut accounts = Accounts::default();
    for (slot, lamports) in [(5, 1), (7, 2), (7, 3), (9, 0)] {
        accounts.set(KEY, wallet(lamports), slot);
    }
    accounts
}

#[test]
fn a_slot_that_is_over_shows_what_stood_at_its_end() {
    let accounts = written();

    let seen = [4, 5, 6, 7, 8, 9, 10].map(|slot| lamports(&accounts, slot));

    assert_eq!(seen, [None, Some(1), Some(1), Some(3), Some(3), None, None]);
    assert_eq!(accounts.at(8).written_at(&KEY), Some(7));
    assert_eq!(accounts.at(8).iter().count(), 1);
    assert_eq!(accounts.at(9).iter().count(), 0);
}

#[test]
fn what_was_is_forgotten_up_to_a_slot() {
    let mut accounts = written();

    accounts.forget_before(7);
    let seen = [7, 8, 9].map(|slot| lamports(&accounts, slot));
    accounts.forget_before(9);

    assert_eq!(seen, [Some(3), Some(3), None]);
    assert!(accounts.past.is_empty() && accounts.writes.is_empty());
}
