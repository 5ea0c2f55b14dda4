//! All accounts of the chain, in memory.

use std::collections::HashMap;

use amm::snapshot::{AccountRef, Snapshot};
use solana_address::Address;

use super::account::Account;
use super::address::{from_amm, to_amm};

/// The accounts by address, each with the slot in which it was last written.
#[derive(Debug, Clone, Default)]
pub struct Accounts {
    stored: HashMap<Address, Stored>,
}

#[derive(Debug, Clone)]
struct Stored {
    account: Account,
    slot: u64,
}

impl Accounts {
    #[must_use]
    pub fn get(&self, key: &Address) -> Option<&Account> {
        self.stored.get(key).map(|stored| &stored.account)
    }

    /// The slot that last wrote an account.
    #[must_use]
    pub fn written_at(&self, key: &Address) -> Option<u64> {
        self.stored.get(key).map(|stored| stored.slot)
    }

    /// Writes an account; one without lamports is gone.
    pub fn set(&mut self, key: Address, account: Account, slot: u64) {
        if account.lamports == 0 {
            self.stored.remove(&key);
        } else {
            self.stored.insert(key, Stored { account, slot });
        }
    }

    /// All accounts, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&Address, &Account)> {
        self.stored
            .iter()
            .map(|(key, stored)| (key, &stored.account))
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.stored.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.stored.is_empty()
    }
}

/// The whole chain as the venues' arithmetic reads it.
impl Snapshot for Accounts {
    fn account(&self, address: &amm::Address) -> Option<AccountRef<'_>> {
        self.get(&from_amm(*address)).map(|account| AccountRef {
            owner: to_amm(&account.owner),
            data: &account.data,
        })
    }
}
