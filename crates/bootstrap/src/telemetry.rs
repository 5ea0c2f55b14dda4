//! Logs to standard error: readable lines for people, JSON for programs, and levels that can be changed
//! while the process runs.

mod line;
mod writer;

use std::io::IsTerminal;
use std::sync::Arc;

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, reload};

use crate::config::{LogFormat, Logs};
use writer::{Lines, LogThread};

/// Whether lines carry colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Colour {
    On,
    Off,
}

/// Logging as it was set up. Dropping it writes what is still under way.
#[derive(Debug)]
pub struct Telemetry {
    levels: LogLevels,
    _thread: LogThread,
}

impl Telemetry {
    /// The handle by which levels are changed.
    #[must_use]
    pub fn levels(&self) -> LogLevels {
        self.levels.clone()
    }
}

/// Changes which lines are logged, while the process runs.
#[derive(Debug, Clone)]
pub struct LogLevels(Arc<reload::Handle<EnvFilter, Registry>>);

/// The text is no log filter.
#[derive(Debug, thiserror::Error)]
#[error("must be like info or info,order_worker=debug")]
pub struct InvalidFilter;

impl LogLevels {
    /// Logs by this filter from now on.
    pub fn set(&self, filter: &str) -> Result<(), InvalidFilter> {
        let filter = EnvFilter::try_new(filter).map_err(|_| InvalidFilter)?;
        self.0.reload(filter).map_err(|_| InvalidFilter)
    }

    /// The filter in force.
    #[must_use]
    pub fn current(&self) -> String {
        self.0.with_current(ToString::to_string).unwrap_or_default()
    }
}

/// Starts logging for this process. A second call in one process changes nothing but its own handle.
#[must_use]
pub fn start(logs: &Logs) -> Telemetry {
    let stderr = std::io::stderr();
    let terminal = stderr.is_terminal();
    let format = logs.log_format.unwrap_or(if terminal {
        LogFormat::Text
    } else {
        LogFormat::Json
    });
    let colour = if wants_colour(&stderr) {
        Colour::On
    } else {
        Colour::Off
    };
    let filter = EnvFilter::try_new(&logs.rust_log).unwrap_or_else(|_| EnvFilter::new("info"));
    let (filter, handle) = reload::Layer::new(filter);
    let (lines, thread) = writer::start();
    let output: Box<dyn Layer<_> + Send + Sync> = match format {
        LogFormat::Text => Box::new(text_layer(lines, colour)),
        LogFormat::Json => Box::new(json_layer(lines)),
    };
    let subscriber = tracing_subscriber::registry().with(filter).with(output);
    // Only a test harness that runs several engines in one process finds logging started already.
    let _ = subscriber.try_init();
    Telemetry {
        levels: LogLevels(Arc::new(handle)),
        _thread: thread,
    }
}

/// Whether colour helps whoever reads this stream: a person, who has not asked for plain text.
#[must_use]
pub fn wants_colour(stream: &impl IsTerminal) -> bool {
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    stream.is_terminal() && !plain
}

fn text_layer<S>(lines: Lines, colour: Colour) -> impl Layer<S>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    tracing_subscriber::fmt::layer()
        .with_ansi(colour == Colour::On)
        .event_format(line::ReadableLine)
        .fmt_fields(tracing_subscriber::fmt::format::DefaultFields::new())
        .with_writer(lines)
}

fn json_layer<S>(lines: Lines) -> impl Layer<S>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_writer(lines)
}
