//! One program calls another, with no more rights than it has.

use solana_address::Address;
use solana_instruction::Instruction;
use solana_instruction_error::InstructionError;

use super::{Invocation, Meta};
use crate::bank::traces::InnerInstruction;
use crate::bank::{address, message};

impl Invocation<'_, '_> {
    /// Calls another program. The caller signs for the addresses that it derives from `seeds`, and passes on
    /// no right that it does not have itself. An error ends the caller too.
    pub(in crate::bank) fn call(
        &mut self,
        instruction: &Instruction,
        seeds: &[&[&[u8]]],
    ) -> Result<(), InstructionError> {
        let mut signers = Vec::with_capacity(seeds.len());
        for seeds in seeds {
            let signer = address::program_address(seeds, &self.program)
                .map_err(|_| InstructionError::InvalidSeeds)?;
            signers.push(signer);
        }
        self.call_as(instruction, &signers)
    }

    /// The same where the caller knows which addresses are its own to sign for.
    pub(in crate::bank) fn call_as(
        &mut self,
        instruction: &Instruction,
        signers: &[Address],
    ) -> Result<(), InstructionError> {
        let metas = self.called_accounts(instruction, signers)?;
        let program = instruction.program_id;
        let mut loaded = self.execution.loaded.iter();
        let program_index = loaded
            .position(|loaded| loaded.key == program)
            .ok_or(InstructionError::MissingAccount)?;
        if !self.execution.loaded[program_index].now.executable {
            return Err(InstructionError::AccountNotExecutable);
        }
        let inner = InnerInstruction {
            program_index: message::position(program_index),
            accounts: metas
                .iter()
                .map(|meta| message::position(meta.index))
                .collect(),
            data: instruction.data.clone(),
            stack_height: self.execution.depth() + 1,
        };
        if let Some(list) = self.execution.inner.last_mut() {
            list.push(inner);
        }
        self.execution
            .enter(program_index, &metas, &instruction.data)
    }

    /// An account that is named several times has in all places what it was given in any.
    fn called_accounts(
        &mut self,
        instruction: &Instruction,
        signers: &[Address],
    ) -> Result<Vec<Meta>, InstructionError> {
        let mut called: Vec<Meta> = Vec::with_capacity(instruction.accounts.len());
        for asked in &instruction.accounts {
            let key = asked.pubkey;
            let mine = || {
                self.metas
                    .iter()
                    .filter(|meta| self.execution.loaded[meta.index].key == key)
            };
            let Some(index) = mine().next().map(|meta| meta.index) else {
                self.log_bare(format!("Instruction references an unknown account {key}"));
                return Err(InstructionError::MissingAccount);
            };
            if asked.is_writable && !mine().any(|meta| meta.writable) {
                self.log_bare(format!("{key}'s writable privilege escalated"));
                return Err(InstructionError::PrivilegeEscalation);
            }
            if asked.is_signer && !signers.contains(&key) && !mine().any(|meta| meta.signer) {
                self.log_bare(format!("{key}'s signer privilege escalated"));
                return Err(InstructionError::PrivilegeEscalation);
            }
            called.push(Meta {
                index,
                signer: asked.is_signer,
                writable: asked.is_writable,
            });
        }
        let all = called.clone();
        for meta in &mut called {
            let same = || all.iter().filter(|other| other.index == meta.index);
            let (signer, writable) = (same().any(|m| m.signer), same().any(|m| m.writable));
            meta.signer = signer;
            meta.writable = writable;
        }
        Ok(called)
    }
}
