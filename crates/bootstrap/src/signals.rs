//! From the first signal to the exit code: soft first, hard on the second one or when time is up.

use std::future::Future;
use std::time::Duration;

use ports::Shutdown;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::{info, warn};

use crate::backend::StoppedWaiting;

/// How long work under way may take to finish. Hosts kill after 30 s; users are promised 25.
const SOFT_LIMIT: Duration = Duration::from_secs(20);
/// After the hard request every task is dropped at its next await. A task that is not dropped by
/// then is stuck.
const HARD_LIMIT: Duration = Duration::from_secs(2);

/// Listens for SIGTERM and SIGINT. Created before anything else, so that no signal is missed.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Begins to listen.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }

    /// Runs `work` to its end under this process' signals. `work` ends once everything that it
    /// started has ended; `shutdown` tells it of a request to stop.
    pub async fn supervise(
        mut self,
        shutdown: &Shutdown,
        work: impl Future<Output = anyhow::Result<()>>,
    ) -> Ended {
        let mut work = std::pin::pin!(work);
        let mut by_signal = false;
        tokio::select! {
            outcome = &mut work => return Ended { by_signal, outcome },
            () = shutdown.soft() => {}
            name = self.next() => {
                info!("{name}: finishing what runs; a second signal stops at once");
                by_signal = true;
                shutdown.request_soft();
            }
        }
        tokio::select! {
            outcome = &mut work => return Ended { by_signal, outcome },
            name = self.next() => warn!("{name} again: stopping at once"),
            () = tokio::time::sleep(SOFT_LIMIT) => {
                warn!("not finished within {} s: stopping at once", SOFT_LIMIT.as_secs());
            }
        }
        shutdown.request_hard();
        let outcome = tokio::time::timeout(HARD_LIMIT, work)
            .await
            .unwrap_or_else(|_| {
                warn!("something does not stop; what was stored is enough for the next start");
                Ok(())
            });
        Ended { by_signal, outcome }
    }
}

/// How a program ended.
#[derive(Debug)]
pub struct Ended {
    /// Whether somebody asked it to.
    pub by_signal: bool,
    /// The result of its work.
    pub outcome: anyhow::Result<()>,
}

impl Ended {
    /// The result of a program that should run until it is asked to stop: ending by itself, as
    /// after the death of an essential task, is a failure.
    pub fn of_service(self) -> anyhow::Result<()> {
        match self.outcome {
            Err(stopped) if self.by_signal && stopped.is::<StoppedWaiting>() => {
                info!("{stopped}");
            }
            outcome => outcome?,
        }
        if self.by_signal {
            info!("stopped");
            Ok(())
        } else {
            anyhow::bail!("a part that everything rests on has ended; see the log")
        }
    }
}
