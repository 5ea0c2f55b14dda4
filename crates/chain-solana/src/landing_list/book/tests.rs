use uuid::Uuid;

use super::*;
use crate::rpc::{Failure, Outcome};

const SLOT: Duration = Duration::from_millis(400);
const NEEDED: Commitment = Commitment::Confirmed;
const FOUND_AT: Slot = Slot::new(600);

fn order(number: u64) -> OrderId {
    OrderId::new(Uuid::from_u128(number.into()))
}

/// Signatures in the order of their numbers.
fn signature(number: u64) -> Signature {
    let mut bytes = [0; 64];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    Signature::from(bytes)
}

fn keep(book: &mut Book, number: u64, last_valid: u64, now: Duration) -> bool {
    let kept = Kept {
        order: order(number),
        signature: signature(number),
        bytes: &Arc::from([7].as_slice()),
        last_valid: Height::new(last_valid),
    };
    book.keep(kept, now, SLOT, SLOT)
}

fn kept(count: u64) -> Book {
    let mut book = Book::default();
    for number in 0..count {
        keep(&mut book, number, 1_000, Duration::ZERO);
    }
    book
}

/// What a look for one finds.
fn hear(book: &mut Book, number: u64, outcome: Option<Outcome>, commitment: Commitment) {
    let status = outcome.map(|outcome| Status {
        slot: Slot::new(500),
        outcome,
        commitment,
    });
    let found = [(signature(number), status)].into_iter();
    book.hear(FOUND_AT, found, NEEDED, SLOT);
}

fn reverted() -> Outcome {
    Err(Failure::Unknown("slippage".to_owned()))
}

#[test]
fn bytes_that_are_there_are_not_sent_because_they_are_kept_again() {
    let mut book = Book::default();

    assert!(keep(&mut book, 1, 1_000, Duration::ZERO));
    assert!(!keep(&mut book, 1, 1_000, SLOT));
}

#[test]
fn news_that_nobody_waits_for_are_told_once_and_name_the_order() {
    let mut book = kept(3);

    hear(&mut book, 1, Some(Ok(())), NEEDED);
    hear(&mut book, 2, None, NEEDED);

    assert_eq!(book.take_news(), [order(1)]);
    hear(&mut book, 1, Some(Ok(())), Commitment::Finalized);
    assert_eq!(book.take_news(), []);
    let now = SLOT;
    assert_eq!(book.standing(&signature(1), now), Standing::News);
    assert_eq!(book.standing(&signature(2), now), Standing::Quiet);
    assert_eq!(book.standing(&signature(9), now), Standing::Unlisted);
}

#[test]
fn news_go_to_who_waits_and_to_nobody_else() {
    let mut book = kept(1);
    let Some(Told::Later(mut told)) = book.wait_for(&signature(0)) else {
        panic!("nothing is known yet");
    };

    hear(&mut book, 0, Some(Ok(())), NEEDED);

    assert!(told.try_recv().unwrap().outcome.is_ok());
    assert!(!book.has_news());
    // Whoever comes later hears it at once.
    assert!(matches!(book.wait_for(&signature(0)), Some(Told::Now(_))));
}

#[test]
fn who_has_gone_does_not_count_as_waiting() {
    let mut book = kept(1);
    drop(book.wait_for(&signature(0)));

    hear(&mut book, 0, Some(Ok(())), NEEDED);

    assert_eq!(book.take_news(), [order(0)]);
}

#[test]
fn a_revert_is_news_when_it_is_seen_and_when_it_is_final() {
    let mut book = kept(1);
    let standing = |book: &mut Book| book.standing(&signature(0), SLOT);

    hear(&mut book, 0, Some(reverted()), NEEDED);
    assert_eq!(book.take_news(), [order(0)]);
    assert_eq!(standing(&mut book), Standing::News);
    assert_eq!(standing(&mut book), Standing::Quiet);

    hear(&mut book, 0, Some(reverted()), Commitment::Finalized);
    assert_eq!(book.take_news(), [order(0)]);
    assert_eq!(book.open(), []);
    assert_eq!(standing(&mut book), Standing::News);
    assert_eq!(standing(&mut book), Standing::News, "its order must end it");
}

#[test]
fn a_list_that_does_not_look_says_nothing() {
    let mut book = kept(1);
    hear(&mut book, 0, None, NEEDED);

    let standing = book.standing(&signature(0), SLOT + LOOKING_LIMIT);

    assert_eq!(standing, Standing::Unlisted);
}

#[test]
fn looks_in_vain_are_counted_for_what_is_on_the_list() {
    let mut book = kept(1);

    let counted = [0, 0, 7].map(|number| book.looked_in_vain(&signature(number)));

    assert_eq!(counted, [0, 1, 0]);
}

#[test]
fn the_first_vote_for_a_death_begins_the_looks_anew_once() {
    let mut book = kept(1);
    let mut look = |is_half_proved: bool| {
        if is_half_proved {
            book.half_proved(&signature(0));
        }
        book.looked_in_vain(&signature(0))
    };

    let counted = [false, false, true, true, false].map(&mut look);

    assert_eq!(counted, [0, 1, 0, 1, 2]);
}

#[test]
fn past_its_last_valid_height_a_transaction_is_news_once() {
    let mut book = Book::default();
    keep(&mut book, 1, 1_000, Duration::ZERO);
    keep(&mut book, 2, 1_010, Duration::ZERO);
    assert!(!book.wants_height(SLOT) && book.wants_height(SLOT * HEIGHT_SLOTS_MIN));

    let at = SLOT * 100;
    book.hear_height(Some(Height::new(1_000)), at, SLOT);
    assert_eq!(book.take_news(), [], "it may land in that block");
    // The next block may be past the first one's end, but is not asked about at once.
    assert!(!book.wants_height(at + SLOT) && book.wants_height(at + SLOT * HEIGHT_SLOTS_MIN));

    book.hear_height(Some(Height::new(1_001)), at, SLOT);
    assert_eq!(book.take_news(), [order(1)]);
    book.hear_height(Some(Height::new(1_005)), at, SLOT);
    assert_eq!(book.take_news(), []);
    assert!(!book.wants_height(at + SLOT * 5) && book.wants_height(at + SLOT * 6));
    let news = book.standing(&signature(1), at);
    assert_eq!(news, Standing::News, "until its death is proved");
}

#[test]
fn a_height_that_nobody_told_is_asked_for_again() {
    let mut book = kept(1);
    let at = SLOT * 50;

    book.hear_height(None, at, SLOT);

    assert!(!book.wants_height(at) && book.wants_height(at + SLOT * HEIGHT_SLOTS_MIN));
    assert_eq!(book.take_news(), []);
}

#[test]
fn what_is_due_the_longest_is_sent_first_and_no_more_than_may_be() {
    let mut book = Book::default();
    for number in 0..10 {
        let now = SLOT * (10 - u32::try_from(number).unwrap());
        keep(&mut book, number, 1_000, now);
        book.was_sent(&signature(number));
    }

    let taken = book.take_due(3, SLOT * 100, SLOT);

    let signatures: Vec<_> = taken.iter().map(|(it, _)| *it).collect();
    assert_eq!(signatures, [9, 8, 7].map(signature));
    assert_eq!(book.take_due(100, SLOT * 100, SLOT).len(), 7);
}

#[test]
fn a_full_list_drops_what_was_looked_at_the_longest_ago_and_nobody_waits_for() {
    let mut book = kept(u64::try_from(LISTED_MAX).unwrap());
    let _waiting = book.wait_for(&signature(0));
    book.standing(&signature(1), SLOT);

    keep(&mut book, u64::MAX, 1_000, SLOT);

    assert_eq!(book.len(), LISTED_MAX);
    let is_there = [0, 1, 2, u64::MAX].map(|number| book.is_listed(&signature(number)));
    assert_eq!(is_there, [true, true, false, true]);
    assert_eq!(book.looked(SLOT), [signature(2)]);
    assert_eq!(book.looked(SLOT), []);
}

#[test]
fn what_no_order_was_looked_at_for_in_long_goes() {
    let mut book = kept(3);
    let _waiting = book.wait_for(&signature(0));
    book.standing(&signature(1), KEPT_FOR / 2);

    let gone = book.looked(KEPT_FOR);

    assert_eq!(gone, [signature(2)]);
    let is_there = [0, 1, 2].map(|number| book.is_listed(&signature(number)));
    assert_eq!(is_there, [true, true, false]);
}

#[test]
fn what_is_forgotten_is_news_no_more() {
    let mut book = kept(1);
    hear(&mut book, 0, Some(Ok(())), NEEDED);

    assert!(book.forget(&signature(0)));

    assert!(!book.has_news());
    assert_eq!(book.standing(&signature(0), SLOT), Standing::Unlisted);
}
