//! One account, and the rent that keeps it alive.

use std::sync::Arc;

use solana_address::Address;

use super::address;

/// An account as it stands on the chain. Copying one is cheap: copies share their data until one is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub lamports: u64,
    pub owner: Address,
    pub data: Arc<Vec<u8>>,
    pub executable: bool,
    pub rent_epoch: u64,
}

/// What every rent-exempt account carries since rent is no longer collected.
const RENT_EPOCH: u64 = u64::MAX;

impl Account {
    #[must_use]
    pub fn new(lamports: u64, owner: Address, data: Vec<u8>) -> Self {
        Self {
            lamports,
            owner,
            data: Arc::new(data),
            executable: false,
            rent_epoch: RENT_EPOCH,
        }
    }

    /// What stands at an address that was never paid to.
    #[must_use]
    pub fn absent() -> Self {
        Self::new(0, address::SYSTEM, Vec::new())
    }

    /// A program, as its loader keeps it.
    #[must_use]
    pub fn program(loader: Address, data: Vec<u8>) -> Self {
        Self {
            executable: true,
            ..Self::new(1, loader, data)
        }
    }
}

/// What an account must hold to be left alone for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rent {
    pub lamports_per_byte: u64,
}

/// What each account is charged for beside its data.
const OVERHEAD_BYTES: u64 = 128;

impl Default for Rent {
    fn default() -> Self {
        Self {
            lamports_per_byte: 6_960,
        }
    }
}

impl Rent {
    #[must_use]
    pub const fn minimum_balance(self, data_bytes: usize) -> u64 {
        self.lamports_per_byte
            .saturating_mul(OVERHEAD_BYTES.saturating_add(data_bytes as u64))
    }

    /// Whether a transaction may leave an account in the state `after`: gone, exempt from rent, or as poor as
    /// it was already.
    #[must_use]
    pub(crate) fn allows(self, before: &Account, after: &Account) -> bool {
        let exempt =
            |account: &Account| account.lamports >= self.minimum_balance(account.data.len());
        after.lamports == 0
            || exempt(after)
            || (before.lamports > 0
                && !exempt(before)
                && before.data.len() == after.data.len()
                && after.lamports <= before.lamports)
    }
}
