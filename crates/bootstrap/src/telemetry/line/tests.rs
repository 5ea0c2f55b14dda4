//! What a person reads.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use tracing::{debug, info, warn};
use tracing_subscriber::layer::SubscriberExt;

use super::{Colour, ReadableLine};

#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("one thread").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is printed while `log` runs, without the time of day.
fn printed(log: impl FnOnce()) -> String {
    let page = Page::default();
    let writer = page.clone();
    let layer = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .event_format(ReadableLine(Colour::Off))
        .with_writer(move || writer.clone());
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), log);
    let text = String::from_utf8(page.0.lock().expect("one thread").clone()).expect("text");
    text.get("00:00:00.000 ".len()..)
        .expect("a time first")
        .to_owned()
}

#[test]
fn a_change_of_state_is_its_message_alone() {
    let line = printed(|| info!(order.id = "7", order.seq = 2, "order 7 routed to raydium"));

    assert_eq!(line, "INFO  order 7 routed to raydium\n");
}

#[test]
fn an_error_that_the_message_does_not_tell_is_added() {
    let line = printed(|| warn!(error = "no route to host", "the queue is away"));
    assert_eq!(line, "WARN  the queue is away: no route to host\n");

    let line = printed(|| warn!(error = "boom", "it failed: boom"));
    assert_eq!(line, "WARN  it failed: boom\n");
}

#[test]
fn whoever_debugs_sees_fields_and_where_they_come_from() {
    let line = printed(|| debug!(target: "order_worker", count = 3, "claimed"));

    assert_eq!(line, "DEBUG claimed count=3  [order_worker]\n");
}
