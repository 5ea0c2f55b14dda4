//! Starts the processes of a cluster, each detached from the process that starts it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::{Member, Size, State};
use crate::http::http;
use crate::key_file::{KeyFile, way_to};
use crate::program::binary;
use servers::free_port::free_port;
use servers::postgres::DataFolder;
use servers::process::{accepts, wait_until};
use servers::redis;

/// Nothing here takes longer, also on a busy machine.
const READY_LIMIT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(25);

/// The program that executes orders.
const WORKER: &str = "order-worker";

/// Every process of a large cluster keeps up to ten connections.
pub(super) const POSTGRES_SETTINGS: [&str; 4] = [
    "max_connections=400",
    "max_wal_size=4GB",
    // A hanging client must not hold rows for ever.
    "tcp_user_timeout=10000",
    "log_min_messages=warning",
];

/// Where a process speaks to.
pub(super) fn log_of(folder: &Path, name: &str) -> PathBuf {
    match name {
        "postgres" | "redis" => folder.join(name).join("log"),
        _ => folder.join("logs").join(format!("{name}.log")),
    }
}

/// Starts processes in the folder of a cluster.
#[derive(Debug)]
pub(super) struct Launcher<'a> {
    folder: &'a Path,
}

impl<'a> Launcher<'a> {
    pub(super) const fn new(folder: &'a Path) -> Self {
        Self { folder }
    }

    /// PostgreSQL, on the port it had before if there was one.
    pub(super) fn start_postgres(&self, state: &mut State) -> Result<()> {
        let path = self.folder.join("postgres");
        let (data, port) = match &state.postgres {
            Some(before) => (DataFolder::at(&path)?, before.port()),
            None => {
                fs::create_dir_all(&path).context("make a folder for PostgreSQL")?;
                (DataFolder::prepare(&path)?, free_port())
            }
        };
        let mut command = data.command(port)?;
        for setting in POSTGRES_SETTINGS {
            command.args(["-c", setting]);
        }
        let member = start("postgres", &mut command, "postgres://", port)?;
        state.postgres = Some(member.clone());
        state.write(self.folder)?;
        if !wait_until(READY_LIMIT, || !member.is_live() || data.is_ready(port))
            || !member.is_live()
        {
            bail!(
                "PostgreSQL did not start: {}",
                self.last_words(&member.name)
            );
        }
        Ok(())
    }

    /// Redis, likewise.
    pub(super) fn start_redis(&self, state: &mut State) -> Result<()> {
        let path = self.folder.join("redis");
        fs::create_dir_all(&path).context("make a folder for Redis")?;
        let port = state.redis.as_ref().map_or_else(free_port, Member::port);
        let member = start("redis", &mut redis::command(&path, port)?, "redis://", port)?;
        state.redis = Some(member.clone());
        state.write(self.folder)?;
        if !wait_until(READY_LIMIT, || !member.is_live() || accepts(port)) || !member.is_live() {
            bail!("Redis did not start: {}", self.last_words(&member.name));
        }
        Ok(())
    }

    /// Brings an empty database to the programs' schema, as the first of all.
    pub(super) fn migrate(&self, state: &State) -> Result<()> {
        let postgres = state.postgres.as_ref().context("PostgreSQL is not up")?;
        let mut own = BTreeMap::from([("DATABASE_URL", database_url(postgres.port()))]);
        own.extend(way_to_chain("order-engine", state)?);
        let mut command = self.program("order-engine", "migrate", &state.variables, &own)?;
        let ended = command.arg("migrate").status().context("start migrate")?;
        if !ended.success() {
            bail!(
                "the database could not be migrated: {}",
                self.last_words("migrate")
            );
        }
        Ok(())
    }

    /// The simulated Solana cluster, likewise.
    pub(super) async fn start_sim(&self, state: &mut State) -> Result<()> {
        let port = state.sim.as_ref().map_or_else(free_port, Member::port);
        let chain = self.folder.join("chain").display().to_string();
        let own = BTreeMap::from([
            ("HOST", "127.0.0.1".to_owned()),
            ("PORT", port.to_string()),
            ("DATA_DIR", chain),
        ]);
        let mut command = self.program("order-engine", "sim-chain", &state.variables, &own)?;
        command.arg("sim-chain");
        let member = start("sim-chain", &mut command, "http://", port)?;
        state.sim = Some(member.clone());
        state.write(self.folder)?;
        self.ready(&member).await
    }

    /// Makes a funded wallet where workers trade live on the cluster's own chain.
    pub(super) async fn make_wallet(&self, state: &mut State) -> Result<()> {
        let names_another = state.variables.contains_key("SOLANA_RPC_URL");
        if !state.is_live() || names_another {
            return Ok(());
        }
        let wallet = KeyFile::make(&self.folder.join("wallet.json"))?;
        wallet.fund(url_of(&state.sim)?).await?;
        state.wallet = Some(wallet);
        state.write(self.folder)
    }

    /// Starts again which of the servers have died.
    pub(super) async fn revive(&self, state: &mut State) -> Result<()> {
        for member in [&state.postgres, &state.redis, &state.sim]
            .into_iter()
            .flatten()
        {
            member.bury();
        }
        let is_dead = |member: &Option<Member>| !member.as_ref().is_some_and(Member::is_live);
        if is_dead(&state.postgres) {
            self.start_postgres(state)?;
        }
        if is_dead(&state.redis) {
            self.start_redis(state)?;
        }
        if is_dead(&state.sim) {
            self.start_sim(state).await?;
        }
        Ok(())
    }

    /// Starts gateways and workers until there are as many as wanted, and waits for them.
    pub(super) async fn fill(&self, state: &mut State, size: Size) -> Result<()> {
        let mut fresh = Vec::new();
        while state.gateways.len() < size.gateways {
            let name = unused_name("gateway", &state.gateways);
            let member = self.start_engine("api-gateway", &name, state, &[])?;
            state.gateways.push(member.clone());
            state.write(self.folder)?;
            fresh.push(member);
        }
        while state.workers.len() < size.workers {
            let name = unused_name("worker", &state.workers);
            let member = self.start_engine(WORKER, &name, state, &[])?;
            state.workers.push(member.clone());
            state.write(self.folder)?;
            fresh.push(member);
        }
        for member in &fresh {
            self.ready(member).await?;
        }
        Ok(())
    }

    /// Starts a worker with variables of its own, and does not wait for it: it may be meant to end soon.
    pub(super) fn add_worker(&self, state: &mut State, variables: &[(&str, &str)]) -> Result<()> {
        state.workers.retain(Member::is_live);
        let name = unused_name("worker", &state.workers);
        let member = self.start_engine(WORKER, &name, state, variables)?;
        state.workers.push(member);
        state.write(self.folder)
    }

    fn start_engine(
        &self,
        program: &str,
        name: &str,
        state: &mut State,
        extra: &[(&str, &str)],
    ) -> Result<Member> {
        let port = state.port_for(name);
        let postgres = state.postgres.as_ref().context("PostgreSQL is not up")?;
        let between = &state.between;
        let database_port = between.database_port.unwrap_or_else(|| postgres.port());
        let redis_url = match &between.redis_url {
            Some(url) => url.clone(),
            None => url_of(&state.redis)?.to_owned(),
        };
        let mut own = BTreeMap::from([
            ("HOST", "127.0.0.1".to_owned()),
            ("PORT", port.to_string()),
            ("DATABASE_URL", database_url(database_port)),
            ("REDIS_URL", redis_url),
        ]);
        own.extend(way_to_chain(program, state)?);
        let mut command = self.program(program, name, &state.variables, &own)?;
        if program != WORKER {
            // Workers alone sign.
            for key in ["WALLET", "WALLETS", "WALLET_KEY"] {
                command.env_remove(key);
            }
        }
        command.envs(extra.iter().copied());
        if let Some(clocks) = &between.clocks {
            command.envs(clocks.variables(name)?);
        }
        start(name, &mut command, "http://", port)
    }

    fn program(
        &self,
        program: &str,
        name: &str,
        variables: &BTreeMap<String, String>,
        own: &BTreeMap<&str, String>,
    ) -> Result<Command> {
        let path = binary(program);
        if !path.is_file() {
            bail!("{} is not there; build it first", path.display());
        }
        let log = log_of(self.folder, name);
        fs::create_dir_all(self.folder.join("logs")).context("make a folder for logs")?;
        let output = File::options()
            .create(true)
            .append(true)
            .open(&log)
            .with_context(|| format!("open {}", log.display()))?;
        let mut command = Command::new(path);
        command
            .envs(variables)
            .envs(own)
            .env_remove("DATABASE_DIRECT_URL")
            .env_remove("REDIS_HOST")
            .env_remove("REDIS_PORT")
            .current_dir(self.folder)
            .stdin(Stdio::null())
            .stdout(output.try_clone().context("share the log")?)
            .stderr(output);
        Ok(command)
    }

    async fn ready(&self, member: &Member) -> Result<()> {
        let url = format!("{}/ready", member.url);
        let waiting = async {
            loop {
                let answer = http().get(&url).send().await;
                // Whoever else has its port may answer well.
                if !member.is_live() {
                    bail!(
                        "{} ended before it was ready: {}",
                        member.name,
                        self.last_words(&member.name)
                    );
                }
                if answer.is_ok_and(|answer| answer.status().is_success()) {
                    return Ok(());
                }
                tokio::time::sleep(POLL).await;
            }
        };
        match tokio::time::timeout(READY_LIMIT, waiting).await {
            Ok(ready) => ready,
            Err(_) => bail!(
                "{} is not ready: {}",
                member.name,
                self.last_words(&member.name)
            ),
        }
    }

    fn last_words(&self, name: &str) -> String {
        let log = fs::read_to_string(log_of(self.folder, name)).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(5)..].join("\n")
    }
}

/// Starts a process in a group of its own, so that what interrupts its starter does not reach it.
fn start(name: &str, command: &mut Command, scheme: &str, port: u16) -> Result<Member> {
    let child = command
        .process_group(0)
        .spawn()
        .with_context(|| format!("start {name}"))?;
    Ok(Member::new(name, child.id(), scheme, port))
}

/// How a program finds the chain, and the wallet on it that it signs for or looks at.
fn way_to_chain(program: &str, state: &State) -> Result<Vec<(&'static str, String)>> {
    let node = url_of(&state.sim)?;
    let Some(wallet) = &state.wallet else {
        return Ok(match state.is_live() {
            // The operator's own endpoints.
            true => Vec::new(),
            false => vec![("SIM_CHAIN_URL", node.to_owned())],
        });
    };
    let mut way = way_to(node).to_vec();
    way.push(match program {
        WORKER => ("WALLET", wallet.path.display().to_string()),
        _ => ("WALLET_ADDRESS", wallet.address.clone()),
    });
    Ok(way)
}

fn url_of(member: &Option<Member>) -> Result<&str> {
    let member = member.as_ref().context("the servers are not up")?;
    Ok(&member.url)
}

fn database_url(port: u16) -> String {
    format!("postgres://postgres@127.0.0.1:{port}/postgres")
}

fn unused_name(kind: &str, members: &[Member]) -> String {
    (1..)
        .map(|number| format!("{kind}-{number}"))
        .find(|name| members.iter().all(|member| member.name != *name))
        .unwrap_or_else(|| kind.to_owned())
}
