//! Failures by chance: as often as asked for, and the same ones for the same seed.

use std::sync::Arc;

use dex_router::venue::QuoteError;
use ports::chain::Chain;
use sim_chain::{SimChain, SimConfig};

use crate::setup::{self, ONE_SOL};

const CALLS: usize = 1_000;

fn failing(seed: u64) -> Arc<SimChain> {
    setup::open(&SimConfig {
        failure_rate: 0.3,
        seed: Some(seed),
        ..setup::config()
    })
}

async fn heights(chain: &Arc<SimChain>) -> Vec<bool> {
    let mut failed = Vec::new();
    for _ in 0..CALLS {
        failed.push(chain.finalized_height().await.is_err());
    }
    failed
}

async fn quotes(chain: &Arc<SimChain>) -> Vec<bool> {
    let source = chain.sources().remove(0);
    let mut failed = Vec::new();
    for _ in 0..CALLS {
        let quote = source.quote(setup::sell_sol(ONE_SOL)).await;
        assert!(matches!(quote, Ok(_) | Err(QuoteError::Unavailable(_))));
        failed.push(quote.is_err());
    }
    failed
}

#[tokio::test(start_paused = true)]
async fn calls_fail_as_often_as_asked_for() {
    let chain = failing(5);

    for failed in [heights(&chain).await, quotes(&chain).await] {
        let count = failed.iter().filter(|failed| **failed).count();
        assert!((230..370).contains(&count), "{count} of {CALLS}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_fails_the_same_calls_whatever_else_is_called() {
    let (one, other) = (failing(5), failing(5));

    let quoted = quotes(&one).await;
    let (first, second) = (heights(&one).await, heights(&other).await);

    assert_eq!(first, second);
    assert_eq!(quoted, quotes(&other).await);
    assert_ne!(first, heights(&failing(6)).await);
}

#[tokio::test(start_paused = true)]
async fn a_send_fails_before_or_after_its_acceptance() {
    let chain = failing(5);
    let calm = setup::open(&setup::config());
    let (mut unsent, mut landed_unheard) = (0, 0);
    for order in 0..200 {
        let transaction = setup::transaction(&calm, order).await;
        if chain.send(&transaction).await.is_ok() {
            continue;
        }
        let filter = ports::ledger::LedgerFilter {
            orders: Some(vec![setup::order_id(order)]),
            limit: 1,
            ..Default::default()
        };
        let page = ports::Ledger::entries(chain.as_ref(), &filter)
            .await
            .unwrap();
        if page.entries.is_empty() {
            unsent += 1;
        } else {
            landed_unheard += 1;
        }
    }

    // 0.3 of all, and 0.3 of the other 0.7.
    assert!((40..80).contains(&unsent), "{unsent}");
    assert!((25..60).contains(&landed_unheard), "{landed_unheard}");
}
