//! One process of a cluster, identified by its process id and its start time, because ids are
//! reused.

use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

use crate::stat::{runs, stat_of};
use servers::process::{children_of, wait_until};

/// A killed process goes as soon as the machine has a moment for it.
const GONE_LIMIT: Duration = Duration::from_secs(10);

/// One process of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// What it is called, and its log.
    pub name: String,
    pub pid: u32,
    /// Where it answers.
    pub url: String,
    port: u16,
    /// The moment of its start, in the system's ticks.
    started: u64,
}

impl Member {
    pub(crate) fn new(name: &str, pid: u32, scheme: &str, port: u16) -> Self {
        Self {
            name: name.to_owned(),
            pid,
            url: format!("{scheme}127.0.0.1:{port}"),
            port,
            started: stat_of(pid).map_or(0, |stat| stat.started),
        }
    }

    /// Its port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether it runs, or is stopped for a while; one that has ended and was not waited for is gone.
    #[must_use]
    pub fn is_live(&self) -> bool {
        stat_of(self.pid).is_some_and(|stat| stat.started == self.started && stat.is_alive())
    }

    /// Sends it a signal, if it is still there.
    pub fn signal(&self, signal: Signal) {
        if self.is_live() {
            send(self.pid, signal);
        }
    }

    /// Kills it and what it forked, and waits until all of it is gone: until then a busy machine still
    /// shows it as alive, and whoever replaces the dead would not replace it.
    pub fn kill(&self) {
        if self.is_live() {
            // Stopped, it forks nothing that would be missed here.
            send(self.pid, Signal::SIGSTOP);
            let forked = children_of(self.pid);
            for child in &forked {
                send(*child, Signal::SIGKILL);
            }
            send(self.pid, Signal::SIGKILL);
            wait_until(GONE_LIMIT, || {
                !self.is_live() && !forked.iter().any(|pid| runs(*pid))
            });
        }
    }

    /// Forgets one that has ended, where this process has started it: PostgreSQL takes its predecessor for
    /// alive until somebody has waited for it.
    pub(super) fn bury(&self) {
        if let Ok(pid) = i32::try_from(self.pid) {
            // Somebody else's child is somebody else's to wait for.
            let _ = waitpid(Pid::from_raw(pid), Some(WaitPidFlag::WNOHANG));
        }
    }

    /// The signal that has ended it, where this process has started it and nobody has waited for it.
    #[must_use]
    pub fn ended_by(&self) -> Option<Signal> {
        match self.end()? {
            WaitStatus::Signaled(_, signal, _) => Some(signal),
            _ => None,
        }
    }

    /// The code that it has ended with, likewise.
    #[must_use]
    pub fn exit_code(&self) -> Option<i32> {
        match self.end()? {
            WaitStatus::Exited(_, code) => Some(code),
            _ => None,
        }
    }

    fn end(&self) -> Option<WaitStatus> {
        let pid = Pid::from_raw(i32::try_from(self.pid).ok()?);
        let mut ended = None;
        // Of a process with threads the first may be gone a moment before the others.
        wait_until(GONE_LIMIT, || {
            ended = waitpid(pid, Some(WaitPidFlag::WNOHANG)).ok();
            ended != Some(WaitStatus::StillAlive)
        });
        ended
    }

    /// Stops it, and what it forked, where it stands. It goes on with [`Self::thaw`].
    pub fn freeze(&self) {
        self.signal_all(Signal::SIGSTOP);
    }

    /// Lets it go on after [`Self::freeze`].
    pub fn thaw(&self) {
        self.signal_all(Signal::SIGCONT);
    }

    /// Freezes it in the middle of everything for a while.
    pub async fn stand_still(&self, duration: Duration) {
        self.freeze();
        tokio::time::sleep(duration).await;
        self.thaw();
    }

    fn signal_all(&self, signal: Signal) {
        if self.is_live() {
            for child in children_of(self.pid) {
                send(child, signal);
            }
            send(self.pid, signal);
        }
    }
}

fn send(pid: u32, signal: Signal) {
    if let Ok(pid) = i32::try_from(pid) {
        // One that has just ended is no failure.
        let _ = kill(Pid::from_raw(pid), signal);
    }
}
