//! What a restart keeps: the ledger, the height, the seed.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use dex_router::venue::QuoteRequest;
use domain::{Asset, TokenList};
use ports::chain::{Chain, Fate};
use ports::ledger::{Ledger, LedgerFilter};
use ports::{Random, Shutdown, SystemClock};
use sim_chain::{OpenError, SimChain, SimConfig};

use crate::setup::{self, ONE_SOL};

const LONG: Duration = Duration::from_secs(60);

fn config(folder: &Path) -> SimConfig {
    setup::config_on_disk(folder)
}

#[tokio::test]
async fn a_restart_keeps_what_landed_and_its_bytes_do_not_land_again() {
    let folder = tempfile::tempdir().unwrap();
    let chain = setup::open(&config(folder.path()));
    let transaction = setup::transaction(&chain, 1).await;
    chain.send(&transaction).await.unwrap();
    let before = chain
        .await_fate(&transaction.signature, LONG)
        .await
        .unwrap();
    drop(chain);

    let chain = setup::open(&config(folder.path()));
    let after = chain.fate(&transaction.signature).await.unwrap();
    chain.send(&transaction).await.unwrap();
    let again = chain
        .await_fate(&transaction.signature, LONG)
        .await
        .unwrap();

    assert!(matches!(before, Fate::Landed { .. }), "{before:?}");
    assert_eq!((&after, &again), (&before, &before));
    let filter = LedgerFilter {
        limit: 10,
        ..LedgerFilter::default()
    };
    assert_eq!(chain.entries(&filter).await.unwrap().entries.len(), 1);
}

#[tokio::test]
async fn the_height_never_goes_back_and_jumps_little_over_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let mut last = 0;
    for _ in 0..5 {
        let chain = setup::open(&config(folder.path()));
        let first = chain.finalized_height().await.unwrap().get();
        assert!(first >= last, "{first} after {last}");
        assert!(first <= last + 40, "{first} after {last}");
        last = first;
        while last < first + 3 {
            last = chain.finalized_height().await.unwrap().get();
            tokio::task::yield_now().await;
        }
    }
}

/// What one SOL buys of every other token.
async fn quotes(chain: &Arc<SimChain>) -> Vec<u64> {
    let source = chain.sources().remove(0);
    let mut paid = Vec::new();
    let tokens = TokenList::mainnet();
    let others = tokens.listings().iter().map(|listing| listing.asset);
    for asset_out in others.filter(|asset| *asset != Asset::SOL) {
        let request = QuoteRequest {
            asset_out,
            ..setup::sell_sol(ONE_SOL)
        };
        paid.push(source.quote(request).await.unwrap().amount_out.get());
    }
    paid
}

#[tokio::test]
async fn without_a_given_seed_the_world_goes_on_with_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let config = SimConfig {
        seed: None,
        ..config(folder.path())
    };
    drop(setup::open(&config));
    // So far on that the prices of two seeds are far apart.
    let ledger = rusqlite::Connection::open(folder.path().join("ledger.db")).unwrap();
    ledger
        .execute("update world set height_mark = 100000", [])
        .unwrap();
    drop(ledger);
    let before = quotes(&setup::open(&config)).await;

    let random = Random::seeded(99);
    let clock = Arc::new(SystemClock::new());
    let restarted = SimChain::open(&config, clock, random, Shutdown::new()).unwrap();
    let after = quotes(&restarted).await;
    drop(restarted);
    let other = quotes(&setup::open(&SimConfig {
        seed: Some(1),
        ..config
    }))
    .await;

    let far = |other: &[u64]| {
        before
            .iter()
            .zip(other)
            .filter(|(a, b)| a.abs_diff(**b) * 200 > **a)
            .count()
    };
    assert_eq!(far(&after), 0, "{before:?} then {after:?}");
    assert!(far(&other) > 3, "{before:?} and {other:?}");
}

#[tokio::test]
async fn a_second_process_cannot_open_the_same_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let _first = setup::open(&config(folder.path()));

    let second = SimChain::open(
        &config(folder.path()),
        Arc::new(SystemClock::new()),
        Random::seeded(1),
        Shutdown::new(),
    );

    assert!(matches!(second, Err(OpenError::InUse(_))), "{second:?}");
}

#[tokio::test]
async fn the_ledgers_version_stays_where_every_release_looks_for_it() {
    let folder = tempfile::tempdir().unwrap();
    drop(setup::open(&config(folder.path())));
    let ledger = rusqlite::Connection::open(folder.path().join("ledger.db")).unwrap();
    let version: i64 = ledger
        .query_row("pragma user_version", [], |row| row.get(0))
        .unwrap();
    ledger.execute_batch("pragma user_version = 99").unwrap();
    drop(ledger);

    let refused = SimChain::open(
        &config(folder.path()),
        Arc::new(SystemClock::new()),
        Random::seeded(1),
        Shutdown::new(),
    );

    assert_eq!(version, 1);
    assert!(
        matches!(
            refused,
            Err(OpenError::TooNew {
                found: 99,
                known: 1
            })
        ),
        "{refused:?}"
    );
}
