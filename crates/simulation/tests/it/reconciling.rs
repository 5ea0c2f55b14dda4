//! The wallet of the simulated cluster against the engine's receipts, to the lamport and to each token's smallest unit.

mod alarms;

use std::sync::Arc;
use std::time::Duration;

use domain::{Asset, Mint, Status};
use ports::SystemClock;
use ports::reconciliation::{Kind, OnAlarm, Report, TokenChange};
use ports::safety::Checkpoint;

use crate::stranger::Stranger;
use crate::world::{Worker, World};

const SCALE: f64 = 0.0;

fn world() -> World {
    World::new(Arc::new(SystemClock::new()), SCALE)
}

/// Compares as soon as everything that has landed is final.
async fn reconciled(world: &World) -> Report {
    let reconciler = world.reconciler();
    let landed_in = |held: ports::reconciliation::Held| held.slot;
    let now = landed_in(reconciler.history.holding(&[]).await.unwrap());
    // More than the blocks between confirmed and final.
    while landed_in(reconciler.history.holding(&[]).await.unwrap()) < now + 10 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    reconciler.run(OnAlarm::Tell).await.unwrap()
}

#[tokio::test]
async fn receipts_explain_every_lamport_and_token_of_confirmed_and_reverted_orders() {
    let world = world();
    let first = reconciled(&world).await;
    assert_eq!((&first.from, first.transactions), (&None, 0));
    let running = world.start(Worker::inside(SCALE));
    world.accept(40).await;
    world.until(40, Status::Confirmed).await;

    let report = reconciled(&world).await;

    assert_eq!(report.unexplained, 0, "{report:?}");
    assert!(!report.is_alarming(), "{report:?}");
    assert!(report.orders >= 40, "{report:?}");
    let held = |report: &Report| report.tokens()[&Asset::USDC.mint].held.unwrap();
    let bought = held(&report) - held(&first);
    assert!(bought > 0, "{report:?}");
    // What the cluster pays in, so that the wallet does not run out, is named and no leak.
    assert!(
        report
            .findings
            .iter()
            .all(|it| it.kind == Kind::FromOutside)
    );
    let again = reconciled(&world).await;
    assert_eq!((again.orders, again.unexplained), (0, 0));
    running.stop().await;
}

#[tokio::test]
async fn a_transaction_that_the_key_signed_and_no_order_names_is_found() {
    let world = world();
    reconciled(&world).await;
    world.swap_of_nobody().await;

    let report = reconciled(&world).await;

    assert!(report.is_alarming());
    assert_eq!((report.foreign, report.orders), (1, 0), "{report:?}");
    let foreign = report.findings.iter().find(|it| it.kind == Kind::Foreign);
    assert!(foreign.unwrap().lamports < 0, "{report:?}");
    // The chain itself explains it: nothing else is missing.
    assert_eq!(report.unexplained, 0, "{report:?}");
    // It is told once.
    assert!(!reconciled(&world).await.is_alarming());
}

#[tokio::test]
async fn lamports_and_tokens_that_nothing_explains_are_told_to_the_last_one() {
    let world = world();
    let first = reconciled(&world).await;
    let wallet = first.wallet;
    let mut tokens = first.checkpoint().tokens;
    let usdc = tokens.get_mut(&Asset::USDC.mint).unwrap();
    *usdc = usdc.map(|held| held + 3);
    let wrong = Checkpoint {
        slot: first.to.slot + 1,
        lamports: first.to.lamports - 7,
        tokens,
    };
    let reconciler = world.reconciler();
    reconciler
        .store
        .keep_checkpoint(wallet, wrong)
        .await
        .unwrap();

    let report = reconciled(&world).await;

    assert_eq!(report.unexplained, 7);
    assert_eq!(report.tokens()[&Asset::USDC.mint].unexplained, -3);
    assert!(report.is_alarming());
}

#[tokio::test]
async fn tokens_that_somebody_takes_with_the_key_or_pays_in_are_named() {
    const MINT: Mint = Asset::USDC.mint;
    let world = world();
    let first = reconciled(&world).await;
    let stranger = Stranger::of(Asset::USDC);
    stranger.takes(5, &world).await;

    let taken = reconciled(&world).await;

    assert_eq!((taken.foreign, taken.unexplained), (1, 0), "{taken:?}");
    let foreign = taken.findings.iter().find(|it| it.kind == Kind::Foreign);
    let change = TokenChange {
        mint: MINT,
        change: -5,
        told: None,
    };
    assert_eq!(foreign.unwrap().tokens, [change]);
    assert_eq!(taken.tokens()[&MINT].unexplained, 0, "{taken:?}");

    stranger.gives(3, &world).await;
    let given = reconciled(&world).await;

    assert!(!given.is_alarming() && given.is_whole(), "{given:?}");
    assert_eq!(given.tokens()[&MINT].from_outside, 3, "{given:?}");
    let from_outside = given.findings.iter().find(|it| !it.tokens.is_empty());
    assert_eq!(from_outside.unwrap().kind, Kind::FromOutside);
    let held = |report: &Report| report.tokens()[&MINT].held.unwrap();
    assert_eq!(held(&given), held(&first) - 2);
}
