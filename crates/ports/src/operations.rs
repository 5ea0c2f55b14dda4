//! What operators do to a running engine, kept in the store so that it holds for every process.
//!
//! Promises of every [`Operations`]:
//! 1. Pausing survives restarts. Once it is confirmed, `claim` grants no pending order to anybody until
//!    it ends; workers also hear of it with their heartbeats.
//! 2. Every operator's act is in the audit log, newest first, with the act itself in one transaction.
//! 3. A failed order is on the dead list until it is retried; a retry is taken at most once.

use std::fmt::Debug;

use async_trait::async_trait;
use domain::{ClientId, Event, Order, OrderId, Timestamp};

use crate::Result;
use crate::order_store::NewOrder;

/// An operator's act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    pub id: u64,
    pub at: Timestamp,
    /// Who acted: `admin`, or `loopback` where no admin key is set.
    pub actor: String,
    /// `pause`, `resume` or `retry`.
    pub action: String,
    /// What it was done to, where there is something.
    pub subject: Option<String>,
    pub detail: Option<String>,
}

/// The answer to the retry of a dead order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeadRetry {
    /// A new order with the same terms was accepted; the dead one stays as it ended.
    Accepted { event: Event, client: ClientId },
    /// It is not on the dead list, or was retried before.
    NotDead,
}

/// What operators do. See the module's promises.
#[async_trait]
pub trait Operations: Send + Sync + Debug {
    /// Whether no new executions begin.
    async fn is_paused(&self) -> Result<bool>;

    /// Pauses or resumes, and says so in the audit log.
    async fn set_paused(&self, paused: bool, actor: &str) -> Result<()>;

    /// Failed orders that were not retried, newest first, older than `before`.
    async fn dead(&self, before: Option<OrderId>, limit: usize) -> Result<Vec<Order>>;

    /// Accepts `replacement` in place of a dead order, takes that off the dead list, and says so in
    /// the audit log.
    async fn retry_dead(
        &self,
        dead: OrderId,
        replacement: NewOrder,
        actor: &str,
    ) -> Result<DeadRetry>;

    /// Operators' acts, newest first, older than `before`.
    async fn audit(&self, before: Option<u64>, limit: usize) -> Result<Vec<AuditEntry>>;

    /// Whether the store answers and takes writes: the readiness check.
    async fn ping(&self) -> Result<()>;
}
