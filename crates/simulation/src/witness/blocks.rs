//! What the cluster has in its blocks, read without any faults.

use std::sync::Arc;

use domain::transaction::{Height, Signature};
use sim_chain::World as Cluster;
use sim_chain::cluster::Commitment;

/// The cluster's blocks.
#[derive(Debug)]
pub(super) struct Blocks(pub(super) Arc<Cluster>);

/// A transaction that is in a block, be it one that nobody has confirmed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct InBlock {
    pub(super) signature: Signature,
    pub(super) ok: bool,
    pub(super) is_final: bool,
}

impl Blocks {
    /// The height of the newest block that cannot be undone.
    pub(super) fn height(&self) -> Height {
        let cluster = self.0.cluster();
        cluster.read(Commitment::Finalized, |chain| Height::new(chain.height()))
    }

    /// What the cluster has of a transaction, in its newest block or before.
    pub(super) fn found(&self, signature: &Signature) -> Option<InBlock> {
        let parsed = signature.as_str().parse();
        let parsed = parsed.expect("invariant: signatures are 64 bytes in base58");
        let cluster = self.0.cluster();
        cluster.read(Commitment::Processed, |chain| {
            let landed = chain.landed(&parsed)?;
            Some(InBlock {
                signature: signature.clone(),
                ok: landed.outcome.status.is_ok(),
                is_final: chain.commitment_of(landed.slot) == Commitment::Finalized,
            })
        })
    }
}
