//! A log line for people: time, level, and a message that makes sense alone. Fields are for
//! programs and for debugging; they follow the message on debug lines and on lines without a
//! message.

use std::fmt;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::Colour;

/// Formats events as one readable line.
#[derive(Debug)]
pub(super) struct ReadableLine(pub(super) Colour);

impl<S, N> FormatEvent<S, N> for ReadableLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _ctx: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let metadata = event.metadata();
        let mut parts = Parts::default();
        event.record(&mut parts);
        let (time, level) = (self.time(), self.level(*metadata.level()));
        write!(writer, "{time} {level} ")?;
        writer.write_str(&parts.message)?;
        let detailed = *metadata.level() >= Level::DEBUG || parts.message.is_empty();
        if detailed {
            writer.write_str(&parts.fields)?;
            write!(writer, "  [{}]", metadata.target())?;
        } else if let Some(error) = parts.error.filter(|error| !parts.message.contains(error)) {
            write!(writer, ": {error}")?;
        }
        writeln!(writer)
    }
}

impl ReadableLine {
    /// `09:30:00.125`: a person at a terminal knows the date.
    fn time(&self) -> String {
        let now = ports::clock::wall_time().to_string();
        self.0.paint(2, now.get(11..23).unwrap_or(&now))
    }

    fn level(&self, level: Level) -> String {
        let (word, colour) = match level {
            Level::ERROR => ("ERROR", 31),
            Level::WARN => ("WARN ", 33),
            Level::INFO => ("INFO ", 32),
            Level::DEBUG => ("DEBUG", 34),
            Level::TRACE => ("TRACE", 35),
        };
        self.0.paint(colour, word)
    }
}

#[derive(Default)]
struct Parts {
    message: String,
    fields: String,
    error: Option<String>,
}

impl Parts {
    fn take(&mut self, field: &Field, value: String) {
        use fmt::Write;
        match field.name() {
            "message" => self.message = value,
            name => {
                // Writing to a String cannot fail.
                let _ = write!(self.fields, " {name}={value}");
                if name == "error" {
                    self.error = Some(value);
                }
            }
        }
    }
}

impl Visit for Parts {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.take(field, value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.take(field, format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests;
