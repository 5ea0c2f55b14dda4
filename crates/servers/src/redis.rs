//! A private Redis with an append-only file, on a free port.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::Signal;
use tempfile::TempDir;

use crate::free_port::on_a_free_port;
use crate::process::{Process, Running, accepts, answers, find_program, wait_until};
use crate::tls;

const INSTALL: &str = "apt-get install redis-server (or your system's Redis 6.2 or newer)";
const START_PATIENCE: Duration = Duration::from_secs(15);
const STOP_PATIENCE: Duration = Duration::from_secs(5);

/// Whether the server's port is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    Plain,
    Encrypted,
}

/// A private Redis server. It ends, and its data with it, when this is dropped.
#[derive(Debug)]
pub struct RedisServer {
    folder: TempDir,
    port: u16,
    door: Door,
    settings: Vec<String>,
    /// To be killed or frozen.
    pub process: Running,
}

impl RedisServer {
    /// Starts one that keeps an append-only file, synced every second.
    pub fn start() -> Result<Self> {
        Self::start_with(&[])
    }

    /// Starts one that speaks nothing but TLS, with the certificate of [`super::tls`].
    pub fn start_encrypted() -> Result<Self> {
        let mut server = Self::prepared(&[])?;
        server.settings = encryption();
        server.door = Door::Encrypted;
        server.start_on_a_free_port()?;
        Ok(server)
    }

    /// Starts one with further arguments, such as `["--maxmemory", "2mb"]`.
    pub fn start_with(settings: &[&str]) -> Result<Self> {
        let mut server = Self::prepared(settings)?;
        server.start_on_a_free_port()?;
        Ok(server)
    }

    fn prepared(settings: &[&str]) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("oe-redis-")
            .tempdir()
            .context("cannot make a folder for Redis")?;
        Ok(Self {
            folder,
            port: 0,
            door: Door::Plain,
            settings: settings
                .iter()
                .map(|setting| (*setting).to_owned())
                .collect(),
            process: Running::not_yet("Redis"),
        })
    }

    fn start_on_a_free_port(&mut self) -> Result<()> {
        on_a_free_port(|port| {
            self.port = port;
            self.restart()
        })
    }

    /// The address, in the form of `REDIS_URL`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// The port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What it answers to a command, as text.
    pub fn ask(&self, command: &[&str]) -> Result<String> {
        let mut client = Command::new(find_program("redis-cli", &[], INSTALL)?);
        client.args(["-p", &self.port.to_string()]).args(command);
        let output = client.output().context("cannot run redis-cli")?;
        ensure!(
            output.status.success(),
            "redis-cli: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Has it do what is answered with OK.
    pub(crate) fn told(&self, command: &[&str]) -> Result<()> {
        let answer = self.ask(command)?;
        ensure!(answer == "OK", "{command:?} is answered {answer}");
        Ok(())
    }

    /// Ends it in good order, keeping its data.
    pub fn stop(&mut self) {
        self.process.end(Signal::SIGTERM, STOP_PATIENCE);
    }

    /// Starts it on the same folder and port, with the data that is there.
    pub fn restart(&mut self) -> Result<()> {
        self.stop();
        let mut command = server_command(self.folder.path(), self.port, self.door)?;
        command.args(&self.settings);
        let mut process = Process::spawn(&mut command)?;
        let port = self.port;
        let door = self.door;
        let started = wait_until(START_PATIENCE, || {
            process.has_ended() || is_serving(port, door)
        });
        if !started || process.has_ended() {
            process.end(Signal::SIGTERM, STOP_PATIENCE);
            bail!(
                "Redis did not start; its log is in {}",
                self.folder.path().display()
            );
        }
        self.process.began(process);
        Ok(())
    }

    /// Copies everything that it holds now, to return to with [`Self::roll_back`].
    pub fn snapshot(&mut self) -> Result<RedisSnapshot> {
        self.stop();
        let copy = tempfile::tempdir().context("cannot make a folder for the copy")?;
        copy_folder(&self.data(), copy.path())?;
        self.restart()?;
        Ok(RedisSnapshot(copy))
    }

    /// Kills it and starts it with the copied content.
    pub fn roll_back(&mut self, to: &RedisSnapshot) -> Result<()> {
        self.process.kill()?;
        fs::remove_dir_all(self.data()).context("cannot remove the newer data")?;
        copy_folder(to.0.path(), &self.data())?;
        self.restart()
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("appendonlydir")
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.process.end(Signal::SIGKILL, STOP_PATIENCE);
    }
}

/// A Redis with an append-only file in this folder, on this port of 127.0.0.1; it logs to the
/// folder's `log`.
pub fn command(folder: &Path, port: u16) -> Result<Command> {
    server_command(folder, port, Door::Plain)
}

fn server_command(folder: &Path, port: u16, door: Door) -> Result<Command> {
    let log = File::options()
        .create(true)
        .append(true)
        .open(folder.join("log"))
        .context("cannot open the log of Redis")?;
    let mut command = Command::new(find_program("redis-server", &[], INSTALL)?);
    let port = port.to_string();
    match door {
        Door::Plain => command.args(["--port", &port]),
        Door::Encrypted => command.args(["--port", "0", "--tls-port", &port]),
    };
    command
        .args(["--bind", "127.0.0.1"])
        .arg("--dir")
        .arg(folder)
        .args(["--appendonly", "yes", "--save", ""])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(Stdio::null());
    Ok(command)
}

/// What a server needs to speak TLS with the certificate of [`super::tls`].
pub(crate) fn encryption() -> Vec<String> {
    let files = [
        ("--tls-cert-file", tls::certificate()),
        ("--tls-key-file", tls::key()),
        ("--tls-ca-cert-file", tls::authority()),
    ];
    let files = files.map(|(option, file)| [option.to_owned(), file.display().to_string()]);
    let no_client = ["--tls-auth-clients".to_owned(), "no".to_owned()];
    files.into_iter().flatten().chain(no_client).collect()
}

/// Whether the server takes commands. One that listens may still end, for want of its second port in a
/// cluster, and another server's second port listens as well; neither answers.
fn is_serving(port: u16, door: Door) -> bool {
    match door {
        Door::Plain => answers(port, b"PING\r\n"),
        Door::Encrypted => accepts(port),
    }
}

/// A copy of a Redis' content.
#[derive(Debug)]
pub struct RedisSnapshot(TempDir);

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).context("cannot make a folder")?;
    for entry in fs::read_dir(from).context("Redis left no append-only file")? {
        let entry = entry.context("cannot read a folder")?;
        fs::copy(entry.path(), to.join(entry.file_name())).context("cannot copy a file")?;
    }
    Ok(())
}
