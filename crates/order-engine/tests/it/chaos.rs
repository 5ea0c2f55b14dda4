//! A short run of `scripts/chaos`: it begins with faults that once broke a promise, then breaks
//! everything at random, and checks every order. The same seeds each time; the long runs use
//! others.

use std::time::Duration;

use anyhow::{Result, ensure};
use cluster::chaos::{
    self, AnswersLost, Arena, ClockOf, ClockSet, EndpointFault, Jump, Mode, Plan, ProgramFault,
    RedisFault, Strike,
};
use servers::{Then, Whose};

const fn clock(of: ClockOf, to: Jump) -> Strike {
    Strike::Clock(ClockSet { of, to })
}

fn of_one_process() -> Plan {
    let killed = Strike::Engine(ProgramFault::Killed);
    Plan {
        opening: vec![
            vec![clock(ClockOf::Store, Jump::Ahead)],
            vec![clock(ClockOf::Store, Jump::Back), killed],
            vec![Strike::Engine(ProgramFault::Frozen)],
        ],
        ..Plan::at_random(Duration::from_secs(8), 3)
    }
}

fn of_a_cluster() -> Plan {
    let lost = |whose, then| Strike::Answers(AnswersLost { whose, then });
    Plan {
        opening: vec![
            vec![Strike::Redis(RedisFault::Frozen)],
            vec![lost(Whose::EveryNth(3), Then::Cut)],
            vec![clock(ClockOf::Programs, Jump::Ahead)],
            vec![clock(ClockOf::Store, Jump::Ahead)],
            vec![
                clock(ClockOf::Store, Jump::Back),
                Strike::Redis(RedisFault::Emptied),
            ],
            vec![lost(Whose::NextAnswered, Then::Stall)],
            vec![Strike::Redis(RedisFault::FrozenAndKilled)],
        ],
        ..Plan::at_random(Duration::from_secs(10), 5)
    }
}

fn of_a_live_cluster() -> Plan {
    let killed = Strike::Worker(ProgramFault::Killed);
    Plan {
        opening: vec![
            vec![Strike::Endpoint(EndpointFault::SendsDropped), killed],
            vec![Strike::Endpoint(EndpointFault::RepliesLost)],
            vec![Strike::Endpoint(EndpointFault::HeightIsSlot), killed],
            vec![Strike::Endpoint(EndpointFault::BlocksVanish)],
            vec![Strike::Endpoint(EndpointFault::Away)],
        ],
        ..Plan::at_random(Duration::from_secs(8), 7)
    }
}

async fn check_survives(mut arena: Arena, plan: Plan) -> Result<()> {
    let must_come: usize = plan.opening.iter().map(Vec::len).sum();

    let verdict = chaos::run(&mut arena, plan).await?;

    ensure!(verdict.holds(), "{verdict}");
    let came: usize = verdict.faults.values().sum();
    ensure!(came >= must_come, "nothing was broken: {verdict}");
    ensure!(
        verdict.posts_reset > 0,
        "no connection was reset: {verdict}"
    );
    ensure!(verdict.told > 0, "the account stream told nothing");
    Ok(())
}

#[tokio::test]
async fn the_engine_keeps_its_promises_while_it_is_broken_at_random() -> Result<()> {
    check_survives(Arena::embedded().await?, of_one_process()).await
}

#[tokio::test]
async fn a_cluster_keeps_its_promises_while_it_is_broken_at_random() -> Result<()> {
    check_survives(Arena::cluster(Mode::Sim).await?, of_a_cluster()).await
}

#[tokio::test]
#[ignore = "a cluster of processes beside the two above; scripts/test --full runs it"]
async fn a_live_cluster_keeps_its_promises_while_its_endpoint_fails_at_random() -> Result<()> {
    check_survives(Arena::cluster(Mode::Live).await?, of_a_live_cluster()).await
}
