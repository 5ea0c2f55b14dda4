//! The venues' programs, as the crate `amm` knows them: it says what a swap does, here it is done. A program's own
//! accounts are replaced, and tokens move by calls of the token programs, as in the real ones.

use amm::error::Failure;
use amm::execution::{Executed, Step, Transfer};
use amm::snapshot::{AccountRef, Snapshot};
use amm::{Program, instruction};
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};
use solana_instruction_error::InstructionError;

use super::ProgramResult;
use super::token::tag;
use crate::bank::address::{from_amm, to_amm};
use crate::bank::execution::invocation::{Invocation, TOO_FEW_ACCOUNTS};

/// A venue's program on the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::bank) struct Venue(Program);

/// How a program that hands itself an event begins that call.
const EVENT_CALL: [u8; 8] = [228, 69, 165, 46, 81, 203, 154, 29];
const EVENT_UNITS: u64 = 300;

impl Venue {
    pub(super) fn find(id: &Address) -> Option<Self> {
        let mut programs = Program::MAINNET.into_iter();
        programs
            .find(|program| program.id() == to_amm(id))
            .map(Self)
    }

    pub(super) fn run(self, invocation: &mut Invocation<'_, '_>) -> ProgramResult {
        if invocation.data().starts_with(&EVENT_CALL) {
            return self.take_event(invocation);
        }
        invocation.charge(self.units())?;
        let instruction = instruction_of(invocation)?;
        let now = invocation.clock().to_amm();
        match self.0.execute(&instruction, invocation, now) {
            Ok(executed) => self.carry_out(invocation, executed),
            Err(failed) => {
                for line in failed.logs {
                    invocation.log_bare(line);
                }
                Err(error(failed.failure))
            }
        }
    }

    /// What the plainest swap takes beside the calls it makes, measured on the real programs.
    const fn units(self) -> u64 {
        match self.0 {
            Program::Cpmm(_) => 33_000,
            Program::AmmV4(_) => 21_700,
            Program::DammV2(_) => 16_000,
            Program::Dlmm(_) => 40_500,
        }
    }

    /// Only the program itself can sign for the address that its events are signed with.
    fn take_event(self, invocation: &mut Invocation<'_, '_>) -> ProgramResult {
        invocation.charge(EVENT_UNITS)?;
        let signed = invocation.is_signer(0)? && self.is_own_address(&invocation.key(0)?);
        signed
            .then_some(())
            .ok_or(InstructionError::MissingRequiredSignature)
    }

    fn carry_out(self, invocation: &mut Invocation<'_, '_>, executed: Executed) -> ProgramResult {
        invocation.charge(executed.more_units)?;
        for step in executed.steps {
            match step {
                Step::Log(line) => invocation.log_bare(line),
                Step::Transfer(transfer) => self.transfer(invocation, &transfer)?,
                Step::Event { authority, data } => {
                    let authority = from_amm(authority);
                    let event = Instruction {
                        program_id: invocation.program(),
                        accounts: vec![AccountMeta::new_readonly(authority, true)],
                        data,
                    };
                    self.call(invocation, &event, authority)?;
                }
            }
        }
        for (key, data) in executed.accounts {
            let at = invocation.find(&from_amm(key)).ok_or(TOO_FEW_ACCOUNTS)?;
            invocation.replace_data(at, data)?;
        }
        Ok(())
    }

    fn transfer(self, invocation: &mut Invocation<'_, '_>, transfer: &Transfer) -> ProgramResult {
        let authority = from_amm(transfer.authority);
        let amount = transfer.amount.to_le_bytes();
        let mut accounts = vec![
            AccountMeta::new(from_amm(transfer.from), false),
            AccountMeta::new(from_amm(transfer.to), false),
            AccountMeta::new_readonly(authority, true),
        ];
        let data = match transfer.checked {
            None => [&[tag::TRANSFER][..], &amount].concat(),
            Some(checked) => {
                let mint = AccountMeta::new_readonly(from_amm(checked.mint), false);
                accounts.insert(1, mint);
                [&[tag::TRANSFER_CHECKED][..], &amount, &[checked.decimals]].concat()
            }
        };
        let instruction = Instruction {
            program_id: from_amm(transfer.program),
            accounts,
            data,
        };
        self.call(invocation, &instruction, authority)
    }

    /// Calls in the name of `authority`, for which the program signs where the address is its own.
    fn call(
        self,
        invocation: &mut Invocation<'_, '_>,
        instruction: &Instruction,
        authority: Address,
    ) -> ProgramResult {
        let at = invocation.find(&authority).ok_or(TOO_FEW_ACCOUNTS)?;
        let is_own = self.is_own_address(&authority)
            || invocation.account(at)?.owner == invocation.program();
        let signers = if is_own { &[authority][..] } else { &[] };
        invocation.call_as(instruction, signers)
    }

    /// Whether an address is one that the program derives for all its pools. DLMM's pools own their vaults
    /// themselves; those are the program's accounts.
    fn is_own_address(self, key: &Address) -> bool {
        let key = to_amm(key);
        match self.0 {
            Program::Cpmm(at) => key == at.authority,
            Program::AmmV4(at) => key == at.authority,
            Program::DammV2(at) => key == at.authority || key == at.event_authority,
            Program::Dlmm(at) => key == at.event_authority,
        }
    }
}

/// The accounts of an instruction, as the program sees them.
impl Snapshot for Invocation<'_, '_> {
    fn account(&self, address: &amm::Address) -> Option<AccountRef<'_>> {
        let account = Self::account(self, self.find(&from_amm(*address))?).ok()?;
        (account.lamports > 0).then(|| AccountRef {
            owner: to_amm(&account.owner),
            data: &account.data,
        })
    }
}

fn instruction_of(
    invocation: &Invocation<'_, '_>,
) -> Result<instruction::Instruction, InstructionError> {
    let mut accounts = Vec::with_capacity(invocation.account_count());
    for at in 0..invocation.account_count() {
        accounts.push(instruction::AccountMeta {
            address: to_amm(&invocation.key(at)?),
            is_signer: invocation.is_signer(at)?,
            is_writable: invocation.is_writable(at)?,
        });
    }
    Ok(instruction::Instruction {
        program: to_amm(&invocation.program()),
        accounts,
        data: invocation.data().to_vec(),
    })
}

fn error(failure: Failure) -> InstructionError {
    match failure {
        Failure::Custom(code) => InstructionError::Custom(code.number),
        Failure::InvalidInstructionData => InstructionError::InvalidInstructionData,
        Failure::NotEnoughAccountKeys => TOO_FEW_ACCOUNTS,
        Failure::InvalidAccountData => InstructionError::InvalidAccountData,
        Failure::ProgramFailedToComplete => InstructionError::ProgramFailedToComplete,
    }
}
