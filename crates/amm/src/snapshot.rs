//! Accounts as they stood on the chain at one moment.

use std::collections::BTreeMap;

use crate::Address;
use crate::layout::{Account, DecodeError, Layout};
use crate::token::{self, TokenAccount};

/// An account as a program sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountRef<'a> {
    /// The program that may write it.
    pub owner: Address,
    /// Its bytes.
    pub data: &'a [u8],
}

/// An account with its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAccount {
    /// The program that may write it.
    pub owner: Address,
    /// Its bytes.
    pub data: Vec<u8>,
}

/// Accounts that can be looked up: what a client has read, or a whole bank.
pub trait Snapshot {
    /// An account, where it exists.
    fn account(&self, address: &Address) -> Option<AccountRef<'_>>;
}

impl Snapshot for BTreeMap<Address, StoredAccount> {
    fn account(&self, address: &Address) -> Option<AccountRef<'_>> {
        self.get(address).map(|account| AccountRef {
            owner: account.owner,
            data: &account.data,
        })
    }
}

/// Why a snapshot does not hold a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// An account that the pool needs is not there.
    #[error("account {0} is missing")]
    Missing(Address),
    /// Another program owns it.
    #[error("account {0} belongs to another program")]
    WrongOwner(Address),
    /// It is no token account, or another mint's.
    #[error("account {0} is no token account of the pool")]
    NotATokenAccount(Address),
    /// Its bytes are not what they should be.
    #[error("account {address}: {source}")]
    Undecodable {
        /// The account.
        address: Address,
        /// What is wrong with it.
        source: DecodeError,
    },
}

impl ReadError {
    /// Adds an account's address to what is wrong with its bytes.
    pub(crate) fn at(address: Address) -> impl Fn(DecodeError) -> Self {
        move |source| Self::Undecodable { address, source }
    }
}

/// Reads an account of one kind, which a program must own.
pub(crate) fn read<L: Layout>(
    snapshot: &impl Snapshot,
    address: Address,
    program: Address,
) -> Result<Account<L>, ReadError> {
    let found = snapshot.account(&address);
    let found = found.ok_or(ReadError::Missing(address))?;
    if found.owner != program {
        return Err(ReadError::WrongOwner(address));
    }
    Account::decode(found.data).map_err(ReadError::at(address))
}

/// The same where the account may be left out of the snapshot.
pub(crate) fn read_where_there<L: Layout>(
    snapshot: &impl Snapshot,
    address: Address,
    program: Address,
) -> Result<Option<Account<L>>, ReadError> {
    match read(snapshot, address, program) {
        Err(ReadError::Missing(_)) => Ok(None),
        found => found.map(Some),
    }
}

/// What a pool's two vaults hold.
pub(crate) fn balances(
    snapshot: &impl Snapshot,
    vaults: (Address, Address),
) -> Result<(u64, u64), ReadError> {
    let balance = |vault| {
        let found = snapshot.account(&vault);
        let found = found.ok_or(ReadError::Missing(vault))?;
        match TokenAccount::read(found.data) {
            Some(account) if token::is_program(found.owner) => Ok(account.amount),
            _ => Err(ReadError::NotATokenAccount(vault)),
        }
    };
    Ok((balance(vaults.0)?, balance(vaults.1)?))
}
