use std::future::pending;

use tokio::time::timeout;

use super::*;
use crate::SystemClock;

fn valve() -> (Arc<SystemClock>, Valve) {
    let clock = Arc::new(SystemClock::new());
    (Arc::clone(&clock), Valve::shut_at_first(clock))
}

#[tokio::test(start_paused = true)]
async fn nothing_passes_before_the_store_has_answered() {
    let (_, valve) = valve();

    assert_eq!(valve.pass(async { "sent" }).await, None);
    assert!(!valve.is_open());
}

#[tokio::test(start_paused = true)]
async fn an_answer_lets_things_through_from_when_it_was_asked_for() {
    let (clock, valve) = valve();
    let asked_at = clock.monotonic();
    tokio::time::advance(LEAVE / 2).await;

    valve.open_since(asked_at);

    assert_eq!(valve.pass(async { "sent" }).await, Some("sent"));
    tokio::time::advance(LEAVE / 2).await;
    assert_eq!(valve.pass(async { "sent" }).await, None);
}

#[tokio::test(start_paused = true)]
async fn what_is_on_its_way_is_dropped_when_the_valve_shuts_or_its_time_is_over() {
    let (clock, valve) = valve();
    valve.open_since(clock.monotonic());
    let mut shut = Box::pin(valve.pass(pending::<()>()));
    assert!(timeout(Duration::ZERO, &mut shut).await.is_err());
    valve.shut();
    assert_eq!(shut.await, None);

    let began = clock.monotonic();
    valve.open_since(began);
    assert_eq!(valve.pass(pending::<()>()).await, None);
    assert!(clock.monotonic() - began >= LEAVE);
}

#[tokio::test(start_paused = true)]
async fn an_older_answer_does_not_shorten_a_newer_ones_leave() {
    let (clock, valve) = valve();
    tokio::time::advance(LEAVE).await;
    valve.open_since(clock.monotonic());

    valve.open_since(Duration::ZERO);

    assert!(valve.is_open());
}

#[tokio::test(start_paused = true)]
async fn a_valve_that_is_held_shut_opens_by_an_answer_to_who_asked_after_the_halt_was_stored() {
    let (clock, valve) = valve();
    let before = clock.monotonic();
    valve.hold_shut();
    tokio::time::advance(LEAVE / 4).await;
    valve.open_since(clock.monotonic());
    assert!(!valve.is_open(), "whatever the store says");
    valve.let_go_after(clock.monotonic());
    valve.open_since(before);
    assert!(!valve.is_open(), "it was asked before");
    let mut opened = Box::pin(valve.until_open());
    assert!(timeout(Duration::ZERO, &mut opened).await.is_err());
    tokio::time::advance(LEAVE / 4).await;

    valve.open_since(clock.monotonic());

    opened.await;
    assert!(valve.is_open());
}

#[tokio::test(start_paused = true)]
async fn a_valve_of_those_whom_nobody_halts_is_open_for_ever() {
    let valve = Valve::open(Arc::new(SystemClock::new()));
    tokio::time::advance(LEAVE * 1_000).await;

    assert_eq!(valve.pass(async { "sent" }).await, Some("sent"));
}
