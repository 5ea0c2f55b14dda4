//! Where signatures stand on the chain, many with one call: for those who only look and have no key.

use std::sync::Arc;

use async_trait::async_trait;
use domain::transaction::Signature as Stored;
use ports::chain::Error;
use ports::finality::{Root, Stand, Statuses};

use crate::chain::fate;
use crate::rpc::{Commitment, History, Outcome, Rpc, Signature, Status, View};

/// Looks at the signatures of a cluster.
#[derive(Debug)]
pub struct Standings {
    rpc: Arc<dyn Rpc>,
}

impl Standings {
    /// Nothing is asked yet.
    #[must_use]
    pub const fn new(rpc: Arc<dyn Rpc>) -> Self {
        Self { rpc }
    }
}

#[async_trait]
impl Statuses for Standings {
    async fn root(&self) -> Result<Root, Error> {
        let info = self.rpc.epoch_info(View::FINALIZED).await?;
        Ok(Root {
            slot: info.slot.get(),
            height: info.height,
        })
    }

    async fn of(&self, signatures: &[Stored], at_least: u64) -> Result<Vec<Option<Stand>>, Error> {
        let parsed: Vec<Signature> = signatures
            .iter()
            .map(fate::parse)
            .collect::<Result<_, _>>()?;
        let found = self.rpc.signature_statuses(&parsed, History::Whole).await?;
        if found.slot.get() < at_least {
            return Err(Error::Unavailable(
                "the node is behind what is final".to_owned(),
            ));
        }
        Ok(found
            .value
            .iter()
            .map(|it| it.as_ref().map(stand))
            .collect())
    }
}

fn stand(status: &Status) -> Stand {
    Stand {
        slot: status.slot.get(),
        is_final: status.commitment == Commitment::Finalized,
        has_succeeded: matches!(status.outcome, Outcome::Ok(())),
    }
}

#[cfg(test)]
mod tests;
