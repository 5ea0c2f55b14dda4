//! The queue: lists per client, handed out by one script that never waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use domain::{ClientId, OrderId};
use ports::Result;
use ports::job_queue::{Depth, Job, JobQueue, Popped, Wanted};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use deadpool_redis::redis::cmd;

use crate::bell::Bell;
use crate::failure::{ConnectError, Failure};
use crate::link::Link;
use crate::settings::{QueueSettings, StartLimit};
use crate::shard::{Scripts, Shard};

/// Entries pushed by one script, so that none blocks the server for long.
const PUSH_BATCH: usize = 500;
/// Entries handed out by one script, for the same reason.
const POP_LIMIT: usize = 200;
/// A delayed entry is looked for this much late rather than early.
const DUE_SLACK_MS: u64 = 2;
/// The limiter's interval in percent of the configured one. An execution is seen to begin a little
/// after its permit was taken, and this delay varies, but the promise is about what is seen.
const SLOWER_PERCENT: u64 = 101;
const MINUTE_US: u64 = 60_000_000;

/// The queue on Redis. It listens while it lives.
#[derive(Debug)]
pub struct RedisQueue {
    shards: Vec<Arc<Shard>>,
    link: Arc<Link>,
    settings: QueueSettings,
    bell: Arc<Bell>,
    hungry: Arc<Notify>,
    /// Where the next pop begins, so that no shard is always last.
    next_shard: AtomicUsize,
    /// When the next delayed entry is due, in ms from the pop that reported it; `u64::MAX` for
    /// none.
    next_due_ms: AtomicU64,
    /// The listeners; they end with the queue.
    _tasks: JoinSet<()>,
}

impl RedisQueue {
    /// A queue on this server. If the server cannot be reached, it is used once it can.
    pub async fn connect(settings: QueueSettings) -> std::result::Result<Arc<Self>, ConnectError> {
        if settings.limit.is_some() && settings.shards != 1 {
            return Err(ConnectError::LimitOverShards {
                shards: settings.shards,
            });
        }
        metrics::describe_counter!(
            "queue_dead_entries_total",
            "Entries of the queue that could not be read"
        );
        metrics::counter!("queue_dead_entries_total").increment(0);
        let link = Link::open(&settings.server).await?;
        let (bell, hungry) = (Arc::<Bell>::default(), Arc::<Notify>::default());
        let scripts = Arc::new(Scripts::new());
        let shards: Vec<Arc<Shard>> = (0..settings.shards.max(1))
            .map(|number| {
                Arc::new(Shard::new(
                    &settings.server.prefix,
                    number,
                    link.clone(),
                    scripts.clone(),
                    hungry.clone(),
                ))
            })
            .collect();
        let mut tasks = JoinSet::new();
        for shard in &shards {
            tasks.spawn(bell.clone().listen(link.clone(), shard.key("bell")));
        }
        let queue = Self {
            shards,
            link,
            settings,
            bell,
            hungry,
            next_shard: AtomicUsize::new(0),
            next_due_ms: AtomicU64::new(u64::MAX),
            _tasks: tasks,
        };
        // Learns the epochs.
        let _ = queue.depth().await;
        Ok(Arc::new(queue))
    }

    /// All orders of a client are in one shard, or a small client would wait in the fullest of its shards behind a
    /// flood that is alone in the others. Where there are no clients, orders are spread.
    fn place_of(&self, job: &Job) -> usize {
        let number = match &job.client {
            client if *client == ClientId::anyone() => job.order_id.uuid().as_u128(),
            client => u128::from(hash(client.as_str())),
        };
        usize::try_from(number % self.shards.len() as u128).unwrap_or(0)
    }

    fn shard_of(&self, job: &Job) -> &Shard {
        &self.shards[self.place_of(job)]
    }

    async fn push_to(
        &self,
        shard: &Shard,
        jobs: &[&Job],
        unless_popped_within: Duration,
    ) -> std::result::Result<usize, Failure> {
        let mut added = 0;
        for batch in jobs.chunks(PUSH_BATCH) {
            let mut args = Vec::with_capacity(2 + 3 * batch.len());
            args.push(self.settings.capacity.to_string());
            args.push(millis(unless_popped_within).to_string());
            for job in batch {
                args.extend(entry(job));
            }
            added += shard.run::<usize>(&shard.scripts().push, &args).await?;
        }
        Ok(added)
    }

    async fn pop_from(
        &self,
        shard: &Shard,
        max: usize,
        wanted: Wanted,
    ) -> std::result::Result<Popped, Failure> {
        let (interval_us, burst) = limiter(self.settings.limit);
        let args = [
            max.min(POP_LIMIT).to_string(),
            match wanted {
                Wanted::Any => "any".to_owned(),
                Wanted::Resumes => "resumes".to_owned(),
            },
            interval_us.to_string(),
            burst.to_string(),
            self.settings.capacity.to_string(),
            millis(self.settings.longest_rest).to_string(),
        ];
        let (taken, limited_us, next_due_ms, hungry, buried): (Vec<String>, u64, i64, u8, u64) =
            shard.run(&shard.scripts().pop, &args).await?;
        if hungry == 1 {
            shard.call_sweeper();
        }
        if buried > 0 {
            metrics::counter!("queue_dead_entries_total").increment(buried);
            tracing::warn!("{buried} entries of the queue could not be read; see the dead entries");
        }
        if let Ok(due_ms) = u64::try_from(next_due_ms) {
            self.next_due_ms.fetch_min(due_ms, Ordering::Relaxed);
        }
        let pairs = taken.chunks_exact(2);
        let jobs: Vec<Job> = pairs.filter_map(|pair| job(&pair[0], &pair[1])).collect();
        Ok(Popped {
            is_drained: jobs.len() < max.min(POP_LIMIT) && limited_us == 0 && buried == 0,
            jobs,
            limited_for: (limited_us > 0).then(|| Duration::from_micros(limited_us)),
        })
    }
}

/// An entry as the scripts take it.
fn entry(job: &Job) -> [String; 3] {
    let kind = match (job.starts_execution, job.has_fired) {
        (true, true) => "f",
        (true, false) => "s",
        (false, _) => "r",
    };
    [
        job.order_id.to_string(),
        kind.to_owned(),
        job.client.to_string(),
    ]
}

/// An entry as the scripts return it. The script has checked its form; if the id is invalid all the
/// same, the entry is dropped, because the sweeper brings the order again.
fn job(id: &str, entry: &str) -> Option<Job> {
    let (kind, client) = entry.split_at_checked(1)?;
    Some(Job {
        order_id: OrderId::parse(id).ok()?,
        client: ClientId::parse(client).ok()?,
        starts_execution: kind != "r",
        has_fired: kind == "f",
    })
}

/// The limiter's interval in microseconds, 0 for none, and its burst.
fn limiter(limit: Option<StartLimit>) -> (u64, u32) {
    match limit {
        Some(StartLimit { per_minute, burst }) if per_minute > 0 => {
            let interval = MINUTE_US * SLOWER_PERCENT / (100 * u64::from(per_minute));
            (interval, burst.max(1))
        }
        _ => (0, 1),
    }
}

/// FNV-1a: the same in every program and version.
fn hash(client: &str) -> u64 {
    let bytes = client.bytes();
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[async_trait]
impl JobQueue for RedisQueue {
    async fn refill(&self, jobs: Vec<Job>, unless_popped_within: Duration) -> Result<usize> {
        let mut added = 0;
        for (place, shard) in self.shards.iter().enumerate() {
            let own: Vec<&Job> = jobs
                .iter()
                .filter(|job| self.place_of(job) == place)
                .collect();
            added += self.push_to(shard, &own, unless_popped_within).await?;
        }
        Ok(added)
    }

    async fn push_delayed(&self, job: Job, delay: Duration) -> Result<()> {
        let shard = self.shard_of(&job);
        let mut args = entry(&job).to_vec();
        args.push(millis(delay).to_string());
        shard.run::<i64>(&shard.scripts().delay, &args).await?;
        Ok(())
    }

    async fn pop(&self, max: usize, wanted: Wanted) -> Result<Popped> {
        self.next_due_ms.store(u64::MAX, Ordering::Relaxed);
        let start = self.next_shard.fetch_add(1, Ordering::Relaxed);
        let mut all = Popped {
            is_drained: true,
            ..Popped::default()
        };
        for step in 0..self.shards.len() {
            let shard = &self.shards[(start.wrapping_add(step)) % self.shards.len()];
            let missing = max.saturating_sub(all.jobs.len());
            if missing == 0 {
                all.is_drained = false;
                break;
            }
            match self.pop_from(shard, missing, wanted).await {
                Ok(popped) => {
                    all.jobs.extend(popped.jobs);
                    all.limited_for = popped.limited_for;
                    all.is_drained &= popped.is_drained;
                }
                // Entries from other shards must not be lost with this error.
                Err(_) if !all.jobs.is_empty() => {
                    all.is_drained = false;
                    break;
                }
                Err(failure) => return Err(failure.into()),
            }
        }
        Ok(all)
    }

    async fn began_late(&self, by: Duration) -> Result<()> {
        let (interval_us, burst) = limiter(self.settings.limit);
        if interval_us == 0 {
            return Ok(());
        }
        let args = [
            interval_us.to_string(),
            burst.to_string(),
            by.as_micros().to_string(),
        ];
        for shard in &self.shards {
            shard.run::<i64>(&shard.scripts().late, &args).await?;
        }
        Ok(())
    }

    async fn unspent(&self, since: Duration) -> Result<()> {
        let (interval_us, burst) = limiter(self.settings.limit);
        // After this time the limiter may be full: giving back would allow too many starts.
        if since >= Duration::from_micros(interval_us) {
            return Ok(());
        }
        let args = [interval_us.to_string(), burst.to_string()];
        for shard in &self.shards {
            shard.run::<i64>(&shard.scripts().unspent, &args).await?;
        }
        Ok(())
    }

    async fn wait(&self, limit: Duration) {
        let due_ms = self.next_due_ms.load(Ordering::Relaxed);
        let due = Duration::from_millis(due_ms.saturating_add(DUE_SLACK_MS));
        self.bell.wait(limit.min(due)).await;
    }

    async fn wait_hungry(&self) {
        self.hungry.notified().await;
    }

    async fn depth(&self) -> Result<Depth> {
        let mut depth = Depth::default();
        for shard in &self.shards {
            let (ready, delayed, dead, is_starved): (u64, u64, u64, bool) =
                shard.run(&shard.scripts().depth, &[]).await?;
            depth.ready += ready;
            depth.delayed += delayed;
            depth.dead_entries += dead;
            depth.is_overflowing |= is_starved;
        }
        Ok(depth)
    }

    async fn dead_entries(&self, limit: usize) -> Result<Vec<String>> {
        let mut entries = Vec::new();
        let Some(last) = limit.checked_sub(1) else {
            return Ok(entries);
        };
        for shard in &self.shards {
            let key = shard.key("dead");
            let mut range = cmd("LRANGE");
            range.arg(&key).arg(0).arg(last);
            let raw: Vec<Vec<u8>> = self.link.command(&key, range).await?;
            entries.extend(
                raw.into_iter()
                    .map(|entry| String::from_utf8_lossy(&entry).into_owned()),
            );
        }
        entries.truncate(limit);
        Ok(entries)
    }
}
