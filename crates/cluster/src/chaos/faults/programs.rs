//! The engine's own programs: killed, asked to stop, frozen, starved.

use std::time::Duration;

use anyhow::Result;
use nix::sys::signal::Signal;
use ports::Random;
use tokio::time::{Instant, sleep};

use super::servers::{ABSENCE, MOMENT, STANDSTILL, starve};
use super::{Fault, any};
use crate::engine::Engine;
use crate::local::Member;

/// What a process that is asked to stop may take (CONTRACT.md, promise 6).
const STOP_LIMIT: Duration = Duration::from_secs(25);

/// The faults of a gateway, a worker or the one engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgramFault {
    Killed,
    /// As a deployment does.
    AskedToStop,
    /// As a host that gives no grace does.
    AskedToStopAndKilled,
    /// Up to three leases.
    Frozen,
    Starved,
}

impl ProgramFault {
    pub(super) fn any(random: &Random) -> Self {
        match random.below(6) {
            0 | 1 => Self::Killed,
            2 => Self::AskedToStop,
            3 => Self::AskedToStopAndKilled,
            4 => Self::Frozen,
            _ => Self::Starved,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Killed => "killed",
            Self::AskedToStop => "asked to stop",
            Self::AskedToStopAndKilled => "asked to stop, killed at once",
            Self::Frozen => "frozen",
            Self::Starved => "starved",
        }
    }
}

/// Strikes one of these.
pub(super) async fn strike_any(
    members: &[Member],
    fault: ProgramFault,
    random: &Random,
) -> Result<Fault> {
    let member = any(members, random)?;
    let whom = member.name.as_str();
    let struck = Fault::new(whom, fault.name());
    Ok(match fault {
        ProgramFault::Killed => {
            member.kill();
            sleep(random.duration_below(ABSENCE)).await;
            struck.killing(1)
        }
        ProgramFault::AskedToStop => {
            member.signal(Signal::SIGTERM);
            let began = Instant::now();
            while member.is_live() && began.elapsed() < STOP_LIMIT {
                sleep(MOMENT).await;
            }
            let is_late = member.is_live();
            member.kill();
            let complaint = format!("{whom} did not stop within {STOP_LIMIT:?}");
            Fault {
                complaint: is_late.then_some(complaint),
                ..struck
            }
        }
        ProgramFault::AskedToStopAndKilled => {
            member.signal(Signal::SIGTERM);
            sleep(random.duration_below(MOMENT * 10)).await;
            member.kill();
            struck.killing(1)
        }
        ProgramFault::Frozen => {
            member.stand_still(random.duration_below(STANDSTILL)).await;
            struck
        }
        ProgramFault::Starved => {
            starve(member).await;
            struck
        }
    })
}

/// Strikes the one engine, and starts it again where it has ended.
pub(super) async fn strike_engine(
    engine: &mut Engine,
    fault: ProgramFault,
    random: &Random,
) -> Result<Fault> {
    let struck = Fault::new("the engine", fault.name());
    Ok(match fault {
        ProgramFault::Killed => {
            engine.kill()?;
            sleep(random.duration_below(ABSENCE / 2)).await;
            engine.restart().await?;
            struck.killing(1)
        }
        ProgramFault::AskedToStop => {
            let began = Instant::now();
            let code = engine.stop().await?;
            let took = began.elapsed();
            engine.restart().await?;
            let is_well = code == Some(0) && took <= STOP_LIMIT;
            let complaint = format!("asked to stop, it ended with {code:?} in {took:?}");
            Fault {
                complaint: (!is_well).then_some(complaint),
                ..struck
            }
        }
        ProgramFault::AskedToStopAndKilled => {
            engine.program().signal(Signal::SIGTERM)?;
            sleep(random.duration_below(MOMENT * 10)).await;
            engine.kill()?;
            engine.restart().await?;
            struck.killing(1)
        }
        ProgramFault::Frozen => {
            let process = engine.member();
            process.stand_still(random.duration_below(STANDSTILL)).await;
            struck
        }
        ProgramFault::Starved => {
            starve(&engine.member()).await;
            struck
        }
    })
}

/// Kills all of these at once.
pub(super) fn kill_all(members: &[&Member]) -> Fault {
    for member in members {
        member.kill();
    }
    Fault::new("every gateway and worker", "killed").killing(members.len())
}
