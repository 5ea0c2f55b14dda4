//! A server's process: finds, starts, signals and awaits it, with everything that it forked.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// How often a condition is looked at while waiting for it.
const POLL: Duration = Duration::from_millis(10);

/// Finds a program in the folders given and in `PATH`; the error says what to install.
pub fn find_program(name: &str, folders: &[PathBuf], install: &str) -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_else(|| OsString::from("/usr/bin:/bin"));
    folders
        .iter()
        .cloned()
        .chain(std::env::split_paths(&path))
        .map(|folder| folder.join(name))
        .find(|candidate| candidate.is_file())
        .with_context(|| format!("{name} is missing; install it with: {install}"))
}

/// Checks a condition until it holds, at most for `limit`.
pub fn wait_until(limit: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let mut waited = Duration::ZERO;
    while !condition() {
        if waited >= limit {
            return false;
        }
        std::thread::sleep(POLL);
        waited += POLL;
    }
    true
}

/// Whether something accepts connections on this port.
pub fn accepts(port: u16) -> bool {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_ok()
}

/// Whether a server on this port answers these bytes.
pub fn answers(port: u16, asked: &[u8]) -> bool {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let limit = Duration::from_millis(200);
    let answered = || {
        let mut socket = TcpStream::connect_timeout(&address, limit)?;
        socket.set_read_timeout(Some(limit))?;
        socket.write_all(asked)?;
        socket.read(&mut [0; 1])
    };
    answered().is_ok_and(|bytes| bytes > 0)
}

/// A running server process.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
}

impl Process {
    pub(crate) fn spawn(command: &mut Command) -> Result<Self> {
        let child = command
            .spawn()
            .with_context(|| format!("cannot start {}", command.get_program().display()))?;
        Ok(Self { child })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends a signal to the process itself.
    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        kill(as_pid(self.pid())?, signal).with_context(|| format!("cannot send {signal}"))
    }

    /// Sends a signal to everything the process forked, then to itself.
    pub(crate) fn signal_tree(&self, signal: Signal) -> Result<()> {
        for child in children_of(self.pid()) {
            // It may just have ended, which is no failure.
            let _ = kill(as_pid(child)?, signal);
        }
        self.signal(signal)
    }

    /// Asks the process to end with `signal`, and kills it if it has not ended within `patience`.
    pub(crate) fn end(&mut self, signal: Signal, patience: Duration) {
        if self.has_ended() {
            return;
        }
        // A stopped process ends only once it continues.
        let _ = self.signal_tree(Signal::SIGCONT);
        let _ = self.signal(signal);
        if !wait_until(patience, || self.has_ended()) {
            let _ = self.signal_tree(Signal::SIGKILL);
        }
        let _ = self.child.wait();
    }

    /// Kills the process and everything it forked, and waits until all are gone.
    pub(crate) fn kill_tree(&mut self) -> Result<()> {
        let forked = children_of(self.pid());
        self.signal_tree(Signal::SIGKILL)?;
        self.child.wait().context("cannot wait for the server")?;
        let gone = wait_until(Duration::from_secs(5), || {
            forked.iter().all(|pid| !is_running(*pid))
        });
        if !gone {
            bail!("a process of the killed server lives on");
        }
        Ok(())
    }
}

/// A server's process, while there is one, in the hands of a test.
#[derive(Debug)]
pub struct Running {
    name: &'static str,
    process: Option<Process>,
}

impl Running {
    pub(crate) const fn not_yet(name: &'static str) -> Self {
        Self {
            name,
            process: None,
        }
    }

    pub(crate) fn began(&mut self, process: Process) {
        self.process = Some(process);
    }

    /// The process id of the server itself; 0 while it is down.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.as_ref().map_or(0, Process::pid)
    }

    /// Stops it, and everything it forked, where they stand; connections stay open and nothing answers.
    pub fn freeze(&self) -> Result<()> {
        self.signal_tree(Signal::SIGSTOP)
    }

    /// Lets it go on after [`Self::freeze`].
    pub fn thaw(&self) -> Result<()> {
        self.signal_tree(Signal::SIGCONT)
    }

    fn signal_tree(&self, signal: Signal) -> Result<()> {
        let process = self.process.as_ref();
        let process = process.with_context(|| format!("{} is down", self.name))?;
        process.signal_tree(signal)
    }

    /// Kills it and everything it forked at once, as a power cut would.
    pub fn kill(&mut self) -> Result<()> {
        let process = self.process.take();
        let mut process = process.with_context(|| format!("{} is down already", self.name))?;
        process.kill_tree()
    }

    /// Ends it in good order, if it runs.
    pub(crate) fn end(&mut self, signal: Signal, patience: Duration) {
        if let Some(mut process) = self.process.take() {
            process.end(signal, patience);
        }
    }
}

fn as_pid(pid: u32) -> Result<Pid> {
    Ok(Pid::from_raw(
        i32::try_from(pid).context("no process id is that large")?,
    ))
}

fn is_running(pid: u32) -> bool {
    Path::new("/proc").join(pid.to_string()).exists()
}

/// The processes whose parent is `parent`: signals to a process group do not reach servers that
/// give each worker a session of its own.
pub fn children_of(parent: u32) -> Vec<u32> {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|pid| parent_of(*pid) == Some(parent))
        .collect()
}

fn parent_of(pid: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The program's name is in parentheses and may contain anything, even spaces.
    let (_, after_name) = stat.rsplit_once(')')?;
    after_name.split_whitespace().nth(1)?.parse().ok()
}
