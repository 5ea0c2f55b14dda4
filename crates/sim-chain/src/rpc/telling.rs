//! What the chain holds, in the words of the engine's trait.

use chain_solana::rpc::transaction::{Meta, TokenBalance};
use chain_solana::rpc::{
    Account, Commitment, Entry, Failure, Lamports, Outcome, Simulated, Slot, Status, Transaction,
};
use solana_transaction_error::TransactionError;

use crate::bank::address::to_amm;
use crate::bank::{self, Executed};
use crate::cluster::{self, Landed, Snapshot};

pub(super) fn account(account: &bank::Account) -> Account {
    Account {
        lamports: Lamports::new(account.lamports),
        owner: to_amm(&account.owner),
        executable: account.executable,
        data: account.data.as_ref().clone(),
    }
}

pub(super) fn simulated(
    executed: Result<Executed, TransactionError>,
    accounts: Vec<Option<Account>>,
) -> Simulated {
    match executed {
        Ok(Executed { outcome, .. }) => Simulated {
            outcome: ended(&outcome.status),
            logs: outcome.logs(),
            units: Some(outcome.compute_units),
            accounts,
        },
        Err(error) => Simulated {
            outcome: Err(Failure::Known(error)),
            logs: Vec::new(),
            units: Some(0),
            accounts,
        },
    }
}

pub(super) fn status(chain: Snapshot<'_>, landed: &Landed) -> Status {
    let commitment = match chain.commitment_of(landed.slot) {
        cluster::Commitment::Processed => Commitment::Processed,
        cluster::Commitment::Confirmed => Commitment::Confirmed,
        cluster::Commitment::Finalized => Commitment::Finalized,
    };
    Status {
        slot: Slot::new(landed.slot),
        outcome: ended(&landed.outcome.status),
        commitment,
    }
}

pub(super) fn entry(landed: &Landed) -> Entry {
    Entry {
        signature: *landed.transaction.signature(),
        slot: Slot::new(landed.slot),
        outcome: ended(&landed.outcome.status),
    }
}

pub(super) fn transaction(landed: &Landed) -> Transaction {
    let outcome = &landed.outcome;
    let (writable, readonly) = outcome.loaded_keys();
    Transaction {
        slot: Slot::new(landed.slot),
        bytes: landed.transaction.encode(),
        meta: Meta {
            outcome: ended(&outcome.status),
            fee: Lamports::new(outcome.fee),
            units: Some(outcome.compute_units),
            pre_balances: lamports(&outcome.pre_balances),
            post_balances: lamports(&outcome.post_balances),
            pre_tokens: tokens(&outcome.pre_token_balances),
            post_tokens: tokens(&outcome.post_token_balances),
            loaded: writable.iter().chain(readonly).map(to_amm).collect(),
            logs: outcome.logs(),
        },
    }
}

fn ended(status: &Result<(), TransactionError>) -> Outcome {
    status.clone().map_err(Failure::Known)
}

fn lamports(of: &[u64]) -> Vec<Lamports> {
    of.iter().copied().map(Lamports::new).collect()
}

fn tokens(balances: &[bank::TokenBalance]) -> Vec<TokenBalance> {
    let told = |balance: &bank::TokenBalance| TokenBalance {
        index: balance.account_index.into(),
        mint: to_amm(&balance.mint),
        owner: Some(to_amm(&balance.owner)),
        amount: balance.amount,
    };
    balances.iter().map(told).collect()
}
