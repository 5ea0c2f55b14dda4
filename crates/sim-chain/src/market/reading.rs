//! Pools as they stand on the simulated cluster.

use std::collections::BTreeSet;

use amm::dlmm::account::PairAccount;
use amm::snapshot::{ReadError, Snapshot};
use amm::token::{Mint, TransferFee, TransferFees};
use amm::{Conditions, Direction, Pool, Program};
use solana_address::Address;

use super::opening::array_address;
use crate::bank::Bank;
use crate::bank::address::{from_amm, to_amm};

/// DLMM's bin arrays that are read in either direction, and so the most that one swap can walk through.
const ARRAYS_AHEAD: usize = 4;

/// The pool at an address, of whichever program owns it.
pub fn read_pool(bank: &Bank, address: &Address) -> Result<Pool, ReadError> {
    let at = to_amm(address);
    let account = bank.accounts().account(&at).ok_or(ReadError::Missing(at))?;
    let mut programs = Program::MAINNET.into_iter();
    let program = programs.find(|program| program.id() == account.owner);
    let program = program.ok_or(ReadError::WrongOwner(at))?;
    let arrays = match program {
        Program::Dlmm(_) => arrays(account.data, address),
        Program::Cpmm(_) | Program::AmmV4(_) | Program::DammV2(_) => Vec::new(),
    };
    Pool::read(program, at, &arrays, bank.accounts())
}

/// What a swap in this direction meets there now.
#[must_use]
pub fn conditions(bank: &Bank, pool: &Pool, direction: Direction) -> Conditions {
    let now = bank.environment().clock.to_amm();
    let fee = |mint: amm::Address| -> TransferFee {
        let account = bank.accounts().account(&mint);
        let mint = account.and_then(|account| Mint::read(account.data));
        mint.map_or(TransferFee::NONE, |mint| mint.transfer_fee(now.epoch))
    };
    let (first, second) = pool.mints();
    Conditions {
        direction,
        transfer_fees: TransferFees::new(direction, (fee(first), fee(second))),
        now,
    }
}

fn arrays(pair: &[u8], address: &Address) -> Vec<amm::Address> {
    let Ok(pair) = PairAccount::decode(pair) else {
        return Vec::new();
    };
    let directions = [Direction::FirstToSecond, Direction::SecondToFirst];
    let ahead = directions.map(|direction| pair.arrays_ahead(direction, ARRAYS_AHEAD));
    let indexes: BTreeSet<i32> = ahead.into_iter().flatten().collect();
    let keys = indexes
        .into_iter()
        .map(|index| array_address(*address, index));
    keys.map(|key| to_amm(&key)).collect()
}

/// The accounts that are a pool's alone: where one of them is looked at, the pool is.
pub(super) fn own_accounts(bank: &Bank, address: &Address) -> Result<Vec<Address>, ReadError> {
    use amm::{amm_v4, cpmm, damm_v2};
    let pool = read_pool(bank, address)?;
    let vaults = match &pool {
        Pool::Cpmm(state) => {
            use cpmm::account::PoolAccount as Account;
            [Account::VAULT_FIRST, Account::VAULT_SECOND].map(|field| state.account.get(field))
        }
        Pool::AmmV4(state) => {
            use amm_v4::account::PoolAccount as Account;
            [Account::VAULT_COIN, Account::VAULT_PC].map(|field| state.account.get(field))
        }
        Pool::DammV2(state) => {
            use damm_v2::account::PoolAccount as Account;
            [Account::VAULT_FIRST, Account::VAULT_SECOND].map(|field| state.account.get(field))
        }
        Pool::Dlmm(state) => [PairAccount::VAULT_FIRST, PairAccount::VAULT_SECOND]
            .map(|field| state.account.get(field)),
    };
    let accounts = pool.accounts().into_iter().map(|(key, _)| key);
    Ok(accounts.chain(vaults).map(from_amm).collect())
}
