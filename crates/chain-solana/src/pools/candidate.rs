//! A pool that is known by its own account: which other accounts its price follows from.

use std::collections::BTreeSet;
use std::sync::Arc;

use amm::dlmm::account::PairAccount;
use amm::dlmm::bin_array::seeds;
use amm::layout::DecodeError;
use amm::snapshot::{ReadError, Snapshot};
use amm::token::{TokenAccount, is_program};
use amm::{Address, Direction, Pool, Program, amm_v4, cpmm, damm_v2};

use super::ReadPool;
use crate::address::program_address;

/// Bin arrays that are read on each side of a pair's price: more would make the instruction too long.
const ARRAYS_EACH_WAY: usize = 2;

/// A pool and the accounts to read for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Whose pool it is.
    pub program: Program,
    /// The pool.
    pub address: Address,
    /// Mints of its first and second token.
    pub mints: (Address, Address),
    /// Where these tokens lie.
    pub vaults: (Address, Address),
    /// All accounts that its price and its swap instruction follow from, its own among them; not what a swap writes
    /// beside them (observations), which is long and says nothing.
    pub accounts: Vec<Address>,
    /// Those of them that are bin arrays.
    pub bin_arrays: Vec<Address>,
    /// Their indexes in the pair.
    indexes: BTreeSet<i32>,
}

impl Candidate {
    /// What a pool's own account says.
    pub fn of(program: Program, address: Address, account: &[u8]) -> Result<Self, DecodeError> {
        match program {
            Program::Cpmm(_) => {
                use cpmm::account::PoolAccount as Of;
                let pool = Of::decode(account)?;
                let mints = (pool.get(Of::MINT_FIRST), pool.get(Of::MINT_SECOND));
                let vaults = (pool.get(Of::VAULT_FIRST), pool.get(Of::VAULT_SECOND));
                let config = pool.get(Of::CONFIG);
                Ok(Self::new(program, address, mints, vaults).needing([config]))
            }
            Program::AmmV4(_) => {
                use amm_v4::account::PoolAccount as Of;
                let pool = Of::decode(account)?;
                let mints = (pool.get(Of::MINT_COIN), pool.get(Of::MINT_PC));
                let vaults = (pool.get(Of::VAULT_COIN), pool.get(Of::VAULT_PC));
                Ok(Self::new(program, address, mints, vaults))
            }
            Program::DammV2(_) => {
                use damm_v2::account::PoolAccount as Of;
                let pool = Of::decode(account)?;
                let mints = (pool.get(Of::MINT_FIRST), pool.get(Of::MINT_SECOND));
                let vaults = (pool.get(Of::VAULT_FIRST), pool.get(Of::VAULT_SECOND));
                Ok(Self::new(program, address, mints, vaults))
            }
            Program::Dlmm(_) => {
                use PairAccount as Of;
                let pair = Of::decode(account)?;
                let mints = (pair.get(Of::MINT_FIRST), pair.get(Of::MINT_SECOND));
                let vaults = (pair.get(Of::VAULT_FIRST), pair.get(Of::VAULT_SECOND));
                let mut candidate = Self::new(program, address, mints, vaults);
                candidate.indexes = arrays_around(&pair);
                let arrays = candidate.indexes.iter();
                let arrays = arrays.filter_map(|index| bin_array(address, *index, program.id()));
                candidate.bin_arrays = arrays.collect();
                let arrays = candidate.bin_arrays.clone();
                Ok(candidate.needing(arrays))
            }
        }
    }

    /// The same of a pool that may be there.
    pub fn at(
        program: Program,
        address: Address,
        snapshot: &impl Snapshot,
    ) -> Result<Self, ReadError> {
        let account = snapshot.account(&address);
        let account = account.ok_or(ReadError::Missing(address))?;
        if account.owner != program.id() {
            return Err(ReadError::WrongOwner(address));
        }
        Self::of(program, address, account.data)
            .map_err(|source| ReadError::Undecodable { address, source })
    }

    /// Mints are needed by all: they tell the token program, and what transfers cost. Vaults tell what a pool holds,
    /// and whose that is.
    fn new(
        program: Program,
        address: Address,
        mints: (Address, Address),
        vaults: (Address, Address),
    ) -> Self {
        Self {
            program,
            address,
            mints,
            vaults,
            accounts: vec![address, mints.0, mints.1, vaults.0, vaults.1],
            bin_arrays: Vec::new(),
            indexes: BTreeSet::new(),
        }
    }

    fn needing(mut self, accounts: impl IntoIterator<Item = Address>) -> Self {
        self.accounts.extend(accounts);
        self
    }

    /// The pool, from a snapshot of its accounts, where its vaults are its own.
    pub fn read(&self, snapshot: &impl Snapshot) -> Result<Pool, ReadError> {
        self.held(snapshot)?;
        self.pool(snapshot)
    }

    /// The pool and what it holds, or why there is none.
    pub(crate) fn look(&self, snapshot: &impl Snapshot) -> ReadPool {
        let held = self.held(snapshot);
        ReadPool {
            program: self.program,
            address: self.address,
            mints: self.mints,
            held: held.ok(),
            pool: held.and_then(|_| self.pool(snapshot)).map(Arc::new),
        }
    }

    /// The same of one whose vaults were looked at.
    fn pool(&self, snapshot: &impl Snapshot) -> Result<Pool, ReadError> {
        // A bin array that is not there holds nothing; the others can be traded on.
        let there = |at: &&Address| snapshot.account(at).is_some();
        let arrays: Vec<_> = self.bin_arrays.iter().filter(there).copied().collect();
        Pool::read(self.program, self.address, &arrays, snapshot)
    }

    /// What its vaults hold of its first and its second token. A vault that is another's pays nobody.
    pub fn held(&self, snapshot: &impl Snapshot) -> Result<(u64, u64), ReadError> {
        let authority = match self.program {
            Program::Cpmm(deployment) => deployment.authority,
            Program::AmmV4(deployment) => deployment.authority,
            Program::DammV2(deployment) => deployment.authority,
            Program::Dlmm(_) => self.address,
        };
        let held = |vault: Address, mint: Address| {
            let account = snapshot.account(&vault);
            let account = account.ok_or(ReadError::Missing(vault))?;
            let token = TokenAccount::read(account.data).filter(|_| is_program(account.owner));
            let own = token.filter(|it| it.mint == mint && it.owner == authority);
            let own = own.ok_or(ReadError::NotATokenAccount(vault))?;
            Ok(own.amount)
        };
        Ok((
            held(self.vaults.0, self.mints.0)?,
            held(self.vaults.1, self.mints.1)?,
        ))
    }

    /// The same pool with the accounts that it needs now, where those are others: a DLMM pair's price moves from one
    /// bin array to the next.
    #[must_use]
    pub fn moved(&self, snapshot: &impl Snapshot) -> Option<Self> {
        if !matches!(self.program, Program::Dlmm(_)) {
            return None;
        }
        let account = snapshot.account(&self.address)?;
        let pair = PairAccount::decode(account.data).ok()?;
        // Addresses of bin arrays take long to derive.
        if arrays_around(&pair) == self.indexes {
            return None;
        }
        Self::of(self.program, self.address, account.data).ok()
    }
}

/// The arrays with liquidity that a swap meets first, either way.
fn arrays_around(pair: &PairAccount) -> BTreeSet<i32> {
    [Direction::FirstToSecond, Direction::SecondToFirst]
        .into_iter()
        .flat_map(|direction| pair.arrays_ahead(direction, ARRAYS_EACH_WAY))
        .collect()
}

fn bin_array(pair: Address, index: i32, program: Address) -> Option<Address> {
    let seeds = seeds(&pair, index);
    program_address(&seeds.each_ref().map(Vec::as_slice), program)
}
