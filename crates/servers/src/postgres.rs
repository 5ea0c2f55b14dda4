//! A private PostgreSQL: a copy of a data folder that was initialised once, on a free port.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::Signal;
use tempfile::TempDir;

use crate::free_port::on_a_free_port;
use crate::process::{Process, Running, accepts, find_program, wait_until};
use crate::tls;

const INSTALL: &str = "apt-get install postgresql (or your system's PostgreSQL 15 or newer)";
/// Folders of packaged versions, newest first; the binaries are rarely in `PATH`.
const PACKAGED: [u8; 5] = [18, 17, 16, 15, 14];
/// A cold start recovers what a kill left behind.
const START_PATIENCE: Duration = Duration::from_secs(30);
const STOP_PATIENCE: Duration = Duration::from_secs(5);

/// A private PostgreSQL server. It ends, and its data with it, when this is dropped.
#[derive(Debug)]
pub struct PostgresServer {
    folder: TempDir,
    data: DataFolder,
    port: u16,
    settings: Vec<(String, String)>,
    /// To be killed or frozen.
    pub process: Running,
}

impl PostgresServer {
    /// Starts one with PostgreSQL's default settings: durable as in production.
    pub fn start() -> Result<Self> {
        Self::start_with(&[])
    }

    /// Starts one that speaks TLS with the certificate of [`super::tls`].
    pub fn start_encrypted() -> Result<Self> {
        let mut server = Self::prepared(&[])?;
        // It refuses a key that others may read.
        let own = |name: &str| server.folder.path().join(name);
        for (from, to) in [
            (tls::certificate(), own("tls.pem")),
            (tls::key(), own("tls.key")),
        ] {
            fs::copy(&from, &to).context("cannot copy the certificate")?;
            fs::set_permissions(&to, fs::Permissions::from_mode(0o600))
                .context("cannot close the key")?;
            if let Some(user) = server.data.user {
                chown(&to, Some(user.uid), Some(user.gid)).context("cannot hand the key over")?;
            }
        }
        for (name, value) in [
            ("ssl", "on".to_owned()),
            ("ssl_cert_file", own("tls.pem").display().to_string()),
            ("ssl_key_file", own("tls.key").display().to_string()),
        ] {
            server.settings.push((name.to_owned(), value));
        }
        server.start_on_a_free_port()?;
        Ok(server)
    }

    /// Starts one with settings of `postgresql.conf` changed.
    pub fn start_with(settings: &[(&str, &str)]) -> Result<Self> {
        let mut server = Self::prepared(settings)?;
        server.start_on_a_free_port()?;
        Ok(server)
    }

    /// Starts one over a copy of the data folder `kept`. Where that is not there yet, it is made of a fresh server
    /// after `fill`: what many tests begin with is then made once.
    pub async fn start_filled(kept: &Path, fill: impl AsyncFnOnce(&Self)) -> Result<Self> {
        let lock = File::create(kept.with_extension("lock")).context("cannot lock the template")?;
        lock.lock().context("cannot lock the template")?;
        if !kept.exists() {
            let mut first = Self::start()?;
            fill(&first).await;
            first.stop();
            let fresh = kept.with_extension("fresh");
            if fresh.exists() {
                fs::remove_dir_all(&fresh).context("cannot clear the template")?;
            }
            copy_folder(&first.folder.path().join("data"), &fresh)?;
            fs::rename(&fresh, kept).context("cannot keep the template")?;
        }
        drop(lock);

        let mut server = Self::over(&[], |folder| DataFolder::copied(kept, folder))?;
        server.start_on_a_free_port()?;
        Ok(server)
    }

    fn prepared(settings: &[(&str, &str)]) -> Result<Self> {
        Self::over(settings, DataFolder::prepare)
    }

    fn over(
        settings: &[(&str, &str)],
        prepare: impl FnOnce(&Path) -> Result<DataFolder>,
    ) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("oe-pg-")
            .tempdir()
            .context("cannot make a folder for PostgreSQL")?;
        Ok(Self {
            data: prepare(folder.path())?,
            folder,
            port: 0,
            settings: settings
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            process: Running::not_yet("PostgreSQL"),
        })
    }

    fn start_on_a_free_port(&mut self) -> Result<()> {
        on_a_free_port(|port| {
            self.port = port;
            self.restart()
        })
    }

    /// The address, in the form of `DATABASE_URL`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Runs one or more statements as an operator would at the server's own prompt; returns what
    /// they print.
    pub fn ask(&self, sql: &str) -> Result<String> {
        let output = Command::new(program("psql")?)
            .args(["-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql])
            .arg(self.url())
            .stdin(Stdio::null())
            .output()
            .context("cannot start psql")?;
        if !output.status.success() {
            bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
        }
        let printed = String::from_utf8(output.stdout).context("psql printed no text")?;
        Ok(printed.trim().to_owned())
    }

    /// The port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Ends it in good order, keeping its data.
    pub fn stop(&mut self) {
        self.process.end(Signal::SIGINT, STOP_PATIENCE);
    }

    /// Starts it on the same folder and port, recovering what is there.
    pub fn restart(&mut self) -> Result<()> {
        self.stop();
        let mut command = self.data.command(self.port)?;
        for (name, value) in &self.settings {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        let mut process = Process::spawn(&mut command)?;
        let started = wait_until(START_PATIENCE, || {
            process.has_ended() || self.data.is_ready(self.port)
        });
        if !started || process.has_ended() {
            process.end(Signal::SIGQUIT, STOP_PATIENCE);
            bail!("PostgreSQL did not start: {}", self.data.last_words());
        }
        self.process.began(process);
        Ok(())
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        // Its data is thrown away: no need for a checkpoint.
        self.process.end(Signal::SIGQUIT, STOP_PATIENCE);
    }
}

/// The data folder of a PostgreSQL server.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    user: Option<Unprivileged>,
}

impl DataFolder {
    /// Fills an existing, empty folder with a fresh database.
    pub fn prepare(path: &Path) -> Result<Self> {
        Self::copied(&template(Unprivileged::for_this_process()?)?, path)
    }

    /// Fills an existing, empty folder with a copy of a database.
    fn copied(from: &Path, path: &Path) -> Result<Self> {
        let folder = Self::at(path)?;
        copy_folder(from, &path.join("data"))?;
        give_to(path, folder.user)?;
        Ok(folder)
    }

    /// A folder that was filled before.
    pub fn at(path: &Path) -> Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            user: Unprivileged::for_this_process()?,
        })
    }

    /// The server over this folder, on this port of 127.0.0.1; it logs to the folder's `log`.
    pub fn command(&self, port: u16) -> Result<Command> {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.path.join("log"))
            .context("cannot open PostgreSQL's log")?;
        let mut command = Command::new(program("postgres")?);
        command
            .arg("-D")
            .arg(self.path.join("data"))
            .args(["-p", &port.to_string()])
            .arg("-k")
            .arg(&self.path)
            .args(["-c", "listen_addresses=127.0.0.1"])
            .current_dir(&self.path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        lower(&mut command, self.user);
        Ok(command)
    }

    /// Whether its server takes connections.
    pub fn is_ready(&self, port: u16) -> bool {
        let pid_file = fs::read_to_string(self.path.join("data/postmaster.pid"));
        pid_file.is_ok_and(|text| text.contains("ready")) && accepts(port)
    }

    fn last_words(&self) -> String {
        fs::read_to_string(self.path.join("log"))
            .unwrap_or_default()
            .lines()
            .rev()
            .take(3)
            .collect::<Vec<_>>()
            .join(" | ")
    }
}

fn program(name: &str) -> Result<PathBuf> {
    let folders: Vec<PathBuf> = PACKAGED
        .iter()
        .map(|version| PathBuf::from(format!("/usr/lib/postgresql/{version}/bin")))
        .collect();
    find_program(name, &folders, INSTALL)
}

/// The user that PostgreSQL runs as if this process is root, because PostgreSQL refuses to run as
/// root.
#[derive(Debug, Clone, Copy)]
struct Unprivileged {
    uid: u32,
    gid: u32,
}

impl Unprivileged {
    fn for_this_process() -> Result<Option<Self>> {
        let uid = fs::metadata("/proc/self")
            .context("cannot tell who this process is")?
            .uid();
        if uid != 0 {
            return Ok(None);
        }
        let users = fs::read_to_string("/etc/passwd").context("cannot read the list of users")?;
        ["postgres", "nobody"]
            .iter()
            .find_map(|name| Self::named(&users, name))
            .map(Some)
            .context("PostgreSQL does not run as root; add a user named postgres")
    }

    fn named(users: &str, name: &str) -> Option<Self> {
        let line = users
            .lines()
            .find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some(Self {
            uid: fields.next()?.parse().ok()?,
            gid: fields.next()?.parse().ok()?,
        })
    }
}

fn lower(command: &mut Command, user: Option<Unprivileged>) {
    if let Some(user) = user {
        command.uid(user.uid).gid(user.gid);
    }
}

fn give_to(path: &Path, user: Option<Unprivileged>) -> Result<()> {
    if let Some(user) = user {
        chown(path, Some(user.uid), Some(user.gid)).context("cannot hand the folder over")?;
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).context("cannot close the folder")
}

/// A data folder initialised once per machine and user: copying it takes a tenth of initialising.
fn template(user: Option<Unprivileged>) -> Result<PathBuf> {
    let initdb = program("initdb")?;
    let owner = user.map_or_else(|| "own".to_owned(), |user| user.uid.to_string());
    let version = initdb.display().to_string().replace(['/', '.'], "-");
    let base = std::env::temp_dir().join(format!("oe-pg-template{version}-{owner}"));
    fs::create_dir_all(&base).context("cannot make a folder for PostgreSQL")?;
    let lock = File::create(base.join("lock")).context("cannot lock the template")?;
    lock.lock().context("cannot lock the template")?;

    let ready = base.join("data");
    if ready.exists() {
        return Ok(ready);
    }
    let fresh = base.join("fresh");
    if fresh.exists() {
        fs::remove_dir_all(&fresh).context("cannot clear the template")?;
    }
    fs::create_dir(&fresh).context("cannot make the template")?;
    give_to(&fresh, user)?;
    // The owner must be able to enter the folder above it.
    fs::set_permissions(&base, fs::Permissions::from_mode(0o755))
        .context("cannot open a folder")?;
    let mut command = Command::new(initdb);
    command
        .arg("-D")
        .arg(&fresh)
        .args(["-U", "postgres", "-A", "trust", "-E", "UTF8"])
        .args(["--locale=C", "--no-sync"])
        .current_dir(&base);
    lower(&mut command, user);
    run(&mut command, "initialise PostgreSQL")?;
    fs::rename(&fresh, &ready).context("cannot keep the template")?;
    Ok(ready)
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    let mut copy = Command::new("cp");
    copy.args(["-a", "--reflink=auto"]).arg(from).arg(to);
    run(&mut copy, "copy the data folder")
}

fn run(command: &mut Command, what: &str) -> Result<()> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot {what}"))?;
    if !output.status.success() {
        bail!(
            "cannot {what}: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(())
}
