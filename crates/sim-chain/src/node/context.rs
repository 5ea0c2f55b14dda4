//! For which state of the chain an answer is asked.

use serde::Deserialize;
use serde_json::{Value, json};

use super::VERSION;
use crate::cluster::{Cluster, Commitment, Snapshot};
use crate::json_rpc::error::Error;

/// The settings that most methods share.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Context {
    pub(super) commitment: Option<Commitment>,
    pub(super) min_context_slot: Option<u64>,
}

impl Context {
    /// For what is kept of transactions, whose methods let a client name no slot that they must have seen.
    pub(super) fn of_history(commitment: Option<Commitment>) -> Result<Self, Error> {
        let context = Self {
            commitment,
            min_context_slot: None,
        };
        context.no_less_than_confirmed()
    }

    pub(super) fn commitment(self) -> Commitment {
        self.commitment.unwrap_or_default()
    }

    /// Looks at the chain, if it is as far as the client knows it to be.
    pub(super) fn read<T>(
        self,
        cluster: &Cluster,
        look: impl FnOnce(Snapshot<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        cluster.read(self.commitment(), |chain| match self.min_context_slot {
            Some(slot) if chain.slot() < slot => {
                Err(Error::min_context_slot_not_reached(chain.slot()))
            }
            _ => look(chain),
        })
    }

    /// What is kept of transactions is told from `confirmed` on.
    pub(super) fn no_less_than_confirmed(self) -> Result<Self, Error> {
        if self.commitment == Some(Commitment::Processed) {
            return Err(Error::invalid_params(
                "Method does not support commitment below `confirmed`",
            ));
        }
        Ok(self)
    }
}

/// An answer with the slot it is true for.
pub(super) fn with_context(slot: u64, value: impl serde::Serialize) -> Value {
    json!({ "context": { "apiVersion": VERSION, "slot": slot }, "value": value })
}
