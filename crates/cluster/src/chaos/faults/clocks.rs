//! Wall clocks, set back and forth by up to an hour: the store's, which decides what is due, and
//! those of gateways and workers, which decide nothing.

use anyhow::{Context, Result};
use ports::Random;

use super::Fault;
use crate::local::{Member, Scratch};
use crate::wall_clocks::WallClocks;

/// By how much a clock is wrong at most, so that it jumps by at most an hour.
const OFF_MOST_S: u64 = 30 * 60;
/// What the one engine's clock is called.
pub(in crate::chaos) const ENGINE: &str = "engine";
/// Holds how far PostgreSQL's clock is off.
const TABLE: &str = "chaos_clock";

/// Whose clock is set, and to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockSet {
    pub of: ClockOf,
    pub to: Jump,
}

/// Whose clock it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockOf {
    /// PostgreSQL's, or that of the one engine.
    Store,
    /// Those of gateways and workers, each to another time.
    Programs,
}

/// To before the right time, or after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jump {
    Back,
    Ahead,
}

impl ClockSet {
    pub(super) fn any(random: &Random) -> Self {
        let of = match random.below(3) {
            0 => ClockOf::Programs,
            _ => ClockOf::Store,
        };
        let to = Jump::any(random);
        Self { of, to }
    }
}

impl Jump {
    fn any(random: &Random) -> Self {
        match random.below(2) {
            0 => Self::Back,
            _ => Self::Ahead,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Back => "clock set back",
            Self::Ahead => "clock set ahead",
        }
    }

    /// How far the clock is off then.
    fn offset_s(self, random: &Random) -> i64 {
        let off = 1 + random.below(OFF_MOST_S);
        let off = i64::try_from(off).unwrap_or(i64::MAX);
        match self {
            Self::Back => -off,
            Self::Ahead => off,
        }
    }
}

pub(super) fn set_engine(clocks: &WallClocks, to: Jump, random: &Random) -> Result<Fault> {
    let offset_s = to.offset_s(random);
    clocks.set(ENGINE, offset_s)?;
    Ok(Fault::new(&set_to("the engine", offset_s), to.name()))
}

/// Not all of them go wrong alike, wherever the first one goes.
pub(super) fn set_programs<'a>(
    clocks: &WallClocks,
    programs: impl Iterator<Item = &'a Member>,
    first: Jump,
    random: &Random,
) -> Result<Fault> {
    let mut to = first;
    for member in programs {
        clocks.set(&member.name, to.offset_s(random))?;
        to = Jump::any(random);
    }
    Ok(Fault::new("each gateway and worker,", first.name()))
}

pub(super) fn set_store(cluster: &Scratch, to: Jump, random: &Random) -> Result<Fault> {
    let offset_s = to.offset_s(random);
    let question = format!("update {TABLE} set offset_ms = {offset_s} * 1000");
    cluster
        .ask_postgres(&question)
        .context("set the store's clock")?;
    Ok(Fault::new(&set_to("PostgreSQL", offset_s), to.name()))
}

/// Puts a clock that can be set in the place of the store's: everything there asks one function.
pub(in crate::chaos) fn make_settable(cluster: &Scratch) -> Result<()> {
    let body = "select floor(extract(epoch from clock_timestamp()) * 1000)::bigint + offset_ms";
    for statement in [
        format!("create table {TABLE} (offset_ms bigint not null)"),
        format!("insert into {TABLE} values (0)"),
        format!(
            "create or replace function now_ms() returns bigint language sql volatile
                 as '{body} from {TABLE}'"
        ),
    ] {
        cluster
            .ask_postgres(&statement)
            .context("make the store's clock settable")?;
    }
    Ok(())
}

fn set_to(whom: &str, offset_s: i64) -> String {
    format!("{whom}, now {offset_s:+} s off,")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local::Size;

    const NOBODY: Size = Size {
        gateways: 0,
        workers: 0,
    };

    /// How far the store's clock is from its machine's, in milliseconds.
    fn off_ms(cluster: &Scratch) -> i64 {
        // The two are looked at one after the other.
        let question =
            "select round((now_ms() - extract(epoch from clock_timestamp()) * 1000) / 1000) * 1000";
        cluster.ask_postgres(question).unwrap().parse().unwrap()
    }

    #[tokio::test]
    async fn the_clock_by_which_the_store_goes_is_set_back_and_forth() {
        let cluster = Scratch::start(NOBODY, &[]).await.unwrap();
        make_settable(&cluster).unwrap();
        let before = off_ms(&cluster);

        let random = Random::seeded(1);
        let set = |to| {
            set_store(&cluster, to, &random).unwrap();
            off_ms(&cluster)
        };
        let (back, ahead) = (set(Jump::Back), set(Jump::Ahead));

        let most = 1_000 * i64::try_from(OFF_MOST_S).unwrap();
        assert_eq!(before, 0, "before it was set");
        assert!((-most..0).contains(&back), "{back}");
        assert!((1..=most).contains(&ahead), "{ahead}");
    }
}
