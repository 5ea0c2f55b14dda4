//! How fast orders go through the chain when nothing is delayed.

use std::sync::Arc;
use std::time::Duration;

use dex_router::chain::{Chain, Fate};
use ports::{Clock, SystemClock};
use sim_chain::SimChain;
use tokio::task::JoinSet;

use crate::setup;

const TASKS: u64 = 64;
const ORDERS_EACH: u64 = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chain_without_delays_lands_thousands_of_swaps_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let chain = setup::open(&setup::config_on_disk(folder.path()));
    let clock = SystemClock::new();
    let mut tasks = JoinSet::new();

    for task in 0..TASKS {
        tasks.spawn(run_orders(chain.clone(), task * ORDERS_EACH));
    }
    tasks.join_all().await;

    let elapsed = clock.monotonic();
    let per_second = u128::from(TASKS * ORDERS_EACH) * 1_000 / elapsed.as_millis().max(1);
    eprintln!("{per_second} swaps a second in {elapsed:?}");
    assert!(per_second > 200, "only {per_second} swaps a second");
}

async fn run_orders(chain: Arc<SimChain>, first: u64) {
    for order in first..first + ORDERS_EACH {
        let transaction = setup::transaction(&chain, order).await;
        chain.send(&transaction).await.unwrap();
        let limit = Duration::from_secs(60);
        let fate = chain
            .await_fate(&transaction.signature, limit)
            .await
            .unwrap();
        assert!(matches!(fate, Fate::Landed { .. }), "{fate:?}");
    }
}
