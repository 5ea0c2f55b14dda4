//! How long things take: reads of pools, transactions until they are confirmed, and nothing else.

use std::sync::Arc;
use std::time::Duration;

use chain_solana::rpc::{Commitment, Error, View};
use ports::{Random, Shutdown};
use sim_chain::{SimConfig, World};
use testkit::ManualClock;

use super::stand::{NOBODY, POOL, Stand, Way, amm};
use crate::node::served::SOL;

/// Lets time pass in small steps until a call ends, and tells how long it took.
async fn measure<T>(stand: &Stand, call: impl Future<Output = T>) -> (Duration, T) {
    use ports::Clock as _;
    let begun = stand.clock.monotonic();
    let mut call = std::pin::pin!(call);
    loop {
        tokio::select! {
            biased;
            ended = &mut call => return (stand.clock.monotonic() - begun, ended),
            () = tokio::task::yield_now() => stand.clock.advance(Duration::from_millis(1)),
        }
    }
}

/// Lets tasks that were woken run.
async fn settle() {
    for _ in 0..4 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_read_of_pools_takes_200_to_250_ms_and_no_other_does() {
    let stand = Stand::with(Way::InThisProcess, 1.0, 0.0);
    let processed = View::newest(Commitment::Processed);

    for _ in 0..20 {
        let keys = [amm(NOBODY), amm(POOL)];
        let (took, _) = measure(&stand, stand.rpc.accounts(&keys, processed)).await;
        // The step of the measurement may add one.
        assert!((200..=251).contains(&took.as_millis()), "{took:?}");
    }
    let program = amm(sim_chain::bank::address::RAYDIUM_CPMM);
    let search = stand.rpc.program_accounts(program, &[], processed);
    let (took, _) = measure(&stand, search).await;
    assert!((200..=251).contains(&took.as_millis()), "{took:?}");

    let keys = [amm(NOBODY)];
    let (took, _) = measure(&stand, stand.rpc.accounts(&keys, processed)).await;
    assert_eq!(took, Duration::ZERO);
    let (took, _) = measure(&stand, stand.rpc.epoch_info(processed)).await;
    assert_eq!(took, Duration::ZERO);
}

#[tokio::test]
async fn a_pool_that_nobody_looked_at_for_long_is_told_at_its_price_of_now() {
    let clock = Arc::new(ManualClock::default());
    let config = SimConfig {
        latency_scale: 0.0,
        seed: Some(7),
        ..SimConfig::default()
    };
    let world = World::open(&config, clock.clone(), &Random::seeded(7), &Shutdown::new()).unwrap();
    let rpc = world.rpc();
    let program = amm(sim_chain::bank::address::METEORA_DAMM_V2);
    let found = rpc.program_accounts(program, &[], View::CONFIRMED).await;
    let (pool, before) = found.unwrap().value.swap_remove(0);
    clock.advance(Duration::from_secs(60));

    let keys = [pool];
    let mut reading = std::pin::pin!(rpc.accounts(&keys, View::CONFIRMED));
    let told = loop {
        tokio::select! {
            biased;
            told = &mut reading => break told.unwrap(),
            () = settle() => clock.advance(Duration::from_millis(5)),
        }
    };

    assert_ne!(told.value[0].as_ref(), Some(&before));
}

/// Sends, and tells how long it took until the transaction was confirmed.
async fn time_to_confirm(stand: &Stand, lamports: u64) -> Duration {
    let (signature, bytes) = stand.transfer(lamports);
    let (took, sent) = measure(stand, stand.rpc.send(&bytes)).await;
    assert_eq!((took, sent.unwrap()), (Duration::ZERO, signature));
    let mut passed = Duration::ZERO;
    loop {
        settle().await;
        let status = stand.status(signature).await.unwrap();
        if status.is_some_and(|status| status.commitment >= Commitment::Confirmed) {
            return passed;
        }
        let step = Duration::from_millis(5);
        stand.clock.advance(step);
        passed += step;
    }
}

#[tokio::test]
async fn a_transaction_is_confirmed_2_to_3_s_after_it_was_taken() {
    let stand = Stand::with(Way::InThisProcess, 1.0, 0.0);

    for lamports in 0..50 {
        let passed = time_to_confirm(&stand, SOL / 10 + lamports).await;
        assert!((2_000..=3_000).contains(&passed.as_millis()), "{passed:?}");
        // Each one begins at another place of its block.
        stand.clock.advance(Duration::from_millis(37 * lamports));
    }
}

#[tokio::test]
async fn without_delays_a_transaction_is_executed_before_its_reply() {
    let stand = Stand::new(Way::InThisProcess);
    let (_, bytes) = stand.transfer(SOL);

    stand.rpc.send(&bytes).await.unwrap();

    assert_eq!(stand.received().await, SOL);
    // No task was left to wait for.
    stand.shutdown.finished().await;
}

#[tokio::test]
async fn what_waits_is_sent_again_without_being_executed_twice() {
    let stand = Stand::with(Way::InThisProcess, 1.0, 0.0);
    let (_, bytes) = stand.transfer(SOL);

    for _ in 0..5 {
        stand.rpc.send(&bytes).await.unwrap();
        assert_eq!(stand.service.waiting(), 1);
    }
    settle().await;
    for _ in 0..3 {
        stand.clock.advance(Duration::from_secs(1));
        settle().await;
    }

    assert_eq!(stand.service.waiting(), 0);
    assert_eq!(stand.received().await, SOL);
    stand.rpc.send(&bytes).await.unwrap();
    assert_eq!(stand.service.waiting(), 0);
}

#[tokio::test]
async fn what_waits_dies_with_its_process() {
    let stand = Stand::with(Way::InThisProcess, 1.0, 0.0);
    let (_, bytes) = stand.transfer(SOL);
    stand.rpc.send(&bytes).await.unwrap();

    stand.shutdown.request_hard();
    stand.shutdown.finished().await;
    stand.clock.advance(Duration::from_secs(10));

    assert_eq!(stand.service.waiting(), 0);
    assert_eq!(stand.received().await, 0);
}

#[tokio::test]
async fn a_held_transaction_is_executed_at_its_height() {
    let stand = Stand::new(Way::InThisProcess);
    let (_, bytes) = stand.transfer(SOL);
    let height = domain::transaction::Height::new(stand.height().get() + 3);
    stand.service.planned().hold_next_until(1, height);
    stand.rpc.send(&bytes).await.unwrap();

    for _ in 0..2 {
        settle().await;
        stand.pass_blocks(1);
        settle().await;
        assert_eq!(stand.received().await, 0);
    }
    while stand.service.waiting() > 0 {
        settle().await;
        stand.pass_blocks(1);
        settle().await;
    }

    assert_eq!(stand.received().await, SOL);
    assert!(stand.height() >= height);
}

#[tokio::test]
async fn more_than_can_wait_are_refused_for_the_moment() {
    const WAITING_MAX: u64 = 10_000;
    let stand = Stand::with(Way::InThisProcess, 1.0, 0.0);
    let signer = stand
        .service
        .signer(chain_solana::keys::Wallet::of_simulated_cluster(
            &sim_chain::cluster::GENESIS_HASH,
        ));
    for lamports in 0..WAITING_MAX {
        let bytes = super::signed::transfer_by(&stand, signer.as_ref(), lamports).await;
        stand.rpc.send(&bytes).await.unwrap();
    }

    let bytes = super::signed::transfer_by(&stand, signer.as_ref(), WAITING_MAX).await;
    let refused = stand.rpc.send(&bytes).await;

    assert!(
        matches!(refused, Err(Error::TooManyRequests { .. })),
        "{refused:?}"
    );
    assert_eq!(stand.service.waiting(), 10_000);
    stand.shutdown.request_hard();
}
