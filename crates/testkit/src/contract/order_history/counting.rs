//! Promise 4: counts over all orders, and over a client's open ones.

use std::time::Duration;

use ports::order_store::Withdrawal;

use super::{one_at_each_status, withdraw};
use crate::contract::given::retry_after;
use crate::contract::{Given, StoreFixture, eventually};

/// 4: for the limit on open orders.
pub async fn open_orders_are_counted_up_to_a_limit(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let (busy, idle) = (given.client("busy"), given.client("idle"));
    let mut orders = Vec::new();
    for _ in 0..5 {
        orders.push(given.accept(&store, given.order_of(&busy)).await);
    }
    let count = async |client, limit| {
        let counted = store.open_orders(client, limit).await;
        counted.expect("open_orders answers")
    };
    assert_eq!(count(&busy, 100).await, 5);
    assert_eq!(count(&busy, 3).await, 3);
    assert_eq!(count(&idle, 100).await, 0);

    withdraw(&given, &store, orders[0], Withdrawal::Cancelled).await;

    assert_eq!(count(&busy, 100).await, 4);
}

/// 4: by status and by what they wait for.
pub async fn counts_agree_with_the_orders(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let ids = one_at_each_status(&given, &store).await;
    withdraw(&given, &store, ids[6], Withdrawal::Cancelled).await;
    let delayed = given.accepted(&store).await;
    let mut lease = given.leased(&store, delayed).await;
    given.build(&store, &mut lease).await;
    let retry = retry_after(Duration::from_secs(3_600));
    given.record(&store, &mut lease, retry).await;

    let agree = async || {
        let counts = store.counts().await.expect("counts answer");
        // Pending: the first, the one that has not expired yet, and the delayed one.
        (counts.by_status == [3, 1, 1, 1, 1, 1, 1, 0]
            && (counts.waiting, counts.delayed, counts.running) == (2, 1, 3)
            && counts.oldest_waiting_ms.is_some()
            && counts.ended_last_minute == 3
            && counts.latency_p50_ms.is_some())
        .then_some(())
    };
    eventually("counts to agree with the orders", agree).await;

    // One that is submitted and waits because the chain does not answer: it counts as submitted and
    // delayed, not as waiting.
    let rests = given.accepted(&store).await;
    let mut lease = given.leased(&store, rests).await;
    given.build(&store, &mut lease).await;
    given.submit(&store, &mut lease).await;
    let released = store.release(&lease, Duration::from_secs(60)).await;
    released.expect("release answers");
    let agree = async || {
        let counts = store.counts().await.expect("counts answer");
        ((counts.waiting, counts.delayed, counts.running) == (2, 2, 4)).then_some(())
    };
    eventually("one that rests to be counted", agree).await;

    // The same after everything is read anew; leases may have ended with their workers.
    let found = fixture.after_a_crash().await;
    let counts = found.counts().await.expect("counts answer");
    assert_eq!(counts.by_status, [3, 1, 1, 2, 1, 1, 1, 0]);
    assert_eq!((counts.waiting, counts.delayed), (2, 2));
}
