//! How much live state of orders is kept, depending on how full the server is: only people read it,
//! so it must not use the room that queue and feed need.

use deadpool_redis::redis::cmd;

use crate::failure::Failure;
use crate::link::Link;

/// If more than this share of the server's memory is used, in percent, states of ended orders are
/// deleted.
const SHORT_PERCENT: u64 = 50;
/// If more than this share is used, no states are kept, because there may be many waiting orders
/// too.
const SCARCE_PERCENT: u64 = 75;

/// What there is room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(u8)]
pub(crate) enum Room {
    /// Every state, for its time.
    #[default]
    Plenty,
    /// Only states of open orders.
    Short,
    /// None.
    Scarce,
}

impl Room {
    /// Asks the server that has this key. One without a limit has room; one that does not tell, as some managed ones, too.
    pub(crate) async fn of(link: &Link, key: &str) -> Result<Self, Failure> {
        let mut question = cmd("INFO");
        question.arg("memory");
        match link.command::<String>(key, question).await {
            Ok(info) => Ok(Self::told_by(&info)),
            Err(failure) if failure.is_away() => Err(failure),
            Err(failure) => {
                let error: &dyn std::error::Error = &failure;
                tracing::debug!(error, "Redis does not tell how full it is");
                Ok(Self::Plenty)
            }
        }
    }

    fn told_by(info: &str) -> Self {
        let number = |name: &str| {
            let line = info.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim().parse::<u64>().ok()
        };
        let (Some(used), Some(limit)) = (number("used_memory:"), number("maxmemory:")) else {
            return Self::Plenty;
        };
        match used.saturating_mul(100).checked_div(limit) {
            // No limit.
            None => Self::Plenty,
            Some(percent) if percent >= SCARCE_PERCENT => Self::Scarce,
            Some(percent) if percent >= SHORT_PERCENT => Self::Short,
            Some(_) => Self::Plenty,
        }
    }

    /// As a number that an atomic can hold.
    pub(crate) const fn level(self) -> u8 {
        self as u8
    }

    /// The reverse of [`Self::level`].
    pub(crate) const fn at(level: u8) -> Self {
        match level {
            0 => Self::Plenty,
            1 => Self::Short,
            _ => Self::Scarce,
        }
    }

    /// Whether the state of an order is kept.
    pub(crate) const fn is_for(self, has_ended: bool) -> bool {
        match self {
            Self::Plenty => true,
            Self::Short => !has_ended,
            Self::Scarce => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(used: u64, limit: u64, room: Room) {
        let info =
            format!("# Memory\r\nused_memory:{used}\r\nused_memory_rss:1\r\nmaxmemory:{limit}\r\n");
        assert_eq!(Room::told_by(&info), room, "{used} of {limit}");
    }

    #[test]
    fn a_server_that_fills_up_keeps_fewer_states() {
        check(49, 100, Room::Plenty);
        check(50, 100, Room::Short);
        check(75, 100, Room::Scarce);
        check(200, 100, Room::Scarce);
    }

    #[test]
    fn a_server_without_a_limit_has_room() {
        check(u64::MAX, 0, Room::Plenty);
        assert_eq!(Room::told_by("# Memory\r\n"), Room::Plenty);
    }

    #[test]
    fn a_room_is_what_its_level_says() {
        for room in [Room::Plenty, Room::Short, Room::Scarce] {
            assert_eq!(Room::at(room.level()), room);
        }
    }
}
