//! Making transactions of routes, one swap or several, split or one
//! behind the other, in one transaction that does all of it or nothing.

use std::fmt::Debug;

use async_trait::async_trait;
use domain::transaction::SignedTransaction;
use domain::venue::Program;
use domain::{Address, BaseUnits, Mint, OrderId};

use crate::chain::Error;

/// One execution of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    pub order_id: OrderId,
    /// Which execution of the order this is: no two of them sign the same bytes.
    pub number: u32,
    /// Mints from what is paid to what is received, with what lies between; wrapped SOL stands for native SOL.
    pub path: Vec<Mint>,
    /// The swaps, in the order in which they happen.
    pub legs: Vec<Leg>,
    /// The slot that the legs were quoted at. What is older is no ground to build on.
    pub quoted_at: u64,
}

/// One swap of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leg {
    /// The program that holds the pool.
    pub program: Program,
    pub pool: Address,
    pub mint_in: Mint,
    pub mint_out: Mint,
    pub amount_in: BaseUnits,
    /// Never zero: a program may take an amount that is too small for anything and pay nothing.
    pub min_amount_out: BaseUnits,
}

/// Builds and signs.
///
/// Promises:
/// 1. A transaction makes all legs of its execution or none, and each leg with its own least amount.
/// 2. Two executions never give the same transaction; one execution may give a new one each time.
/// 3. Nothing is sent.
/// 4. [`Error::Refused`] is said of what no other moment would change.
///
/// Cancel safety: may be dropped; nothing happened.
#[async_trait]
pub trait TransactionBuilder: Send + Sync + Debug {
    /// The execution as a signed transaction.
    async fn build(&self, execution: &Execution) -> Result<SignedTransaction, Error>;
}
