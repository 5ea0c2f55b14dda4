//! The members of a cluster, as stored in the file and as printed.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::launch::log_of;
use super::{Member, Size};
use crate::key_file::KeyFile;
use crate::wall_clocks::WallClocks;
use servers::free_port::{free_port, is_free};
use servers::process::wait_until;

const FILE: &str = "state.json";
/// Of a process that was killed, a last thread may hold its port for another moment.
const LET_GO_LIMIT: Duration = Duration::from_secs(5);

/// What a cluster consists of.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    pub gateways: Vec<Member>,
    pub workers: Vec<Member>,
    pub sim: Option<Member>,
    pub redis: Option<Member>,
    pub postgres: Option<Member>,
    /// The engine's variables, for what is started later.
    pub variables: BTreeMap<String, String>,
    /// The wallet of workers that trade live on the cluster's own chain.
    #[serde(default)]
    pub wallet: Option<KeyFile>,
    /// What stands between gateways and workers and their world.
    #[serde(default)]
    pub(super) between: Between,
    /// Of each gateway and worker there has been, by name: one that died comes back where it was.
    #[serde(default)]
    pub(super) ports: BTreeMap<String, u16>,
}

/// What a test puts between gateways and workers and their world; nothing where nobody does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Between {
    /// Where they find PostgreSQL, if not at its own port.
    pub database_port: Option<u16>,
    /// Where they find Redis, if not at the cluster's own.
    #[serde(default)]
    pub redis_url: Option<String>,
    /// What they take the time from, each under its own name.
    pub clocks: Option<WallClocks>,
}

impl State {
    pub(super) fn read(folder: &Path) -> Result<Option<Self>> {
        let text = match fs::read(folder.join(FILE)) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).context("read the state of the cluster"),
        };
        serde_json::from_slice(&text)
            .map(Some)
            .context("read the state of the cluster")
    }

    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        let fresh = folder.join("state.new");
        let mut file = fs::File::options()
            .write(true)
            .create(true)
            .truncate(true)
            // The variables may hold keys.
            .mode(0o600)
            .open(&fresh)
            .context("write the state of the cluster")?;
        file.write_all(&serde_json::to_vec_pretty(self).context("write the state")?)
            .context("write the state of the cluster")?;
        fs::rename(&fresh, folder.join(FILE)).context("write the state of the cluster")
    }

    /// Forgets gateways and workers that have died, and takes those beyond `size`, the newest first.
    pub(super) fn take_surplus(&mut self, size: Size) -> Vec<Member> {
        let mut surplus = Vec::new();
        for (members, wanted) in [
            (&mut self.gateways, size.gateways),
            (&mut self.workers, size.workers),
        ] {
            for dead in members.extract_if(.., |member| !member.is_live()) {
                dead.bury();
            }
            surplus.extend(members.drain(wanted.min(members.len())..));
        }
        surplus
    }

    /// The port for a gateway or worker: that of the last one of this name, unless somebody has taken it.
    pub(super) fn port_for(&mut self, name: &str) -> u16 {
        let last = self.ports.get(name).copied();
        let last = last.filter(|port| wait_until(LET_GO_LIMIT, || is_free(*port)));
        let port = last.unwrap_or_else(free_port);
        self.ports.insert(name.to_owned(), port);
        port
    }

    fn all(&self) -> impl Iterator<Item = &Member> {
        self.gateways
            .iter()
            .chain(&self.workers)
            .chain(&self.sim)
            .chain(&self.redis)
            .chain(&self.postgres)
    }

    /// Whether gateways and workers trade live.
    #[must_use]
    pub fn is_live(&self) -> bool {
        let mode = self.variables.get("ORDER_VENUE_MODE");
        mode.is_some_and(|mode| mode == "live")
    }

    /// The process of this name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Member> {
        self.all().find(|member| member.name == name)
    }

    /// What the processes are called.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        self.all().map(|member| member.name.as_str()).collect()
    }
}

/// What of a cluster is alive, in the form that CONTRACT.md names.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Status {
    pub gateways: Vec<At>,
    pub workers: Vec<Working>,
    pub sim: Option<At>,
    pub redis: Option<At>,
    pub postgres: Option<At>,
}

/// A process that answers somewhere.
#[derive(Debug, Clone, Serialize)]
pub struct At {
    pub name: String,
    pub url: String,
    pub pid: u32,
}

/// A worker.
#[derive(Debug, Clone, Serialize)]
pub struct Working {
    pub name: String,
    /// The identity under which it takes orders now; its name until it has one.
    pub id: String,
    pub url: String,
    pub pid: u32,
}

impl Status {
    /// The processes of this cluster that are alive.
    #[must_use]
    pub fn of(state: &State, folder: &Path) -> Self {
        let at = |member: &Member| {
            member.is_live().then(|| At {
                name: member.name.clone(),
                url: match member.name.as_str() {
                    "postgres" => format!(
                        "{}/postgres",
                        member.url.replace("postgres://", "postgres://postgres@")
                    ),
                    _ => member.url.clone(),
                },
                pid: member.pid,
            })
        };
        Self {
            gateways: state.gateways.iter().filter_map(at).collect(),
            workers: state
                .workers
                .iter()
                .filter(|member| member.is_live())
                .map(|member| Working {
                    name: member.name.clone(),
                    id: identity(folder, member).unwrap_or_else(|| member.name.clone()),
                    url: member.url.clone(),
                    pid: member.pid,
                })
                .collect(),
            sim: state.sim.as_ref().and_then(at),
            redis: state.redis.as_ref().and_then(at),
            postgres: state.postgres.as_ref().and_then(at),
        }
    }
}

/// The identity a worker has said last that it takes orders under.
fn identity(folder: &Path, worker: &Member) -> Option<String> {
    let log = fs::File::open(log_of(folder, &worker.name)).ok()?;
    BufReader::new(log)
        .lines()
        .map_while(std::result::Result::ok)
        .filter_map(|line| {
            let (before, _) = line.split_once(" takes orders")?;
            let id = before.get(before.len().checked_sub(UUID_LENGTH)?..)?;
            domain::WorkerId::parse(id).ok().map(|id| id.to_string())
        })
        .last()
}

const UUID_LENGTH: usize = 36;
