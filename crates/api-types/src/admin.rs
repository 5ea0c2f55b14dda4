//! What operators see.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::doubt::DeclaredDeadView;
use crate::order::OrderView;
use crate::stats::{HaltView, QueueStats, WorkerView};

/// The queue as the store sees it, and the queue's own numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdminQueue {
    pub success: bool,
    /// Whether operators have paused the engine.
    pub paused: bool,
    /// The halt that stands, if one does; it pauses the engine as well.
    #[serde(default)]
    #[schema(required = true)]
    pub halted: Option<HaltView>,
    pub queue: QueueStats,
    /// The queue's own entries; null while the queue is down.
    pub entries: Option<QueueEntries>,
    /// Unreadable entries, newest first, unchanged.
    pub dead_entries: Vec<String>,
}

/// The queue's own entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QueueEntries {
    pub ready: u64,
    pub delayed: u64,
    /// Orders in the workers' hands at their last heartbeats.
    pub in_flight: u64,
    pub dead: u64,
}

/// The live workers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AdminWorkers {
    pub success: bool,
    pub workers: Vec<WorkerView>,
}

/// Failed orders that were not retried, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdminDead {
    pub success: bool,
    pub orders: Vec<OrderView>,
    pub next_cursor: Option<String>,
}

/// Operators' acts, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdminAudit {
    pub success: bool,
    pub entries: Vec<AuditView>,
    pub next_cursor: Option<String>,
}

/// An operator's act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditView {
    pub id: u64,
    #[schema(format = DateTime)]
    pub at: String,
    pub actor: String,
    pub action: String,
    pub subject: Option<String>,
    pub detail: Option<String>,
}

/// The answer to a pause, a halt, or their end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AdminPaused {
    pub success: bool,
    pub paused: bool,
    /// The halt that stands, if one does.
    #[serde(default)]
    #[schema(required = true)]
    pub halted: Option<HaltView>,
}

/// Why the engine shall sign and send nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AdminHalt {
    /// For the audit log and whoever looks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 500)]
    pub reason: Option<String>,
}

/// The order that was accepted in place of a dead one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdminRetried {
    pub success: bool,
    /// The new order.
    pub order_id: Uuid,
    /// The dead one, which stays as it ended.
    pub retry_of: Uuid,
}

/// An operator's word that an order's transaction is dead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AdminDeclareDead {
    /// Why it is sure, for the audit log and the order.
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

/// The word that counts: this one, or the first one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdminDeclaredDead {
    pub success: bool,
    pub order_id: Uuid,
    pub declared_dead: DeclaredDeadView,
}
