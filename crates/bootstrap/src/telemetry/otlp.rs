//! Traces for OpenTelemetry: each span of the engine with the events logged inside it. The trace
//! context of a request is stored with its order, so that the request and the worker's execution of
//! the order are one trace, even in different processes.
//!
//! Three fields of a span say where it belongs: `trace` is the W3C context that it continues, `trace.id` the
//! trace that it begins, `request.id` its own id. A span with none of them is a child of the span around it.

mod export;

use std::fmt;
use std::sync::mpsc::SyncSender;
use std::time::{SystemTime, UNIX_EPOCH};

use ports::{Random, STAGE_SPANS};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

pub(super) use export::{Exporter, start};

/// The most events that a span keeps; an order with every retry has fewer.
const EVENTS_MAX: usize = 32;

/// Collects spans and hands those that end to the exporter.
pub(super) struct Traces {
    ended: SyncSender<export::Message>,
    random: Random,
}

/// What is traced, whatever the log shows: requests, executions of orders and the stages inside
/// them.
pub(super) fn filter() -> Targets {
    Targets::new()
        .with_default(LevelFilter::INFO)
        .with_target(STAGE_SPANS, LevelFilter::TRACE)
}

/// Where a span stands.
#[derive(Debug, Clone)]
struct Place {
    trace: String,
    span: String,
    parent: Option<String>,
    is_sampled: bool,
}

/// A span that has not ended.
#[derive(Debug)]
struct Open {
    place: Place,
    name: &'static str,
    began: u64,
    fields: Fields,
    events: Vec<Logged>,
}

/// An event that was logged inside a span.
#[derive(Debug)]
struct Logged {
    at: u64,
    fields: Fields,
}

#[derive(Debug, Default)]
struct Fields(Vec<(&'static str, String)>);

impl Fields {
    fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.as_str())
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.push((field.name(), value.to_owned()));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.push((field.name(), format!("{value:?}")));
    }
}

impl Place {
    fn of(fields: &Fields, around: Option<&Self>, random: &Random) -> Self {
        let new_span = || format!("{:016x}", random.bits());
        let span = fields
            .get("request.id")
            .map_or_else(new_span, str::to_owned);
        // `00-<trace>-<span>-<flags>`, which the gateway has checked.
        let context: Vec<&str> = fields.get("trace").unwrap_or("").split('-').collect();
        if let [_, trace, parent, flags] = context[..] {
            return Self {
                trace: trace.to_owned(),
                span,
                parent: Some(parent.to_owned()),
                is_sampled: u8::from_str_radix(flags, 16).is_ok_and(|flags| flags & 1 == 1),
            };
        }
        if let Some(around) = around {
            return Self {
                span,
                parent: Some(around.span.clone()),
                ..around.clone()
            };
        }
        let new_trace = || format!("{:016x}{:016x}", random.bits(), random.bits());
        Self {
            trace: fields.get("trace.id").map_or_else(new_trace, str::to_owned),
            span,
            parent: None,
            is_sampled: true,
        }
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Traces {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, ctx: Context<'_, S>) {
        let Some(span) = ctx.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let around = span.parent().and_then(|parent| {
            let extensions = parent.extensions();
            extensions.get::<Open>().map(|open| open.place.clone())
        });
        let open = Open {
            place: Place::of(&fields, around.as_ref(), &self.random),
            name: span.name(),
            began: now(),
            fields,
            events: Vec::new(),
        };
        span.extensions_mut().insert(open);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, ctx: Context<'_, S>) {
        let Some(span) = ctx.span(id) else { return };
        if let Some(open) = span.extensions_mut().get_mut::<Open>() {
            values.record(&mut open.fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, ctx: Context<'_, S>) {
        let Some(span) = ctx.event_span(event) else {
            return;
        };
        if let Some(open) = span.extensions_mut().get_mut::<Open>()
            && open.place.is_sampled
            && open.events.len() < EVENTS_MAX
        {
            let mut fields = Fields::default();
            event.record(&mut fields);
            open.events.push(Logged { at: now(), fields });
        }
    }

    fn on_close(&self, id: Id, ctx: Context<'_, S>) {
        let Some(span) = ctx.span(&id) else { return };
        let open = span.extensions_mut().remove::<Open>();
        if let Some(open) = open.filter(|open| open.place.is_sampled) {
            let ended = export::Message::Span(export::json(&open, now()));
            if self.ended.try_send(ended).is_err() {
                metrics::counter!("trace_spans_dropped_total").increment(1);
            }
        }
    }
}

/// Nanoseconds since 1970.
#[expect(
    clippy::disallowed_methods,
    reason = "spans carry the host's time, as log lines do; nothing is decided by it"
)]
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
    })
}
