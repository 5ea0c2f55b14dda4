//! The account stream while Redis stalls, or is restarted: a client that trusts the stream, and
//! reads the lists again after each `resync`, ends up with every event of every order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use cluster::e2e::socket::Socket;
use cluster::e2e::suites::SOL_FOR_USDC;
use cluster::e2e::{Target, text};
use cluster::{Member, Scratch, Size};
use serde_json::Value;
use tokio::task::JoinSet;

use super::cluster;

/// Long enough that publishers give up, and in part so short that readers need not notice.
const OUTAGES: [Duration; 3] = [
    Duration::from_millis(1_300),
    Duration::from_secs(2),
    Duration::from_secs(3),
];
/// From Redis' return until a client knows everything.
const TOLD_WITHIN: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(50);

/// The numbers of events by orders.
pub(super) type Events = BTreeMap<String, BTreeSet<u64>>;

/// What a client got from the stream, or read after a `resync`.
#[derive(Debug, Default, Clone)]
struct Knowledge(Arc<Mutex<Events>>);

impl Knowledge {
    fn learn(&self, order: &str, seq: u64) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(order.to_owned()).or_default().insert(seq);
    }

    /// The events that the client does not know.
    fn lacks(&self, truth: &Events) -> Vec<String> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let none = BTreeSet::new();
        let lacking = truth.iter().filter_map(|(order, events)| {
            let own = known.get(order).unwrap_or(&none);
            let missing: Vec<&u64> = events.difference(own).collect();
            (!missing.is_empty()).then(|| format!("{order} lacks {missing:?}"))
        });
        lacking.collect()
    }

    /// Reads a stream for ever. What it must read again it reads concurrently, one read at a time,
    /// because the gateway closes a client that stops following meanwhile as too slow.
    async fn follow(self, target: Target, gateway: usize, mut stream: Socket) -> Result<()> {
        let mut readings = JoinSet::new();
        let mut must_read_again = false;
        loop {
            tokio::select! {
                message = stream.next() => {
                    let message = message?.context("the stream was closed")?;
                    if message["type"] == "resync" {
                        must_read_again = true;
                    } else {
                        let seq = message["seq"].as_u64().context("a number")?;
                        self.learn(text(&message, "orderId")?, seq);
                    }
                }
                Some(read) = readings.join_next() => {
                    let read: Result<Events> = read.context("a reading panicked")?;
                    for (order, events) in read? {
                        for seq in events {
                            self.learn(&order, seq);
                        }
                    }
                }
            }
            if must_read_again && readings.is_empty() {
                must_read_again = false;
                let target = target.clone();
                readings.spawn(async move { stored(&target, gateway).await });
            }
        }
    }
}

/// Every event that is stored, as a client reads it.
async fn stored(target: &Target, gateway: usize) -> Result<Events> {
    let mut all = Events::new();
    for order in target.pages("/api/orders", "orders").await? {
        let id = text(&order, "orderId")?.to_owned();
        let path = format!("/api/orders/{id}/events");
        let answer = target.get(gateway, &path).await?;
        let events = answer["events"].as_array().context("events")?;
        let seqs = events.iter().filter_map(|event| event["seq"].as_u64());
        all.insert(id, seqs.collect());
    }
    Ok(all)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the test measures real processes"
)]
fn now() -> Instant {
    Instant::now()
}

#[derive(Debug, Clone, Copy)]
enum Fault {
    Frozen,
    Restarted,
}

impl Fault {
    fn begin(self, redis: &Member) {
        match self {
            Self::Frozen => redis.freeze(),
            Self::Restarted => redis.kill(),
        }
    }

    async fn end(self, cluster: &mut Scratch, redis: &Member) -> Result<()> {
        match self {
            Self::Frozen => {
                redis.thaw();
                Ok(())
            }
            Self::Restarted => cluster.scale(Size::default()).await,
        }
    }
}

/// Submits orders for this long.
async fn hand_in(target: &Target, lasting: Duration) -> Result<()> {
    let began = now();
    let mut n = 0;
    while began.elapsed() < lasting {
        target.accept(n, SOL_FOR_USDC).await?;
        n += 1;
    }
    Ok(())
}

/// What is stored once every order has ended.
pub(super) async fn all_ended(target: &Target) -> Result<Events> {
    let began = now();
    loop {
        let orders = target.pages("/api/orders", "orders").await?;
        let is_open = |order: &&Value| {
            let status = order["status"].as_str().unwrap_or_default();
            !["confirmed", "failed", "cancelled", "expired"].contains(&status)
        };
        let open = orders.iter().filter(is_open).count();
        if open == 0 {
            return stored(target, 0).await;
        }
        ensure!(began.elapsed() < TOLD_WITHIN, "{open} orders are open");
        tokio::time::sleep(POLL).await;
    }
}

/// A reader of the account stream at each of two gateways.
#[derive(Debug)]
pub(super) struct Readers {
    clients: Vec<Knowledge>,
    reading: JoinSet<Result<()>>,
}

impl Readers {
    pub(super) async fn open(target: &Target) -> Result<Self> {
        let mut readers = Self {
            clients: Vec::new(),
            reading: JoinSet::new(),
        };
        for gateway in 0..2 {
            let stream = Socket::open(&target.ws_url(gateway, "/api/stream")).await?;
            let knowledge = Knowledge::default();
            readers.clients.push(knowledge.clone());
            let following = knowledge.follow(target.clone(), gateway, stream);
            readers.reading.spawn(following);
        }
        Ok(readers)
    }

    /// Every one of them ends up with every event.
    pub(super) async fn learn_all(&mut self, truth: &Events) -> Result<()> {
        let began = now();
        while let Some(lacking) = self
            .clients
            .iter()
            .map(|client| client.lacks(truth))
            .find(|lacking| !lacking.is_empty())
        {
            if let Some(ended) = self.reading.try_join_next() {
                ended.context("a reader panicked")??;
            }
            ensure!(
                began.elapsed() < TOLD_WITHIN,
                "of {} orders nobody told that {lacking:#?}",
                truth.len()
            );
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }
}

async fn check_told_of_everything(fault: Fault) -> Result<()> {
    let mut cluster = cluster(&[]).await?;
    let target = cluster.target();
    let mut readers = Readers::open(&target).await?;

    for outage in OUTAGES {
        let redis = cluster.state().redis.clone().context("Redis is up")?;
        hand_in(&target, Duration::from_millis(200)).await?;
        fault.begin(&redis);
        hand_in(&target, outage).await?;
        fault.end(&mut cluster, &redis).await?;
        // The clients' streams go on meanwhile, so that a hole shows before the last event of all.
        hand_in(&target, Duration::from_millis(200)).await?;

        let truth = all_ended(&target).await?;
        let learned = readers.learn_all(&truth).await;
        learned.with_context(|| format!("{fault:?} for {outage:?}"))?;
    }
    Ok(())
}

#[tokio::test]
async fn beside_a_frozen_redis_a_reader_of_the_account_stream_is_shown_or_told_of_every_event()
-> Result<()> {
    check_told_of_everything(Fault::Frozen).await
}

#[tokio::test]
async fn beside_a_redis_started_anew_a_reader_of_the_account_stream_is_shown_or_told_of_every_event()
-> Result<()> {
    check_told_of_everything(Fault::Restarted).await
}
