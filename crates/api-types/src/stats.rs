//! Counts over the whole engine, as clients see them.

use domain::Status;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What the whole cluster is doing, at most a second old.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatsAnswer {
    pub success: bool,
    /// Whether operators have paused the engine.
    #[serde(default)]
    #[schema(required = true)]
    pub paused: bool,
    /// The halt that stands, if one does: nothing is signed and nothing is sent.
    #[serde(default)]
    #[schema(required = true)]
    pub halted: Option<HaltView>,
    pub by_status: ByStatus,
    /// Pending orders that wait for a condition, and are not in the queue.
    #[serde(default)]
    #[schema(required = true)]
    pub waiting: WaitingStats,
    pub queue: QueueStats,
    pub throughput: Throughput,
    pub latency_ms: Latency,
    pub workers: Vec<WorkerView>,
}

/// Nothing is signed and nothing is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HaltView {
    #[schema(format = DateTime)]
    pub since: String,
    /// Who halted: `admin`, `loopback`, `signal`, or `engine` itself.
    #[schema(examples("admin"))]
    pub by: String,
    /// Why; operators alone are told.
    pub reason: Option<String>,
}

/// How many orders have each status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct ByStatus {
    pub pending: u64,
    pub routing: u64,
    pub building: u64,
    pub submitted: u64,
    pub confirmed: u64,
    pub failed: u64,
    pub cancelled: u64,
    pub expired: u64,
}

/// How many orders wait for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct WaitingStats {
    /// A price.
    pub price: u64,
    /// A pool.
    pub pool: u64,
    /// A volume.
    pub volume: u64,
}

/// How many orders wait and are executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QueueStats {
    /// Pending, and due.
    pub waiting: u64,
    /// Waiting for a due time.
    pub delayed: u64,
    pub running: u64,
    /// Age of the oldest waiting order; 0 if none waits.
    pub oldest_ms: u64,
}

/// How many orders end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Throughput {
    /// Orders that ended within the last minute.
    pub last_minute: u64,
}

/// Recent times from acceptance to confirmation; null while there is nothing to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Latency {
    pub p50: Option<u64>,
    pub p99: Option<u64>,
}

/// A live worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkerView {
    pub id: Uuid,
    pub version: String,
    pub host: String,
    pub slots: u32,
    pub running: u32,
    #[schema(format = DateTime)]
    pub started_at: String,
    #[schema(format = DateTime)]
    pub seen_at: String,
}

impl From<&[u64; 8]> for ByStatus {
    fn from(counts: &[u64; 8]) -> Self {
        let of = |status: Status| counts[status.index()];
        Self {
            pending: of(Status::Pending),
            routing: of(Status::Routing),
            building: of(Status::Building),
            submitted: of(Status::Submitted),
            confirmed: of(Status::Confirmed),
            failed: of(Status::Failed),
            cancelled: of(Status::Cancelled),
            expired: of(Status::Expired),
        }
    }
}
