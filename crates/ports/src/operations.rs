//! What operators do to a running engine. The store keeps it, so that it applies to every process.
//!
//! Promises of every [`Operations`]:
//! 1. A pause survives restarts. Once it is confirmed, `claim` grants no pending order until the
//!    pause ends; workers also learn of it with their heartbeats.
//! 2. Every operator's act is in the audit log, newest first, stored in one transaction with the
//!    act itself.
//! 3. A failed order is on the dead list until it is retried; it can be retried at most once.
//! 4. A store belongs to one cluster, for ever: the first process that asks decides, also among
//!    many that ask at once. A process of another cluster is told whose the store is, and changes
//!    nothing. A store with orders of version 0.1.0 that mean nothing on the cluster stays without
//!    one.
//! 5. An operator gives a store to another cluster only while no order is open and no worker lives.

use std::fmt::Debug;

use async_trait::async_trait;
use domain::{ClientId, Event, Order, OrderId, Timestamp};

use crate::Result;
use crate::cluster::{Bound, ClusterId, Rebound};
use crate::order_store::NewOrder;

/// An operator's act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    pub id: u64,
    pub at: Timestamp,
    /// Who acted: `admin`, or `loopback` if no admin key is set; `signer` where it refused a transaction.
    pub actor: String,
    /// `pause`, `resume`, `retry`, `rebind`, or what [`Operations::note_act`] was told.
    pub action: String,
    /// What it was done to, if anything.
    pub subject: Option<String>,
    pub detail: Option<String>,
}

/// The answer to the retry of a dead order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeadRetry {
    /// The store accepted a new order with the same terms; the dead one stays as it ended.
    Accepted { event: Event, client: ClientId },
    /// The order is not on the dead list, or was retried before.
    NotDead,
}

/// What operators do. See the module's promises.
#[async_trait]
pub trait Operations: Send + Sync + Debug {
    /// Whether operators have paused the engine: no new executions begin.
    async fn is_paused(&self) -> Result<bool>;

    /// Pauses or resumes, and adds that to the audit log.
    async fn set_paused(&self, paused: bool, actor: &str) -> Result<()>;

    /// Failed orders that were not retried, newest first, older than `before`.
    async fn dead(&self, before: Option<OrderId>, limit: usize) -> Result<Vec<Order>>;

    /// Accepts `replacement` in place of a dead order, takes the dead order off the list, and adds
    /// that to the audit log.
    async fn retry_dead(
        &self,
        dead: OrderId,
        replacement: NewOrder,
        actor: &str,
    ) -> Result<DeadRetry>;

    /// Adds an act to the audit log that changes nothing in the store itself, before it is begun.
    async fn note_act(&self, actor: &str, action: &str, detail: &str) -> Result<()>;

    /// Operators' acts, newest first, older than `before`.
    async fn audit(&self, before: Option<u64>, limit: usize) -> Result<Vec<AuditEntry>>;

    /// Asks, at the start of a process, whether the store belongs to its cluster; a store without
    /// one does from now on.
    async fn bind_cluster(&self, cluster: &ClusterId) -> Result<Bound>;

    /// Gives the store to this cluster, and adds that to the audit log if it was another's.
    async fn rebind_cluster(&self, cluster: &ClusterId, actor: &str) -> Result<Rebound>;

    /// Whether the store answers and takes writes: the readiness check.
    async fn ping(&self) -> Result<()>;
}
