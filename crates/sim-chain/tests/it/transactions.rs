//! What becomes of transactions, on a paused clock and a ledger in memory.

use std::sync::Arc;
use std::time::Duration;

use domain::transaction::{Height, SignedTransaction};
use ports::chain::{Chain, Error, Fate, Revert};
use ports::ledger::{Ledger, LedgerFilter};
use sim_chain::{SimChain, SimConfig};

use crate::setup::{self, ONE_SOL};

const LONG: Duration = Duration::from_secs(60);

fn at_scale_one() -> SimConfig {
    SimConfig {
        latency_scale: 1.0,
        ..setup::config()
    }
}

async fn lines(chain: &Arc<SimChain>) -> usize {
    let filter = LedgerFilter {
        limit: 1_000,
        ..LedgerFilter::default()
    };
    chain.entries(&filter).await.unwrap().entries.len()
}

#[tokio::test(start_paused = true)]
async fn a_swap_lands_two_to_three_seconds_after_it_was_sent() {
    let chain = setup::open(&at_scale_one());
    let transaction = setup::transaction(&chain, 1).await;
    let sent = tokio::time::Instant::now();

    chain.send(&transaction).await.unwrap();
    let fate = chain
        .await_fate(&transaction.signature, LONG)
        .await
        .unwrap();

    assert!(matches!(fate, Fate::Landed { .. }), "{fate:?}");
    let took = sent.elapsed();
    assert!(
        took >= Duration::from_secs(2) && took <= chain.usual_time(),
        "{took:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_quote_takes_two_hundred_milliseconds_and_a_bit() {
    let chain = setup::open(&at_scale_one());
    let asked = tokio::time::Instant::now();

    chain.sources()[1]
        .quote(setup::sell_sol(ONE_SOL))
        .await
        .unwrap();

    let took = asked.elapsed().as_millis();
    assert!((200..=251).contains(&took), "{took} ms");
}

#[tokio::test(start_paused = true)]
async fn a_transaction_that_was_built_but_not_sent_does_nothing() {
    let chain = setup::open(&at_scale_one());
    let transaction = setup::transaction(&chain, 1).await;

    let fate = chain
        .await_fate(&transaction.signature, LONG)
        .await
        .unwrap();

    assert_eq!(fate, Fate::Unknown);
    assert_eq!(lines(&chain).await, 0);
}

#[tokio::test(start_paused = true)]
async fn the_same_bytes_sent_ten_times_execute_once() {
    let chain = setup::open(&at_scale_one());
    let transaction = setup::transaction(&chain, 1).await;

    for _ in 0..5 {
        chain.send(&transaction).await.unwrap();
    }
    chain
        .await_fate(&transaction.signature, LONG)
        .await
        .unwrap();
    for _ in 0..5 {
        chain.send(&transaction).await.unwrap();
    }
    tokio::time::sleep(LONG).await;

    assert_eq!(lines(&chain).await, 1);
}

#[tokio::test(start_paused = true)]
async fn two_executions_of_one_order_are_two_lines_of_the_ledger() {
    let chain = setup::open(&at_scale_one());
    let mut swap = setup::swap(&chain, 1, 100).await;
    for execution in 1..=2 {
        swap.execution = execution;
        let transaction = chain.build(&swap).await.unwrap();
        chain.send(&transaction).await.unwrap();
        chain
            .await_fate(&transaction.signature, LONG)
            .await
            .unwrap();
    }

    let filter = LedgerFilter {
        orders: Some(vec![swap.order_id]),
        limit: 10,
        ..LedgerFilter::default()
    };
    let page = chain.entries(&filter).await.unwrap();

    assert_eq!(page.entries.iter().filter(|entry| entry.ok).count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_swap_that_would_pay_too_little_is_rolled_back_and_written_down() {
    let chain = setup::open(&at_scale_one());
    let mut swap = setup::swap(&chain, 1, 0).await;
    let doubled = swap.choice.expected_amount_out.get() * 2;
    swap.choice.min_amount_out = domain::BaseUnits::new(doubled);
    let transaction = chain.build(&swap).await.unwrap();

    chain.send(&transaction).await.unwrap();
    let fate = chain
        .await_fate(&transaction.signature, LONG)
        .await
        .unwrap();

    assert!(
        matches!(
            fate,
            Fate::Reverted {
                reason: Revert::SlippageExceeded,
                ..
            }
        ),
        "{fate:?}"
    );
    let filter = LedgerFilter {
        limit: 10,
        ..LedgerFilter::default()
    };
    let page = chain.entries(&filter).await.unwrap();
    assert!(!page.entries[0].ok);
    assert_eq!(page.entries[0].amount_out.get(), 0);
}

#[tokio::test(start_paused = true)]
async fn without_slippage_many_swaps_fail_and_with_half_a_percent_hardly_any() {
    let chain = setup::open(&at_scale_one());
    let mut failed = [0; 2];
    for (place, slippage_bps) in [(0, 0), (1, 50)] {
        for order in 0..60 {
            let swap = setup::swap(&chain, order, slippage_bps).await;
            let transaction = chain.build(&swap).await.unwrap();
            chain.send(&transaction).await.unwrap();
            let fate = chain
                .await_fate(&transaction.signature, LONG)
                .await
                .unwrap();
            failed[place] += i32::from(matches!(fate, Fate::Reverted { .. }));
        }
    }

    assert!(
        (10..=50).contains(&failed[0]),
        "{} of 60 failed at 0 bps",
        failed[0]
    );
    assert!(failed[1] <= 1, "{} of 60 failed at 50 bps", failed[1]);
}

#[tokio::test(start_paused = true)]
async fn a_transaction_past_its_height_is_refused() {
    let chain = setup::open(&at_scale_one());
    let transaction = setup::transaction(&chain, 1).await;

    tokio::time::sleep(Duration::from_millis(400 * 151)).await;
    let sent = chain.send(&transaction).await;

    assert!(matches!(sent, Err(Error::Refused(_))), "{sent:?}");
    assert!(chain.finalized_height().await.unwrap() > transaction.last_valid_height);
}

#[tokio::test(start_paused = true)]
async fn an_accepted_transaction_that_waits_too_long_never_lands() {
    let chain = setup::open(&at_scale_one());
    let transaction = setup::transaction(&chain, 1).await;
    let late = Height::new(transaction.last_valid_height.get() + 1);
    chain.faults().hold_next_until(1, late);

    chain.send(&transaction).await.unwrap();
    let fate = chain
        .await_fate(&transaction.signature, LONG * 3)
        .await
        .unwrap();

    assert_eq!(fate, Fate::Unknown);
    assert_eq!(lines(&chain).await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_transaction_held_until_its_last_valid_height_lands_there() {
    let chain = setup::open(&at_scale_one());
    let transaction = setup::transaction(&chain, 1).await;
    chain
        .faults()
        .hold_next_until(1, transaction.last_valid_height);

    chain.send(&transaction).await.unwrap();
    let fate = chain
        .await_fate(&transaction.signature, LONG * 3)
        .await
        .unwrap();

    // The prices have moved for a minute: it may have been rolled back, but it was executed.
    let (Fate::Landed { height, .. } | Fate::Reverted { height, .. }) = fate else {
        panic!("{fate:?}");
    };
    assert_eq!(height, transaction.last_valid_height);
}

#[tokio::test(start_paused = true)]
async fn a_transaction_whose_reply_is_lost_lands_all_the_same() {
    let chain = setup::open(&at_scale_one());
    let transaction = setup::transaction(&chain, 1).await;
    chain.faults().lose_next_replies(1);

    let sent = chain.send(&transaction).await;
    let fate = chain
        .await_fate(&transaction.signature, LONG)
        .await
        .unwrap();

    assert!(matches!(sent, Err(Error::Unavailable(_))), "{sent:?}");
    assert!(matches!(fate, Fate::Landed { .. }), "{fate:?}");
}

#[tokio::test(start_paused = true)]
async fn a_dropped_transaction_lands_when_it_is_sent_again() {
    let chain = setup::open(&at_scale_one());
    let transaction = setup::transaction(&chain, 1).await;
    chain.faults().drop_next(1);

    chain.send(&transaction).await.unwrap();
    assert_eq!(
        chain.await_fate(&transaction.signature, LONG / 4).await,
        Ok(Fate::Unknown)
    );
    chain.send(&transaction).await.unwrap();
    let fate = chain
        .await_fate(&transaction.signature, LONG)
        .await
        .unwrap();

    // A quarter of a minute later the price is another one; executed it was.
    assert_ne!(fate, Fate::Unknown);
}

#[tokio::test(start_paused = true)]
async fn bytes_that_are_no_transaction_are_refused() {
    let chain = setup::open(&setup::config());
    let honest = setup::transaction(&chain, 1).await;
    let mut changed = honest.bytes.to_vec();
    changed[120] ^= 1;
    let foreign = SignedTransaction {
        signature: setup::transaction(&chain, 2).await.signature,
        ..honest.clone()
    };

    for bytes in [&[][..], b"garbage", &changed] {
        let transaction = SignedTransaction {
            bytes: bytes.into(),
            ..honest.clone()
        };
        let sent = chain.send(&transaction).await;
        assert!(matches!(sent, Err(Error::Refused(_))), "{sent:?}");
    }
    let sent = chain.send(&foreign).await;
    assert!(matches!(sent, Err(Error::Refused(_))), "{sent:?}");
    assert_eq!(lines(&chain).await, 0);
}

#[tokio::test(start_paused = true)]
async fn the_ledger_is_read_page_by_page_without_gaps() {
    let chain = setup::open(&setup::config());
    for order in 0..7 {
        let transaction = setup::transaction(&chain, order).await;
        chain.send(&transaction).await.unwrap();
    }

    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let filter = LedgerFilter {
            after,
            limit: 3,
            ..LedgerFilter::default()
        };
        let page = chain.entries(&filter).await.unwrap();
        seen.extend(page.entries.into_iter().map(|entry| entry.order_id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }

    assert_eq!(seen, (0..7).map(setup::order_id).collect::<Vec<_>>());
}
