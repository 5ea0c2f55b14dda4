//! Whether the process lives and can serve, for probes.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The process lives. This says nothing about what the process depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HealthAnswer {
    #[schema(examples("ok"))]
    pub status: String,
    #[schema(format = DateTime)]
    pub timestamp: String,
}

/// Whether the process can serve, and what it depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReadyAnswer {
    pub status: Readiness,
    pub store: DependencyState,
    pub queue: DependencyState,
}

/// Whether requests should come here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Readiness {
    /// Everything works.
    Ready,
    /// Orders are accepted and end, only slower.
    Degraded,
    /// Orders cannot be accepted.
    Unavailable,
    /// The process is stopping.
    Stopping,
}

/// The state of something the process depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DependencyState {
    Up,
    Down,
}
