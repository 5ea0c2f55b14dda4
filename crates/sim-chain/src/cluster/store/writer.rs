//! Writes closed blocks, as many as wait, in one transaction of SQLite.

use std::sync::Arc;

use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use solana_address::Address;

use super::{Block, Shared, Wake, codec};
use crate::bank::Account;
use crate::cluster::ledger;

/// How many transactions are kept on disk: a few times what a restart reads back.
const TRANSACTIONS_MAX: u64 = 200_000;

/// The connection that writes.
#[derive(Debug)]
pub(super) struct Writer {
    db: Connection,
    shared: Arc<Shared>,
    /// Blocks that could not be written yet, oldest first.
    waiting: Vec<Block>,
}

impl Writer {
    pub(super) const fn new(db: Connection, shared: Arc<Shared>) -> Self {
        Self {
            db,
            shared,
            waiting: Vec::new(),
        }
    }

    fn write(&mut self, mark: Option<u64>) -> rusqlite::Result<()> {
        let tx = self
            .db
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        for block in &self.waiting {
            write_block(&tx, block)?;
        }
        if let Some(mark) = mark {
            tx.prepare_cached(
                "-- move_mark
                update world set mark = ?1",
            )?
            .execute([mark.cast_signed()])?;
        }
        tx.commit()
    }
}

impl sqlite_kit::Writer for Writer {
    type Command = Wake;

    fn connection(&mut self) -> &mut Connection {
        &mut self.db
    }

    fn apply(&mut self, _: Vec<Wake>) {
        let mark = {
            let mut inbox = self.shared.inbox();
            self.waiting.append(&mut inbox.blocks);
            (inbox.mark_wanted != inbox.mark).then_some(inbox.mark_wanted)
        };
        if mark.is_none() && self.waiting.is_empty() {
            return;
        }
        let result = self.write(mark);
        let mut inbox = self.shared.inbox();
        let was_failing = std::mem::replace(&mut inbox.is_failing, result.is_err());
        match result {
            Ok(()) => {
                inbox.mark = mark.unwrap_or(inbox.mark);
                if let Some(last) = self.waiting.last() {
                    self.shared.written.send_replace(last.number);
                }
                self.waiting.clear();
                if was_failing {
                    tracing::info!("the simulated cluster is written again");
                }
            }
            // They are kept, and written when the next block is closed or the chain is at its mark.
            Err(error) if !was_failing => {
                tracing::error!(%error, "the simulated cluster cannot be written; it stops until it can");
            }
            Err(_) => {}
        }
        drop(inbox);
        self.shared.moved.notify_all();
    }
}

fn write_block(tx: &Transaction<'_>, block: &Block) -> rusqlite::Result<()> {
    if let Some(slot) = block.vanished_from {
        tx.prepare_cached(
            "-- remove_vanished_transactions
            delete from transactions where slot >= ?1",
        )?
        .execute([slot.cast_signed()])?;
        ledger::rows::remove_from(tx, slot)?;
    }
    for change in &block.changes {
        match &change.account {
            Some(account) => put_account(tx, &change.key, account, block.slot)?,
            None => {
                tx.prepare_cached(
                    "-- remove_account
                    delete from accounts where key = ?1",
                )?
                .execute([change.key.as_array()])?;
            }
        }
    }
    for landed in &block.landed {
        tx.prepare_cached(
            "-- add_transaction
            insert into transactions (number, slot, unix_timestamp, bytes, status, outcome)
            values (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            landed.number.cast_signed(),
            landed.slot.cast_signed(),
            landed.unix_timestamp,
            landed.transaction.encode(),
            codec::status(&landed.outcome),
            codec::encode(&landed.outcome),
        ])?;
    }
    if let Some(last) = block.landed.last() {
        let kept_from = last.number.saturating_sub(TRANSACTIONS_MAX);
        tx.prepare_cached(
            "-- purge_transactions
            delete from transactions where number < ?1",
        )?
        .execute([kept_from.cast_signed()])?;
    }
    for line in block.lines() {
        ledger::rows::append(tx, &line)?;
    }
    Ok(())
}

pub(super) fn put_account(
    db: &Connection,
    key: &Address,
    account: &Account,
    slot: u64,
) -> rusqlite::Result<()> {
    db.prepare_cached(
        "-- put_account
        insert into accounts (key, slot, lamports, owner, executable, data)
        values (?1, ?2, ?3, ?4, ?5, ?6)
        on conflict (key) do update set slot = excluded.slot, lamports = excluded.lamports,
            owner = excluded.owner, executable = excluded.executable, data = excluded.data",
    )?
    // SQLite's integers are signed; they keep the same 64 bits.
    .execute(params![
        key.as_array(),
        slot.cast_signed(),
        account.lamports.cast_signed(),
        account.owner.as_array(),
        account.executable,
        account.data.as_slice(),
    ])?;
    Ok(())
}
