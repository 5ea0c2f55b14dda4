//! LiteSVM as the runtime of sim-chain's bank: the loader, the virtual machine and the system, token, associated-token,
//! memo and compute-budget programs that Solana's validators run, with the venues' own programs.
//!
//! Before each transaction the accounts that it names are put there as the bank has them, and its answer is read from
//! what a simulation says it would leave. What LiteSVM does not do itself (blockhashes, signatures, what was processed
//! before) the bank does, for this runtime and for the emulated programs alike.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Mutex, PoisonError};

use litesvm::LiteSVM;
use litesvm::error::LiteSVMError;
use litesvm::types::{FailedTransactionMetadata, SimulatedTransactionInfo, TransactionMetadata};
use sim_chain::bank::{
    Account, Environment, InnerInstruction, Line, Ran, ReturnData, Runtime, Transaction, View,
};
use solana_account::{AccountSharedData, ReadableAccount as _};
use solana_address::Address;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_error::TransactionError;

use crate::programs::Programs;

/// What programs ask the runtime for without naming it.
const SYSVARS: [Address; 2] = [
    Address::from_str_const("SysvarC1ock11111111111111111111111111111111"),
    Address::from_str_const("SysvarRent111111111111111111111111111111111"),
];
/// Where nodes cut logs off.
const LOG_BYTES_MAX: usize = 10_000;

/// Executes transactions by the programs' own code.
pub struct RealPrograms(Mutex<Machine>);

struct Machine {
    svm: LiteSVM,
    /// What it has of its own: programs and what belongs to the runtime. The bank does not know their bytes.
    own: HashSet<Address>,
}

impl fmt::Debug for RealPrograms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RealPrograms").finish_non_exhaustive()
    }
}

impl RealPrograms {
    /// Loads and verifies the programs.
    pub fn new(programs: &Programs) -> Result<Self, LiteSVMError> {
        let mut svm = LiteSVM::new()
            .with_sigverify(false)
            .with_blockhash_check(false)
            .with_log_bytes_limit(Some(LOG_BYTES_MAX));
        for (address, code) in programs.iter() {
            svm.add_program(*address, code)?;
        }
        let all = svm.accounts_db().inner.keys().copied();
        let own = all.filter(|key| !SYSVARS.contains(key)).collect();
        Ok(Self(Mutex::new(Machine { svm, own })))
    }
}

impl Runtime for RealPrograms {
    fn run(
        &self,
        accounts: View<'_>,
        environment: &Environment,
        transaction: &Transaction,
        keys: &[Address],
    ) -> Result<Ran, TransactionError> {
        // Whatever a panic left there is put right before the next transaction.
        let mut machine = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        debug_assert_eq!(environment.rent, sim_chain::bank::Rent::default());
        let lookups = transaction.message().address_table_lookups();
        let tables = lookups.unwrap_or_default().iter();
        let tables = tables.map(|lookup| &lookup.account_key);
        for key in SYSVARS.iter().chain(tables).chain(keys) {
            machine.put(key, accounts.get(key));
        }
        let bytes = transaction.encode();
        let sent: VersionedTransaction =
            bincode::deserialize(&bytes).map_err(|_| TransactionError::SanitizeFailure)?;
        match machine.svm.simulate_transaction(sent) {
            Ok(done) => Ok(machine.done(accounts, keys, done)),
            Err(failed) => failed_in(failed, accounts, keys),
        }
    }
}

impl Machine {
    /// Puts an account there as the bank has it, or takes away what an earlier transaction had found.
    fn put(&mut self, key: &Address, account: Option<&Account>) {
        if self.own.contains(key) {
            return;
        }
        let wanted = account.cloned().unwrap_or_else(Account::absent);
        let known = self.svm.accounts_db().get_account_ref(key);
        let is_there = known.is_some_and(|known| {
            known.lamports() == wanted.lamports
                && *known.owner() == wanted.owner
                && known.data() == wanted.data.as_slice()
        });
        if is_there || (known.is_none() && wanted.lamports == 0) {
            return;
        }
        let account = solana_account::Account {
            lamports: wanted.lamports,
            data: wanted.data.as_ref().clone(),
            owner: wanted.owner,
            executable: false,
            rent_epoch: wanted.rent_epoch,
        };
        let set = self.svm.set_account(*key, account);
        set.expect("invariant: only a sysvar's bytes are looked at, and those are the bank's");
    }

    fn done(&self, accounts: View<'_>, keys: &[Address], done: SimulatedTransactionInfo) -> Ran {
        let left: HashMap<_, _> = done.post_accounts.into_iter().collect();
        let after = keys.iter().map(|key| match left.get(key) {
            Some(account) if !self.own.contains(key) => of(account),
            _ => stored(accounts, key),
        });
        ran(Ok(()), done.meta, after.collect())
    }
}

/// What a transaction leaves that failed: nothing but its fee, or not even that where it can be in no block.
fn failed_in(
    failed: FailedTransactionMetadata,
    accounts: View<'_>,
    keys: &[Address],
) -> Result<Ran, TransactionError> {
    let error = translated(&failed);
    // Whatever ran has said so; two things are found out before that and are paid for all the same.
    let is_paid_for = matches!(
        error,
        TransactionError::InvalidProgramForExecution | TransactionError::ProgramAccountNotFound
    );
    if failed.meta.fee == 0 || (failed.meta.logs.is_empty() && !is_paid_for) {
        return Err(error);
    }
    let mut after: Vec<Account> = keys.iter().map(|key| stored(accounts, key)).collect();
    if let Some(payer) = after.first_mut() {
        payer.lamports = payer.lamports.saturating_sub(failed.meta.fee);
    }
    Ok(ran(Err(error), failed.meta, after))
}

fn ran(
    status: Result<(), TransactionError>,
    meta: TransactionMetadata,
    after: Vec<Account>,
) -> Ran {
    let mut inner = Vec::with_capacity(meta.inner_instructions.len());
    for list in meta.inner_instructions {
        let called = list.into_iter().map(|it| InnerInstruction {
            program_index: it.instruction.program_id_index,
            accounts: it.instruction.accounts,
            data: it.instruction.data,
            stack_height: usize::from(it.stack_height),
        });
        inner.push(called.collect());
    }
    Ran {
        status,
        fee: meta.fee,
        compute_units: meta.compute_units_consumed,
        log: meta.logs.into_iter().map(Line::Text).collect(),
        inner,
        return_data: Some(ReturnData {
            program: meta.return_data.program_id,
            data: meta.return_data.data,
        }),
        after,
    }
}

fn stored(accounts: View<'_>, key: &Address) -> Account {
    accounts.get(key).cloned().unwrap_or_else(Account::absent)
}

fn of(account: &AccountSharedData) -> Account {
    match account.lamports() {
        0 => Account::absent(),
        lamports => Account::new(lamports, *account.owner(), account.data().to_vec()),
    }
}

/// The same error in the words of the engine's version, which writes it in the same way.
fn translated(failed: &FailedTransactionMetadata) -> TransactionError {
    let written = serde_json::to_value(&failed.err);
    let read = written.and_then(serde_json::from_value);
    read.unwrap_or(TransactionError::SanitizeFailure)
}
