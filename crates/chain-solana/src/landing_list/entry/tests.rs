use solana_transaction_error::TransactionError;

use super::*;
use crate::rpc::{Failure, Outcome};

const MS: Duration = Duration::from_millis(1);
const UNIT: Duration = Duration::from_millis(400);
const NEEDED: Commitment = Commitment::Confirmed;

fn entry() -> Entry {
    let order = OrderId::new(uuid::Uuid::from_u128(1));
    let bytes = Arc::from([1, 2, 3].as_slice());
    Entry::new(order, bytes, Height::new(1_000), Duration::ZERO, UNIT)
}

fn status(outcome: Outcome, commitment: Commitment) -> Option<Status> {
    Some(Status {
        slot: Slot::new(500),
        outcome,
        commitment,
    })
}

fn reverted() -> Outcome {
    Err(Failure::Known(TransactionError::AccountInUse))
}

/// The times of the sends up to a time, where each is made as soon as it is due.
fn sends(mut entry: Entry, until: Duration, tick: Duration) -> Vec<u128> {
    let mut sent = vec![0];
    let mut now = Duration::ZERO;
    entry.is_being_sent = false;
    while now < until {
        now += tick;
        if entry.is_to_be_sent(now) {
            entry.sent(now, UNIT);
            entry.is_being_sent = false;
            sent.push(now.as_millis() / UNIT.as_millis());
        }
    }
    sent
}

#[test]
fn the_same_bytes_are_sent_after_one_two_and_four_slots_and_then_every_five() {
    let sent = sends(entry(), UNIT * 20, MS * 200);

    assert_eq!(sent, [0, 1, 2, 4, 9, 14, 19]);
}

#[test]
fn what_was_held_up_goes_on_in_its_cadence_and_makes_nothing_up() {
    let mut late = entry();
    late.is_being_sent = false;

    late.sent(UNIT * 100, UNIT);
    late.is_being_sent = false;

    assert!(!late.is_to_be_sent(UNIT * 100));
    assert!(late.is_to_be_sent(UNIT * 101));
}

#[test]
fn bytes_are_not_sent_while_they_are_being_sent() {
    let under_way = entry();

    assert!(!under_way.is_to_be_sent(UNIT * 1_000));
}

#[test]
fn what_has_landed_or_was_rolled_back_is_not_sent_again() {
    for outcome in [Ok(()), reverted()] {
        let mut entry = entry();
        entry.is_being_sent = false;

        let change = entry.hear(Slot::new(501), status(outcome, NEEDED), NEEDED);

        assert_eq!(change, Change::Settled);
        assert!(!entry.is_to_be_sent(UNIT * 1_000));
    }
}

#[test]
fn what_may_vanish_is_no_news_and_sent_again() {
    let mut entry = entry();
    entry.is_being_sent = false;

    let seen = status(Ok(()), Commitment::Processed);
    let change = entry.hear(Slot::new(501), seen, NEEDED);

    assert_eq!(change, Change::Nothing);
    assert!(entry.is_to_be_sent(UNIT * 1_000) && entry.is_open());
    assert!(matches!(entry.heard, Heard::Seen));
}

#[test]
fn a_revert_is_looked_for_until_it_is_final_and_told_both_times() {
    let mut entry = entry();
    let hear = |entry: &mut Entry, commitment| {
        let change = entry.hear(Slot::new(501), status(reverted(), commitment), NEEDED);
        (change, entry.is_open())
    };

    assert_eq!(hear(&mut entry, NEEDED), (Change::Settled, true));
    assert_eq!(hear(&mut entry, NEEDED), (Change::Nothing, true));
    let last = hear(&mut entry, Commitment::Finalized);
    assert_eq!(last, (Change::Settled, false));
}

#[test]
fn a_revert_that_vanishes_is_news_and_sent_again() {
    let mut entry = entry();
    entry.is_being_sent = false;
    entry.hear(Slot::new(501), status(reverted(), NEEDED), NEEDED);

    // A node that has not seen the block cannot deny it.
    let behind = entry.hear(Slot::new(499), None, NEEDED);
    assert_eq!(behind, Change::Nothing);
    assert!(!entry.is_to_be_sent(UNIT * 1_000));
    let change = entry.hear(Slot::new(510), None, NEEDED);

    assert_eq!(change, Change::Vanished);
    assert!(entry.is_to_be_sent(UNIT * 1_000));
}

#[test]
fn a_look_without_an_answer_changes_nothing_that_is_settled() {
    let mut entry = entry();
    entry.hear(Slot::new(501), status(Ok(()), NEEDED), NEEDED);

    entry.miss(&Error::unavailable("lost"));

    assert!(matches!(entry.heard, Heard::Settled(_)));
}
