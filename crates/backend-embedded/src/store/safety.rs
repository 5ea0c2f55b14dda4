//! [`Safety`] on SQLite.

use async_trait::async_trait;
use domain::Address;
use ports::safety::{Checkpoint, Halt, REASON_MAX, Reverted};
use ports::{Result, Safety};

use super::SqliteStore;
use crate::reading::safety;
use crate::writer::safety::{CountRevert, KeepCheckpoint, SetHalt};

#[async_trait]
impl Safety for SqliteStore {
    async fn halted(&self) -> Result<Option<Halt>> {
        self.read(safety::halted).await
    }

    async fn halt(&self, actor: &str, reason: &str) -> Result<Halt> {
        let set = SetHalt {
            actor: actor.to_owned(),
            reason: reason.chars().take(REASON_MAX).collect(),
        };
        self.write(set).await
    }

    async fn count_revert(&self, reverted: &Reverted) -> Result<u32> {
        self.write(CountRevert(reverted.clone())).await
    }

    async fn checkpoint(&self, wallet: Address) -> Result<Option<Checkpoint>> {
        self.read(move |db| safety::checkpoint(db, wallet)).await
    }

    async fn keep_checkpoint(&self, wallet: Address, checkpoint: Checkpoint) -> Result<()> {
        self.write(KeepCheckpoint { wallet, checkpoint }).await
    }
}
