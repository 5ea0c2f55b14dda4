//! Reads from the file. Each works over any connection: a reader's, or the writer's own.

pub(crate) mod columns;
pub(crate) mod directory;
pub(crate) mod due;
pub(crate) mod fills;
pub(crate) mod finality;
pub(crate) mod list;
pub(crate) mod operations;
pub(crate) mod order;
pub(crate) mod recent;
pub(crate) mod safety;
pub(crate) mod start;
pub(crate) mod transaction;
pub(crate) mod transactions;
pub(crate) mod volumes;
pub(crate) mod waiting;
pub(crate) mod wallet_uses;
pub(crate) mod webhooks;

#[cfg(test)]
mod tests;
