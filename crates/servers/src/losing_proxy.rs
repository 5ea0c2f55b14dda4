//! A proxy to a server that can lose its answers: the server executes the request, but the caller
//! never gets the answer.

use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

/// Read and passed on at once.
const CHUNK: usize = 16 * 1024;
/// A server that does not accept a connection by then counts as down; the caller is disconnected.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// Pause after a failed accept, so that a full table of descriptors makes no tight loop.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A proxy in front of one server of this machine. Dropping it cuts every connection through it.
#[derive(Debug)]
pub struct LosingProxy {
    port: u16,
    trouble: Arc<Trouble>,
    _stop: DropGuard,
}

/// Whose answers are lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Those of one connection: the one that is answered next.
    NextAnswered,
    /// Those of every connection that is answered meanwhile.
    All,
    /// Every nth answer of all, at most every second one. The others get through, so that the lost
    /// one may also belong to a request with several answers.
    EveryNth(usize),
}

/// What happens to a connection that has lost an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// It is cut with the first lost answer.
    Cut,
    /// It accepts further requests but delivers no answer, and is cut when the loss ends.
    Stall,
}

#[derive(Debug, Default)]
struct Trouble(Mutex<Option<Loss>>);

/// A loss under way.
#[derive(Debug, Clone)]
struct Loss {
    whose: Whose,
    then: Then,
    over: CancellationToken,
    /// Answers that came during the loss, and how many of them were lost.
    answers: usize,
    struck: usize,
}

impl LosingProxy {
    /// Opens a proxy to a port of 127.0.0.1 on another free port.
    pub async fn to(server: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        let listener = listener.await.context("open a port for the proxy")?;
        let port = listener.local_addr().context("the proxy's port")?.port();
        let trouble = Arc::new(Trouble::default());
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        let accepting = accept_all(listener, server, Arc::clone(&trouble), tasks.clone());
        let stopped = stop.clone();
        tasks.spawn(async move { stopped.run_until_cancelled(accepting).await });
        Ok(Self {
            port,
            trouble,
            _stop: stop.drop_guard(),
        })
    }

    /// Its port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Loses answers for a while; returns how many connections were affected. Only one loss at a
    /// time: a second call replaces the first.
    pub async fn lose_answers(&self, whose: Whose, then: Then, duration: Duration) -> usize {
        let over = CancellationToken::new();
        let end = over.clone().drop_guard();
        *self.trouble.now() = Some(Loss {
            whose,
            then,
            over,
            answers: 0,
            struck: 0,
        });
        sleep(duration).await;
        drop(end);
        let ended = self.trouble.now().take();
        ended.map_or(0, |loss| loss.struck)
    }
}

impl Trouble {
    fn now(&self) -> MutexGuard<'_, Option<Loss>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the answer that has just come is lost, and what happens then.
    fn meets_an_answer(&self) -> Option<Loss> {
        let mut now = self.now();
        let loss = now.as_mut()?;
        loss.answers += 1;
        let is_struck = match loss.whose {
            Whose::NextAnswered => loss.answers == 1,
            Whose::All => true,
            Whose::EveryNth(nth) => loss.answers.is_multiple_of(nth.max(2)),
        };
        if !is_struck || loss.over.is_cancelled() {
            return None;
        }
        loss.struck += 1;
        Some(loss.clone())
    }
}

async fn accept_all(listener: TcpListener, server: u16, trouble: Arc<Trouble>, tasks: TaskTracker) {
    // Connections end with the loop that has accepted them.
    let stop = CancellationToken::new();
    let _cut_all = stop.clone().drop_guard();
    loop {
        let Ok((client, _)) = listener.accept().await else {
            sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let (trouble, stop) = (Arc::clone(&trouble), stop.clone());
        tasks.spawn(async move {
            let serving = serve(client, server, &trouble);
            // The two ends of a broken connection handle it themselves.
            let _ = stop.run_until_cancelled(serving).await;
        });
    }
}

async fn serve(client: TcpStream, server: u16, trouble: &Trouble) -> io::Result<()> {
    let connecting = TcpStream::connect((Ipv4Addr::LOCALHOST, server));
    let server = timeout(CONNECT_LIMIT, connecting).await??;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        asked = pass_requests(from_client, to_server) => asked,
        answered = pass_answers(from_server, to_client, trouble) => answered,
    }
}

async fn pass_requests(mut from: OwnedReadHalf, mut to: OwnedWriteHalf) -> io::Result<()> {
    tokio::io::copy(&mut from, &mut to).await?;
    Ok(())
}

async fn pass_answers(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    trouble: &Trouble,
) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    loop {
        let length = from.read(&mut chunk).await?;
        if length == 0 {
            return Ok(());
        }
        match trouble.meets_an_answer() {
            None => to.write_all(&chunk[..length]).await?,
            Some(loss) if loss.then == Then::Cut => return Ok(()),
            Some(loss) => {
                let mut nowhere = tokio::io::sink();
                let swallowing = tokio::io::copy(&mut from, &mut nowhere);
                let _ = loss.over.run_until_cancelled(swallowing).await;
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests;
