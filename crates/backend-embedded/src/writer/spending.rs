//! Counts what transactions may spend, with the write that stores them, and what they did spend, with the one that
//! records it. Writes come one after the other, so each is judged alone, by its rows.

use domain::spending::{Item, NoRoom, Outlay, WalletUse, quarter_of};
use domain::transaction::SignedTransaction;
use domain::{Address, NewEvent, Timestamp};
use ports::order_store::Lease;
use ports::wallet_uses::Change;
use rusqlite::params;

use super::Batch;
use crate::error::Fault;
use crate::reading::columns::slot_column;
use crate::reading::wallet_uses;

/// What of wallets is counted with an event.
#[derive(Debug)]
pub(super) struct Counting {
    change: Option<Change>,
    /// A new outlay in its stored form.
    text: Option<String>,
}

impl Counting {
    /// What this event changes.
    pub(super) fn of(
        lease: &Lease,
        event: &NewEvent,
        transaction: Option<&SignedTransaction>,
    ) -> Result<Self, Fault> {
        let change = Change::of(lease, event, transaction);
        let text = match &change {
            Some(Change::Stored(outlay)) => Some(serde_json::to_string(outlay)?),
            Some(Change::Settled { .. }) | None => None,
        };
        Ok(Self { change, text })
    }

    /// The outlay in its stored form.
    pub(super) fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// Why a transaction must not be stored at this time, if so.
    pub(super) fn refusal(
        &self,
        batch: &Batch<'_>,
        at: Timestamp,
    ) -> Result<Option<NoRoom>, Fault> {
        let Some(Change::Stored(outlay)) = &self.change else {
            return Ok(None);
        };
        for item in &outlay.items {
            let counted = row(batch, outlay.wallet, item)?;
            if let Err(no_room) = item.fits(&counted, at) {
                return Ok(Some(no_room));
            }
        }
        Ok(None)
    }

    /// Writes what the event changes, which is recorded at this time and follows one of that time.
    pub(super) fn write(
        &self,
        batch: &Batch<'_>,
        at: Timestamp,
        former_at: Timestamp,
    ) -> Result<(), Fault> {
        match &self.change {
            None => Ok(()),
            Some(Change::Stored(outlay)) => change(batch, outlay, |counted, item, _| {
                counted.count(quarter_of(at), item.spent.get(), item.live.get());
            }),
            Some(Change::Settled { outlay, paid, slot }) => {
                change(batch, outlay, |counted, item, place| {
                    let might = (item.spent.get(), item.live.get());
                    if let Some(took) = paid.get(place) {
                        counted.settle(quarter_of(former_at), might, *took);
                    }
                    counted.slot = counted.slot.max(slot.unwrap_or(0));
                })
            }
        }
    }
}

fn row(batch: &Batch<'_>, wallet: Address, item: &Item) -> Result<WalletUse, Fault> {
    let found = wallet_uses::one(&batch.db, wallet, item.purpose)?;
    Ok(found.unwrap_or_default())
}

fn change(
    batch: &Batch<'_>,
    outlay: &Outlay,
    changing: impl Fn(&mut WalletUse, &Item, usize),
) -> Result<(), Fault> {
    for (place, item) in outlay.items.iter().enumerate() {
        let mut counted = row(batch, outlay.wallet, item)?;
        changing(&mut counted, item, place);
        batch
            .db
            .prepare_cached(
                "-- count_wallet_use
                 insert or replace into wallet_use (wallet, mint, newest, quarters, live, settled, slot)
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                outlay.wallet.bytes(),
                item.purpose.key().bytes(),
                counted.newest,
                wallet_uses::quarters_column(&counted),
                counted.live.to_string(),
                counted.settled.to_string(),
                slot_column(counted.slot)?,
            ])?;
    }
    Ok(())
}
