//! PostgreSQL and the chain, with the faults of any server: killed, frozen, starved.

use std::time::Duration;

use ports::Random;
use tokio::time::sleep;

use super::Fault;
use crate::local::Member;

/// The longest that something stays dead.
pub(super) const ABSENCE: Duration = Duration::from_secs(3);
/// The longest that something stands still: three leases, as they are set here.
pub(super) const STANDSTILL: Duration = Duration::from_secs(6);
/// A starved process runs for one of ten such moments.
pub(super) const MOMENT: Duration = Duration::from_millis(10);
const STARVED_FOR: u32 = 20;

/// The faults of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerFault {
    Killed,
    Frozen,
    Starved,
}

impl ServerFault {
    pub(super) fn any(random: &Random) -> Self {
        match random.below(4) {
            0 | 1 => Self::Killed,
            2 => Self::Frozen,
            _ => Self::Starved,
        }
    }
}

pub(super) async fn strike(member: &Member, fault: ServerFault, random: &Random) -> Fault {
    let whom = member.name.as_str();
    match fault {
        ServerFault::Killed => {
            member.kill();
            sleep(random.duration_below(ABSENCE)).await;
            Fault::new(whom, "killed").killing(1)
        }
        ServerFault::Frozen => {
            member.stand_still(random.duration_below(STANDSTILL)).await;
            Fault::new(whom, "frozen")
        }
        ServerFault::Starved => {
            starve(member).await;
            Fault::new(whom, "starved")
        }
    }
}

/// Lets a process run for a moment now and then.
pub(super) async fn starve(member: &Member) {
    for _ in 0..STARVED_FOR {
        member.stand_still(MOMENT * 9).await;
        sleep(MOMENT).await;
    }
}
