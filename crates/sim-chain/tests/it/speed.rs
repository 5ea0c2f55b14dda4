//! How fast orders go through the chain when nothing is delayed, in this process and over HTTP. The floors
//! are far below what any machine does: they catch a call that waits for a timer, not a slow day.

use std::sync::Arc;
use std::time::Duration;

use dex_router::QuoteSource;
use ports::chain::{Chain, Fate};
use ports::{Clock, SystemClock};
use tokio::task::JoinSet;

use crate::{server, setup};

const TASKS: u64 = 256;
const ORDERS_EACH: u64 = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chain_without_delays_lands_hundreds_of_swaps_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let chain = setup::open(&setup::config_on_disk(folder.path()));

    let per_second = measure(&chain.sources()[0], &(chain as Arc<dyn Chain>)).await;

    assert!(per_second > 200, "only {per_second} swaps a second");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_over_http_lands_hundreds_of_swaps_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let served = server::serve(&setup::config_on_disk(folder.path()));
    let chain = server::connect(&served.url);

    let per_second = measure(&chain.sources()[0], &(chain as Arc<dyn Chain>)).await;

    assert!(per_second > 100, "only {per_second} swaps a second");
}

async fn measure(source: &Arc<dyn QuoteSource>, chain: &Arc<dyn Chain>) -> u128 {
    let clock = SystemClock::new();
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        tasks.spawn(run_orders(
            source.clone(),
            chain.clone(),
            task * ORDERS_EACH,
        ));
    }
    tasks.join_all().await;
    let elapsed = clock.monotonic();
    let per_second = u128::from(TASKS * ORDERS_EACH) * 1_000 / elapsed.as_millis().max(1);
    eprintln!("{per_second} swaps a second");
    per_second
}

async fn run_orders(source: Arc<dyn QuoteSource>, chain: Arc<dyn Chain>, first: u64) {
    for order in first..first + ORDERS_EACH {
        let swap = setup::swap_at(source.as_ref(), order, 100).await;
        let transaction = chain.build(&swap).await.unwrap();
        chain.send(&transaction).await.unwrap();
        let limit = Duration::from_secs(60);
        let fate = chain
            .await_fate(&transaction.signature, limit)
            .await
            .unwrap();
        assert!(matches!(fate, Fate::Landed { .. }), "{fate:?}");
    }
}
