//! Many orders over several gateways and workers: all end, none twice, the work is shared, and none takes
//! more of the database than docs/OPERATIONS.md tells operators to count with.

use std::time::Instant;

use anyhow::{Result, ensure};
use cluster::counter;
use cluster::e2e::load;
use cluster::e2e::suites::SOL_FOR_USDC;

use super::cluster;

const ORDERS: usize = 2_000;
/// Of each gateway and each worker, as docs/OPERATIONS.md says.
const CONNECTIONS_EACH: usize = 9;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_orders_end_once_and_every_worker_does_a_fair_share() -> Result<()> {
    let cluster = cluster(&[("QUEUE_MAX_CONCURRENCY", "10")]).await?;
    #[expect(
        clippy::disallowed_methods,
        reason = "the test says how long it took, and judges nothing by it"
    )]
    let began = Instant::now();

    let outcome = load::run(&cluster.target(), ORDERS, SOL_FOR_USDC).await?;

    let took = began.elapsed();
    let mut shares = Vec::new();
    for worker in &cluster.state().workers {
        shares.push(counter(worker, "orders_ended_total").await?);
    }
    eprintln!("{ORDERS} orders in {took:?}, by worker {shares:?}: {outcome:?}");
    ensure!(
        outcome.confirmed + outcome.failed == ORDERS && outcome.confirmed >= ORDERS * 95 / 100,
        "{outcome:?}"
    );
    let connections = "select count(*) from pg_stat_activity
                       where backend_type = 'client backend' and pid <> pg_backend_pid()";
    let connections: usize = cluster.ask_postgres(connections)?.parse()?;
    let state = cluster.state();
    let processes = state.gateways.len() + state.workers.len();
    ensure!(
        connections <= CONNECTIONS_EACH * processes,
        "{connections} connections of {processes} processes"
    );
    // A third each would be even; a fifth is the least that counts as fair.
    let least = u64::try_from(ORDERS / 5)?;
    ensure!(
        shares.len() == 3 && shares.iter().all(|share| *share >= least),
        "{shares:?}"
    );
    Ok(())
}
