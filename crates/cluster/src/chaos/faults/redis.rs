//! Redis: emptied, rolled back, full, frozen for seconds, frozen and then killed, and the faults of
//! any server.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use ports::Random;
use tokio::time::{Instant, sleep};

use super::Fault;
use super::servers::{ABSENCE, MOMENT, starve};
use crate::local::Member;

/// A frozen Redis is frozen for at least so long: longer than what speaks to it waits for an answer.
const FROZEN_LEAST: Duration = Duration::from_secs(1);
/// And for up to this much longer.
const FROZEN_SPREAD: Duration = Duration::from_secs(4);
/// How long Redis may take for one command that it is not hindered to answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// The faults of Redis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedisFault {
    Emptied,
    /// Goes back to what it held some moments ago.
    RolledBack,
    Full,
    Killed,
    Frozen,
    /// Never wakes, and another one takes its place.
    FrozenAndKilled,
    Starved,
}

impl RedisFault {
    pub(super) fn any(random: &Random) -> Self {
        match random.below(9) {
            0 | 1 => Self::Emptied,
            2 => Self::RolledBack,
            3 => Self::Full,
            4 => Self::Killed,
            5 | 6 => Self::Frozen,
            7 => Self::FrozenAndKilled,
            _ => Self::Starved,
        }
    }
}

pub(super) async fn strike(
    redis: &Member,
    folder: &Path,
    fault: RedisFault,
    random: &Random,
) -> Result<Fault> {
    let whom = redis.name.as_str();
    Ok(match fault {
        RedisFault::Emptied => {
            tell(redis, "FLUSHALL").await?;
            Fault::new(whom, "emptied")
        }
        RedisFault::RolledBack => {
            roll_back(redis, folder, random).await?;
            Fault::new(whom, "rolled back").killing(1)
        }
        RedisFault::Full => {
            tell(redis, "CONFIG SET maxmemory 1").await?;
            sleep(random.duration_below(ABSENCE)).await;
            tell(redis, "CONFIG SET maxmemory 0").await?;
            Fault::new(whom, "full")
        }
        RedisFault::Killed => {
            redis.kill();
            sleep(random.duration_below(ABSENCE)).await;
            Fault::new(whom, "killed").killing(1)
        }
        RedisFault::Frozen => {
            redis.stand_still(frozen_for(random)).await;
            Fault::new(whom, "frozen")
        }
        RedisFault::FrozenAndKilled => {
            redis.freeze();
            sleep(frozen_for(random)).await;
            redis.kill();
            Fault::new(whom, "frozen, then killed").killing(1)
        }
        RedisFault::Starved => {
            starve(redis).await;
            Fault::new(whom, "starved")
        }
    })
}

fn frozen_for(random: &Random) -> Duration {
    FROZEN_LEAST + random.duration_below(FROZEN_SPREAD)
}

async fn roll_back(redis: &Member, folder: &Path, random: &Random) -> Result<()> {
    let data = folder.join("redis").join("appendonlydir");
    let copy = tempfile::tempdir().context("make a folder for the copy")?;
    copy_files(&data, copy.path())?;
    sleep(random.duration_below(ABSENCE)).await;
    redis.kill();
    fs::remove_dir_all(&data).context("remove the newer data")?;
    copy_files(copy.path(), &data)
}

fn copy_files(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).context("make a folder")?;
    for entry in fs::read_dir(from).context("Redis left no append-only file")? {
        let entry = entry.context("read a folder")?;
        fs::copy(entry.path(), to.join(entry.file_name())).context("copy a file")?;
    }
    Ok(())
}

/// Tells Redis a command that it must carry out, as soon as it has read its data where it was restarted.
async fn tell(redis: &Member, command: &str) -> Result<()> {
    let began = Instant::now();
    loop {
        let answer = ask(redis, command)?;
        if answer.starts_with("+OK") {
            return Ok(());
        }
        let is_late = began.elapsed() > ANSWER_LIMIT;
        ensure!(
            answer.starts_with("-LOADING") && !is_late,
            "Redis says to {command}: {answer}"
        );
        sleep(MOMENT).await;
    }
}

fn ask(redis: &Member, command: &str) -> Result<String> {
    let mut line = TcpStream::connect(("127.0.0.1", redis.port())).context("call Redis")?;
    line.set_read_timeout(Some(ANSWER_LIMIT))
        .context("set a limit")?;
    write!(line, "{command}\r\n").context("tell Redis")?;
    let mut answer = String::new();
    BufReader::new(line)
        .read_line(&mut answer)
        .context("hear Redis")?;
    Ok(answer)
}
