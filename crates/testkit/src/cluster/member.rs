//! One process of a cluster, known by its number and the moment it was started, as numbers are used
//! again.

use std::path::Path;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

use crate::servers::process::children_of;

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
    pub(super) fn new(name: &str, pid: u32, scheme: &str, port: u16) -> Self {
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
        stat_of(self.pid).is_some_and(|stat| {
            stat.started == self.started && !matches!(stat.state, 'Z' | 'X' | 'x')
        })
    }

    /// Sends it a signal, if it is still there.
    pub fn signal(&self, signal: Signal) {
        if self.is_live() {
            send(self.pid, signal);
        }
    }

    /// Kills it and what it forked.
    pub fn kill(&self) {
        if self.is_live() {
            for child in children_of(self.pid) {
                send(child, Signal::SIGKILL);
            }
            send(self.pid, Signal::SIGKILL);
        }
    }
}

fn send(pid: u32, signal: Signal) {
    if let Ok(pid) = i32::try_from(pid) {
        // One that has just ended is no failure.
        let _ = kill(Pid::from_raw(pid), signal);
    }
}

struct Stat {
    state: char,
    started: u64,
}

fn stat_of(pid: u32) -> Option<Stat> {
    let path = Path::new("/proc").join(pid.to_string()).join("stat");
    let text = std::fs::read_to_string(path).ok()?;
    // The program's name stands in parentheses and may hold anything, spaces included.
    let (_, after_name) = text.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace();
    let state = fields.next()?.chars().next()?;
    // The 22nd field of all; the state is the third.
    let started = fields.nth(18)?.parse().ok()?;
    Some(Stat { state, started })
}
