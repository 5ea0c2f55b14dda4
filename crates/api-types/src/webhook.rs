//! What a receiver of webhooks is told.

use domain::{Event, Order, TokenList};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::event::EventView;
use crate::names::StatusName;
use crate::order::OrderView;

/// The body of a webhook. It is the same for every try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WebhookView {
    /// `order.` and the status of the event.
    #[serde(rename = "type")]
    #[schema(examples("order.confirmed"))]
    pub kind: String,
    /// When the event was recorded.
    #[schema(format = DateTime, examples("2026-01-31T09:30:00.125Z"))]
    pub timestamp: String,
    pub data: WebhookData,
}

/// An event with its order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WebhookData {
    #[serde(flatten)]
    pub event: EventView,
    /// The order as this event left it, not as it is when the webhook is sent.
    pub order: OrderView,
}

impl WebhookView {
    /// What is told of an event to a receiver who knows assets by the symbols of this list.
    #[must_use]
    pub fn new(event: &Event, order: &Order, tokens: &TokenList) -> Self {
        let view = EventView::new(event, tokens);
        Self {
            kind: format!("order.{}", event.data.status().name()),
            timestamp: view.timestamp.clone(),
            data: WebhookData {
                event: view,
                order: OrderView::new(order, tokens),
            },
        }
    }
}

/// The outbox, and the webhooks that were given up: the newest order's first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdminWebhooks {
    pub success: bool,
    /// How many the receiver has not taken yet.
    pub pending: u64,
    /// How many were given up and not retried.
    pub dead: u64,
    /// When the event of the oldest order's pending one was recorded.
    #[schema(format = DateTime)]
    pub oldest_pending_at: Option<String>,
    /// A page of the dead ones.
    pub webhooks: Vec<DeadWebhookView>,
    pub next_cursor: Option<String>,
}

/// A webhook that was given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeadWebhookView {
    /// The receiver knows it by this `webhook-id`.
    #[schema(examples("evt_01976c2e-7c1e-7a40-8000-0123456789ab_4"))]
    pub id: String,
    pub order_id: Uuid,
    pub seq: u32,
    /// That of its event.
    pub status: StatusName,
    /// When the event was recorded.
    #[schema(format = DateTime)]
    pub timestamp: String,
    #[schema(format = DateTime)]
    pub dead_at: String,
    /// How often it was tried.
    pub tries: u32,
    /// Why the last try failed, or why there was none.
    pub error: String,
}

/// How many dead webhooks are pending again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AdminWebhooksRetried {
    pub success: bool,
    pub retried: u64,
}
