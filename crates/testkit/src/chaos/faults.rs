//! What befalls processes: killed, stopped, frozen, starved; Redis emptied, rolled back, full.

use std::fmt;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use nix::sys::signal::Signal;
use ports::Random;
use tokio::time::{Instant, sleep};

use crate::cluster::{Member, Scratch};
use crate::engine::Engine;

/// The longest that something stays dead.
const ABSENCE: Duration = Duration::from_secs(3);
/// The longest that something stands still: three leases, as they are set here.
const STANDSTILL: Duration = Duration::from_secs(6);
/// What a process that is asked to stop may take (CONTRACT.md, promise 6).
const STOP_LIMIT: Duration = Duration::from_secs(25);
/// A starved process runs for one of ten such moments.
const MOMENT: Duration = Duration::from_millis(10);
const STARVED_FOR: u32 = 20;
/// How long Redis may take for one command that it is not hindered to answer.
const REDIS_LIMIT: Duration = Duration::from_secs(5);

/// What has happened.
#[derive(Debug)]
pub(super) struct Fault {
    /// Who, in words.
    pub(super) whom: String,
    /// What, in words; equal words are counted together.
    pub(super) what: &'static str,
    /// How many processes were killed.
    pub(super) kills: usize,
    /// What the engine did wrong in it.
    pub(super) complaint: Option<String>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.whom, self.what)
    }
}

impl Fault {
    fn new(whom: &str, what: &'static str) -> Self {
        Self {
            whom: whom.to_owned(),
            what,
            kills: 0,
            complaint: None,
        }
    }

    fn killing(self, kills: usize) -> Self {
        Self { kills, ..self }
    }
}

/// Who is struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Gateway,
    Worker,
    /// Every gateway and every worker, as one machine that loses its power.
    All,
    Redis,
    Postgres,
    Chain,
}

impl Kind {
    pub(super) fn any(random: &Random) -> Self {
        match random.below(12) {
            0..=1 => Self::Gateway,
            2..=5 => Self::Worker,
            6 => Self::All,
            7..=8 => Self::Redis,
            9..=10 => Self::Postgres,
            _ => Self::Chain,
        }
    }

    /// Two faults of one process would undo one another.
    pub(super) fn may_coincide_with(self, other: Self) -> bool {
        let is_program = |kind| matches!(kind, Self::Gateway | Self::Worker | Self::All);
        self != other && !(is_program(self) && is_program(other))
    }
}

pub(super) async fn strike_engine(engine: &mut Engine, random: &Random) -> Result<Fault> {
    let whom = "the engine";
    let process = engine.member();
    Ok(match random.below(6) {
        0 | 1 => {
            engine.kill()?;
            sleep(random.duration_below(ABSENCE / 2)).await;
            engine.restart().await?;
            Fault::new(whom, "killed").killing(1)
        }
        2 => {
            let began = Instant::now();
            let code = engine.stop().await?;
            let took = began.elapsed();
            engine.restart().await?;
            let is_well = code == Some(0) && took <= STOP_LIMIT;
            let complaint = format!("asked to stop, it ended with {code:?} in {took:?}");
            Fault {
                complaint: (!is_well).then_some(complaint),
                ..Fault::new(whom, "asked to stop")
            }
        }
        3 => {
            engine.program().signal(Signal::SIGTERM)?;
            sleep(random.duration_below(MOMENT * 10)).await;
            engine.kill()?;
            engine.restart().await?;
            Fault::new(whom, "asked to stop, killed at once").killing(1)
        }
        4 => {
            process.stand_still(random.duration_below(STANDSTILL)).await;
            Fault::new(whom, "frozen")
        }
        _ => {
            starve(&process).await;
            Fault::new(whom, "starved")
        }
    })
}

pub(super) async fn strike_cluster(
    cluster: &Scratch,
    kind: Kind,
    random: &Random,
) -> Result<Fault> {
    let state = cluster.state();
    match kind {
        Kind::Gateway => Ok(strike_program(any(&state.gateways, random)?, random).await),
        Kind::Worker => Ok(strike_program(any(&state.workers, random)?, random).await),
        Kind::All => {
            let all: Vec<_> = state.gateways.iter().chain(&state.workers).collect();
            for member in &all {
                member.kill();
            }
            let fault = Fault::new("every gateway and worker", "killed");
            Ok(fault.killing(all.len()))
        }
        Kind::Redis => {
            let redis = state.redis.as_ref().context("Redis is not up")?;
            strike_redis(redis, cluster.folder(), random).await
        }
        Kind::Postgres => {
            let postgres = state.postgres.as_ref().context("PostgreSQL is not up")?;
            Ok(strike_server(postgres, random).await)
        }
        Kind::Chain => {
            let chain = state.sim.as_ref().context("the chain is not up")?;
            Ok(strike_server(chain, random).await)
        }
    }
}

fn any<'a>(members: &'a [Member], random: &Random) -> Result<&'a Member> {
    let count = u64::try_from(members.len()).unwrap_or(u64::MAX);
    let index = usize::try_from(random.below(count.max(1))).unwrap_or(0);
    members.get(index).context("nobody of the kind is up")
}

async fn strike_program(member: &Member, random: &Random) -> Fault {
    let whom = member.name.as_str();
    match random.below(6) {
        0 | 1 => {
            member.kill();
            sleep(random.duration_below(ABSENCE)).await;
            Fault::new(whom, "killed").killing(1)
        }
        2 => {
            member.signal(Signal::SIGTERM);
            let began = Instant::now();
            while member.is_live() && began.elapsed() < STOP_LIMIT {
                sleep(MOMENT).await;
            }
            let mut fault = Fault::new(whom, "asked to stop");
            if member.is_live() {
                fault.complaint = Some(format!("{whom} did not stop within {STOP_LIMIT:?}"));
                member.kill();
            }
            fault
        }
        3 => {
            member.signal(Signal::SIGTERM);
            sleep(random.duration_below(MOMENT * 10)).await;
            member.kill();
            Fault::new(whom, "asked to stop, killed at once").killing(1)
        }
        4 => {
            member.stand_still(random.duration_below(STANDSTILL)).await;
            Fault::new(whom, "frozen")
        }
        _ => {
            starve(member).await;
            Fault::new(whom, "starved")
        }
    }
}

async fn strike_server(member: &Member, random: &Random) -> Fault {
    let whom = member.name.as_str();
    match random.below(4) {
        0 | 1 => {
            member.kill();
            sleep(random.duration_below(ABSENCE)).await;
            Fault::new(whom, "killed").killing(1)
        }
        2 => {
            member.stand_still(random.duration_below(STANDSTILL)).await;
            Fault::new(whom, "frozen")
        }
        _ => {
            starve(member).await;
            Fault::new(whom, "starved")
        }
    }
}

async fn strike_redis(redis: &Member, folder: &Path, random: &Random) -> Result<Fault> {
    let whom = redis.name.as_str();
    Ok(match random.below(6) {
        0 | 1 => {
            tell_redis(redis, "FLUSHALL").await?;
            Fault::new(whom, "emptied")
        }
        2 => {
            let data = folder.join("redis").join("appendonlydir");
            let copy = tempfile::tempdir().context("make a folder for the copy")?;
            copy_files(&data, copy.path())?;
            sleep(random.duration_below(ABSENCE)).await;
            redis.kill();
            std::fs::remove_dir_all(&data).context("remove the newer data")?;
            copy_files(copy.path(), &data)?;
            Fault::new(whom, "rolled back").killing(1)
        }
        3 => {
            tell_redis(redis, "CONFIG SET maxmemory 1").await?;
            sleep(random.duration_below(ABSENCE)).await;
            tell_redis(redis, "CONFIG SET maxmemory 0").await?;
            Fault::new(whom, "full")
        }
        _ => strike_server(redis, random).await,
    })
}

/// Tells Redis a command that it must carry out, as soon as it has read its data where it was restarted.
async fn tell_redis(redis: &Member, command: &str) -> Result<()> {
    let began = Instant::now();
    loop {
        let answer = ask_redis(redis, command)?;
        if answer.starts_with("+OK") {
            return Ok(());
        }
        let is_late = began.elapsed() > REDIS_LIMIT;
        ensure!(
            answer.starts_with("-LOADING") && !is_late,
            "Redis says to {command}: {answer}"
        );
        sleep(MOMENT).await;
    }
}

fn ask_redis(redis: &Member, command: &str) -> Result<String> {
    let mut line = TcpStream::connect(("127.0.0.1", redis.port())).context("call Redis")?;
    line.set_read_timeout(Some(REDIS_LIMIT))
        .context("set a limit")?;
    write!(line, "{command}\r\n").context("tell Redis")?;
    let mut answer = String::new();
    BufReader::new(line)
        .read_line(&mut answer)
        .context("hear Redis")?;
    Ok(answer)
}

fn copy_files(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to).context("make a folder")?;
    for entry in std::fs::read_dir(from).context("Redis left no append-only file")? {
        let entry = entry.context("read a folder")?;
        std::fs::copy(entry.path(), to.join(entry.file_name())).context("copy a file")?;
    }
    Ok(())
}

/// Lets a process run for a moment now and then.
async fn starve(member: &Member) {
    for _ in 0..STARVED_FOR {
        member.stand_still(MOMENT * 9).await;
        sleep(MOMENT).await;
    }
}
