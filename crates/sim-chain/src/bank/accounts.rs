//! All accounts of the chain, in memory, and what they were a few slots ago.

use std::collections::{HashMap, VecDeque};

use amm::snapshot::{AccountRef, Snapshot};
use solana_address::Address;

use super::account::Account;
use super::address::{from_amm, to_amm};

/// The accounts by address, each with the slot in which it was last written.
#[derive(Debug, Clone, Default)]
pub struct Accounts {
    stored: HashMap<Address, Stored>,
    /// What stood at an address before each of its writes that is not forgotten yet, oldest first.
    past: HashMap<Address, VecDeque<Past>>,
    /// Every entry of `past` by the slot of its write, oldest first: the order of forgetting.
    writes: VecDeque<(u64, Address)>,
}

/// A slot behind every write.
const LATEST: u64 = u64::MAX;

#[derive(Debug, Clone)]
struct Stored {
    account: Account,
    slot: u64,
}

#[derive(Debug, Clone)]
struct Past {
    /// The slot whose write replaced it.
    until: u64,
    was: Option<Stored>,
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
        let was = if account.lamports == 0 {
            self.stored.remove(&key)
        } else {
            self.stored.insert(key, Stored { account, slot })
        };
        let past = self.past.entry(key).or_default();
        // Within a slot only what stood before its first write can be asked for.
        if past.back().is_none_or(|last| last.until < slot) {
            past.push_back(Past { until: slot, was });
            self.writes.push_back((slot, key));
        }
    }

    /// Puts an account there that was written in an earlier life of the chain.
    pub(crate) fn load(&mut self, key: Address, account: Account, slot: u64) {
        self.stored.insert(key, Stored { account, slot });
    }

    /// The accounts that the newest slot has written, which must be this one. Gone ones are among them.
    pub(crate) fn written_in(&self, slot: u64) -> impl Iterator<Item = &Address> {
        let newest_first = self.writes.iter().rev();
        newest_first
            .take_while(move |(written, _)| *written == slot)
            .map(|(_, key)| key)
    }

    /// Takes back all that the newest slot has written, which must be this one.
    pub(crate) fn take_back(&mut self, slot: u64) {
        while let Some((_, key)) = self.writes.pop_back_if(|(written, _)| *written == slot) {
            let Some(past) = self.past.get_mut(&key) else {
                continue;
            };
            let was = past.pop_back().and_then(|past| past.was);
            if past.is_empty() {
                self.past.remove(&key);
            }
            match was {
                Some(stored) => self.stored.insert(key, stored),
                None => self.stored.remove(&key),
            };
        }
    }

    /// Forgets what accounts were before `slot`: nobody looks at an older slot any more.
    pub fn forget_before(&mut self, slot: u64) {
        while self.writes.front().is_some_and(|(until, _)| *until <= slot) {
            let Some((_, key)) = self.writes.pop_front() else {
                return;
            };
            if let Some(past) = self.past.get_mut(&key) {
                past.pop_front();
                if past.is_empty() {
                    self.past.remove(&key);
                }
            }
        }
    }

    /// The accounts as the last write left them.
    #[must_use]
    pub const fn latest(&self) -> View<'_> {
        View {
            accounts: self,
            slot: LATEST,
        }
    }

    /// The accounts at the end of a slot that is not forgotten.
    #[must_use]
    pub const fn at(&self, slot: u64) -> View<'_> {
        View {
            accounts: self,
            slot,
        }
    }

    /// All accounts, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&Address, &Account)> {
        self.latest().iter()
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

/// The accounts at the end of a slot.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    accounts: &'a Accounts,
    slot: u64,
}

impl<'a> View<'a> {
    #[must_use]
    pub fn get(self, key: &Address) -> Option<&'a Account> {
        self.stored(key).map(|stored| &stored.account)
    }

    /// The slot that had last written an account by then.
    #[must_use]
    pub fn written_at(self, key: &Address) -> Option<u64> {
        self.stored(key).map(|stored| stored.slot)
    }

    fn stored(self, key: &Address) -> Option<&'a Stored> {
        let stored = || self.accounts.stored.get(key);
        if self.slot == LATEST {
            return stored();
        }
        let replaced = self.accounts.past.get(key).and_then(|past| {
            let next = past.partition_point(|past| past.until <= self.slot);
            past.get(next).map(|past| past.was.as_ref())
        });
        replaced.unwrap_or_else(stored)
    }

    /// All accounts, in no order.
    pub fn iter(self) -> impl Iterator<Item = (&'a Address, &'a Account)> {
        let stored = &self.accounts.stored;
        let gone = self
            .accounts
            .past
            .keys()
            .filter(move |key| !stored.contains_key(*key));
        stored
            .keys()
            .chain(gone)
            .filter_map(move |key| self.get(key).map(|account| (key, account)))
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

#[cfg(test)]
mod tests;
