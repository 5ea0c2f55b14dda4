//! Where lists are read: by tasks and over connections of their own, so that nobody else waits for them,
//! and as many at once as there are tasks. The other lists wait a moment, and are refused then.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinSet;

use crate::db::Db;
use crate::failure::{Failure, Stopped};

/// Lists that wait for their turn; beyond it they are refused at once.
const WAITING: usize = 64;
/// A list that has not had its turn by then is refused: others ask for more than can be read.
const PATIENCE: Duration = Duration::from_secs(1);

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The way in for lists.
pub(crate) struct ListDesk {
    db: Arc<Db>,
    inbox: mpsc::Sender<Work>,
}

/// Whoever asked for a list, as the one who reads it knows them.
#[derive(Debug, Clone)]
pub(crate) struct Asker(Arc<AtomicBool>);

impl Asker {
    /// Whether nobody waits for the list any more.
    pub(crate) fn is_gone(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Says that whoever asked has gone, when it is dropped.
struct Presence(Arc<AtomicBool>);

impl Drop for Presence {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl ListDesk {
    /// Starts as many readers; they end with the handle.
    pub(crate) fn start(db: &Arc<Db>, at_once: usize, tasks: &mut JoinSet<()>) -> Self {
        let (inbox, waiting) = mpsc::channel(WAITING);
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..at_once.max(1) {
            tasks.spawn(read_all(Arc::clone(&waiting)));
        }
        let db = Arc::clone(db);
        Self { db, inbox }
    }

    /// Reads a list once it is its turn.
    pub(crate) async fn read<T, F>(
        &self,
        read: impl FnOnce(Arc<Db>, Asker) -> F + Send + 'static,
    ) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Failure>> + Send + 'static,
    {
        let presence = Presence(Arc::default());
        let asker = Asker(Arc::clone(&presence.0));
        let (begin, begun) = oneshot::channel();
        let (reply, answer) = oneshot::channel();
        let db = Arc::clone(&self.db);
        let work: Work = Box::pin(async move {
            // Whoever has gone meanwhile is owed nothing.
            if begin.send(()).is_ok() {
                let _ = reply.send(read(db, asker).await);
            }
        });
        self.inbox.try_send(work).map_err(|_| Failure::Busy)?;
        match tokio::time::timeout(PATIENCE, begun).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Err(Failure::Unavailable(Arc::new(Stopped))),
            Err(_) => return Err(Failure::Busy),
        }
        answer
            .await
            .unwrap_or_else(|_| Err(Failure::Unavailable(Arc::new(Stopped))))
    }
}

async fn read_all(waiting: Arc<Mutex<mpsc::Receiver<Work>>>) {
    loop {
        // One waits for the next list, the others for their turn to wait.
        let next = waiting.lock().await.recv().await;
        match next {
            Some(work) => work.await,
            None => return,
        }
    }
}

impl fmt::Debug for ListDesk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ListDesk")
    }
}
