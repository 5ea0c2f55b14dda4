//! Forgetting never turns a known fate into "unknown".

use domain::BaseUnits;
use domain::transaction::Height;

use super::*;

fn signature(number: u64) -> Signature {
    let mut bytes = [1; 64];
    bytes[..8].copy_from_slice(&number.to_le_bytes());
    Signature::from_bytes(&bytes)
}

fn landed() -> Fate {
    Fate::Landed {
        amount_out: BaseUnits::new(1),
        height: Height::new(1),
    }
}

fn sign(known: &Known, numbers: std::ops::Range<u64>) {
    for number in numbers {
        known.signed(&signature(number), &Arc::from([1_u8].as_slice()));
    }
}

#[test]
fn a_fate_is_forgotten_no_earlier_than_that_its_bytes_were_signed_here() {
    let known = Known::default();
    let generation = u64::try_from(GENERATION).unwrap();
    sign(&known, 0..1);
    assert_eq!(known.fate(&signature(0)), Lookup::Known(Fate::Unknown));
    known.publish(vec![(signature(0), landed())]);

    for round in 0..6 {
        let first = 1 + round * generation / 2;
        sign(&known, first..first + generation / 2);
        let looked_up = known.fate(&signature(0));
        assert_ne!(looked_up, Lookup::Known(Fate::Unknown), "round {round}");
    }
    assert_eq!(known.fate(&signature(0)), Lookup::AskLedger);
}

fn depart(known: &Known, number: u64) {
    match known.start(&signature(number)) {
        Start::Started(departure) => departure.hand_over(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_transaction_starts_once_until_it_is_dropped() {
    let known = Known::default();

    depart(&known, 1);
    assert!(matches!(known.start(&signature(1)), Start::Already));
    known.drop_all([signature(1)].iter());
    depart(&known, 1);
    known.publish(vec![(signature(1), landed())]);
    assert!(matches!(known.start(&signature(1)), Start::Already));
}

#[test]
fn a_transaction_that_nobody_took_may_be_sent_again() {
    let known = Known::default();

    drop(known.start(&signature(1)));

    assert!(matches!(known.start(&signature(1)), Start::Started(_)));
}

#[tokio::test]
async fn everybody_who_waits_is_told() {
    let known = Known::default();
    let (one, other) = (known.wait(&signature(1)), known.wait(&signature(1)));

    known.publish(vec![(signature(1), landed())]);

    assert_eq!((one.await, other.await), (landed(), landed()));
}

#[test]
fn whoever_stops_waiting_leaves_nothing_behind() {
    let known = Known::default();
    let (one, other) = (known.wait(&signature(1)), known.wait(&signature(1)));

    drop(one);
    assert_eq!(known.lock().waiting.len(), 1);
    drop(other);
    assert!(known.lock().waiting.is_empty());
}
