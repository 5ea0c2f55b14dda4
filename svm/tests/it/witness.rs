//! Somebody who sees every transaction that the real programs execute, and compares it with the emulation.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sim_chain::bank::{Bank, Environment, Ran, Runtime, Transaction, View};
use solana_address::Address;
use solana_transaction_error::TransactionError;

use crate::compare::{self, End, differences};
use crate::plans::{Met, Plan};

/// Differences that are kept; one more teaches nothing new.
const KEPT_MAX: usize = 40;

/// The real programs, with all that they did.
#[derive(Debug)]
pub(crate) struct Witness {
    programs: Arc<dyn Runtime>,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    plans: HashMap<String, Plan>,
    met: HashMap<String, Met>,
    compared: u64,
    unlike: Vec<String>,
}

impl Witness {
    pub(crate) fn new(programs: Arc<dyn Runtime>) -> Arc<Self> {
        Arc::new(Self {
            programs,
            seen: Mutex::default(),
        })
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A transaction is about to be sent that makes this swap.
    pub(crate) fn expect(&self, signature: &str, plan: Plan) {
        self.seen().plans.insert(signature.to_owned(), plan);
    }

    /// What our arithmetic said of a transaction where it was last executed.
    pub(crate) fn met(&self, signature: &str) -> Option<Met> {
        let mut seen = self.seen();
        seen.plans.remove(signature);
        seen.met.remove(signature)
    }

    /// How many transactions were compared.
    pub(crate) fn compared(&self) -> u64 {
        self.seen().compared
    }

    /// Where the emulation ended otherwise.
    pub(crate) fn unlike(&self) -> Vec<String> {
        self.seen().unlike.clone()
    }
}

impl Runtime for Witness {
    fn run(
        &self,
        accounts: View<'_>,
        environment: &Environment,
        transaction: &Transaction,
        keys: &[Address],
    ) -> Result<Ran, TransactionError> {
        let ran = self.programs.run(accounts, environment, transaction, keys);
        let signature = transaction.signature().to_string();
        let real = compare::real(&ran, accounts, keys);
        let emulated = emulate(accounts, environment, transaction, keys);
        let found = differences(&emulated, &real);
        let mut seen = self.seen();
        seen.compared += 1;
        if !found.is_empty() && seen.unlike.len() < KEPT_MAX {
            seen.unlike
                .push(format!("{signature}: {}", found.join("; ")));
        }
        if let (Some(plan), Ok(ran)) = (seen.plans.get(&signature).copied(), &ran) {
            let met = plan.meet(accounts, environment, keys, ran);
            seen.met.insert(signature, met);
        }
        ran
    }
}

/// The same transaction on the same accounts under the emulated programs.
pub(crate) fn emulate(
    accounts: View<'_>,
    environment: &Environment,
    transaction: &Transaction,
    keys: &[Address],
) -> End {
    let mut bank = Bank::new(*environment);
    let lookups = transaction.message().address_table_lookups();
    let tables = lookups.unwrap_or_default().iter();
    let tables = tables.map(|lookup| &lookup.account_key);
    for key in keys.iter().chain(tables) {
        if let Some(account) = accounts.get(key) {
            bank.set_account(*key, account.clone());
        }
    }
    compare::emulated(bank.execute(transaction))
}
