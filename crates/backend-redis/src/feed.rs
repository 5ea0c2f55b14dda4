//! The feed: a trimmed stream per shard, and the live state of each order for a while.

use std::sync::Arc;

use async_trait::async_trait;
use deadpool_redis::redis::{Script, cmd};
use domain::OrderId;
use futures_util::future::join_all;
use ports::status_feed::{FeedTail, Position, Published, Shard, StatusFeed, TailFrom};
use ports::{Error, Result};
use serde::Serialize;

use crate::failure::ConnectError;
use crate::link::Link;
use crate::settings::FeedSettings;
use crate::tail::{Place, Tail};

/// Events appended by one script, so that none holds the server for long.
const PUBLISH_BATCH: usize = 250;
/// The field that holds an event; entries without it are no events.
pub(crate) const EVENT_FIELD: &str = "e";

/// The feed on Redis.
#[derive(Debug)]
pub struct RedisFeed {
    link: Arc<Link>,
    settings: FeedSettings,
    publish: Script,
}

/// What a person finds in Redis about an order that is or was just open. Nothing reads it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LiveState<'a> {
    order_id: OrderId,
    client: &'a str,
    status: &'a str,
    seq: u32,
    updated_at: String,
}

impl RedisFeed {
    /// A feed on this server. A server that cannot be reached is used once it can.
    pub async fn connect(settings: FeedSettings) -> std::result::Result<Arc<Self>, ConnectError> {
        metrics::describe_counter!(
            "feed_unreadable_total",
            "Entries of the feed that could not be read"
        );
        metrics::counter!("feed_unreadable_total").increment(0);
        let feed = Self {
            link: Arc::new(Link::to(&settings.server)?),
            settings,
            publish: Script::new(include_str!("lua/publish.lua")),
        };
        // Logs where the server is away.
        let _ = feed.link.command::<String>(&cmd("PING")).await;
        Ok(Arc::new(feed))
    }

    fn base(&self, shard: Shard) -> String {
        format!("{}:{{f{}}}", self.settings.server.prefix, shard.0)
    }

    async fn publish_to(&self, shard: Shard, events: &[&Published]) -> Result<()> {
        for batch in events.chunks(PUBLISH_BATCH) {
            let mut script = self.publish.key(self.base(shard));
            script
                .arg(self.settings.kept)
                .arg(self.settings.order_ttl.as_secs().max(1));
            for published in batch {
                script
                    .arg(published.event.order_id.to_string())
                    .arg(published.event.seq.get())
                    .arg(live_state(published)?)
                    .arg(json(published)?);
            }
            self.link.script::<i64>(&script).await?;
        }
        Ok(())
    }
}

fn live_state(published: &Published) -> Result<String> {
    let event = &published.event;
    json(&LiveState {
        order_id: event.order_id,
        client: published.client.as_str(),
        status: event.data.status().name(),
        seq: event.seq.get(),
        updated_at: event.at.to_string(),
    })
}

fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::corrupt("an event", error))
}

#[async_trait]
impl StatusFeed for RedisFeed {
    async fn publish(&self, events: Vec<Published>) -> Result<()> {
        let mut of_shards = vec![Vec::new(); usize::from(self.shards())];
        for published in &events {
            let Shard(number) = self.shard_of(published.event.order_id);
            of_shards[usize::from(number)].push(published);
        }
        // Side by side: they share a connection, and so leave and return together.
        let publishing = (0..).zip(&of_shards);
        let publishing = publishing.map(|(number, own)| self.publish_to(Shard(number), own));
        join_all(publishing).await.into_iter().collect()
    }

    fn shards(&self) -> u16 {
        self.settings.shards.max(1)
    }

    async fn tail(&self, shard: Shard, from: TailFrom) -> Result<Box<dyn FeedTail>> {
        let stream = format!("{}:events", self.base(shard));
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
