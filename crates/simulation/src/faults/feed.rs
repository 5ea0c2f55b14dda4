//! The feed as a process reaches it: events are lost, duplicated and late; tails fail and lose
//! events.

use std::sync::Arc;

use async_trait::async_trait;
use ports::status_feed::{FeedTail, Position, Published, Shard, TailFrom, Tailed};
use ports::{Error, Result, StatusFeed};

use super::Line;
use crate::witness::Witness;

#[derive(Debug)]
pub(crate) struct FaultyFeed {
    pub(crate) feed: Arc<dyn StatusFeed>,
    pub(crate) witness: Arc<Witness>,
    pub(crate) line: Line,
}

#[async_trait]
impl StatusFeed for FaultyFeed {
    async fn publish(&self, events: Vec<Published>) -> Result<()> {
        let feed = Arc::clone(&self.feed);
        for published in &events {
            self.witness.tells(&published.event);
        }
        let is_doubled = self.line.happens(|climate| climate.doubled);
        let call = async move {
            if is_doubled {
                feed.publish(events.clone()).await?;
            }
            feed.publish(events).await
        };
        self.line.tell(call).await
    }

    async fn tell_lost(&self) -> Result<()> {
        let feed = Arc::clone(&self.feed);
        self.line.tell(async move { feed.tell_lost().await }).await
    }

    fn shards(&self) -> u16 {
        self.feed.shards()
    }

    async fn tail(&self, shard: Shard, from: TailFrom) -> Result<Box<dyn FeedTail>> {
        let tail = self.line.ask(self.feed.tail(shard, from)).await?;
        Ok(Box::new(FaultyTail {
            tail,
            line: self.line.clone(),
            has_failed: false,
        }))
    }
}

#[derive(Debug)]
struct FaultyTail {
    tail: Box<dyn FeedTail>,
    line: Line,
    /// It must return `Lost` before it continues.
    has_failed: bool,
}

#[async_trait]
impl FeedTail for FaultyTail {
    async fn next(&mut self) -> Result<Tailed> {
        self.line.process.pass().await;
        if self.line.happens(|climate| climate.request_lost) {
            // An immediate error would repeat for ever without time passing.
            tokio::time::sleep(super::SLOW).await;
            self.has_failed = true;
            return Err(Error::unavailable("the feed", "the tail broke"));
        }
        if std::mem::take(&mut self.has_failed) {
            return Ok(Tailed::Lost);
        }
        let brought = self.tail.next().await?;
        // From here on nothing waits: a dropped call has taken nothing.
        if self.line.happens(|climate| climate.answer_lost) {
            return Ok(Tailed::Lost);
        }
        Ok(brought)
    }

    fn position(&self) -> Position {
        self.tail.position()
    }
}
