//! Accounts that no transaction made, for tests.

use domain::Address;

use super::World;
use crate::bank::Account;

impl World {
    /// Puts an account there, exempt from rent, for tests of what an engine makes of accounts that no program of this
    /// cluster can make.
    pub fn put_account(&self, address: Address, owner: Address, data: Vec<u8>) {
        let [key, owner] =
            [address, owner].map(|it| solana_address::Address::new_from_array(*it.bytes()));
        self.cluster.in_block(|block| {
            let bank = block.bank_mut();
            let lamports = bank.environment().rent.minimum_balance(data.len());
            bank.set_account(key, Account::new(lamports, owner, data));
        });
    }
}
