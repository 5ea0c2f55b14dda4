use std::sync::Arc;
use std::time::Duration;

use ports::Random;
use solana_address::Address;
use solana_transaction_error::TransactionError;
use testkit::ManualClock;

use super::{Cluster, Commitment, Genesis, Settings};

const WALLET: Address = Address::new_from_array([5; 32]);
const SLOT: Duration = Duration::from_millis(400);

fn cluster() -> (Arc<Cluster>, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::default());
    let cluster = Cluster::new(
        Settings::default(),
        Genesis::default(),
        clock.clone(),
        &Random::seeded(1),
    );
    (cluster, clock)
}

/// Lets blocks open one after the other, with somebody looking at each.
fn pass_blocks(cluster: &Cluster, clock: &ManualClock, blocks: usize) {
    for _ in 0..blocks {
        let before = height(cluster, Commitment::Processed);
        while height(cluster, Commitment::Processed) == before {
            clock.advance(SLOT);
        }
    }
}

fn slot(cluster: &Cluster, commitment: Commitment) -> u64 {
    cluster.read(commitment, |chain| chain.slot())
}

fn height(cluster: &Cluster, commitment: Commitment) -> u64 {
    cluster.read(commitment, |chain| chain.height())
}

fn lamports(cluster: &Cluster, commitment: Commitment) -> u64 {
    cluster.read(commitment, |chain| {
        let account = chain.accounts().get(&WALLET);
        account.map_or(0, |account| account.lamports)
    })
}

#[test]
fn heights_count_blocks_and_slots_are_skipped_now_and_then() {
    let (cluster, clock) = cluster();
    let first = slot(&cluster, Commitment::Processed);
    let first_height = height(&cluster, Commitment::Processed);

    pass_blocks(&cluster, &clock, 124);

    assert_eq!(height(&cluster, Commitment::Processed), first_height + 124);
    let skipped = slot(&cluster, Commitment::Processed) - first - 124;
    assert!((3..=5).contains(&skipped), "{skipped} of 128 were skipped");
}

#[test]
fn each_commitment_sees_a_transaction_when_its_block_is_that_old() {
    let (cluster, clock) = cluster();
    pass_blocks(&cluster, &clock, 10);
    let all = [
        Commitment::Processed,
        Commitment::Confirmed,
        Commitment::Finalized,
    ];
    let seen = || all.map(|commitment| lamports(&cluster, commitment));

    cluster.airdrop(WALLET, 1_000_000_000).unwrap();
    let at_once = seen();
    pass_blocks(&cluster, &clock, 1);
    let after_one = seen();
    pass_blocks(&cluster, &clock, 3);
    let after_four = seen();
    pass_blocks(&cluster, &clock, 1);
    let after_five = seen();

    let sol = 1_000_000_000;
    assert_eq!(at_once, [sol, 0, 0]);
    assert_eq!(after_one, [sol, sol, 0]);
    assert_eq!(after_four, [sol, sol, 0]);
    assert_eq!(after_five, [sol, sol, sol]);
}

#[test]
fn a_chain_that_nobody_looked_at_for_a_day_is_at_the_present_at_once() {
    let (cluster, clock) = cluster();
    let first = slot(&cluster, Commitment::Processed);
    let (old, _) = cluster.read(Commitment::Confirmed, |chain| chain.latest_blockhash());
    let before = cluster.read(Commitment::Processed, |chain| chain.clock());

    clock.advance(Duration::from_hours(24));

    let passed = slot(&cluster, Commitment::Processed) - first;
    assert!((215_998..=216_000).contains(&passed), "{passed} slots");
    let after = cluster.read(Commitment::Finalized, |chain| {
        assert!(!chain.is_blockhash_valid(&old));
        assert!(chain.is_blockhash_valid(&chain.latest_blockhash().0));
        chain.clock()
    });
    let seconds = after.unix_timestamp - before.unix_timestamp;
    assert!((86_396..=86_400).contains(&seconds), "{seconds} s");
}

#[test]
fn time_on_the_chain_does_not_follow_a_clock_that_is_set_back() {
    let (cluster, clock) = cluster();
    let time = || cluster.read(Commitment::Processed, |chain| chain.clock().unix_timestamp);
    let before = time();

    clock.turn_ms(-3_600_000);
    clock.advance(Duration::from_secs(4));

    assert!((before + 3..=before + 4).contains(&time()));
}

#[test]
fn a_blockhash_serves_for_150_blocks_at_every_commitment() {
    let (cluster, clock) = cluster();
    pass_blocks(&cluster, &clock, 20);
    for commitment in [Commitment::Confirmed, Commitment::Finalized] {
        let (hash, last) = cluster.read(commitment, |chain| chain.latest_blockhash());
        let valid = || cluster.read(commitment, |chain| chain.is_blockhash_valid(&hash));

        while height(&cluster, commitment) < last {
            pass_blocks(&cluster, &clock, 1);
        }
        let at_last = valid();
        pass_blocks(&cluster, &clock, 1);

        assert_eq!((at_last, valid()), (true, false), "{commitment:?}");
    }
}

#[test]
fn a_blockhash_of_a_later_commitment_is_not_known_to_an_earlier_one() {
    let (cluster, clock) = cluster();
    pass_blocks(&cluster, &clock, 20);

    let (hash, _) = cluster.read(Commitment::Confirmed, |chain| chain.latest_blockhash());

    let known = |commitment| cluster.read(commitment, |chain| chain.is_blockhash_valid(&hash));
    assert!(known(Commitment::Processed) && known(Commitment::Confirmed));
    assert!(!known(Commitment::Finalized));
}

#[test]
fn equal_gifts_under_one_blockhash_all_land() {
    let (cluster, _) = cluster();

    for _ in 0..3 {
        cluster.airdrop(WALLET, 1_000_000).unwrap();
    }

    assert_eq!(lamports(&cluster, Commitment::Processed), 3_000_000);
    cluster.read(Commitment::Processed, |chain| {
        let history = chain.history();
        assert_eq!(history.by_address(&WALLET).count(), 3);
        assert_eq!(history.in_block(chain.slot()).count(), 3);
        assert_eq!(history.since(2).count(), 1);
    });
}

#[test]
fn a_transaction_is_in_one_block_only() {
    let (cluster, clock) = cluster();
    let landed = cluster.airdrop(WALLET, 1_000_000).unwrap();
    let again = landed.transaction.clone().verify().unwrap();

    pass_blocks(&cluster, &clock, 1);

    assert_eq!(
        cluster.send(&again),
        Err(TransactionError::AlreadyProcessed)
    );
    let found = cluster.read(Commitment::Confirmed, |chain| {
        chain
            .history()
            .by_signature(landed.transaction.signature())
            .cloned()
    });
    assert_eq!(found, Some(landed));
}

#[test]
fn a_block_that_vanishes_leaves_nothing_and_its_transactions_land_again() {
    let (cluster, clock) = cluster();
    pass_blocks(&cluster, &clock, 10);
    let kept = cluster.airdrop(WALLET, 1_000_000).unwrap();
    pass_blocks(&cluster, &clock, 1);
    cluster.set_vanishing(1.0);
    let vanished = cluster.airdrop(WALLET, 2_000_000).unwrap();
    assert_eq!(lamports(&cluster, Commitment::Processed), 3_000_000);

    pass_blocks(&cluster, &clock, 1);
    cluster.set_vanishing(0.0);

    let all = [Commitment::Processed, Commitment::Confirmed];
    assert_eq!(all.map(|it| lamports(&cluster, it)), [1_000_000; 2]);
    cluster.read(Commitment::Processed, |chain| {
        assert!(chain.landed(vanished.transaction.signature()).is_none());
        let of_wallet: Vec<_> = chain.history().by_address(&WALLET).cloned().collect();
        assert_eq!(of_wallet, std::slice::from_ref(&kept));
        assert_eq!(chain.clock().slot, chain.slot());
    });
    let again = vanished.transaction.clone().verify().unwrap();
    let landed = cluster.send(&again).unwrap();
    assert!(landed.number > vanished.number);
    pass_blocks(&cluster, &clock, 5);
    assert_eq!(lamports(&cluster, Commitment::Finalized), 3_000_000);
}

#[test]
fn confirmed_blocks_that_vanish_leave_nothing_and_their_transactions_land_again() {
    let (cluster, clock) = cluster();
    pass_blocks(&cluster, &clock, 10);
    let kept = cluster.airdrop(WALLET, 1_000_000).unwrap();
    pass_blocks(&cluster, &clock, 6);
    assert_eq!(lamports(&cluster, Commitment::Finalized), 1_000_000);
    let vanished = cluster.airdrop(WALLET, 2_000_000).unwrap();
    pass_blocks(&cluster, &clock, 1);
    assert_eq!(lamports(&cluster, Commitment::Confirmed), 3_000_000);
    let before = slot(&cluster, Commitment::Confirmed);

    cluster.set_forking(1.0);
    pass_blocks(&cluster, &clock, 1);
    cluster.set_forking(0.0);

    assert!(
        slot(&cluster, Commitment::Confirmed) >= before,
        "slots go on"
    );
    let all = [Commitment::Processed, Commitment::Confirmed];
    assert_eq!(all.map(|it| lamports(&cluster, it)), [1_000_000; 2]);
    cluster.read(Commitment::Processed, |chain| {
        assert!(chain.landed(vanished.transaction.signature()).is_none());
        assert!(chain.landed(kept.transaction.signature()).is_some());
        assert_eq!(chain.clock().slot, chain.slot());
    });
    let again = vanished.transaction.clone().verify().unwrap();
    cluster.send(&again).unwrap();
    pass_blocks(&cluster, &clock, 6);
    assert_eq!(lamports(&cluster, Commitment::Finalized), 3_000_000);
}

#[test]
fn what_is_final_never_vanishes() {
    let (cluster, clock) = cluster();
    pass_blocks(&cluster, &clock, 10);
    cluster.set_forking(0.3);
    let mut highest = 0;
    for _ in 0..60 {
        cluster.airdrop(WALLET, 1_000_000).unwrap();
        pass_blocks(&cluster, &clock, 1);
        let finalized = lamports(&cluster, Commitment::Finalized);
        assert!(finalized >= highest);
        highest = finalized;
    }
    cluster.set_forking(0.0);
    pass_blocks(&cluster, &clock, 6);
    assert!(lamports(&cluster, Commitment::Finalized) >= highest);
}
