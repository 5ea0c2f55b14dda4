//! Accepts an order: its row, first event, idempotency answer and client order id, or none of them.

use std::sync::Arc;
use std::time::Duration;

use domain::{OcoGroup, Order, OrderId, Timestamp};
use ports::order_store::NewOrder;
use ports::waiting::OCO_GROUP_MAX;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::event_row::{EventRow, recorded_at};
use super::{Batch, Write, waiting};
use crate::error::Fault;

/// How long a key's answer is kept: twice as long as promised.
const ANSWERS_KEPT_FOR: Duration = Duration::from_secs(48 * 3_600);

/// A new order, serialised.
#[derive(Debug)]
pub(crate) struct Accept {
    order: NewOrder,
    terms: String,
    first: EventRow,
    /// Whether an order is refused if its name is taken by another.
    naming: Naming,
}

/// What becomes of the client's own name for the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naming {
    /// It names this order for ever.
    Claimed,
    /// It stays the name of the order that this one replaces.
    LeftAsItIs,
}

/// The outcome; the event is complete except for its time.
#[derive(Debug)]
pub(crate) enum Outcome {
    Stored { at: Timestamp },
    Replayed { order: OrderId, answer: Arc<[u8]> },
    KeyReused,
    ClientOrderIdTaken { order: OrderId },
    OcoGroupDone,
    OcoGroupFull,
}

impl Accept {
    pub(crate) fn new(order: NewOrder, naming: Naming) -> Result<Self, Fault> {
        let first = Order::accepted(order.id, order.event_id);
        Ok(Self {
            terms: serde_json::to_string(&order.terms)?,
            first: EventRow::new(&first)?,
            order,
            naming,
        })
    }
}

impl Write for Accept {
    type Answer = Outcome;

    fn run(&mut self, batch: &mut Batch<'_>) -> Result<Outcome, Fault> {
        if let Some(outcome) = self.earlier_answer(&batch.db)? {
            return Ok(outcome);
        }
        if let Some(outcome) = self.earlier_name(&batch.db)? {
            return Ok(outcome);
        }
        if order_key(&batch.db, self.order.id)?.is_some() {
            return self.repeated(&batch.db);
        }
        if let Some(refused) = self.join_group(&batch.db)? {
            return Ok(refused);
        }
        let key = self.insert_order(batch)?;
        self.first.insert(batch, key, batch.now)?;
        self.insert_answer(batch)?;
        self.insert_name(batch)?;
        batch.changes.accepted(self.order.client.clone());
        if let Some(waits_for) = self.order.terms.order_type.waits_for() {
            let pair = [&self.order.terms.asset_in, &self.order.terms.asset_out];
            let pair = pair.map(|asset| asset.mint.column());
            waiting::enter(batch, key, &pair, waits_for)?;
        }
        Ok(Outcome::Stored { at: batch.now })
    }
}

impl Accept {
    fn earlier_answer(&self, db: &Connection) -> Result<Option<Outcome>, Fault> {
        let Some(own) = &self.order.idempotency else {
            return Ok(None);
        };
        let kept = db
            .prepare_cached(
                "-- kept_answer
                 select fingerprint, order_id, answer from idempotency_keys
                 where client = ?1 and key = ?2",
            )?
            .query_row(
                params![self.order.client.as_str(), own.key.as_str()],
                |row| {
                    let fingerprint: Vec<u8> = row.get(0)?;
                    let order: [u8; 16] = row.get(1)?;
                    let answer: Vec<u8> = row.get(2)?;
                    Ok((fingerprint, Uuid::from_bytes(order), answer))
                },
            )
            .optional()?;
        let Some((fingerprint, order, answer)) = kept else {
            return Ok(None);
        };
        if order == self.order.id.uuid() {
            return self.repeated(db).map(Some);
        }
        if fingerprint != own.fingerprint {
            return Ok(Some(Outcome::KeyReused));
        }
        Ok(Some(Outcome::Replayed {
            order: OrderId::new(order),
            answer: Arc::from(answer),
        }))
    }

    fn earlier_name(&self, db: &Connection) -> Result<Option<Outcome>, Fault> {
        let (Some(name), Naming::Claimed) = (&self.order.terms.client_order_id, self.naming) else {
            return Ok(None);
        };
        let named: Option<[u8; 16]> = db
            .prepare_cached(
                "-- order_called
                 select order_id from client_order_ids
                 where client = ?1 and client_order_id = ?2",
            )?
            .query_row(params![self.order.client.as_str(), name.as_str()], |row| {
                row.get(0)
            })
            .optional()?;
        match named.map(Uuid::from_bytes) {
            None => Ok(None),
            Some(order) if order == self.order.id.uuid() => self.repeated(db).map(Some),
            Some(order) => Ok(Some(Outcome::ClientOrderIdTaken {
                order: OrderId::new(order),
            })),
        }
    }

    /// Counts the order in its group; the refusal if the group takes none.
    fn join_group(&self, db: &Connection) -> Result<Option<Outcome>, Fault> {
        let Some(group) = &self.order.terms.oco_group else {
            return Ok(None);
        };
        let known: Option<(u32, bool)> = db
            .prepare_cached(
                "-- oco_group
                 select members, confirmed is not null from oco_groups where client = ?1 and name = ?2",
            )?
            .query_row(
                params![self.order.client.as_str(), group.as_str()],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        match known {
            Some((_, true)) => return Ok(Some(Outcome::OcoGroupDone)),
            Some((members, false)) if members >= OCO_GROUP_MAX => {
                return Ok(Some(Outcome::OcoGroupFull));
            }
            _ => {}
        }
        db.prepare_cached(
            "-- join_oco_group
             insert into oco_groups (client, name, members) values (?1, ?2, 1)
             on conflict (client, name) do update set members = members + 1",
        )?
        .execute(params![self.order.client.as_str(), group.as_str()])?;
        Ok(None)
    }

    /// The answer if exactly this call is repeated because its caller did not get the first answer.
    fn repeated(&self, db: &Connection) -> Result<Outcome, Fault> {
        let key = order_key(db, self.order.id)?.unwrap_or_default();
        match recorded_at(db, key, self.first.seq, self.first.event_id)? {
            Some(at) => Ok(Outcome::Stored { at }),
            None => Err(Fault::Senseless {
                what: "an order under the id of another",
            }),
        }
    }

    /// The new row's key.
    fn insert_order(&self, batch: &Batch<'_>) -> Result<i64, Fault> {
        let terms = &self.order.terms;
        let expires_at = terms.expires_at(batch.now).map(Timestamp::as_millis);
        let waits = terms.order_type.waits();
        batch
            .db
            .prepare_cached(
                "-- accept_order
                 insert into orders (id, client, schema_version, terms, token_in, token_out,
                     trace_context, created_at, due_at, expires_at, wallet, waits, kind, oco_group)
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, iif(?11, 0, ?8), ?9, ?10, ?11, ?12, ?13)",
            )?
            .execute(params![
                self.order.id.uuid().as_bytes(),
                self.order.client.as_str(),
                terms.schema_version(),
                self.terms,
                terms.asset_in.mint.column(),
                terms.asset_out.mint.column(),
                self.order.trace_context,
                batch.now.as_millis(),
                expires_at,
                terms.wallet.map(|wallet| wallet.to_string()),
                waits,
                waits.then(|| terms.order_type.name()),
                terms.oco_group.as_ref().map(OcoGroup::as_str),
            ])?;
        Ok(batch.db.last_insert_rowid())
    }

    fn insert_answer(&self, batch: &Batch<'_>) -> Result<(), Fault> {
        let Some(own) = &self.order.idempotency else {
            return Ok(());
        };
        batch
            .db
            .prepare_cached(
                "-- keep_answer
                 insert into idempotency_keys (client, key, fingerprint, order_id, answer,
                     accepted_at)
                 values (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                self.order.client.as_str(),
                own.key.as_str(),
                own.fingerprint,
                self.order.id.uuid().as_bytes(),
                &*own.answer,
                batch.now.as_millis(),
            ])?;
        // Deletes two old ones for each new one, so that the table shrinks and no batch is ever
        // long.
        let oldest_kept = batch.now.as_millis()
            - i64::try_from(ANSWERS_KEPT_FOR.as_millis()).expect("invariant: two days are short");
        batch
            .db
            .prepare_cached(
                "-- forget_old_answers
                 delete from idempotency_keys where rowid in (
                     select place from (
                         select rowid as place, accepted_at from idempotency_keys
                         order by rowid limit 2)
                     where accepted_at < ?1)",
            )?
            .execute([oldest_kept])?;
        Ok(())
    }

    fn insert_name(&self, batch: &Batch<'_>) -> Result<(), Fault> {
        let (Some(name), Naming::Claimed) = (&self.order.terms.client_order_id, self.naming) else {
            return Ok(());
        };
        batch
            .db
            .prepare_cached(
                "-- name_order
                 insert into client_order_ids (client, client_order_id, order_id)
                 values (?1, ?2, ?3)",
            )?
            .execute(params![
                self.order.client.as_str(),
                name.as_str(),
                self.order.id.uuid().as_bytes(),
            ])?;
        Ok(())
    }
}

fn order_key(db: &Connection, order: OrderId) -> Result<Option<i64>, Fault> {
    let key = db
        .prepare_cached("-- order_key\nselect key from orders where id = ?1")?
        .query_row([order.uuid().as_bytes()], |row| row.get(0));
    Ok(key.optional()?)
}
