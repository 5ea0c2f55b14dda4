//! A tail of one stream. It has lost something in three cases. First, the entry at its place is
//! gone, because the stream was trimmed, emptied or rolled back: entries leave a stream only at its
//! old end, and no id is given twice. Second, a mark in the stream says that a publisher lost
//! events. Third, the server was down, because a publisher that also noticed may have ended before
//! it could write its mark.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::streams::StreamReadReply;
use deadpool_redis::redis::{FromRedisValue, RedisResult, Value, cmd, pipe};
use ports::Result;
use ports::status_feed::{FeedTail, Position, Published, Tailed};

use crate::failure::Failure;
use crate::link::Link;

/// The field that holds an event; entries without it are not events.
pub(crate) const EVENT_FIELD: &str = "e";
/// The field that marks an entry as a loss: events are missing before it.
pub(crate) const LOST_FIELD: &str = "lost";
/// One wait in the server. Between two waits, an emptied stream is noticed.
const LISTEN: Duration = Duration::from_secs(1);
/// Events read at once.
const READ_LIMIT: usize = 1_000;
/// Pause after an error, so that a caller that asks again at once does not spin.
const PAUSE: Duration = Duration::from_millis(250);

/// A place in a stream: the id of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Place {
    millis: u64,
    number: u64,
}

impl Place {
    /// Parses an id as Redis writes it. No entry is at 0-0.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (millis, number) = text.split_once('-')?;
        let place = Self {
            millis: millis.parse().ok()?,
            number: number.parse().ok()?,
        };
        (place != Self::default()).then_some(place)
    }

    fn position(self) -> Position {
        Position(Arc::from(self.to_string()))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.millis, self.number)
    }
}

/// What one look at the stream found.
enum Look {
    /// Entries that follow the place, in their order.
    Found(VecDeque<Due>),
    /// The place is gone; the newest entry is here.
    Gone(Place),
}

/// What the tail returns next.
enum Due {
    Events {
        events: Vec<(Place, Arc<Published>)>,
        /// The place of the last entry, whether or not it is an event.
        last: Place,
    },
    /// A loss mark, or an unreadable event.
    Lost(Place),
}

type Looking = Pin<Box<dyn Future<Output = std::result::Result<Found, Failure>> + Send>>;

/// The result of a look, and the connection to use for the next.
struct Found {
    look: Look,
    connection: MultiplexedConnection,
}

/// A tail of one stream.
pub(crate) struct Tail {
    link: Arc<Link>,
    stream: String,
    place: Place,
    connection: Option<MultiplexedConnection>,
    /// A look that was begun. It is kept when its caller is dropped, so that waits do not pile up
    /// in the server.
    looking: Option<Looking>,
    /// The last look failed.
    has_failed: bool,
    /// Whether the tail must return `Lost` before anything else.
    has_lost: bool,
    found: VecDeque<Due>,
}

impl Tail {
    /// A tail of entries added from now on.
    pub(crate) async fn from_now(
        link: Arc<Link>,
        stream: String,
    ) -> std::result::Result<Self, Failure> {
        let mut connection = link.waiting_connection(&stream, LISTEN).await?;
        let place = newest(&mut connection, &stream).await;
        let place = link.judge(place.map_err(Failure::Refused))?;
        let mut tail = Self::after(link, stream, place);
        tail.connection = Some(connection);
        Ok(tail)
    }

    /// A tail of entries after this place.
    pub(crate) fn after(link: Arc<Link>, stream: String, place: Place) -> Self {
        Self {
            link,
            stream,
            place,
            connection: None,
            looking: None,
            has_failed: false,
            has_lost: false,
            found: VecDeque::new(),
        }
    }

    /// The same tail, but it first returns `Lost`.
    pub(crate) fn lost(self) -> Self {
        Self {
            has_lost: true,
            ..self
        }
    }

    fn begin_look(&mut self) -> Looking {
        let (link, stream, place) = (self.link.clone(), self.stream.clone(), self.place);
        let connection = self.connection.take();
        Box::pin(async move {
            let found = look_over(&link, connection, &stream, place).await;
            if found.is_err() {
                tokio::time::sleep(PAUSE).await;
            }
            found
        })
    }
}

async fn look_over(
    link: &Link,
    connection: Option<MultiplexedConnection>,
    stream: &str,
    place: Place,
) -> std::result::Result<Found, Failure> {
    let mut connection = match connection {
        Some(connection) => connection,
        None => link.waiting_connection(stream, LISTEN).await?,
    };
    let looked = look(&mut connection, stream, place).await;
    let look = link.judge(looked.map_err(Failure::Refused))?;
    Ok(Found { look, connection })
}

#[async_trait]
impl FeedTail for Tail {
    async fn next(&mut self) -> Result<Tailed> {
        loop {
            if std::mem::take(&mut self.has_lost) {
                return Ok(Tailed::Lost);
            }
            match self.found.pop_front() {
                Some(Due::Lost(place)) => {
                    self.place = place;
                    return Ok(Tailed::Lost);
                }
                Some(Due::Events { events, last }) => {
                    self.place = last;
                    if !events.is_empty() {
                        return Ok(Tailed::Events(placed(events)));
                    }
                    continue;
                }
                None => {}
            }
            if self.looking.is_none() {
                self.looking = Some(self.begin_look());
            }
            let Some(looking) = self.looking.as_mut() else {
                continue;
            };
            let found = looking.as_mut().await;
            self.looking = None;
            self.has_failed |= found.is_err();
            let Found { look, connection } = found?;
            self.connection = Some(connection);
            self.has_lost = std::mem::take(&mut self.has_failed);
            match look {
                Look::Gone(newest) => {
                    self.place = newest;
                    self.has_lost = true;
                }
                Look::Found(due) => self.found = due,
            }
        }
    }

    fn position(&self) -> Position {
        self.place.position()
    }
}

impl fmt::Debug for Tail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tail")
            .field("stream", &self.stream)
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

/// Reads the entries after a place, waiting for them, and then checks that the place still exists:
/// then nothing between it and the entries can have been trimmed.
async fn look(
    connection: &mut MultiplexedConnection,
    stream: &str,
    place: Place,
) -> RedisResult<Look> {
    let mut read = cmd("XREAD");
    read.arg("COUNT")
        .arg(READ_LIMIT)
        .arg("BLOCK")
        .arg(LISTEN.as_millis().to_string())
        .arg("STREAMS")
        .arg(stream)
        .arg(place.to_string());
    let mut here = cmd("XRANGE");
    here.arg(stream)
        .arg(place.to_string())
        .arg(place.to_string());
    // One round trip: the server executes the second command once it has answered the first.
    let both = pipe().add_command(read).add_command(here).to_owned();
    let (entries, here): (Option<StreamReadReply>, Vec<Value>) =
        both.query_async(connection).await?;
    if here.is_empty() {
        return Ok(Look::Gone(newest(connection, stream).await?));
    }
    Ok(Look::Found(read_entries(entries)))
}

/// The newest place of a stream. An empty stream gets an entry that is not an event: then every
/// place belongs to an entry, and a missing place is noticed.
pub(crate) async fn newest(
    connection: &mut MultiplexedConnection,
    stream: &str,
) -> RedisResult<Place> {
    let mut newest = cmd("XREVRANGE");
    newest.arg(stream).arg("+").arg("-").arg("COUNT").arg(1);
    let found: Vec<(String, Value)> = newest.query_async(connection).await?;
    if let Some(place) = found.first().and_then(|(id, _)| Place::parse(id)) {
        return Ok(place);
    }
    let mut mark = cmd("XADD");
    mark.arg(stream).arg("*").arg("begun").arg("1");
    let id: String = mark.query_async(connection).await?;
    Ok(Place::parse(&id).unwrap_or_default())
}

fn placed(events: Vec<(Place, Arc<Published>)>) -> Vec<(Position, Arc<Published>)> {
    let events = events.into_iter();
    events
        .map(|(place, event)| (place.position(), event))
        .collect()
}

fn read_entries(reply: Option<StreamReadReply>) -> VecDeque<Due> {
    let mut due = VecDeque::new();
    let streams = reply.into_iter().flat_map(|reply| reply.keys);
    for entry in streams.flat_map(|stream| stream.ids) {
        let Some(place) = Place::parse(&entry.id) else {
            continue;
        };
        match entry.map.get(EVENT_FIELD) {
            Some(value) => match read_event(value) {
                Some(event) => add_event(&mut due, place, Some(event)),
                None => add_loss(&mut due, place),
            },
            None if entry.map.contains_key(LOST_FIELD) => add_loss(&mut due, place),
            // Other entries are not events.
            None => add_event(&mut due, place, None),
        }
    }
    due
}

fn add_event(due: &mut VecDeque<Due>, place: Place, event: Option<Arc<Published>>) {
    if !matches!(due.back(), Some(Due::Events { .. })) {
        let events = Vec::new();
        due.push_back(Due::Events {
            events,
            last: place,
        });
    }
    if let Some(Due::Events { events, last }) = due.back_mut() {
        events.extend(event.map(|event| (place, event)));
        *last = place;
    }
}

/// Several losses in a row are reported once.
fn add_loss(due: &mut VecDeque<Due>, place: Place) {
    match due.back_mut() {
        Some(Due::Lost(last)) => *last = place,
        _ => due.push_back(Due::Lost(place)),
    }
}

/// An event, if it is readable: a newer version, or another program, may have written it.
fn read_event(value: &Value) -> Option<Arc<Published>> {
    let read = <String as FromRedisValue>::from_redis_value_ref(value)
        .map_err(|error| error.to_string())
        .and_then(|text| serde_json::from_str(&text).map_err(|error| error.to_string()));
    match read {
        Ok(published) => Some(Arc::new(published)),
        Err(error) => {
            metrics::counter!("feed_unreadable_total").increment(1);
            tracing::debug!(error, "an entry of the feed cannot be read");
            None
        }
    }
}
