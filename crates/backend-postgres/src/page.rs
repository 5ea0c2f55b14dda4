//! Fills a page of orders although some orders are unreadable, because a newer version may have
//! written them: a caller takes a page that is not full for the last one.

use domain::{Order, OrderId};
use tokio_postgres::Row;

use crate::failure::Failure;
use crate::rows;

/// Reads per page; with more the page fails, because it would hide what comes after it.
const READS: u32 = 50;

/// A page that is being filled.
#[derive(Debug)]
pub(crate) struct Page {
    orders: Vec<Order>,
    limit: usize,
    before: Option<OrderId>,
    reads_left: u32,
}

impl Page {
    /// An empty page of at most `limit` orders, older than `before`.
    pub(crate) const fn new(before: Option<OrderId>, limit: usize) -> Self {
        Self {
            orders: Vec::new(),
            limit,
            before,
            reads_left: READS,
        }
    }

    /// Where the next read begins.
    pub(crate) const fn before(&self) -> Option<OrderId> {
        self.before
    }

    /// How many orders to read.
    pub(crate) fn missing(&self) -> usize {
        self.limit - self.orders.len()
    }

    /// Adds rows, newest first; returns the page once it is complete.
    pub(crate) fn add(&mut self, rows: &[Row]) -> Result<Option<Vec<Order>>, Failure> {
        let were_all_read = rows.len() < self.missing();
        let mut unreadable = None;
        for row in rows {
            self.before = Some(rows::order_id(row, "order_id")?);
            match rows::order(row) {
                Ok(order) => self.orders.push(order),
                Err(error) => {
                    tracing::debug!(?error, "an order cannot be read and is not listed");
                    unreadable = Some(error);
                }
            }
        }
        self.reads_left -= 1;
        match unreadable {
            Some(error) if !were_all_read && self.reads_left == 0 => Err(error),
            Some(_) if !were_all_read => Ok(None),
            _ => Ok(Some(std::mem::take(&mut self.orders))),
        }
    }
}
