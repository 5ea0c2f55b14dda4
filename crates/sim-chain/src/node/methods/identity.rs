//! What the node is.

use serde_json::json;

use super::Answer;
use crate::cluster::GENESIS_HASH;
use crate::node::{IDENTITY, VERSION};

/// Which features of the runtime are active; nobody compares it with anything.
const FEATURE_SET: u32 = 3_604_001_754;

pub(super) fn health() -> Answer {
    Ok(json!("ok"))
}

pub(super) fn version() -> Answer {
    Ok(json!({ "solana-core": VERSION, "feature-set": FEATURE_SET }))
}

pub(super) fn identity() -> Answer {
    Ok(json!({ "identity": IDENTITY.to_string() }))
}

pub(super) fn genesis_hash() -> Answer {
    Ok(json!(GENESIS_HASH.to_string()))
}
