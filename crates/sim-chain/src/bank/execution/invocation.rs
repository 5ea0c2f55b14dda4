//! What a program sees while it runs: its accounts, its data, and what it may do with them. Everything that
//! the runtime forbids a program is refused here, so no program can do it.
//!
//! Lamports only move, they are never set: their sum stays what it was by construction.

mod call;

use std::sync::Arc;

use solana_address::Address;
use solana_instruction_error::InstructionError;

use super::Execution;
use crate::bank::Clock;
use crate::bank::account::{Account, Rent};
use crate::bank::traces::ReturnData;

/// What programs answer to too few accounts. The crate calls it deprecated, the chain does not.
#[expect(deprecated, reason = "the real programs still answer it")]
pub(in crate::bank) const TOO_FEW_ACCOUNTS: InstructionError =
    InstructionError::NotEnoughAccountKeys;

/// The longest data of an account.
pub(in crate::bank) const DATA_BYTES_MAX: usize = 10 * 1024 * 1024;

/// An account as one instruction names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::bank) struct Meta {
    /// Its place among the transaction's accounts.
    pub(in crate::bank) index: usize,
    pub(in crate::bank) signer: bool,
    pub(in crate::bank) writable: bool,
}

/// One call of a program. Accounts are named by their place in the instruction.
#[derive(Debug)]
pub(in crate::bank) struct Invocation<'e, 'a> {
    execution: &'e mut Execution<'a>,
    program: Address,
    metas: &'e [Meta],
    data: &'e [u8],
}

impl<'e, 'a> Invocation<'e, 'a> {
    pub(in crate::bank) fn new(
        execution: &'e mut Execution<'a>,
        program: Address,
        metas: &'e [Meta],
        data: &'e [u8],
    ) -> Self {
        Self {
            execution,
            program,
            metas,
            data,
        }
    }

    pub(in crate::bank) fn program(&self) -> Address {
        self.program
    }

    pub(in crate::bank) fn data(&self) -> &'e [u8] {
        self.data
    }

    pub(in crate::bank) fn clock(&self) -> Clock {
        self.execution.environment.clock
    }

    pub(in crate::bank) fn rent(&self) -> Rent {
        self.execution.environment.rent
    }

    pub(in crate::bank) fn account_count(&self) -> usize {
        self.metas.len()
    }

    /// Refuses an instruction that names too few accounts.
    pub(in crate::bank) fn need_accounts(&self, count: usize) -> Result<(), InstructionError> {
        if self.metas.len() < count {
            return Err(TOO_FEW_ACCOUNTS);
        }
        Ok(())
    }

    fn meta(&self, at: usize) -> Result<Meta, InstructionError> {
        self.metas.get(at).copied().ok_or(TOO_FEW_ACCOUNTS)
    }

    pub(in crate::bank) fn key(&self, at: usize) -> Result<Address, InstructionError> {
        Ok(self.execution.loaded[self.meta(at)?.index].key)
    }

    pub(in crate::bank) fn account(&self, at: usize) -> Result<&Account, InstructionError> {
        Ok(&self.execution.loaded[self.meta(at)?.index].now)
    }

    pub(in crate::bank) fn is_signer(&self, at: usize) -> Result<bool, InstructionError> {
        Ok(self.meta(at)?.signer)
    }

    pub(in crate::bank) fn is_writable(&self, at: usize) -> Result<bool, InstructionError> {
        Ok(self.meta(at)?.writable)
    }

    /// The first place that names an address.
    pub(in crate::bank) fn find(&self, key: &Address) -> Option<usize> {
        self.metas
            .iter()
            .position(|meta| self.execution.loaded[meta.index].key == *key)
    }

    /// Whether an address signed, in whatever place it is named.
    pub(in crate::bank) fn has_signed(&self, key: &Address) -> bool {
        self.metas
            .iter()
            .any(|meta| meta.signer && self.execution.loaded[meta.index].key == *key)
    }

    /// Whether two places name one account.
    pub(in crate::bank) fn is_same(
        &self,
        one: usize,
        other: usize,
    ) -> Result<bool, InstructionError> {
        Ok(self.meta(one)?.index == self.meta(other)?.index)
    }

    /// An account whose data is to be changed, which only its owner may.
    fn account_to_change(&mut self, at: usize) -> Result<&mut Account, InstructionError> {
        let meta = self.meta(at)?;
        let account = &mut self.execution.loaded[meta.index].now;
        if !meta.writable {
            return Err(InstructionError::ReadonlyDataModified);
        }
        if account.owner != self.program {
            return Err(InstructionError::ExternalAccountDataModified);
        }
        Ok(account)
    }

    pub(in crate::bank) fn data_mut(
        &mut self,
        at: usize,
    ) -> Result<&mut Vec<u8>, InstructionError> {
        Ok(Arc::make_mut(&mut self.account_to_change(at)?.data))
    }

    /// Puts other data of the same length in the place of what is there, which is not copied for that.
    pub(in crate::bank) fn replace_data(
        &mut self,
        at: usize,
        data: Vec<u8>,
    ) -> Result<(), InstructionError> {
        if *self.account(at)?.data == data {
            return Ok(());
        }
        let account = self.account_to_change(at)?;
        if account.data.len() != data.len() {
            return Err(InstructionError::InvalidRealloc);
        }
        account.data = Arc::new(data);
        Ok(())
    }

    /// Gives an account data of another length; what is new is zeros.
    pub(in crate::bank) fn resize(
        &mut self,
        at: usize,
        bytes: usize,
    ) -> Result<(), InstructionError> {
        if bytes > DATA_BYTES_MAX {
            return Err(InstructionError::InvalidRealloc);
        }
        self.data_mut(at)?.resize(bytes, 0);
        Ok(())
    }

    /// Gives an account to another program. Its data must be empty or zeros, or the new owner could take it
    /// for its own.
    pub(in crate::bank) fn assign(
        &mut self,
        at: usize,
        owner: Address,
    ) -> Result<(), InstructionError> {
        let meta = self.meta(at)?;
        let account = &mut self.execution.loaded[meta.index].now;
        let zeros = account.data.iter().all(|byte| *byte == 0);
        if account.owner != self.program || !meta.writable || !zeros {
            return Err(InstructionError::ModifiedProgramId);
        }
        account.owner = owner;
        Ok(())
    }

    /// Moves lamports. Only an account's owner may take from it, everybody may give.
    pub(in crate::bank) fn move_lamports(
        &mut self,
        from: usize,
        to: usize,
        lamports: u64,
    ) -> Result<(), InstructionError> {
        let (from, to) = (self.meta(from)?, self.meta(to)?);
        let source = &self.execution.loaded[from.index].now;
        let target = &self.execution.loaded[to.index].now;
        let left = source
            .lamports
            .checked_sub(lamports)
            .ok_or(InstructionError::InsufficientFunds)?;
        let sum = target
            .lamports
            .checked_add(lamports)
            .ok_or(InstructionError::ArithmeticOverflow)?;
        if source.owner != self.program && lamports > 0 {
            return Err(InstructionError::ExternalAccountLamportSpend);
        }
        if !from.writable || !to.writable {
            return Err(InstructionError::ReadonlyLamportChange);
        }
        if from.index == to.index {
            return Ok(());
        }
        self.execution.loaded[from.index].now.lamports = left;
        self.execution.loaded[to.index].now.lamports = sum;
        Ok(())
    }

    /// Takes compute units for what follows.
    pub(in crate::bank) fn charge(&mut self, units: u64) -> Result<(), InstructionError> {
        self.execution.meter.charge(units)
    }

    /// A line of the program's own.
    pub(in crate::bank) fn log(&mut self, message: &str) {
        self.execution.log_text(format!("Program log: {message}"));
    }

    /// A line of the runtime's own programs, which stands for itself.
    pub(in crate::bank) fn log_bare(&mut self, line: String) {
        self.execution.log_text(line);
    }

    pub(in crate::bank) fn set_return_data(&mut self, data: Vec<u8>) {
        self.execution.return_data = Some(ReturnData {
            program: self.program,
            data,
        });
    }

    /// What the program called last left for its caller.
    pub(in crate::bank) fn return_data(&self) -> Option<&[u8]> {
        let data = self.execution.return_data.as_ref();
        data.map(|returned| returned.data.as_slice())
    }
}
