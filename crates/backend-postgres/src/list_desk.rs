//! Reads lists in tasks and over connections of their own, so that no other call waits for them. As
//! many lists are read at once as there are tasks; others wait for a moment and are then refused.

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

/// Lists that wait for their turn; further ones are refused at once.
const WAITING: usize = 64;
/// A list that has not had its turn by then is refused: more lists are requested than can be read.
const PATIENCE: Duration = Duration::from_secs(1);

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The entry point for lists.
pub(crate) struct ListDesk {
    db: Arc<Db>,
    inbox: mpsc::Sender<Work>,
}

/// The caller that asked for a list, as its reader sees it.
#[derive(Debug, Clone)]
pub(crate) struct Asker(Arc<AtomicBool>);

impl Asker {
    /// Whether the caller has gone.
    pub(crate) fn is_gone(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Tells the reader that the caller has gone, when it is dropped.
struct Presence(Arc<AtomicBool>);

impl Drop for Presence {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl ListDesk {
    /// Starts this many readers; they end with the handle.
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
            // Skips the read if the caller has gone meanwhile.
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
        // One reader waits for the next list, the others wait for this lock.
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
