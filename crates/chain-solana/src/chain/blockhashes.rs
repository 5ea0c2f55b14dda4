//! Recent blockhashes for whoever builds: one question at a time, and its answer for a few slots.

use std::sync::Arc;
use std::time::Duration;

use ports::Clock;

use crate::recent::Recent;
use crate::rpc::{Blockhash, Error, Rpc, View};

/// The newest blockhash.
#[derive(Debug)]
pub(super) struct Blockhashes {
    rpc: Arc<dyn Rpc>,
    recent: Recent<Blockhash, Error>,
}

impl Blockhashes {
    pub(super) fn new(rpc: Arc<dyn Rpc>, clock: Arc<dyn Clock>, used_for: Duration) -> Self {
        Self {
            rpc,
            recent: Recent::new(clock, used_for),
        }
    }

    /// Always a confirmed one: a finalized one has lost a fifth of its life, a processed one may be of a block that
    /// vanishes.
    pub(super) async fn recent(&self) -> Result<Blockhash, Error> {
        let rpc = Arc::clone(&self.rpc);
        let ask = async move { Ok(rpc.latest_blockhash(View::CONFIRMED).await?.value) };
        self.recent.get(ask).await
    }
}
