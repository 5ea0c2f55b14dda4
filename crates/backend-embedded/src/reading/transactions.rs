//! Whose a transaction is, and which an order has.

use domain::OrderId;
use domain::transaction::{Signature, TransactionRef};
use ports::order_history::{OWNERS_AT_ONCE, Owner};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::columns;
use crate::error::Fault;

pub(crate) const SIGNATURES_OF: &str = "-- signatures_of_order
     select a.signature from orders o join order_attempts a on a.order_key = o.key
     where o.id = ?1 order by a.attempt";

pub(crate) const OWNER: &str = "-- order_of_transaction
     select o.id, o.client from order_attempts a join orders o on o.key = a.order_key
     where a.blockhash = ?1 and a.signature = ?2";

/// The signatures of all of an order's transactions, oldest first.
pub(crate) fn signatures_of(db: &Connection, order: OrderId) -> Result<Vec<Signature>, Fault> {
    let mut statement = db.prepare_cached(SIGNATURES_OF)?;
    let mut rows = statement.query([order.uuid().as_bytes()])?;
    let mut signatures = Vec::new();
    while let Some(row) = rows.next()? {
        signatures.push(columns::signature(row, 0)?);
    }
    Ok(signatures)
}

/// The orders to which transactions belong.
pub(crate) fn orders_of(
    db: &Connection,
    transactions: &[TransactionRef],
) -> Result<Vec<Owner>, Fault> {
    if transactions.len() > OWNERS_AT_ONCE {
        return Err(Fault::Senseless {
            what: "a question about too many transactions",
        });
    }
    let snapshot = db.unchecked_transaction()?;
    let mut statement = snapshot.prepare_cached(OWNER)?;
    let mut owners = Vec::new();
    for of in transactions {
        let key = params![of.blockhash.bytes(), of.signature.as_str()];
        let found = statement
            .query_row(key, |row| Ok(owner(row, of)))
            .optional()?;
        owners.extend(found.transpose()?);
    }
    Ok(owners)
}

fn owner(row: &Row<'_>, of: &TransactionRef) -> Result<Owner, Fault> {
    Ok(Owner {
        signature: of.signature.clone(),
        order_id: columns::order_id(row, 0)?,
        client: columns::client(row, 1)?,
    })
}
