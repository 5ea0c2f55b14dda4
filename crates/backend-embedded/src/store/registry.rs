//! [`WorkerRegistry`] in memory: only this process writes the file, so its leases need not outlive it. But
//! what a worker gives back when it retires is written, to be told from what it would leave by dying.

use async_trait::async_trait;
use domain::WorkerId;
use ports::worker_registry::{Heartbeat, WorkerRow};
use ports::{Result, WorkerRegistry};

use super::SqliteStore;
use crate::writer::retire::Retire;

#[async_trait]
impl WorkerRegistry for SqliteStore {
    async fn enlist(&self, worker: &WorkerRow) -> Result<()> {
        let (now, monotonic) = (self.now(), self.clock.monotonic());
        self.live().enlist(worker, now, monotonic);
        Ok(())
    }

    async fn heartbeat(&self, worker: WorkerId, running: u32) -> Result<Heartbeat> {
        let (now, monotonic) = (self.now(), self.clock.monotonic());
        Ok(self.live().heartbeat(worker, running, now, monotonic))
    }

    async fn retire(&self, worker: WorkerId) -> Result<()> {
        let retired = self.write(Retire { worker }).await;
        // Also where the disk is full: its leases end all the same.
        self.live().retire(worker);
        retired
    }

    async fn bury_silent(&self) -> Result<Vec<WorkerId>> {
        let monotonic = self.clock.monotonic();
        Ok(self.live().bury_silent(monotonic))
    }

    async fn workers(&self) -> Result<Vec<WorkerRow>> {
        let monotonic = self.clock.monotonic();
        Ok(self.live().workers(monotonic))
    }
}
