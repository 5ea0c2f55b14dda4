//! Counts what transactions may spend, with the write that stores them, and what they did spend, with the one that
//! records it. Writes come one after the other, so each is judged alone, by its rows.

use domain::spending::{Item, NoRoom, Outlay, Paid, WalletUse, quarter_of};
use domain::transaction::SignedTransaction;
use domain::{Address, EventData, NewEvent, Status, Timestamp};
use ports::order_store::Lease;
use rusqlite::params;

use super::Batch;
use crate::error::Fault;
use crate::reading::columns::slot_column;
use crate::reading::wallet_uses;

/// What of wallets is counted with an event.
#[derive(Debug)]
pub(super) enum Counting {
    Nothing,
    /// The event stores a transaction with this outlay.
    Stored {
        outlay: Outlay,
        text: String,
    },
    /// The event settles a transaction with this outlay, which took this for each of its items.
    Settled {
        outlay: Outlay,
        paid: Vec<Paid>,
        slot: i64,
    },
}

impl Counting {
    /// What this event changes.
    pub(super) fn of(
        lease: &Lease,
        event: &NewEvent,
        transaction: Option<&SignedTransaction>,
    ) -> Result<Self, Fault> {
        if let Some(transaction) = transaction {
            return Ok(match transaction.outlay.as_deref() {
                Some(outlay) => Self::Stored {
                    text: serde_json::to_string(outlay)?,
                    outlay: outlay.clone(),
                },
                None => Self::Nothing,
            });
        }
        let live = lease.live_transaction.as_ref();
        let outlay = live.and_then(|live| live.outlay.as_deref());
        Ok(match (outlay, lease.order.status()) {
            (Some(outlay), Status::Submitted) => {
                let items = outlay.items.iter();
                Self::Settled {
                    paid: items.map(|item| event.data.paid_for(item)).collect(),
                    slot: slot_of(&event.data)?,
                    outlay: outlay.clone(),
                }
            }
            _ => Self::Nothing,
        })
    }

    /// The outlay in its stored form.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Stored { text, .. } => Some(text),
            Self::Nothing | Self::Settled { .. } => None,
        }
    }

    /// Why a transaction must not be stored at this time, if so.
    pub(super) fn refusal(
        &self,
        batch: &Batch<'_>,
        at: Timestamp,
    ) -> Result<Option<NoRoom>, Fault> {
        let Self::Stored { outlay, .. } = self else {
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
        match self {
            Self::Nothing => Ok(()),
            Self::Stored { outlay, .. } => change(batch, outlay, |counted, item, _| {
                counted.count(quarter_of(at), item.spent.get(), item.live.get());
            }),
            Self::Settled { outlay, paid, slot } => {
                change(batch, outlay, |counted, item, place| {
                    let might = (item.spent.get(), item.live.get());
                    if let Some(took) = paid.get(place) {
                        counted.settle(quarter_of(former_at), might, *took);
                    }
                    counted.slot = counted.slot.max(slot.unsigned_abs());
                })
            }
        }
    }
}

fn slot_of(data: &EventData) -> Result<i64, Fault> {
    match data {
        EventData::Confirmed { fill } => {
            let slot = fill.receipt.as_ref().map(|it| slot_column(it.slot));
            Ok(slot.transpose()?.unwrap_or(0))
        }
        _ => Ok(0),
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
