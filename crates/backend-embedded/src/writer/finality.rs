//! What becomes of confirmed orders afterwards: their blocks become final, or vanish.

use domain::OrderId;
use ports::finality::NewFinality;
use rusqlite::{OptionalExtension, params};

use super::{Batch, Write};
use crate::error::Fault;
use crate::reading::columns::slot_column;

/// The blocks of some orders are final.
#[derive(Debug)]
pub(crate) struct Finalize {
    orders: Vec<Final>,
}

#[derive(Debug)]
struct Final {
    order: OrderId,
    confirmed_in: i64,
    slot: i64,
    fill: Option<String>,
}

impl Finalize {
    /// Serialises what is to be stored, before the writer sees it.
    pub(crate) fn new(finalities: &[NewFinality]) -> Result<Self, Fault> {
        let one = |of: &NewFinality| {
            Ok(Final {
                order: of.order,
                confirmed_in: slot_column(of.confirmed_in)?,
                slot: slot_column(of.slot)?,
                fill: of.fill.as_ref().map(serde_json::to_string).transpose()?,
            })
        };
        let orders = finalities.iter().map(one).collect::<Result<_, Fault>>()?;
        Ok(Self { orders })
    }
}

impl Write for Finalize {
    type Answer = ();

    fn run(&mut self, batch: &mut Batch<'_>) -> Result<(), Fault> {
        let now = batch.now.as_millis();
        let has_vanished: bool = batch
            .db
            .prepare_cached("-- any_vanished\nselect exists (select 1 from vanished)")?
            .query_row((), |row| row.get(0))?;
        let mut wait_no_longer = batch.db.prepare_cached(
            "-- wait_no_longer
             delete from unfinal where slot = ?1 and order_id = ?2 returning order_key",
        )?;
        let mut finalize = batch.db.prepare_cached(
            "-- insert_finality
             insert into finalities (order_key, slot, at, fill) values (?1, ?2, ?3, ?4)
             on conflict do nothing",
        )?;
        for of in &self.orders {
            let id = of.order.uuid();
            let key: Option<i64> = wait_no_longer
                .query_row(params![of.confirmed_in, id.as_bytes()], |row| row.get(0))
                .optional()?;
            // An earlier call has done it.
            let Some(key) = key else { continue };
            finalize.execute(params![key, of.slot, now, of.fill])?;
            if has_vanished {
                found_again(batch, of.order)?;
            }
        }
        Ok(())
    }
}

/// A confirmation was not found any more.
#[derive(Debug)]
pub(crate) struct Vanish(pub(crate) OrderId);

impl Write for Vanish {
    type Answer = bool;

    fn run(&mut self, batch: &mut Batch<'_>) -> Result<bool, Fault> {
        let noted = batch
            .db
            .prepare_cached(
                "-- note_vanished
                 insert into vanished (order_key, at)
                 select order_key, ?2 from unfinal where order_id = ?1
                 on conflict do nothing",
            )?
            .execute(params![self.0.uuid().as_bytes(), batch.now.as_millis()])?;
        Ok(noted > 0)
    }
}

/// It was found again.
#[derive(Debug)]
pub(crate) struct Reappear(pub(crate) OrderId);

impl Write for Reappear {
    type Answer = bool;

    fn run(&mut self, batch: &mut Batch<'_>) -> Result<bool, Fault> {
        found_again(batch, self.0)
    }
}

fn found_again(batch: &Batch<'_>, order: OrderId) -> Result<bool, Fault> {
    let forgotten = batch
        .db
        .prepare_cached(
            "-- forget_vanished
             delete from vanished
             where dead_at is null and order_key = (select key from orders where id = ?1)",
        )?
        .execute([order.uuid().as_bytes()])?;
    Ok(forgotten > 0)
}

/// Its transaction never lands again.
#[derive(Debug)]
pub(crate) struct GiveUp(pub(crate) OrderId);

impl Write for GiveUp {
    type Answer = bool;

    fn run(&mut self, batch: &mut Batch<'_>) -> Result<bool, Fault> {
        let id = self.0.uuid();
        let given_up = batch
            .db
            .prepare_cached(
                "-- give_up_vanished
                 update vanished set dead_at = ?2
                 where dead_at is null and order_key = (select key from orders where id = ?1)",
            )?
            .execute(params![id.as_bytes(), batch.now.as_millis()])?;
        if given_up > 0 {
            batch
                .db
                .prepare_cached("-- look_no_longer\ndelete from unfinal where order_id = ?1")?
                .execute([id.as_bytes()])?;
        }
        Ok(given_up > 0)
    }
}
