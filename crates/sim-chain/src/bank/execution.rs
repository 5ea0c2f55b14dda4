//! One transaction while it runs: its accounts, and the stack of programs that call each other.

pub(in crate::bank) mod invocation;

use solana_address::Address;
use solana_instruction_error::InstructionError;
use solana_message::compiled_instruction::CompiledInstruction;
use solana_transaction_error::TransactionError;

use invocation::{Invocation, Meta};

use super::account::Account;
use super::logs::{Line, Logs};
use super::message::position;
use super::message::{Keys, Transaction};
use super::meter::Meter;
use super::runtime::Ran;
use super::traces::{InnerInstruction, ReturnData};
use super::{Environment, View, address, checks};

/// How deep programs may call each other, the first one counted.
const DEPTH_MAX: usize = 5;
/// How many instructions may run in one transaction, called ones counted.
const INSTRUCTIONS_MAX: usize = 64;

/// A program: what it does when it is called.
pub(super) type Program = fn(&mut Invocation<'_, '_>) -> Result<(), InstructionError>;

/// Finds the program at an address, if the chain has it.
pub(super) type Programs = fn(&Address) -> Option<Program>;

/// An account of the transaction, as it was and as it is.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) key: Address,
    pub(super) writable: bool,
    /// As it was when the first instruction began: what a failure leaves, the fee taken.
    pub(super) before: Account,
    pub(super) now: Account,
}

/// A transaction that is being executed. Nothing of it reaches the bank's accounts before it is over.
#[derive(Debug)]
pub(super) struct Execution<'a> {
    pub(super) environment: &'a Environment,
    pub(super) loaded: Vec<Loaded>,
    pub(super) meter: Meter,
    pub(super) logs: Logs,
    /// What the instructions called, one list for each of them.
    pub(super) inner: Vec<Vec<InnerInstruction>>,
    pub(super) return_data: Option<ReturnData>,
    programs: Programs,
    stack: Vec<Address>,
    instructions: usize,
}

impl<'a> Execution<'a> {
    pub(super) fn load(
        accounts: View<'_>,
        environment: &'a Environment,
        keys: &Keys,
        units: u32,
        programs: Programs,
    ) -> Self {
        let loaded = keys.all.iter().zip(&keys.writable).map(|(key, writable)| {
            let account = accounts.get(key).cloned().unwrap_or_else(Account::absent);
            Loaded {
                key: *key,
                writable: *writable,
                before: account.clone(),
                now: account,
            }
        });
        Self {
            environment,
            loaded: loaded.collect(),
            meter: Meter::new(u64::from(units)),
            logs: Logs::default(),
            inner: Vec::new(),
            return_data: None,
            programs,
            stack: Vec::new(),
            instructions: 0,
        }
    }

    /// Takes the fee from the first account for good: it is gone whatever the instructions do.
    pub(super) fn take_fee(&mut self, fee: u64) -> Result<(), TransactionError> {
        let payer = self
            .loaded
            .first_mut()
            .ok_or(TransactionError::MissingSignatureForFee)?;
        checks::fee_payer(&payer.now, fee, self.environment.rent)?;
        payer.now.lamports -= fee;
        payer.before.lamports -= fee;
        Ok(())
    }

    /// Sums it up. What a failed transaction did is dropped here: only the fee stays.
    pub(super) fn end(self, status: Result<(), TransactionError>, fee: u64) -> Ran {
        let is_kept = status.is_ok();
        let left = |loaded: Loaded| match is_kept {
            true => loaded.now,
            false => loaded.before,
        };
        Ran {
            status,
            fee,
            compute_units: self.meter.used(),
            log: self.logs.into_lines(),
            inner: self.inner,
            return_data: self.return_data,
            after: self.loaded.into_iter().map(left).collect(),
        }
    }

    pub(super) fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.loaded.iter().map(|loaded| &loaded.now)
    }

    /// Runs all instructions, up to the first one that fails.
    pub(super) fn run(&mut self, transaction: &Transaction) -> Result<(), TransactionError> {
        let signers = transaction.signatures().len();
        for (index, instruction) in transaction.instructions().iter().enumerate() {
            self.inner.push(Vec::new());
            let metas = self.metas(instruction, signers);
            let program = usize::from(instruction.program_id_index);
            self.enter(program, &metas, &instruction.data)
                .map_err(|error| TransactionError::InstructionError(position(index), error))?;
        }
        Ok(())
    }

    fn metas(&self, instruction: &CompiledInstruction, signers: usize) -> Vec<Meta> {
        let indexes = instruction.accounts.iter().map(|index| usize::from(*index));
        indexes
            .map(|index| Meta {
                index,
                signer: index < signers,
                writable: self.loaded[index].writable,
            })
            .collect()
    }

    /// Runs one instruction with what it calls, and writes the lines around it. The program is named by its place
    /// among the accounts.
    pub(super) fn enter(
        &mut self,
        place: usize,
        metas: &[Meta],
        data: &[u8],
    ) -> Result<(), InstructionError> {
        let program = self.loaded[place].key;
        if self.stack.len() == DEPTH_MAX {
            return Err(InstructionError::CallDepth);
        }
        if self.instructions == INSTRUCTIONS_MAX {
            return Err(InstructionError::MaxInstructionTraceLengthExceeded);
        }
        if self.stack.contains(&program) && self.stack.last() != Some(&program) {
            return Err(InstructionError::ReentrancyNotAllowed);
        }
        self.instructions += 1;
        self.return_data = None;
        self.stack.push(program);
        self.log(Line::Invoked {
            program: position(place),
            depth: position(self.stack.len()),
        });
        let result = self.run_program(place, metas, data);
        self.stack.pop();
        result
    }

    fn run_program(
        &mut self,
        place: usize,
        metas: &[Meta],
        data: &[u8],
    ) -> Result<(), InstructionError> {
        let id = self.loaded[place].key;
        let Some(program) = (self.programs)(&id) else {
            self.log_text(format!("Program {id} failed: Unsupported program id"));
            return Err(InstructionError::UnsupportedProgramId);
        };
        let left = self.meter.left();
        let result = program(&mut Invocation::new(self, id, metas, data));
        // Builtin programs do not tell the units they used.
        if address::is_builtin(&id) {
            return self.say_how_it_ended(place, result);
        }
        self.log(Line::Consumed {
            program: position(place),
            units: units(left - self.meter.left()),
            left: units(left),
        });
        if let Some(line) = self.return_data.as_ref().and_then(|data| data.line(&id)) {
            self.log_text(line);
        }
        if result == Err(InstructionError::ComputationalBudgetExceeded) {
            self.log_text(format!(
                "Program {id} failed: exceeded CUs meter at BPF instruction"
            ));
            return Err(InstructionError::ProgramFailedToComplete);
        }
        self.say_how_it_ended(place, result)
    }

    fn say_how_it_ended(
        &mut self,
        place: usize,
        result: Result<(), InstructionError>,
    ) -> Result<(), InstructionError> {
        self.log(match &result {
            Ok(()) => Line::Succeeded {
                program: position(place),
            },
            Err(error) => {
                let id = self.loaded[place].key;
                Line::Text(format!("Program {id} failed: {error}"))
            }
        });
        result
    }

    pub(super) fn depth(&self) -> usize {
        self.stack.len()
    }

    fn log(&mut self, line: Line) {
        let loaded = &self.loaded;
        self.logs
            .push(line, |program| loaded[usize::from(program)].key);
    }

    pub(super) fn log_text(&mut self, line: String) {
        self.log(Line::Text(line));
    }

    /// No account that may be written may be left between gone and exempt from rent.
    pub(super) fn check_rent(&self) -> Result<(), TransactionError> {
        let rent = self.environment.rent;
        let poor = self
            .loaded
            .iter()
            .position(|loaded| loaded.writable && !rent.allows(&loaded.before, &loaded.now));
        match poor {
            None => Ok(()),
            Some(index) => Err(TransactionError::InsufficientFundsForRent {
                account_index: position(index),
            }),
        }
    }
}

/// Compute units as a line tells them: no transaction has more than 1,400,000.
fn units(of: u64) -> u32 {
    u32::try_from(of).unwrap_or(u32::MAX)
}
