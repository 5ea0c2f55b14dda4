//! What a day is, and what clocks that are set back do to it.

use std::time::Duration;

use ports::order_store::Recorded;

use super::{SOL, counted, limited, live, outlay, record, submit, try_one};
use crate::contract::StoreFixture;
use crate::contract::given::{Given, failed, granted};

const QUARTER: Duration = Duration::from_secs(15 * 60);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// 1: what is older makes room, and nothing else does.
pub async fn a_day_is_over_after_24_hours_and_a_quarter(fixture: &impl StoreFixture) {
    let (given, store) = (Given::new(), fixture.store());
    submit(&given, &store, &[limited(SOL, 6, 10)]).await;
    fixture.advance(DAY / 2).await;
    submit(&given, &store, &[limited(SOL, 4, 10)]).await;
    fixture.advance(DAY / 2 - QUARTER).await;

    let too_early = try_one(&given, &store, outlay(&[limited(SOL, 1, 10)])).await;
    fixture.advance(QUARTER * 2).await;

    assert!(matches!(too_early, Recorded::NoRoom(_)), "{too_early:?}");
    let too_much = try_one(&given, &store, outlay(&[limited(SOL, 7, 10)])).await;
    assert!(matches!(too_much, Recorded::NoRoom(_)), "{too_much:?}");
    submit(&given, &store, &[limited(SOL, 6, 10)]).await;
    fixture.advance(DAY * 2).await;
    submit(&given, &store, &[limited(SOL, 10, 10)]).await;
    assert_eq!(live(&store, SOL).await, 26);
}

/// 4: a late death takes nothing out of what others have spent since.
pub async fn an_end_is_counted_where_its_beginning_was(fixture: &impl StoreFixture) {
    let (given, store) = (Given::new(), fixture.store());
    let old = submit(&given, &store, &[limited(SOL, 6, 10)]).await;
    fixture.advance(QUARTER * 3).await;
    submit(&given, &store, &[limited(SOL, 4, 10)]).await;
    let worker = given.worker(&store).await;
    let lease = granted(&store, old.order.id, worker).await;

    record(&given, &store, &lease, failed()).await;

    let quarters = counted(&store, SOL).await.quarters;
    let used: Vec<u128> = quarters.into_iter().filter(|used| *used > 0).collect();
    assert_eq!(used, [4]);
}

/// 1: a clock that is set back far makes room a day later, and not when it has caught up.
pub async fn a_clock_that_is_set_back_keeps_no_limit_full(fixture: &impl StoreFixture) {
    let (given, store) = (Given::new(), fixture.store());
    fixture.turn_clock(30 * 86_400_000).await;
    submit(&given, &store, &[limited(SOL, 6, 10)]).await;
    fixture.turn_clock(-30 * 86_400_000).await;

    let too_much = try_one(&given, &store, outlay(&[limited(SOL, 5, 10)])).await;
    submit(&given, &store, &[limited(SOL, 4, 10)]).await;
    fixture.advance(DAY + QUARTER).await;

    assert!(matches!(too_much, Recorded::NoRoom(_)), "{too_much:?}");
    submit(&given, &store, &[limited(SOL, 10, 10)]).await;
}
