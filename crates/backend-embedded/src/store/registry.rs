//! [`WorkerRegistry`] in memory: only this process writes the file, so its leases need not outlive
//! it. But the store writes which orders a worker gives back when it retires or stops naming them,
//! to tell that from a death.

use std::time::Duration;

use async_trait::async_trait;
use domain::WorkerId;
use ports::worker_registry::{Beat, Heartbeat, WorkerRow};
use ports::{Result, WorkerRegistry};

use super::SqliteStore;
use crate::writer::retire::{Abandon, Retire};

/// How long a heartbeat waits for a slow disk.
const DISK_PATIENCE: Duration = Duration::from_millis(500);

#[async_trait]
impl WorkerRegistry for SqliteStore {
    async fn enlist(&self, worker: &WorkerRow) -> Result<()> {
        let (now, monotonic) = (self.now(), self.clock.monotonic());
        self.live().enlist(worker, now, monotonic);
        Ok(())
    }

    async fn heartbeat(&self, worker: WorkerId, beat: &Beat) -> Result<Heartbeat> {
        let (now, monotonic) = (self.now(), self.clock.monotonic());
        let (answer, unnamed) = self.live().heartbeat(worker, beat, now, monotonic);
        if !unnamed.is_empty() {
            let abandon = Abandon {
                worker,
                orders: unnamed,
                heard: beat.heard,
            };
            // If it is not written in time, or at all, the next heartbeat finds these orders again.
            let written = tokio::time::timeout(DISK_PATIENCE, self.write(abandon)).await;
            if let Ok(Err(error)) = written {
                tracing::warn!(%error, "leases that no heartbeat names are kept for now: {error}");
            }
        }
        Ok(answer)
    }

    async fn retire(&self, worker: WorkerId) -> Result<()> {
        let retired = self.write(Retire { worker }).await;
        // Even if the disk is full, its leases end.
        self.live().retire(worker);
        retired
    }

    async fn mark_silent_dead(&self) -> Result<Vec<WorkerId>> {
        let monotonic = self.clock.monotonic();
        Ok(self.live().mark_silent_dead(monotonic))
    }

    async fn workers(&self) -> Result<Vec<WorkerRow>> {
        let monotonic = self.clock.monotonic();
        Ok(self.live().workers(monotonic))
    }
}
