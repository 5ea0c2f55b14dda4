//! Errors of JSON-RPC: the numbers and texts by which clients tell them apart.

use serde::Serialize;
use serde_json::{Value, json};
use solana_transaction_error::TransactionError;

/// An error as it stands in an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Error {
    pub code: i64,
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}

impl Error {
    fn new(code: i64, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            data: None,
        }
    }

    fn with(self, data: Value) -> Self {
        Self {
            data: Some(data),
            ..self
        }
    }

    #[must_use]
    pub fn parse() -> Self {
        Self::new(-32700, "Parse error")
    }

    #[must_use]
    pub fn invalid_request(message: impl Into<String>) -> Self {
        Self::new(-32600, message)
    }

    #[must_use]
    pub fn method_not_found() -> Self {
        Self::new(-32601, "Method not found")
    }

    #[must_use]
    pub fn invalid_params(message: impl Into<String>) -> Self {
        Self::new(-32602, message)
    }

    #[must_use]
    pub fn block_cleaned_up(slot: u64, first: u64) -> Self {
        let rest = format!("First available block: {first}");
        Self::new(
            -32001,
            format!("Block {slot} cleaned up, does not exist on node. {rest}"),
        )
    }

    #[must_use]
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(-32603, message)
    }

    /// A transaction that a node refused to send, with the result of the simulation that told it why.
    #[must_use]
    pub fn preflight(error: &TransactionError, simulation: Value) -> Self {
        let message = format!("Transaction simulation failed: {error}");
        Self::new(-32002, message).with(simulation)
    }

    #[must_use]
    pub fn signature_verification() -> Self {
        Self::new(-32003, "Transaction signature verification failure")
    }

    #[must_use]
    pub fn block_not_available(slot: u64) -> Self {
        Self::new(-32004, format!("Block not available for slot {slot}"))
    }

    #[must_use]
    pub fn unhealthy(slots_behind: Option<u64>) -> Self {
        let message = match slots_behind {
            Some(slots) => format!("Node is behind by {slots} slots"),
            None => "Node is unhealthy".to_owned(),
        };
        Self::new(-32005, message).with(json!({ "numSlotsBehind": slots_behind }))
    }

    #[must_use]
    pub fn slot_skipped(slot: u64) -> Self {
        let rest = "was skipped, or missing due to ledger jump to recent snapshot";
        Self::new(-32007, format!("Slot {slot} {rest}"))
    }

    #[must_use]
    pub fn transaction_history_not_available() -> Self {
        let message = "Transaction history is not available from this node";
        Self::new(-32011, message)
    }

    #[must_use]
    pub fn block_status_not_available(slot: u64) -> Self {
        let message = format!("Block status not yet available for slot {slot}");
        Self::new(-32014, message)
    }

    #[must_use]
    pub fn unsupported_version(version: u8) -> Self {
        let message = format!(
            "Transaction version ({version}) is not supported by the requesting client. Please try the request \
             again with the following configuration parameter: \"maxSupportedTransactionVersion\": {version}"
        );
        Self::new(-32015, message)
    }

    #[must_use]
    pub fn min_context_slot_not_reached(slot: u64) -> Self {
        let message = "Minimum context slot has not been reached";
        Self::new(-32016, message).with(json!({ "contextSlot": slot }))
    }
}
