//! A server that dies, hangs or comes back: every call gets an answer in time, and what was
//! confirmed stays.

use std::time::{Duration, Instant};

use ports::Error;
use ports::order_store::{Accepted, Claim};
use ports::worker_registry::Beat;
use testkit::contract::{Given, eventually};

use crate::{LEASE, open, server};

/// The promise is five seconds; the rest is for a busy machine.
const IN_TIME: Duration = Duration::from_millis(6_500);

#[expect(clippy::disallowed_methods, reason = "the test is the stop-watch")]
fn now() -> Instant {
    Instant::now()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_hangs_has_an_unknown_outcome_and_then_a_true_one() {
    let server = server();
    let store = open(&server).await;
    let given = Given::new();
    given.accepted(&store).await;
    let order = given.order();

    server.process.freeze().expect("the server can be frozen");
    let begun = now();
    let hanging = store.accept(order.clone()).await;
    assert!(
        matches!(hanging, Err(Error::OutcomeUnknown { .. })),
        "{hanging:?}"
    );
    assert!(begun.elapsed() < IN_TIME);

    // From now on nobody waits for it.
    let begun = now();
    let refused = store.accept(given.order()).await;
    assert!(matches!(refused, Err(Error::Unavailable { .. })));
    assert!(store.ping().await.is_err());
    assert!(begun.elapsed() < Duration::from_secs(1));

    server.process.thaw().expect("the server can be thawed");
    let repeated = eventually("the repeated call", async || {
        store.accept(order.clone()).await.ok()
    })
    .await;
    let Accepted::Stored(event) = repeated else {
        panic!("not stored: {repeated:?}");
    };
    assert_eq!(event.order_id, order.id);
    let events = store.events(order.id, domain::Seq::FIRST).await;
    assert_eq!(events.expect("events answer").len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_whose_claim_hung_is_given_back() {
    let server = server();
    let store = open(&server).await;
    let given = Given::new();
    let order = given.accepted(&store).await;
    let (worker, other) = (given.worker(&store).await, given.worker(&store).await);
    let beating = async {
        // None of their heartbeats names the order: no worker got the answer.
        let mut beat = Beat::default();
        loop {
            beat.number += 1;
            let _ = store.heartbeat(worker, &beat).await;
            if store.heartbeat(other, &beat).await.is_ok() {
                beat.heard = beat.number;
            }
            tokio::time::sleep(LEASE / 5).await;
        }
    };
    let scenario = async {
        server.process.freeze().expect("the server can be frozen");
        let hanging = {
            let claiming = store.claim(order, worker);
            let thawing = async {
                tokio::time::sleep(Duration::from_millis(200)).await;
                // The reply is lost: the caller goes away before the server goes on.
            };
            tokio::select! { claim = claiming => Some(claim), () = thawing => None }
        };
        assert!(hanging.is_none(), "{hanging:?}");
        server.process.thaw().expect("the server can be thawed");
        eventually(
            "the order to be free for another worker",
            async || match store.claim(order, other).await {
                Ok(Claim::Granted(lease)) => Some(lease),
                _ => None,
            },
        )
        .await
    };

    tokio::select! {
        lease = scenario => assert_eq!(lease.order.id, order),
        () = beating => {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_and_comes_back_is_used_again() {
    let mut server = server();
    let store = open(&server).await;
    let given = Given::new();
    let kept = given.accepted(&store).await;

    server.process.kill().expect("the server can be killed");
    let begun = now();
    let refused = store.accept(given.order()).await;
    assert!(
        matches!(
            refused,
            Err(Error::Unavailable { .. } | Error::OutcomeUnknown { .. })
        ),
        "{refused:?}"
    );
    let read = store.order(kept, None).await;
    assert!(matches!(read, Err(Error::Unavailable { .. })), "{read:?}");
    assert!(begun.elapsed() < Duration::from_secs(3));

    server.restart().expect("the server recovers");
    let found = eventually("the order", async || store.order(kept, None).await.ok()).await;
    assert!(found.is_some());
    given.accepted(&store).await;
}

#[tokio::test]
async fn a_server_that_turns_read_only_is_not_ready() {
    let server = server();
    let store = open(&server).await;
    store.ping().await.expect("the server is ready");

    // One statement each, because neither may run in a transaction.
    for sql in [
        "alter system set default_transaction_read_only = on",
        "select pg_reload_conf()",
    ] {
        crate::meddle(&server, sql).await;
    }

    eventually("the server to be unready", async || {
        store.ping().await.err()
    })
    .await;
    let refused = store.accept(Given::new().order()).await;
    assert!(matches!(refused, Err(Error::Unavailable { .. })));
}
