//! What of a chain outlives its process, whether that ends or is killed.

use std::sync::Arc;
use std::time::Duration;

use ports::ledger::{Ledger as _, LedgerFilter};
use rusqlite::Connection;
use sim_chain::SimConfig;
use sim_chain::cluster::{self, Commitment};
use sim_chain::market::Mode;
use sim_chain::world::OpenError;
use solana_transaction_error::TransactionError;
use testkit::ManualClock;

use super::stage::{self, JUP, Stage, USDC, as_if_killed, config, on_disk, open, try_open};

async fn lines(stage: &Stage) -> Vec<ports::ledger::LedgerEntry> {
    let filter = LedgerFilter {
        limit: 100,
        ..LedgerFilter::default()
    };
    stage.world.entries(&filter).await.unwrap().entries
}

#[tokio::test]
async fn a_killed_process_loses_only_what_nobody_was_told_as_confirmed() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::default());
    let stage = on_disk(folder.path(), &clock);
    let kept = stage.send(&stage.sell((USDC, JUP), 5_000_000));
    stage.pass_blocks(2).await;
    let (had, ledger) = (stage.holding(JUP), lines(&stage).await);
    let open_yet = stage.sell((USDC, JUP), 7_000_000);
    stage.send(&open_yet);

    let copy = as_if_killed(folder.path());
    let again = on_disk(copy.path(), &clock);

    assert_eq!(again.holding(JUP), had);
    assert_eq!((ledger.len(), lines(&again).await), (1, ledger));
    let signature = |it: &sim_chain::bank::Verified| *it.get().signature();
    let found = again.read(|chain| chain.landed(kept.transaction.signature()).cloned());
    assert_eq!(found, Some(kept.clone()));
    assert!(again.read(|chain| chain.landed(&signature(&open_yet)).is_none()));
    // The one cannot land again, the other still can.
    let kept = kept.transaction.clone().verify().unwrap();
    assert_eq!(
        again.world.cluster().send(&kept),
        Err(TransactionError::AlreadyProcessed)
    );
    again.send(&open_yet);
    again.pass_blocks(2).await;
    assert!(again.holding(JUP) > had);
}

#[tokio::test]
async fn a_process_that_ends_keeps_its_open_block_too() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::default());
    let stage = on_disk(folder.path(), &clock);
    let landed = stage.send(&stage.sell((USDC, JUP), 5_000_000));
    let slot = landed.slot;
    drop(stage);

    let again = on_disk(folder.path(), &clock);

    let found = again.read(|chain| chain.landed(landed.transaction.signature()).cloned());
    assert_eq!(found, Some(landed));
    assert_eq!(lines(&again).await.len(), 1);
    let next = again
        .world
        .cluster()
        .read(Commitment::Processed, |chain| chain.slot());
    assert!((slot + 1..=slot + 2).contains(&next), "{slot}, then {next}");
    // It goes on being written.
    let had = again.holding(JUP);
    again.send(&again.sell((USDC, JUP), 5_000_000));
    again.pass_blocks(2).await;
    assert!(again.holding(JUP) > had, "a block after it is confirmed");
}

#[tokio::test]
async fn no_slot_is_given_out_for_two_times_however_often_processes_are_killed() {
    let clock: Arc<ManualClock> = Arc::default();
    let mut folder = tempfile::tempdir().unwrap();
    let mut last = (0, 0, 0);
    for round in 0..4 {
        let stage = on_disk(folder.path(), &clock);
        let see = || {
            stage.world.cluster().read(Commitment::Processed, |chain| {
                (chain.slot(), chain.height(), chain.clock().unix_timestamp)
            })
        };
        let first = see();
        assert!(
            first.0 > last.0 && first.1 > last.1,
            "{last:?}, then {first:?}"
        );
        assert!(
            first.2 >= last.2,
            "time went from {} to {}",
            last.2,
            first.2
        );
        assert!(
            round == 0 || first.0 - last.0 <= 34,
            "{last:?}, then {first:?}"
        );
        stage.pass_blocks(20).await;
        last = see();
        assert!(last.0 >= first.0 + 38);
        folder = as_if_killed(folder.path());
        // Once the host's clock is set back a little, once an hour.
        clock.turn_ms(if round == 1 { -5_000 } else { -3_600_000 });
    }
}

#[tokio::test]
async fn older_slots_keep_their_times_and_their_hashes() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::<ManualClock>::default());
    let stage = on_disk(folder.path(), &clock);
    stage.pass_blocks(10).await;
    let slot = stage.read(|chain| chain.slot());
    let (header, first) = stage.read(|chain| (chain.header(slot), chain.first_slot()));
    let hash = stage.sell((USDC, JUP), 1_000_000);
    drop(stage);
    clock.advance(Duration::from_secs(20));

    let again = open(
        &SimConfig {
            latency_scale: 0.25,
            ..config(Some(folder.path().join("cluster.db")))
        },
        &clock,
    );

    assert_eq!(again.read(|chain| chain.header(slot)), header);
    assert_eq!(again.read(|chain| chain.first_slot()), first);
    // What was signed before the restart still lands.
    again.send(&hash);
}

#[tokio::test]
async fn a_chain_on_disk_that_nobody_looked_at_for_a_day_is_at_the_present_at_once() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::default());
    let stage = on_disk(folder.path(), &clock);
    let slot = || {
        stage
            .world
            .cluster()
            .read(Commitment::Processed, |chain| chain.slot())
    };
    let first = slot();

    clock.advance(Duration::from_hours(24));

    assert!((215_998..=216_000).contains(&(slot() - first)));
    let copy = as_if_killed(folder.path());
    let again = on_disk(copy.path(), &clock);
    let went_on = again
        .world
        .cluster()
        .read(Commitment::Processed, |chain| chain.slot());
    assert!(went_on > slot());
}

#[tokio::test]
async fn a_second_process_cannot_open_the_same_chain() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::default());
    let first = on_disk(folder.path(), &clock);
    let config = config(Some(folder.path().join("cluster.db")));

    let second = try_open(&config, &clock).map(|_| ());

    let Err(OpenError::Chain(error @ cluster::OpenError::InUse { .. })) = second else {
        panic!("{second:?}");
    };
    assert!(
        error.to_string().contains(&std::process::id().to_string()),
        "{error}"
    );
    drop(first);
    assert!(try_open(&config, &clock).is_ok());
}

#[tokio::test]
async fn a_chain_that_cannot_be_written_confirms_nothing_and_goes_on_once_it_can() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::default());
    let stage = on_disk(folder.path(), &clock);
    let had = stage.holding(JUP);
    let other = Connection::open(folder.path().join("cluster.db")).unwrap();
    other
        .execute_batch(
            "create trigger full before insert on transactions
             begin select raise(fail, 'the disk is full'); end",
        )
        .unwrap();

    let landed = stage.send(&stage.sell((USDC, JUP), 5_000_000));
    // More than the slots that were given out beforehand.
    for _ in 0..60 {
        clock.advance(stage::SLOT);
        stage.read(|_| ());
    }

    let seen = |commitment| {
        stage.world.cluster().read(commitment, |chain| {
            (
                chain.slot(),
                chain.landed(landed.transaction.signature()).is_some(),
            )
        })
    };
    let (stopped_at, is_processed) = seen(Commitment::Processed);
    assert!(is_processed && stopped_at < landed.slot + 34);
    assert!(!seen(Commitment::Confirmed).1);
    assert_eq!(stage.holding(JUP), had);
    assert!(lines(&stage).await.is_empty());

    other.execute_batch("drop trigger full").unwrap();
    while !seen(Commitment::Confirmed).1 {
        stage.pass_blocks(1).await;
    }
    stage.pass_blocks(2).await;
    assert!(seen(Commitment::Processed).0 > landed.slot + 60);
    assert!(stage.holding(JUP) > had);
    assert_eq!(lines(&stage).await.len(), 1);
}

#[tokio::test]
async fn the_market_goes_on_with_the_seed_that_it_had() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::<ManualClock>::default());
    let moving = SimConfig {
        market: Mode::Moving,
        ..config(Some(folder.path().join("cluster.db")))
    };
    let price = |stage: &Stage| {
        let pool = stage.pool(USDC, JUP);
        let accounts = pool.accounts().into_iter().map(|(key, _)| key.0.into());
        let keys: Vec<_> = accounts.collect();
        stage.world.cluster().touch(&keys);
        let pool = stage.pool(USDC, JUP);
        let amm::Pool::Cpmm(state) = &pool else {
            panic!("{pool:?}")
        };
        let (first, second) = state.pool.reserves().unwrap();
        first * 1_000_000 / second
    };
    let first = open(&moving, &clock);
    first.pass_blocks(5).await;
    let before = price(&first);
    first.pass_blocks(1).await;
    drop(first);

    let again = open(&moving, &clock);
    let at_once = price(&again);
    again.pass_blocks(50).await;
    let later = price(&again);

    // Another seed would move it by percents.
    assert!(
        before.abs_diff(at_once) <= before / 200,
        "{before}, then {at_once}"
    );
    assert_ne!(at_once, later);
}

#[tokio::test]
async fn confirmed_blocks_that_vanished_are_gone_after_a_restart_too() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::default());
    let stage = on_disk(folder.path(), &clock);
    stage.pass_blocks(8).await;
    let had = stage.holding(JUP);
    let sell = stage.sell((USDC, JUP), 5_000_000);
    stage.send(&sell);
    stage.pass_blocks(1).await;
    assert_eq!(lines(&stage).await.len(), 1);

    stage.world.cluster().set_forking(1.0);
    stage.pass_blocks(1).await;
    stage.world.cluster().set_forking(0.0);
    stage.pass_blocks(2).await;

    assert_eq!(stage.holding(JUP), had);
    assert_eq!(lines(&stage).await, []);
    let copy = as_if_killed(folder.path());
    let again = on_disk(copy.path(), &clock);
    assert_eq!(again.holding(JUP), had);
    assert_eq!(lines(&again).await, []);
    again.send(&sell);
    again.pass_blocks(2).await;
    assert!(again.holding(JUP) > had);
    assert_eq!(lines(&again).await.len(), 1);
}
