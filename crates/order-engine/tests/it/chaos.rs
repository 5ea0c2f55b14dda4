//! A short run of what `scripts/chaos` does: everything is broken at random, and every order is checked.
//! The same seeds each time; the long runs take others.

use std::time::Duration;

use anyhow::{Result, ensure};
use testkit::chaos::{self, Arena, Plan};

const EMBEDDED: Plan = Plan {
    length: Duration::from_secs(8),
    seed: 3,
};
const CLUSTER: Plan = Plan {
    length: Duration::from_secs(10),
    seed: 5,
};

async fn check_survives(mut arena: Arena, plan: Plan) -> Result<()> {
    let verdict = chaos::run(&mut arena, plan).await?;

    ensure!(verdict.holds(), "{verdict}");
    ensure!(!verdict.faults.is_empty(), "nothing was broken");
    Ok(())
}

#[tokio::test]
async fn the_engine_keeps_its_promises_while_it_is_broken_at_random() -> Result<()> {
    check_survives(Arena::embedded().await?, EMBEDDED).await
}

#[tokio::test]
async fn a_cluster_keeps_its_promises_while_it_is_broken_at_random() -> Result<()> {
    check_survives(Arena::cluster().await?, CLUSTER).await
}
