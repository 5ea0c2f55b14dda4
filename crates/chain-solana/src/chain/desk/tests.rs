use futures_util::future::join_all;
use ports::SystemClock;
use tokio::time::Instant;

use super::*;
use crate::rpc::Slot;
use crate::script::{Call, LATENCY, Script};

const LOOK_EVERY: Duration = Duration::from_millis(200);

fn desk(script: &Script) -> Desk {
    let clock = Arc::new(SystemClock::new());
    Desk::new(script.rpc(), clock, LOOK_EVERY, Commitment::Confirmed)
}

/// Signatures in the order of their numbers.
fn signature(number: usize) -> Signature {
    let mut bytes = [0; 64];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    Signature::from(bytes)
}

fn status(number: usize) -> Status {
    Status {
        slot: Slot::new(number.try_into().unwrap()),
        outcome: Ok(()),
        commitment: Commitment::Confirmed,
    }
}

/// A look for these, of which those have landed.
fn look(numbers: impl Iterator<Item = usize> + Clone, landed: impl Fn(usize) -> bool) -> Call {
    let answer = At {
        slot: Slot::new(9_999),
        value: numbers
            .clone()
            .map(|number| landed(number).then(|| status(number)))
            .collect(),
    };
    Call::Statuses(
        numbers.map(signature).collect(),
        History::Recent,
        Ok(answer),
    )
}

async fn settled(desk: &Desk, number: usize) -> Status {
    desk.wait_for(signature(number)).settled().await
}

#[tokio::test(start_paused = true)]
async fn all_who_wait_cost_one_call_a_look() {
    let script = Script::new([
        look(0..200, |_| false),
        look(0..200, |number| number % 2 == 0),
        look((0..200).filter(|number| number % 2 == 1), |_| true),
    ]);
    let desk = desk(&script);
    let mut waiting: Vec<_> = (0..200).map(|it| desk.wait_for(signature(it))).collect();
    let began = Instant::now();

    let all = join_all(waiting.iter_mut().map(Waiting::settled)).await;

    assert_eq!(all, (0..200).map(status).collect::<Vec<_>>());
    assert_eq!(began.elapsed(), 3 * LATENCY + 2 * LOOK_EVERY);
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn a_call_is_never_larger_than_the_limit() {
    let script = Script::new([look(0..256, |_| true), look(256..300, |_| true)]);
    let desk = desk(&script);
    let mut waiting: Vec<_> = (0..300).map(|it| desk.wait_for(signature(it))).collect();
    let began = Instant::now();

    let all = join_all(waiting.iter_mut().map(Waiting::settled)).await;

    assert_eq!(all.len(), 300);
    // Both calls of a look are made at once.
    assert_eq!(began.elapsed(), LATENCY);
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn whoever_looks_may_go_and_another_goes_on() {
    let script = Script::new([
        look(0..2, |_| false),
        // The first one's second look is given up under way.
        look(0..2, |_| false),
        look(1..2, |_| true),
    ]);
    let desk = desk(&script);
    let (mut first, mut second) = (desk.wait_for(signature(0)), desk.wait_for(signature(1)));

    let limit = 2 * LATENCY + LOOK_EVERY - Duration::from_millis(1);
    let looking = async {
        let gone = tokio::time::timeout(limit, first.settled()).await;
        drop(first);
        gone.is_err()
    };
    let (is_gone, settled) = futures_util::join!(looking, second.settled());

    assert!(is_gone);
    assert_eq!(settled, status(1));
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn a_newcomer_waits_for_the_next_look() {
    let script = Script::new([look(0..1, |_| true), look(1..2, |_| true)]);
    let desk = desk(&script);
    let began = Instant::now();

    settled(&desk, 0).await;
    settled(&desk, 1).await;

    assert_eq!(began.elapsed(), 2 * LATENCY + LOOK_EVERY);
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn two_who_wait_for_one_signature_are_both_told() {
    let script = Script::new([look(7..8, |_| true)]);
    let desk = desk(&script);
    let (mut one, mut other) = (desk.wait_for(signature(7)), desk.wait_for(signature(7)));

    let told = futures_util::join!(one.settled(), other.settled());

    assert_eq!(told, (status(7), status(7)));
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn nothing_is_kept_of_who_has_gone() {
    let script = Script::new([]);
    let desk = desk(&script);

    let waiting: Vec<_> = (0..20).map(|it| desk.wait_for(signature(it))).collect();
    assert_eq!(desk.waiting().all.len(), 20);
    drop(waiting);

    assert!(desk.waiting().all.is_empty());
}
