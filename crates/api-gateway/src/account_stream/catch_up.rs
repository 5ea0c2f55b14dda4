//! Reading what the feed brought between a returning reader's cursor and the place where the ring took
//! over.

use std::time::Duration;

use ports::status_feed::{Position, Published, Shard, TailFrom, Tailed};

use super::cursor::Cursor;
use super::ring::PassedEvent;
use crate::ws::hub::Inner;

/// More than this and the reader is better off with lists: some 3 MiB for one reader.
const MOST_EVENTS: usize = 4_096;
/// All of it must be read by then.
const PATIENCE: Duration = Duration::from_secs(3);
/// What was published earlier comes at once; after this long without any, all of it has come.
const NOTHING_MORE: Duration = Duration::from_millis(250);

/// The events after the cursor up to `places`, in order within their orders; `None` where some may be
/// missing.
pub(super) async fn read(
    hub: &Inner,
    cursor: &Cursor,
    places: &[Option<Position>],
) -> Option<Vec<PassedEvent>> {
    tokio::time::timeout(PATIENCE, read_shards(hub, cursor, places))
        .await
        .ok()?
}

async fn read_shards(
    hub: &Inner,
    cursor: &Cursor,
    places: &[Option<Position>],
) -> Option<Vec<PassedEvent>> {
    if cursor.0.len() != places.len() {
        return None;
    }
    let mut reached = cursor.0.clone();
    let mut events = Vec::new();
    for (shard, upto) in (0..).map(Shard).zip(places) {
        let index = usize::from(shard.0);
        let (Some(from), Some(upto)) = (reached[index].clone(), upto) else {
            return None;
        };
        for (place, published) in between(hub, shard, from, upto).await? {
            reached[index] = Some(place);
            let order = published.event.order_id;
            if hub.terms.get(order).is_none() {
                super::look_up(hub, order).await;
            }
            let terms = hub.terms.get(order)?;
            events.push(PassedEvent::new(&published, &terms, &reached));
            if events.len() > MOST_EVENTS {
                return None;
            }
        }
        reached[index] = Some(upto.clone());
    }
    Some(events)
}

type Placed = (Position, std::sync::Arc<Published>);

async fn between(
    hub: &Inner,
    shard: Shard,
    from: Position,
    upto: &Position,
) -> Option<Vec<Placed>> {
    let mut read = Vec::new();
    if from == *upto {
        return Some(read);
    }
    let mut tail = hub
        .ports
        .feed
        .tail(shard, TailFrom::After(from))
        .await
        .ok()?;
    // A tail's first place need not be an event's, so that silence is the other sign of the end.
    while let Ok(brought) = tokio::time::timeout(NOTHING_MORE, tail.next()).await {
        let Ok(Tailed::Events(events)) = brought else {
            return None;
        };
        for placed in events {
            let is_last = placed.0 == *upto;
            read.push(placed);
            if is_last {
                return Some(read);
            }
        }
        if read.len() > MOST_EVENTS {
            return None;
        }
    }
    Some(read)
}
