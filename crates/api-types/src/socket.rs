//! WebSocket messages other than events.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// The first message on `/api/orders/execute?orderId=`.
#[must_use]
pub fn greeting(order_id: domain::OrderId) -> String {
    format!(r#"{{"type":"connected","status":"connected","orderId":"{order_id}"}}"#)
}

/// Tells a reader of the account stream that events may be missing.
pub const RESYNC: &str = r#"{"type":"resync"}"#;

/// The answer to `{"type":"ping"}`.
pub const PONG: &str = r#"{"type":"pong"}"#;

/// The greeting's fields, for clients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Greeting {
    #[serde(rename = "type")]
    pub kind: String,
    pub status: String,
    pub order_id: Uuid,
}

/// A token for `?token=`, for clients that cannot set headers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WsToken {
    pub success: bool,
    /// Null if the engine has no keys: then no token is needed.
    pub token: Option<String>,
    #[schema(format = DateTime)]
    pub expires_at: Option<String>,
}
