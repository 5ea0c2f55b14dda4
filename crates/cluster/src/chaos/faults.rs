//! The faults: which exist, how often each comes, and its name. Each target has its own file.

mod answers;
mod clocks;
mod endpoint;
mod programs;
mod redis;
mod servers;

use std::fmt;

use anyhow::{Context, Result};
use clap::ValueEnum;
use ports::Random;

use crate::engine::Engine;
use crate::local::{Member, Scratch};
use crate::wall_clocks::WallClocks;
use ::servers::LosingProxy;

pub use self::servers::ServerFault;
pub use answers::AnswersLost;
pub use clocks::{ClockOf, ClockSet, Jump};
pub(super) use clocks::{ENGINE, make_settable};
pub use endpoint::EndpointFault;
pub use programs::ProgramFault;
pub use redis::RedisFault;

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

/// One fault that may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strike {
    /// The all-in-one engine, if there is no cluster.
    Engine(ProgramFault),
    Gateway(ProgramFault),
    Worker(ProgramFault),
    /// Every gateway and every worker is killed, as on one machine that loses its power.
    Everybody,
    Redis(RedisFault),
    Postgres(ServerFault),
    /// What PostgreSQL answers is lost on its way.
    Answers(AnswersLost),
    Chain(ServerFault),
    /// What the chain's endpoint does, where the engine trades live.
    Endpoint(EndpointFault),
    Clock(ClockSet),
}

/// Who is struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// The one engine, with --embedded
    Engine,
    /// One gateway at a time
    Gateways,
    /// One worker at a time
    Workers,
    /// Every gateway and worker at once
    Everybody,
    Redis,
    Postgres,
    /// What PostgreSQL answers, on its way
    Answers,
    Chain,
    /// What the chain's endpoint does and answers, with --live
    Endpoint,
    /// The store's clock, and those of gateways and workers
    Clocks,
    /// The connections of clients, by themselves
    Connections,
}

impl Kind {
    /// How often each strikes the one engine, out of all.
    pub(super) const OF_ENGINE: [(Self, u64); 2] = [(Self::Engine, 6), (Self::Clocks, 2)];
    /// And a cluster.
    pub(super) const OF_CLUSTER: [(Self, u64); 8] = [
        (Self::Gateways, 2),
        (Self::Workers, 4),
        (Self::Everybody, 1),
        (Self::Redis, 3),
        (Self::Postgres, 2),
        (Self::Answers, 2),
        (Self::Chain, 1),
        (Self::Clocks, 2),
    ];

    /// And a cluster that trades live.
    pub(super) const OF_LIVE: [(Self, u64); 9] = [
        (Self::Gateways, 2),
        (Self::Workers, 4),
        (Self::Everybody, 1),
        (Self::Redis, 2),
        (Self::Postgres, 1),
        (Self::Answers, 1),
        (Self::Chain, 1),
        (Self::Endpoint, 8),
        (Self::Clocks, 2),
    ];

    /// Whether this kind is among those that are wanted: all of them where none is named.
    pub(super) fn is_among(self, wanted: &[Self]) -> bool {
        wanted.is_empty() || wanted.contains(&self)
    }

    /// One of those with a weight that are wanted, if there is any.
    pub(super) fn any(weights: &[(Self, u64)], wanted: &[Self], random: &Random) -> Option<Self> {
        let weights = weights.iter().filter(|(kind, _)| kind.is_among(wanted));
        let all = weights.clone().map(|(_, weight)| weight).sum();
        let mut drawn = random.below(u64::max(all, 1));
        for (kind, weight) in weights {
            match drawn.checked_sub(*weight) {
                Some(rest) => drawn = rest,
                None => return Some(*kind),
            }
        }
        None
    }

    /// Two faults of one process would undo one another.
    pub(super) fn may_coincide_with(self, other: Self) -> bool {
        let is_program = |kind| matches!(kind, Self::Gateways | Self::Workers | Self::Everybody);
        // A server that is down cannot get another time.
        let is_store = |kind| matches!(kind, Self::Postgres | Self::Clocks);
        // A chain that is down cannot be told what to do.
        let is_chain = |kind| matches!(kind, Self::Chain | Self::Endpoint);
        let both = |is: fn(Self) -> bool| is(self) && is(other);
        self != other && !both(is_program) && !both(is_store) && !both(is_chain)
    }

    /// Some fault of this kind.
    pub(super) fn strike(self, random: &Random) -> Option<Strike> {
        Some(match self {
            Self::Engine => Strike::Engine(ProgramFault::any(random)),
            Self::Gateways => Strike::Gateway(ProgramFault::any(random)),
            Self::Workers => Strike::Worker(ProgramFault::any(random)),
            Self::Everybody => Strike::Everybody,
            Self::Redis => Strike::Redis(RedisFault::any(random)),
            Self::Postgres => Strike::Postgres(ServerFault::any(random)),
            Self::Answers => Strike::Answers(AnswersLost::any(random)),
            Self::Chain => Strike::Chain(ServerFault::any(random)),
            Self::Endpoint => Strike::Endpoint(EndpointFault::any(random)),
            Self::Clocks => Strike::Clock(ClockSet::any(random)),
            Self::Connections => return None,
        })
    }
}

pub(super) async fn strike_engine(
    engine: &mut Engine,
    clocks: &WallClocks,
    strike: Strike,
    random: &Random,
) -> Result<Fault> {
    match strike {
        Strike::Engine(fault) => programs::strike_engine(engine, fault, random).await,
        Strike::Clock(set) => clocks::set_engine(clocks, set.to, random),
        other => anyhow::bail!("one process has nobody for {other:?}"),
    }
}

pub(super) async fn strike_cluster(
    (processes, proxy, clocks): (&Scratch, &LosingProxy, &WallClocks),
    strike: Strike,
    random: &Random,
) -> Result<Fault> {
    let state = processes.state();
    let postgres = || state.postgres.as_ref().context("PostgreSQL is not up");
    let chain = || state.sim.as_ref().context("the chain is not up");
    match strike {
        Strike::Engine(_) => anyhow::bail!("a cluster has no engine of one process"),
        Strike::Gateway(fault) => programs::strike_any(&state.gateways, fault, random).await,
        Strike::Worker(fault) => programs::strike_any(&state.workers, fault, random).await,
        Strike::Everybody => {
            let all: Vec<&Member> = state.gateways.iter().chain(&state.workers).collect();
            Ok(programs::kill_all(&all))
        }
        Strike::Redis(fault) => {
            let member = state.redis.as_ref().context("Redis is not up")?;
            redis::strike(member, processes.folder(), fault, random).await
        }
        Strike::Postgres(fault) => Ok(servers::strike(postgres()?, fault, random).await),
        Strike::Answers(lost) => Ok(answers::lose(proxy, lost, random).await),
        Strike::Chain(fault) => Ok(servers::strike(chain()?, fault, random).await),
        Strike::Endpoint(fault) => endpoint::strike(chain()?, fault, random).await,
        Strike::Clock(ClockSet { of, to }) => match of {
            ClockOf::Store => clocks::set_store(processes, to, random),
            ClockOf::Programs => {
                let programs = state.gateways.iter().chain(&state.workers);
                clocks::set_programs(clocks, programs, to, random)
            }
        },
    }
}

fn any<'a>(members: &'a [Member], random: &Random) -> Result<&'a Member> {
    let count = u64::try_from(members.len()).unwrap_or(u64::MAX);
    let index = usize::try_from(random.below(count.max(1))).unwrap_or(0);
    members.get(index).context("nobody of the kind is up")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_wanted_comes_and_each_of_it() {
        let random = Random::seeded(1);
        let drawn = |wanted: &[Kind]| -> Vec<Kind> {
            let draw = |_| Kind::any(&Kind::OF_CLUSTER, wanted, &random);
            (0..500).filter_map(draw).collect()
        };

        let all = drawn(&[]);
        for (kind, _) in Kind::OF_CLUSTER {
            assert!(all.contains(&kind), "{kind:?} never comes");
        }
        let some = drawn(&[Kind::Redis, Kind::Clocks]);
        assert!(some.contains(&Kind::Redis) && some.contains(&Kind::Clocks));
        assert!(
            some.iter()
                .all(|kind| matches!(kind, Kind::Redis | Kind::Clocks))
        );
        assert!(drawn(&[Kind::Connections]).is_empty());
        assert!(drawn(&[Kind::Engine]).is_empty());
    }

    #[test]
    fn what_would_undo_one_another_does_not_come_together() {
        assert!(Kind::Workers.may_coincide_with(Kind::Redis));
        assert!(Kind::Redis.may_coincide_with(Kind::Answers));
        for (one, other) in [
            (Kind::Workers, Kind::Workers),
            (Kind::Gateways, Kind::Everybody),
            (Kind::Postgres, Kind::Clocks),
            (Kind::Chain, Kind::Endpoint),
        ] {
            assert!(!one.may_coincide_with(other), "{one:?} with {other:?}");
            assert!(!other.may_coincide_with(one), "{other:?} with {one:?}");
        }
    }
}
