//! Sends spans to a collector, as OTLP in JSON over HTTP, on a thread of its own. While the
//! collector is slow or down, spans are dropped and counted; orders do not wait.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use ports::Random;
use serde_json::{Value, json};
use tracing::warn;

use super::{Fields, Logged, Open, Traces};

/// Spans that wait to be sent: some MiB at a few KiB each. Further ones are dropped and counted.
const WAITING: usize = 2_048;
/// The largest request to the collector.
const BATCH: usize = 1_024;
/// How long a request waits for more spans, so that one carries many.
const LINGER: Duration = Duration::from_millis(200);
/// A collector beside the engine answers in far less.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// SpanKind of the protocol: internal, server, client, and consumer of messages.
const INTERNAL: u8 = 1;
const SERVER: u8 = 2;
const CLIENT: u8 = 3;
const CONSUMER: u8 = 5;
/// Status of a span that failed.
const STATUS_ERROR: u8 = 2;

pub(super) enum Message {
    Span(Value),
    End,
}

/// The thread that sends. Dropping it sends the spans still under way.
#[derive(Debug)]
pub(in crate::telemetry) struct Exporter {
    spans: SyncSender<Message>,
    thread: Option<JoinHandle<()>>,
}

/// Starts the thread, which sends to `endpoint`, and the layer that collects spans for it.
pub(in crate::telemetry) fn start(endpoint: &str) -> (Traces, Exporter) {
    let (spans, receiver) = sync_channel(WAITING);
    let url = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
    let thread = std::thread::Builder::new()
        .name("traces".to_owned())
        .spawn(move || send_all(&receiver, &url))
        .ok();
    let traces = Traces {
        ended: spans.clone(),
        random: Random::from_system(),
    };
    (traces, Exporter { spans, thread })
}

impl Drop for Exporter {
    fn drop(&mut self) {
        // A thread that waits for a collector which does not answer must not delay the exit.
        if self.spans.try_send(Message::End).is_ok()
            && let Some(thread) = self.thread.take()
        {
            let _ = thread.join();
        }
    }
}

fn send_all(spans: &Receiver<Message>, url: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    // This fails if another part of the process has installed the same provider before.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().timeout(ANSWER_LIMIT).build();
    let (Ok(runtime), Ok(client)) = (runtime, client) else {
        warn!("no traces are sent: the thread for them could not be set up");
        return;
    };
    let mut was_heard = true;
    while let Ok(Message::Span(first)) = spans.recv() {
        let mut batch = vec![first];
        let mut is_over = false;
        std::thread::sleep(LINGER);
        for message in spans.try_iter().take(BATCH - 1) {
            match message {
                Message::Span(span) => batch.push(span),
                Message::End => is_over = true,
            }
        }
        let count = batch.len() as u64;
        let sending = client.post(url).json(&request(&batch));
        // The request is made inside the runtime, because it needs its timer.
        let sent = runtime.block_on(async { sending.send().await?.error_for_status() });
        if let Err(error) = &sent {
            metrics::counter!("trace_spans_dropped_total").increment(count);
            // Once per outage of the collector.
            if was_heard {
                warn!(%error, "traces are lost: the collector at {url} does not accept them");
            }
        }
        was_heard = sent.is_ok();
        if is_over {
            return;
        }
    }
}

/// The body of one request.
fn request(spans: &[Value]) -> Value {
    let program = std::env::current_exe().ok();
    let program = program
        .as_deref()
        .and_then(|path| path.file_stem()?.to_str());
    json!({ "resourceSpans": [{
        "resource": { "attributes": [
            attribute("service.name", program.unwrap_or("order-engine")),
            attribute("service.version", crate::VERSION),
            attribute("host.name", &crate::runtime::host_name()),
        ]},
        "scopeSpans": [{ "scope": { "name": "order-engine" }, "spans": spans }],
    }]})
}

/// An ended span as the protocol writes it: ids in hexadecimal, times as texts.
pub(super) fn json(open: &Open, ended: u64) -> Value {
    let place = &open.place;
    let event = |logged: &Logged| {
        json!({
            "timeUnixNano": logged.at.to_string(),
            "name": logged.fields.get("message").unwrap_or(open.name),
            "attributes": attributes(&logged.fields),
        })
    };
    let events: Vec<Value> = open.events.iter().map(event).collect();
    let mut span = json!({
        "traceId": place.trace,
        "spanId": place.span,
        "name": open.name,
        "kind": kind_of(open.name),
        "startTimeUnixNano": open.began.to_string(),
        "endTimeUnixNano": ended.to_string(),
        "attributes": attributes(&open.fields),
        "events": events,
    });
    if let Some(parent) = &place.parent {
        span["parentSpanId"] = json!(parent);
    }
    if let Some(error) = open.fields.get("error") {
        span["status"] = json!({ "code": STATUS_ERROR, "message": error });
    }
    span
}

fn kind_of(name: &str) -> u8 {
    let is_call_of = |whom: &str| {
        name.strip_prefix(whom)
            .is_some_and(|rest| rest.starts_with('.'))
    };
    match name {
        "http" => SERVER,
        "order.run" => CONSUMER,
        _ if ["venue", "chain", "store"].into_iter().any(is_call_of) => CLIENT,
        _ => INTERNAL,
    }
}

fn attributes(fields: &Fields) -> Vec<Value> {
    let told = fields.0.iter().filter(|(name, _)| *name != "message");
    told.map(|(name, value)| attribute(name, value)).collect()
}

fn attribute(name: &str, value: &str) -> Value {
    json!({ "key": name, "value": { "stringValue": value } })
}
