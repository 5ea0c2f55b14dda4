//! The feed: a trimmed stream per shard, and the live state of each order for a while.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use async_trait::async_trait;
use deadpool_redis::redis::cmd;
use futures_util::future::join_all;
use ports::status_feed::{FeedTail, Position, Published, Shard, StatusFeed, TailFrom};
use ports::{Error, Random, Result};

use crate::failure::ConnectError;
use crate::link::Link;
use crate::room::Room;
use crate::script::Script;
use crate::settings::FeedSettings;
use crate::tail::{LOST_FIELD, Place, Tail};

/// Events appended by one script, so that none blocks the server for long.
const PUBLISH_BATCH: usize = 250;

/// The feed on Redis.
#[derive(Debug)]
pub struct RedisFeed {
    link: Arc<Link>,
    settings: FeedSettings,
    /// This publisher's id among all that publish here, drawn at the start.
    publisher: String,
    /// The [`Room`] that each shard's server had at the last beat.
    rooms: Vec<AtomicU8>,
    publish: Script,
    present: Script,
}

impl RedisFeed {
    /// A feed on this server. If the server cannot be reached, it is used once it can.
    pub async fn connect(settings: FeedSettings) -> std::result::Result<Arc<Self>, ConnectError> {
        metrics::describe_counter!(
            "feed_unreadable_total",
            "Entries of the feed that could not be read"
        );
        metrics::counter!("feed_unreadable_total").increment(0);
        let link = Link::open(&settings.server).await?;
        Ok(Arc::new(Self {
            link,
            rooms: (0..settings.shards.max(1))
                .map(|_| AtomicU8::default())
                .collect(),
            settings,
            publisher: format!("{:016x}", Random::from_system().bits()),
            publish: Script::new(include_str!("lua/publish.lua")),
            present: Script::new(include_str!("lua/present.lua")),
        }))
    }

    fn base(&self, shard: Shard) -> String {
        format!("{}:{{f{}}}", self.settings.server.prefix, shard.0)
    }

    fn stream(&self, shard: Shard) -> String {
        format!("{}:events", self.base(shard))
    }

    fn all_shards(&self) -> impl Iterator<Item = Shard> + use<> {
        (0..self.shards()).map(Shard)
    }

    async fn publish_to(&self, shard: Shard, events: &[&Published]) -> Result<()> {
        for batch in events.chunks(PUBLISH_BATCH) {
            let mut args = Vec::with_capacity(1 + 5 * batch.len());
            args.push(self.settings.kept.to_string());
            for published in batch {
                args.extend([
                    published.event.order_id.to_string(),
                    published.event.seq.get().to_string(),
                    live_state(published),
                    self.seconds_kept(shard, published).to_string(),
                    json(published)?,
                ]);
            }
            let base = self.base(shard);
            let _: i64 = self.publish.run(&self.link, &base, &args).await?;
        }
        Ok(())
    }

    /// How long the live state is kept after this event; 0 where there is no room for it.
    fn seconds_kept(&self, shard: Shard, published: &Published) -> u64 {
        let room = Room::at(self.rooms[usize::from(shard.0)].load(Ordering::Relaxed));
        if room.is_for(published.event.data.status().is_terminal()) {
            self.settings.order_ttl.as_secs().max(1)
        } else {
            0
        }
    }

    async fn look_for_room(&self, shard: Shard) -> Result<()> {
        let room = Room::of(&self.link, &self.base(shard)).await?;
        let level = &self.rooms[usize::from(shard.0)];
        let before = Room::at(level.swap(room.level(), Ordering::Relaxed));
        if room != before {
            tracing::info!(
                shard = shard.0,
                "Redis has {room:?} room for the live states of orders"
            );
        }
        Ok(())
    }

    async fn be_present_in(&self, shard: Shard) -> Result<()> {
        // First, as a full server takes no sign of life.
        self.look_for_room(shard).await?;
        let args = [
            self.publisher.clone(),
            self.settings.silence.as_millis().to_string(),
            self.settings.kept.to_string(),
        ];
        let base = self.base(shard);
        let silent: i64 = self.present.run(&self.link, &base, &args).await?;
        if silent > 0 {
            tracing::debug!(
                shard = shard.0,
                silent,
                "{silent} publishers fell silent; watchers are told that events may be missing"
            );
        }
        Ok(())
    }

    async fn tell_lost_in(&self, shard: Shard) -> Result<()> {
        let stream = self.stream(shard);
        let mut mark = cmd("XADD");
        mark.arg(&stream)
            .arg("MAXLEN")
            .arg("~")
            .arg(self.settings.kept)
            .arg("*")
            .arg(LOST_FIELD)
            .arg(1);
        let _: String = self.link.command(&stream, mark).await?;
        Ok(())
    }
}

/// What a person finds in Redis about an order that is or was recently open; no program reads it.
/// It is short, some 200 bytes with its key, because there is one for each order of the last hour.
fn live_state(published: &Published) -> String {
    let event = &published.event;
    let (seq, status) = (event.seq.get(), event.data.status().name());
    format!("{seq} {status} {}", event.at)
}

fn json(published: &Published) -> Result<String> {
    serde_json::to_string(published).map_err(|error| Error::corrupt("an event", error))
}

#[async_trait]
impl StatusFeed for RedisFeed {
    async fn publish(&self, events: Vec<Published>) -> Result<()> {
        let mut of_shards = vec![Vec::new(); usize::from(self.shards())];
        for published in &events {
            let Shard(number) = self.shard_of(published.event.order_id);
            of_shards[usize::from(number)].push(published);
        }
        // Concurrently: they share a connection, so they are sent and answered together.
        let publishing = (0..).zip(&of_shards);
        let publishing = publishing.map(|(number, own)| self.publish_to(Shard(number), own));
        join_all(publishing).await.into_iter().collect()
    }

    async fn tell_lost(&self) -> Result<()> {
        let telling = self.all_shards().map(|shard| self.tell_lost_in(shard));
        join_all(telling).await.into_iter().collect()
    }

    async fn beat(&self) -> Result<()> {
        let being_present = self.all_shards().map(|shard| self.be_present_in(shard));
        join_all(being_present).await.into_iter().collect()
    }

    async fn retire(&self) -> Result<()> {
        for shard in self.all_shards() {
            let publishers = format!("{}:publishers", self.base(shard));
            let mut leave = cmd("ZREM");
            leave.arg(&publishers).arg(&self.publisher);
            let _: i64 = self.link.command(&publishers, leave).await?;
        }
        Ok(())
    }

    fn shards(&self) -> u16 {
        self.settings.shards.max(1)
    }

    async fn tail(&self, shard: Shard, from: TailFrom) -> Result<Box<dyn FeedTail>> {
        let stream = self.stream(shard);
        let tail = match from {
            TailFrom::Now => Tail::from_now(self.link.clone(), stream).await?,
            TailFrom::After(Position(text)) => match Place::parse(&text) {
                Some(place) => Tail::after(self.link.clone(), stream, place),
                None => Tail::from_now(self.link.clone(), stream).await?.lost(),
            },
        };
        Ok(Box::new(tail))
    }
}
