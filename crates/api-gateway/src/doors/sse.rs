//! An order's events as server-sent events: the same log and the same texts as on the sockets.

use std::convert::Infallible;
use std::pin::Pin;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::Bytes;
use domain::{Order, Seq};
use futures_util::stream::{self, Stream};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use super::telemetry;
use crate::live::{Followed, Follower, Live, Permit, Rendered};

/// Keeps a quiet connection alive through proxies.
const COMMENT: &[u8] = b": ping\n\n";

/// Streams an order's events after the last one that the client has `seen`. 204 tells a client that
/// has seen the terminal event not to come back.
///
/// A reader that is stuck uses only its connection, which the kernel's own time limit ends.
#[must_use]
pub(crate) fn respond(
    live: &Live,
    order: &Order,
    seen: Option<Seq>,
    permit: Permit,
) -> HttpResponse {
    let has_seen_all = order.status().is_terminal() && seen.is_some_and(|seen| seen >= order.seq);
    if has_seen_all {
        return HttpResponse::NoContent().finish();
    }
    let reading = Reading {
        follower: live.follow(order, seen),
        comments: comments(live.settings().comment_every),
        leaving: Box::pin(live.leaving()),
        _permit: permit,
    };
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/event-stream"))
        .insert_header((CACHE_CONTROL, "no-store"))
        // Otherwise proxies would collect events before they pass them on.
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(events(reading))
}

/// The larger of the query's `since` and the `Last-Event-ID` of a reconnecting client.
#[must_use]
pub(crate) fn seen(since: Option<Seq>, last_event_id: Option<Seq>) -> Option<Seq> {
    since.max(last_event_id)
}

struct Reading {
    follower: Follower,
    comments: Interval,
    leaving: Pin<Box<dyn Future<Output = ()>>>,
    _permit: Permit,
}

fn comments(every: Duration) -> Interval {
    let mut comments = interval_at(Instant::now() + every, every);
    comments.set_missed_tick_behavior(MissedTickBehavior::Delay);
    comments
}

fn events(reading: Reading) -> impl Stream<Item = Result<Bytes, Infallible>> {
    stream::unfold(reading, |mut reading| async move {
        let bytes = reading.next().await?;
        Some((Ok(bytes), reading))
    })
}

impl Reading {
    /// What to send next; `None` if the stream is over.
    async fn next(&mut self) -> Option<Bytes> {
        tokio::select! {
            biased;
            () = &mut self.leaving => None,
            followed = self.follower.next() => match followed {
                Followed::Event(told) => {
                    telemetry::sent();
                    Some(message(&told))
                }
                Followed::Ended | Followed::Stopped => None,
            },
            _ = self.comments.tick() => Some(Bytes::from_static(COMMENT)),
        }
    }
}

fn message(told: &Rendered) -> Bytes {
    format!("id: {}\ndata: {}\n\n", told.seq, told.text).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_an_id_and_one_line_of_data() {
        let told = Rendered {
            seq: Seq::new(3),
            text: r#"{"seq":3}"#.into(),
        };

        assert_eq!(message(&told), "id: 3\ndata: {\"seq\":3}\n\n");
    }

    #[test]
    fn the_larger_of_since_and_last_event_id_counts() {
        let (three, five) = (Some(Seq::new(3)), Some(Seq::new(5)));

        assert_eq!(seen(three, five), five);
        assert_eq!(seen(five, three), five);
        assert_eq!(seen(None, three), three);
        assert_eq!(seen(None, None), None);
    }
}
