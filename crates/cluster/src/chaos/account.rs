//! Steady readers of the account stream, one at each gateway. They reconnect with their cursor
//! whenever they are cut off, and what they got is compared with what has happened (in `watch`).

mod watch;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use futures_util::StreamExt;
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::{Error, Message};

pub(super) use watch::Told;

use super::check::Check;
use super::clients::Doors;
use watch::Watch;

/// A gateway that answers no upgrade for this long counts as down.
const OPEN_LIMIT: Duration = Duration::from_secs(8);
/// A gateway pings every 20 s; one that says nothing for longer may be frozen for good.
const SILENCE: Duration = Duration::from_secs(25);
/// Pause before a gateway that is down is asked again.
const PAUSE: Duration = Duration::from_millis(100);
/// Once every order has ended: what is under way comes by then, or does not come.
const SETTLE_LIMIT: Duration = Duration::from_secs(15);

/// The readers. Dropping them ends them.
#[derive(Debug)]
pub(super) struct Readers {
    watches: Vec<Arc<Mutex<Watch>>>,
    _tasks: JoinSet<()>,
}

impl Readers {
    /// Starts one at each gateway there is now; returns once each of them reads.
    pub(super) async fn start(doors: &Arc<Doors>) -> Result<Self> {
        let mut watches = Vec::new();
        let mut tasks = JoinSet::new();
        for (place, url) in doors.target().gateways.into_iter().enumerate() {
            let watch = Arc::new(Mutex::new(Watch::default()));
            let reader = Reader {
                doors: Arc::clone(doors),
                url,
                place,
                watch: Arc::clone(&watch),
                cursor: None,
            };
            tasks.spawn(reader.read());
            watches.push(watch);
        }
        let readers = Self {
            watches,
            _tasks: tasks,
        };
        let reading = async {
            while !readers.each().all(|watch| watch.is_reading()) {
                sleep(PAUSE).await;
            }
        };
        let reading = timeout(OPEN_LIMIT, reading).await;
        reading.context("no gateway opens the account stream")?;
        Ok(readers)
    }

    fn each(&self) -> impl Iterator<Item = MutexGuard<'_, Watch>> {
        self.watches.iter().map(|watch| locked(watch))
    }

    /// The events of these orders that readers did not get, or got wrong, once they have had time
    /// to get them; and how often each reader got `resync`.
    pub(super) async fn judge(&self, orders: &[Told<'_>]) -> Judgement {
        let began = Instant::now();
        let is_settled = || {
            self.each()
                .all(|watch| watch.untold(orders).next().is_none())
        };
        while !is_settled() && began.elapsed() < SETTLE_LIMIT {
            sleep(PAUSE).await;
        }
        let mut judgement = Judgement::default();
        for (place, watch) in self.each().enumerate() {
            judgement.resyncs += watch.resyncs();
            judgement.events += watch.events();
            let untold = watch.untold(orders).map(|what| (Check::Untold, what));
            let wrong = watch.wrong(orders).map(|what| (Check::Differing, what));
            let complained = watch.complaints().iter().cloned();
            for (check, what) in untold.chain(wrong).chain(complained) {
                let what = format!("account stream of gateway {}: {what}", place + 1);
                judgement.complaints.push((check, what));
            }
        }
        judgement
    }
}

/// What came of the readers.
#[derive(Debug, Default)]
pub(super) struct Judgement {
    pub(super) resyncs: usize,
    pub(super) events: usize,
    pub(super) complaints: Vec<(Check, String)>,
}

struct Reader {
    doors: Arc<Doors>,
    /// Its own gateway's; another one is asked only while that one has moved.
    url: String,
    place: usize,
    watch: Arc<Mutex<Watch>>,
    cursor: Option<String>,
}

impl Reader {
    async fn read(mut self) {
        loop {
            // Whatever ends a connection, the next one takes up where it ended.
            let _ = self.read_one().await;
            sleep(PAUSE).await;
        }
    }

    fn watch(&self) -> MutexGuard<'_, Watch> {
        locked(&self.watch)
    }

    fn address(&self) -> String {
        let target = self.doors.target();
        let base = match target.gateways.contains(&self.url) {
            true => self.url.clone(),
            false => target.url(self.place, ""),
        };
        let cursor = self.cursor.as_ref();
        let cursor = cursor.map_or_else(String::new, |cursor| format!("?cursor={cursor}"));
        format!("{base}/api/stream{cursor}").replacen("http", "ws", 1)
    }

    async fn read_one(&mut self) -> Result<()> {
        let opened = timeout(OPEN_LIMIT, connect_async(self.address())).await?;
        let (mut socket, _) = match opened {
            Err(Error::Http(answer)) if answer.status().is_client_error() => {
                let what = format!("refused with {}", answer.status());
                self.watch().complain(Check::Other, what);
                anyhow::bail!("refused");
            }
            opened => opened.context("open the account stream")?,
        };
        if self.cursor.is_none() {
            self.watch().begins(Instant::now());
        }
        while let Some(message) = timeout(SILENCE, socket.next()).await? {
            if let Message::Text(text) = message.context("read the account stream")? {
                self.take(&text);
            }
        }
        Ok(())
    }

    fn take(&mut self, text: &str) {
        let message: Value = serde_json::from_str(text).unwrap_or_default();
        if message["type"] == "resync" {
            return self.watch().resyncs_at(Instant::now());
        }
        self.watch().sees(&message);
        match message["cursor"].as_str() {
            Some(cursor) => self.cursor = Some(cursor.to_owned()),
            None => self
                .watch()
                .complain(Check::Other, format!("no cursor: {text}")),
        }
    }
}

fn locked(watch: &Mutex<Watch>) -> MutexGuard<'_, Watch> {
    // Each message is taken whole: a panic elsewhere leaves a watch right.
    watch.lock().unwrap_or_else(PoisonError::into_inner)
}
