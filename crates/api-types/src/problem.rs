//! What went wrong with a request: one body for every refusal, on HTTP and on sockets.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::names::StatusName;

/// The content type of a problem.
pub const CONTENT_TYPE: &str = "application/problem+json";

/// A refusal (RFC 9457), with `success` and `error` for older clients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// A URI for the kind of problem: `urn:order-engine:problem:` and the code.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    pub kind: Cow<'static, str>,
    /// The kind of problem, for people.
    #[schema(value_type = String)]
    pub title: Cow<'static, str>,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// What is wrong with this request.
    pub detail: String,
    /// The kind of problem, for programs. Stable.
    #[schema(value_type = String)]
    pub code: Cow<'static, str>,
    /// The wrong fields.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub errors: Vec<FieldError>,
    /// The status of the order that the refusal is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub order_status: Option<StatusName>,
    /// The order that the refusal is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub order_id: Option<Uuid>,
    /// Always false.
    pub success: bool,
    /// The same text as `detail`.
    pub error: String,
}

/// A field and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    pub field: String,
    pub message: String,
}
