//! Logs to standard error: readable lines for people, JSON for programs, and levels that can be
//! changed while the process runs. Also traces, if they are built in and a collector is configured.

mod line;
#[cfg(feature = "otlp")]
mod otlp;
mod writer;

use std::fmt::Display;
use std::io::IsTerminal;
use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};
use tracing::info;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, reload};

use config::{LogFormat, Logs};
use ports::{STAGE_SPANS, Shutdown};
use writer::{Lines, LogThread};

/// What these libraries log at `info` is of no use to operators. `RUST_LOG` can name them to see it.
const QUIET: &str = "actix_server=warn,actix_http=warn,h2=warn,hyper=warn,rustls=warn";
/// The HTTP server logs every malformed request here as an error. Strangers must not fill the log.
const STRANGERS: &str = "actix_http::h1::dispatcher=off";

/// Whether text carries colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    On,
    Off,
}

impl Colour {
    /// On if the reader of this stream is a person who has not asked for plain text.
    #[must_use]
    pub fn on(stream: &impl IsTerminal) -> Self {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        if stream.is_terminal() && !plain {
            Self::On
        } else {
            Self::Off
        }
    }

    /// The text in a style of ANSI terminals: `2` is faint, `31` red.
    #[must_use]
    pub fn paint(self, style: u8, text: impl Display) -> String {
        match self {
            Self::On => format!("\x1b[{style}m{text}\x1b[0m"),
            Self::Off => text.to_string(),
        }
    }
}

/// Logging as it was set up. Dropping it writes the waiting lines.
#[derive(Debug)]
pub struct Telemetry {
    levels: Levels,
    _thread: LogThread,
    #[cfg(feature = "otlp")]
    _traces: Option<otlp::Exporter>,
}

/// Which lines are logged, and a handle to change that.
#[derive(Debug, Clone)]
struct Levels {
    handle: reload::Handle<Targets, Registry>,
    configured: Arc<str>,
}

impl Telemetry {
    /// Lets operators change the level of the running process: SIGUSR1 switches to `debug`, SIGUSR2
    /// back to the configured filter.
    pub fn follow_signals(&self, shutdown: &Shutdown) -> std::io::Result<()> {
        let mut more = signal(SignalKind::user_defined1())?;
        let mut less = signal(SignalKind::user_defined2())?;
        let (levels, stop) = (self.levels.clone(), shutdown.clone());
        shutdown.spawn(async move {
            loop {
                tokio::select! {
                    biased;
                    () = stop.soft() => return,
                    _ = more.recv() => levels.set("debug"),
                    _ = less.recv() => levels.set(&levels.configured),
                }
            }
        });
        Ok(())
    }
}

impl Levels {
    fn set(&self, filter: &str) {
        // This fails only if logging was never started.
        if self.handle.reload(quietened(filter)).is_ok() {
            info!("the log filter is now {filter}");
        }
    }
}

/// Starts logging for this process. A second call in one process changes only its own handle.
#[must_use]
pub fn start(logs: &Logs) -> Telemetry {
    let stderr = std::io::stderr();
    let terminal = stderr.is_terminal();
    let format = logs.log_format.unwrap_or(if terminal {
        LogFormat::Text
    } else {
        LogFormat::Json
    });
    let colour = Colour::on(&stderr);
    let (filter, handle) = reload::Layer::new(quietened(&logs.rust_log));
    let (lines, thread) = writer::start();
    // Logging is started already only in a test harness that runs several engines in one process.
    let log_alone = |filter, lines| {
        // One filter before everything: an event that it rejects is never created.
        let subscriber = tracing_subscriber::registry().with(filter);
        let _ = subscriber.with(output(format, lines, colour)).try_init();
    };
    #[cfg(not(feature = "otlp"))]
    log_alone(filter, lines);
    #[cfg(feature = "otlp")]
    let exporter = match logs.otlp_endpoint.as_deref().map(otlp::start) {
        None => {
            log_alone(filter, lines);
            None
        }
        Some((traces, exporter)) => {
            // Each has its own filter: an event that is not logged may still be traced.
            let logged = output(format, lines, colour).with_filter(filter);
            let traced = traces.with_filter(otlp::filter());
            let subscriber = tracing_subscriber::registry().with(logged).with(traced);
            let _ = subscriber.try_init();
            Some(exporter)
        }
    };
    #[cfg(not(feature = "otlp"))]
    if logs.otlp_endpoint.is_some() {
        tracing::warn!(
            "OTEL_EXPORTER_OTLP_ENDPOINT is ignored: this program was built without the feature `otlp`"
        );
    }
    Telemetry {
        levels: Levels {
            handle,
            configured: Arc::from(logs.rust_log.as_str()),
        },
        _thread: thread,
        #[cfg(feature = "otlp")]
        _traces: exporter,
    }
}

/// The filter, which `config` has checked, without the noise of libraries and without the spans
/// inside `order.run`: a log line names only that span, and traces show the rest.
fn quietened(filter: &str) -> Targets {
    let text = match filter {
        "off" => filter.to_owned(),
        "error" => format!("{STRANGERS},{STAGE_SPANS}=off,{filter}"),
        _ => format!("{QUIET},{STRANGERS},{STAGE_SPANS}=off,{filter}"),
    };
    text.parse()
        .unwrap_or_else(|_| Targets::new().with_default(LevelFilter::INFO))
}

fn output<S>(format: LogFormat, lines: Lines, colour: Colour) -> Box<dyn Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    match format {
        LogFormat::Text => Box::new(text_layer(lines, colour)),
        LogFormat::Json => Box::new(json_layer(lines)),
    }
}

fn text_layer<S>(lines: Lines, colour: Colour) -> impl Layer<S>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .event_format(line::ReadableLine(colour))
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

#[cfg(test)]
mod tests;
