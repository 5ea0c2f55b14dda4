//! Writes log lines on a thread of its own, so that orders go on when nobody reads the log's pipe.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

/// Lines that wait to be written to standard error: a few MiB at a few hundred bytes each. Further
/// ones are dropped and counted.
const WAITING_LINES: usize = 8_192;
/// How long the thread collects lines once there is one: under load, waking it for each line would
/// cost more than writing the line. Nobody reads a log sooner.
const GATHERING: Duration = Duration::from_millis(5);

enum Message {
    Line(Vec<u8>),
    End,
}

/// Where formatted lines go.
#[derive(Debug, Clone)]
pub(super) struct Lines(SyncSender<Message>);

/// The thread that writes. Dropping it waits until the lines sent so far are written.
#[derive(Debug)]
pub(super) struct LogThread {
    lines: SyncSender<Message>,
    thread: Option<JoinHandle<()>>,
}

/// Starts the thread.
pub(super) fn start() -> (Lines, LogThread) {
    let (sender, receiver) = sync_channel(WAITING_LINES);
    let thread = std::thread::Builder::new()
        .name("logs".to_owned())
        .spawn(move || write_all(&receiver))
        .ok();
    (
        Lines(sender.clone()),
        LogThread {
            lines: sender,
            thread,
        },
    )
}

fn write_all(lines: &Receiver<Message>) {
    let mut batch = Vec::new();
    while let Ok(Message::Line(line)) = lines.recv() {
        batch.extend_from_slice(&line);
        std::thread::sleep(GATHERING);
        let mut ended = false;
        for message in lines.try_iter().take(WAITING_LINES) {
            match message {
                Message::Line(line) => batch.extend_from_slice(&line),
                Message::End => {
                    ended = true;
                    break;
                }
            }
        }
        // If standard error is gone, there is nowhere to report it.
        let _ = io::stderr().lock().write_all(&batch);
        batch.clear();
        if ended {
            return;
        }
    }
}

impl Drop for LogThread {
    fn drop(&mut self) {
        // A full queue means that nobody reads: then the exit must not wait for the thread.
        if self.lines.try_send(Message::End).is_ok()
            && let Some(thread) = self.thread.take()
        {
            let _ = thread.join();
        }
    }
}

/// One line being formatted; dropping this sends it to the thread.
#[derive(Debug)]
pub(super) struct LineBuffer<'a> {
    lines: &'a SyncSender<Message>,
    buffer: Vec<u8>,
}

impl Write for LineBuffer<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for LineBuffer<'_> {
    fn drop(&mut self) {
        let line = std::mem::take(&mut self.buffer);
        if let Err(TrySendError::Full(_)) = self.lines.try_send(Message::Line(line)) {
            metrics::counter!("log_lines_dropped_total").increment(1);
        }
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = LineBuffer<'a>;

    fn make_writer(&'a self) -> Self::Writer {
        LineBuffer {
            lines: &self.0,
            buffer: Vec::new(),
        }
    }
}
