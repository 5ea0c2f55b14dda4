//! [`WorkerRegistry`] in memory: only this process writes the file, so its leases need not outlive it.

use async_trait::async_trait;
use domain::WorkerId;
use ports::worker_registry::{Heartbeat, WorkerRow};
use ports::{Result, WorkerRegistry};

use super::SqliteStore;

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
        self.live().retire(worker);
        Ok(())
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
