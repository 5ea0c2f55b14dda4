use futures_util::future::join_all;

use super::*;
use crate::rpc::{Commitment, Slot};
use crate::script::{Call, Script};

fn signature(number: usize) -> Signature {
    let mut bytes = [0; 64];
    bytes[..8].copy_from_slice(&number.to_le_bytes());
    Signature::from(bytes)
}

/// What is known of a signature: landed in the slot of its own number.
fn status(number: usize) -> Option<Status> {
    Some(Status {
        slot: Slot::new(number.try_into().unwrap()),
        outcome: Ok(()),
        commitment: Commitment::Confirmed,
    })
}

/// A call for these signatures.
fn call(numbers: impl Iterator<Item = usize> + Clone) -> Call {
    let answer = At {
        slot: Slot::new(9_999),
        value: numbers.clone().map(status).collect(),
    };
    Call::Statuses(numbers.map(signature).collect(), History::Whole, Ok(answer))
}

#[tokio::test(start_paused = true)]
async fn who_asks_while_calls_are_under_way_shares_the_next_one() {
    // The first four go at once, each alone; the others wait for a turn, together.
    let mut calls: Vec<_> = (0..4).map(|it| call(it..=it)).collect();
    calls.push(call(4..20));
    let script = Script::new(calls);
    let statuses = Statuses::new(script.rpc());

    let ask = async |number| statuses.of(signature(number)).await;
    let answers = join_all((0..20).map(ask)).await;

    for (number, answer) in answers.into_iter().enumerate() {
        let answer = answer.unwrap();
        assert_eq!(
            (answer.slot, answer.value),
            (Slot::new(9_999), status(number))
        );
    }
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn a_call_is_never_larger_than_the_limit() {
    let mut calls: Vec<_> = (0..4).map(|it| call(it..=it)).collect();
    calls.push(call(4..260));
    calls.push(call(260..270));
    let script = Script::new(calls);
    let statuses = Statuses::new(script.rpc());

    let mut asking: Vec<_> = (0..270)
        .map(|number| Box::pin(statuses.of(signature(number))))
        .collect();
    for one in &mut asking {
        assert!(futures_util::poll!(one).is_pending());
    }
    let answers = join_all(asking).await;

    for (number, answer) in answers.into_iter().enumerate() {
        assert_eq!(answer.unwrap().value, status(number));
    }
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn a_failed_call_fails_for_all_whom_it_carried_and_for_nobody_else() {
    let lost = Err(Error::unavailable("lost"));
    let script = Script::new([
        Call::Statuses(vec![signature(1)], History::Whole, lost),
        call(1..=1),
    ]);
    let statuses = Statuses::new(script.rpc());

    let first = statuses.of(signature(1)).await;
    let second = statuses.of(signature(1)).await;

    assert!(first.is_err());
    assert!(second.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_question_that_was_given_up_is_not_waited_for() {
    let script = Script::new([call(2..=2)]);
    let statuses = Statuses::new(script.rpc());
    // It has never been polled, so its call has not begun; nobody will begin it.
    drop(statuses.join(signature(1)));

    let answer = statuses.of(signature(2)).await;

    assert_eq!(answer.unwrap().value, status(2));
    script.check_done();
}
