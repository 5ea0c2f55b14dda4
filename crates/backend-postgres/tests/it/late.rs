//! What happens while a statement waits, and between the two statements of a claim.

use std::sync::Arc;

use domain::{EventData, Seq};
use ports::order_store::{Claim, Recorded};
use ports::worker_registry::Beat;
use testkit::contract::{Given, eventually};
use tokio::task::JoinSet;

use crate::{ask, connect, meddle, open_patiently, server};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_submission_that_waits_for_its_order_beyond_the_expiry_is_refused() {
    let (server, given) = (server(), Given::new());
    let store = open_patiently(&server).await;
    let mut order = given.order();
    order.terms.valid_for_seconds = Some(2);
    let order = given.accept(&store, order).await;
    let mut lease = given.leased(&store, order).await;
    given.build(&store, &mut lease).await;
    let transaction = given.transaction();
    let EventData::Routed { decision } = store
        .events(order, Seq::new(2))
        .await
        .unwrap()
        .remove(0)
        .data
    else {
        panic!("it is not routed");
    };
    let data = EventData::Submitted {
        choice: decision.choice,
        signature: transaction.signature.clone(),
    };
    let event = given.next(&lease.order, data);
    let (other, _driver) = connect(&server).await;
    let lock = format!("begin; select from orders where id = '{order}' for update");
    other.batch_execute(&lock).await.expect("it is locked");

    let mut submitting = JoinSet::new();
    let at_once = Arc::clone(&store);
    submitting.spawn(async move {
        at_once
            .record_submission(&lease, &event, &transaction)
            .await
    });
    let is_waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'";
    eventually("the submission to wait", async || {
        (ask(&server, is_waiting).await == "1").then_some(())
    })
    .await;
    let has_expired = format!("select now_ms() >= expires_at from orders where id = '{order}'");
    eventually("the order to expire", async || {
        (ask(&server, &has_expired).await == "t").then_some(())
    })
    .await;
    other.batch_execute("commit").await.expect("it is let go");

    let answer = submitting.join_all().await.remove(0);
    assert_eq!(
        answer.expect("record_submission answers"),
        Recorded::Expired
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_was_granted_and_could_not_be_loaded_is_given_back() {
    let (server, given) = (server(), Given::new());
    let store = open_patiently(&server).await;
    let order = given.accepted(&store).await;
    let (worker, other) = (given.worker(&store).await, given.worker(&store).await);
    // Only the second of a claim's two statements reads it.
    meddle(&server, "alter table order_attempts rename to elsewhere").await;

    let failed = store.claim(order, worker).await;
    assert!(failed.is_err(), "{failed:?}");
    meddle(&server, "alter table elsewhere rename to order_attempts").await;

    // It claims again and gets the lease; or it has given up, lives on, and does not name the
    // order.
    let again = store.claim(order, worker).await.expect("claim answers");
    assert!(matches!(again, Claim::Granted(_)), "{again:?}");
    for number in 1..3 {
        let beat = Beat {
            number,
            heard: number - 1,
            holding: Vec::new(),
        };
        store.heartbeat(worker, &beat).await.expect("it is alive");
    }
    let passed = store.claim(order, other).await.expect("claim answers");
    let Claim::Granted(lease) = passed else {
        panic!("{passed:?}");
    };
    assert_eq!(lease.deaths, 0);
}
