//! Reads the feed's events between a returning reader's cursor and the place where the ring took
//! over.

use std::sync::Arc;
use std::time::Duration;

use domain::TokenList;
use futures_util::future;
use ports::Ports;
use ports::status_feed::{Position, Published, Shard, TailFrom, Tailed};

use super::cursor::Cursor;
use super::ring::PassedEvent;

/// With more events than this a reader is better served by lists: some 3 MiB for one reader.
const MOST_EVENTS: usize = 4_096;
/// Time limit for reading all of them.
const PATIENCE: Duration = Duration::from_secs(3);
/// Earlier events come at once. A feed that is silent for this long stalls, or has delivered
/// everything: the tail's place shows which.
const SILENCE: Duration = Duration::from_secs(1);

/// The events after the cursor up to `places`, in order within their orders; `None` if some may be
/// missing.
pub(super) async fn read(
    ports: &Ports,
    tokens: &TokenList,
    cursor: &Cursor,
    places: &[Option<Position>],
) -> Option<Vec<PassedEvent>> {
    tokio::time::timeout(PATIENCE, read_shards(ports, tokens, cursor, places))
        .await
        .ok()?
}

async fn read_shards(
    ports: &Ports,
    tokens: &TokenList,
    cursor: &Cursor,
    places: &[Option<Position>],
) -> Option<Vec<PassedEvent>> {
    if cursor.0.len() != places.len() {
        return None;
    }
    let shards = (0..).map(Shard).zip(cursor.0.iter().zip(places));
    let readings = shards.map(|(shard, (from, upto))| between(ports, shard, from, upto));
    let read = future::try_join_all(readings).await.ok()?;

    let mut reached = cursor.0.clone();
    let mut events = Vec::new();
    for (index, placed) in read.into_iter().enumerate() {
        for (place, published) in placed {
            reached[index] = Some(place);
            events.push(PassedEvent::new(&published, tokens, &reached));
            if events.len() > MOST_EVENTS {
                return None;
            }
        }
        reached[index].clone_from(&places[index]);
    }
    Some(events)
}

type Placed = (Position, Arc<Published>);

/// Some of the events between two places may be missing.
struct Missing;

async fn between(
    ports: &Ports,
    shard: Shard,
    from: &Option<Position>,
    upto: &Option<Position>,
) -> Result<Vec<Placed>, Missing> {
    let (Some(from), Some(upto)) = (from, upto) else {
        return Err(Missing);
    };
    let mut read = Vec::new();
    if from == upto {
        return Ok(read);
    }
    let opening = ports.feed.tail(shard, TailFrom::After(from.clone()));
    let mut tail = opening.await.map_err(|_| Missing)?;
    // Read first, then compare the place: a tail that has lost something says so first.
    loop {
        let events = match tokio::time::timeout(SILENCE, tail.next()).await {
            Ok(Ok(Tailed::Events(events))) => events,
            // The last place need not be that of an event.
            Err(_) if tail.position() == *upto => return Ok(read),
            Ok(Ok(Tailed::Lost) | Err(_)) | Err(_) => return Err(Missing),
        };
        for placed in events {
            let is_last = placed.0 == *upto;
            read.push(placed);
            if is_last {
                return Ok(read);
            }
        }
        if tail.position() == *upto {
            return Ok(read);
        }
        if read.len() > MOST_EVENTS {
            return Err(Missing);
        }
    }
}
