//! What the chain's parts share: time, pools, and what is known of signatures.

use std::sync::Arc;

use ports::Clock;

use crate::blocks::Blocks;
use crate::known::Known;
use crate::pools::Pools;

/// The part of the chain that the ledger's thread needs as well.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) blocks: Blocks,
    pub(crate) pools: Pools,
    pub(crate) known: Known,
}
