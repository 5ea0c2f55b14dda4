//! What goes wrong on purpose: by chance, and by order.

use std::time::Duration;

use chain_solana::rpc::error::Lag;
use chain_solana::rpc::{Commitment, EntryPage, Error, View};
use ports::simulation::Faults;

use super::stand::{POOL, RECIPIENT, Stand, Way, amm};
use crate::node::served::SOL;

macro_rules! over_both_ways {
    ($($test:ident)*) => {
        mod in_this_process {
            use super::{Stand, Way};
            $(#[tokio::test]
            async fn $test() {
                super::$test(Stand::new(Way::InThisProcess)).await;
            })*
        }

        mod over_http {
            use super::{Stand, Way};
            $(#[tokio::test]
            async fn $test() {
                super::$test(Stand::new(Way::OverHttp)).await;
            })*
        }
    };
}

over_both_ways! {
    each_refusal_is_told_in_its_own_words
    what_is_dropped_never_lands
    a_lost_reply_is_of_what_landed
    a_transaction_lands_late
    a_transaction_lands_just_before_it_expires
    a_node_that_lags_shows_the_past
    a_height_may_be_told_as_the_slot
}

fn set(stand: &Stand, change: impl FnOnce(&mut Faults)) {
    let mut faults = Faults::default();
    change(&mut faults);
    stand.service.set_faults(&faults);
}

async fn each_refusal_is_told_in_its_own_words(stand: Stand) {
    let ask = || stand.rpc.genesis_hash();
    let second = Some(Duration::from_secs(1));

    set(&stand, |faults| faults.too_many_requests = 1.0);
    let refused = ask().await;
    assert!(
        matches!(refused, Err(Error::TooManyRequests { retry_after }) if retry_after == second),
        "{refused:?}"
    );
    set(&stand, |faults| faults.unavailable = 1.0);
    assert!(matches!(ask().await, Err(Error::Unavailable(_))));
    set(&stand, |faults| faults.node_behind = 1.0);
    let behind = ask().await;
    assert!(
        matches!(behind, Err(Error::Behind(Lag::Slots(_)))),
        "{behind:?}"
    );
    set(&stand, |faults| faults.outage = true);
    assert!(matches!(ask().await, Err(Error::Unavailable(_))));
    set(&stand, |_| {});
    ask().await.unwrap();
}

async fn what_is_dropped_never_lands(stand: Stand) {
    set(&stand, |faults| faults.send_dropped = 1.0);
    let (signature, bytes) = stand.transfer(SOL);

    assert_eq!(stand.rpc.send(&bytes).await.unwrap(), signature);
    stand.pass_blocks(5);

    assert_eq!(stand.received().await, 0);
}

async fn a_lost_reply_is_of_what_landed(stand: Stand) {
    set(&stand, |faults| faults.reply_lost = 1.0);
    let (_, bytes) = stand.transfer(SOL);

    let lost = stand.rpc.send(&bytes).await.unwrap_err();

    assert!(lost.may_have_arrived());
    assert_eq!(stand.received().await, SOL);
}

/// Lets blocks pass until nothing waits; tells how many.
async fn blocks_until_executed(stand: &Stand) -> u64 {
    let begun = stand.height().get();
    loop {
        // The task that was woken runs here, or on the server's thread, which answers when it has.
        for _ in 0..4 {
            tokio::task::yield_now().await;
            stand.rpc.genesis_hash().await.unwrap();
        }
        if stand.service.waiting() == 0 {
            break;
        }
        stand.clock.advance(stand.cluster.slot_time());
    }
    stand.height().get() - begun
}

async fn a_transaction_lands_late(stand: Stand) {
    set(&stand, |faults| faults.land_late = 1.0);
    let (signature, bytes) = stand.transfer(SOL);
    stand.rpc.send(&bytes).await.unwrap();
    assert_eq!(stand.status(signature).await.unwrap(), None);

    let blocks = blocks_until_executed(&stand).await;

    assert!((8..=45).contains(&blocks), "{blocks}");
    assert_eq!(stand.received().await, SOL);
}

async fn a_transaction_lands_just_before_it_expires(stand: Stand) {
    set(&stand, |faults| faults.land_before_expiry = 1.0);
    let (signature, bytes) = stand.transfer(SOL);
    let hash = stand.rpc.latest_blockhash(View::CONFIRMED).await.unwrap();
    let last = hash.value.last_valid_height.get();
    stand.rpc.send(&bytes).await.unwrap();

    blocks_until_executed(&stand).await;

    let status = stand.status(signature).await.unwrap().unwrap();
    let height = stand.height().get();
    assert!((last - 3..=last).contains(&height), "{height} of {last}");
    assert_eq!(status.outcome, Ok(()));
}

async fn a_node_that_lags_shows_the_past(stand: Stand) {
    const LAG: u64 = 20;
    set(&stand, |faults| faults.read_lag_slots = LAG);
    let before = stand.rpc.epoch_info(View::FINALIZED).await.unwrap();
    let (signature, bytes) = stand.transfer(SOL);
    stand.rpc.send(&bytes).await.unwrap();
    let processed = View::newest(Commitment::Processed);

    assert_eq!(stand.status(signature).await.unwrap(), None);
    assert_eq!(stand.received().await, 0);
    let lagging = stand.rpc.epoch_info(processed).await.unwrap();
    set(&stand, |_| {});
    let newest = stand.rpc.epoch_info(processed).await.unwrap();
    let lag = newest.slot.get() - lagging.slot.get();
    assert!(
        (LAG..=LAG + 2).contains(&lag) || lagging.slot == before.slot,
        "{lag}"
    );
    assert_eq!(stand.received().await, SOL);

    // A transaction is seen at last, and by all commitments as late.
    set(&stand, |faults| faults.read_lag_slots = LAG);
    stand.pass_blocks(LAG + 2);
    assert_eq!(stand.received().await, SOL);
    let status = stand.status(signature).await.unwrap().unwrap();
    assert_ne!(status.commitment, Commitment::Finalized);
    let entries = stand
        .rpc
        .signatures_for_address(amm(RECIPIENT), EntryPage::newest(5), View::FINALIZED)
        .await;
    assert_eq!(entries.unwrap(), []);
}

async fn a_height_may_be_told_as_the_slot(stand: Stand) {
    let honest = stand.rpc.epoch_info(View::CONFIRMED).await.unwrap();
    assert!(honest.height.get() < honest.slot.get());

    set(&stand, |faults| faults.height_is_slot = true);

    let lie = stand.rpc.epoch_info(View::CONFIRMED).await.unwrap();
    assert_eq!(lie.height.get(), honest.slot.get());
}

/// Each kind of call fails as often as the rate says, and the seed repeats each kind by itself.
#[tokio::test]
async fn failures_of_one_kind_do_not_depend_on_calls_of_another() {
    const RATE: f64 = 0.3;
    const CALLS: usize = 400;
    let draw = async |asks_statuses: bool| {
        let stand = Stand::with(Way::InThisProcess, 0.0, RATE);
        let mut failed = Vec::new();
        for _ in 0..CALLS {
            let read = stand.rpc.accounts(&[amm(POOL)], View::CONFIRMED).await;
            failed.push(matches!(read, Err(Error::Unavailable(_))));
            if asks_statuses {
                let _ = stand.rpc.epoch_info(View::CONFIRMED).await;
            }
        }
        failed
    };

    let alone = draw(false).await;
    let among_others = draw(true).await;

    assert_eq!(alone, among_others);
    let count = alone.iter().filter(|failed| **failed).count();
    assert!((80..=160).contains(&count), "{count} of {CALLS}");
}

#[tokio::test]
async fn sends_fail_before_and_after_they_are_taken() {
    let stand = Stand::with(Way::InThisProcess, 0.0, 0.5);
    let (mut refused, mut lost) = (0, 0);
    for lamports in 1..=200 {
        let (_, bytes) = stand.transfer(lamports);
        let landed = || stand.cluster.in_block(|block| block.landed());
        let before = landed();
        let failed = stand.rpc.send(&bytes).await.is_err();
        match (failed, landed() - before) {
            (true, 0) => refused += 1,
            (true, 1) => lost += 1,
            (false, 1) => {}
            other => panic!("{other:?}"),
        }
    }

    assert!((60..=140).contains(&refused), "{refused}");
    assert!((20..=80).contains(&lost), "{lost}");
    // What is neither of pools nor sent nor a status never fails.
    for _ in 0..100 {
        stand.rpc.genesis_hash().await.unwrap();
    }
}
