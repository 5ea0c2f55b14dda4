//! Acknowledgements: those that come together are one script. There is one for every order, and a script
//! has a price of its own, many times that of taking an id out of a list.

use std::sync::Arc;

use domain::{OrderId, WorkerId};
use ports::Result;
use ports::job_queue::Delivery;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::failure::Failure;
use crate::shard::Shard;

/// Entries acknowledged by one script, so that none holds the server for long.
const BATCH: usize = 200;
/// Acknowledgements that wait while a script is on its way; beyond it callers wait for room.
const WAITING: usize = 1_024;

/// The way in for acknowledgements of one shard.
#[derive(Debug)]
pub(crate) struct Acks(mpsc::Sender<Ack>);

#[derive(Debug)]
struct Ack {
    worker: WorkerId,
    order: OrderId,
    heard: oneshot::Sender<std::result::Result<(), Arc<Failure>>>,
}

impl Acks {
    /// Starts acknowledging to this shard; it ends with the handle.
    pub(crate) fn start(shard: Arc<Shard>, tasks: &mut JoinSet<()>) -> Self {
        let (waiting, acks) = mpsc::channel(WAITING);
        tasks.spawn(acknowledge_all(shard, acks));
        Self(waiting)
    }

    /// Takes an entry out of its worker's hands, together with those of others.
    pub(crate) async fn ack(&self, delivery: &Delivery) -> Result<()> {
        let (heard, answer) = oneshot::channel();
        let ack = Ack {
            worker: delivery.worker,
            order: delivery.job.order_id,
            heard,
        };
        if self.0.send(ack).await.is_err() {
            return Err(Failure::Away.into());
        }
        match answer.await {
            Ok(acknowledged) => acknowledged.map_err(Failure::shared),
            Err(_) => Err(Failure::Away.into()),
        }
    }
}

/// A batch is what came while the last one was on its way; nobody waits for a timer.
async fn acknowledge_all(shard: Arc<Shard>, mut acks: mpsc::Receiver<Ack>) {
    let mut batch = Vec::with_capacity(BATCH);
    while acks.recv_many(&mut batch, BATCH).await > 0 {
        let args = batch
            .iter()
            .flat_map(|ack| [ack.worker.to_string(), ack.order.to_string()])
            .collect::<Vec<_>>();
        let ran = shard.run::<i64>(&shard.scripts().done, &args).await;
        let acknowledged = ran.map(drop).map_err(Arc::new);
        for ack in batch.drain(..) {
            // Whoever asked may have gone away.
            let _ = ack.heard.send(acknowledged.clone());
        }
    }
}
