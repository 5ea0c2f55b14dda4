//! Promise 8: an order is withdrawn before its submission or not at all.

use std::sync::Arc;

use domain::{ClientId, EventData, OrderId, Seq, Status};
use ports::Store;
use ports::order_store::{Claim, Recorded, Withdrawal, Withdrawn};

use crate::contract::given::{routed, submitted};
use crate::contract::{Given, StoreFixture};

async fn cancel(given: &Given, store: &Arc<dyn Store>, order: OrderId) -> Withdrawn {
    store
        .withdraw(
            order,
            None,
            given.event_id(),
            Withdrawal::Cancelled,
            "changed my mind",
        )
        .await
        .expect("withdraw answers")
}

/// 8: before.
pub async fn an_order_is_withdrawn_at_any_step_before_submission(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    for steps in 0u32..=2 {
        let order = given.accepted(&store).await;
        let mut lease = given.leased(&store, order).await;
        for data in [EventData::RoutingStarted, routed()]
            .into_iter()
            .take(steps as usize)
        {
            given.record(&store, &mut lease, data).await;
        }

        let withdrawn = cancel(&given, &store, order).await;

        let Withdrawn::Won { event, client } = withdrawn else {
            panic!("not withdrawn after {steps} steps: {withdrawn:?}");
        };
        assert_eq!(client, ClientId::anyone());
        assert_eq!(event.seq, Seq::new(steps + 1));
        let reason = "changed my mind".to_owned();
        assert_eq!(event.data, EventData::Cancelled { reason });
        let events = store.events(order, event.seq).await;
        assert_eq!(events.expect("events answer"), [event]);
        let claim = store.claim(order, lease.worker).await;
        assert!(matches!(claim.expect("claim answers"), Claim::Ended));
        let status = Status::Cancelled;
        assert_eq!(
            cancel(&given, &store, order).await,
            Withdrawn::TooLate { status }
        );
    }
}

/// 8: after.
pub async fn a_submitted_order_is_not_withdrawn(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accepted(&store).await;
    let mut lease = given.leased(&store, order).await;
    given.build(&store, &mut lease).await;
    given.submit(&store, &mut lease).await;

    let refused = cancel(&given, &store, order).await;

    let status = Status::Submitted;
    assert_eq!(refused, Withdrawn::TooLate { status });
    assert_eq!(
        cancel(&given, &store, given.order_id()).await,
        Withdrawn::Unknown
    );
}

/// 8: whose.
pub async fn another_clients_order_is_not_withdrawn(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let (owner, other) = (given.client("owner"), given.client("other"));
    let order = given.accept(&store, given.order_of(&owner)).await;
    let by = async |client: &ClientId| {
        let event = given.event_id();
        let call = store.withdraw(order, Some(client), event, Withdrawal::Cancelled, "mine");
        call.await.expect("withdraw answers")
    };

    assert_eq!(by(&other).await, Withdrawn::Unknown);
    assert!(matches!(by(&owner).await, Withdrawn::Won { .. }));
}

/// 5 and 8: the lost reply.
pub async fn a_repeated_withdrawal_gives_the_true_answer(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accepted(&store).await;
    let event = given.event_id();
    let call = async || {
        let call = store.withdraw(order, None, event, Withdrawal::Cancelled, "once");
        call.await.expect("withdraw answers")
    };

    let first = call().await;
    let again = call().await;

    assert!(matches!(first, Withdrawn::Won { .. }), "{first:?}");
    assert_eq!(again, first);
}

/// 8: the worker with the lease learns of it.
pub async fn a_holder_learns_of_a_withdrawal(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accepted(&store).await;
    let mut lease = given.leased(&store, order).await;
    given.build(&store, &mut lease).await;
    let withdrawn = cancel(&given, &fixture.second_handle().await, order).await;
    assert!(matches!(withdrawn, Withdrawn::Won { .. }));
    let transaction = given.transaction();
    let event = given.next(&lease.order, submitted(&transaction));

    let late = store.record_submission(&lease, &event, &transaction).await;

    assert_eq!(
        late.expect("record_submission answers"),
        Recorded::Withdrawn
    );
    let events = store.events(order, Seq::FIRST).await;
    assert_eq!(events.expect("events answer").len(), 4);
}

/// 8: the race, many times.
pub async fn a_withdrawal_and_a_submission_have_one_winner(fixture: &impl StoreFixture) {
    let given = Given::new();
    let (store, other) = (fixture.store(), fixture.second_handle().await);
    for _ in 0..30 {
        let order = given.accepted(&store).await;
        let mut lease = given.leased(&store, order).await;
        given.build(&store, &mut lease).await;
        let transaction = given.transaction();
        let event = given.next(&lease.order, submitted(&transaction));
        let (submitting, at_once) = (Arc::clone(&store), lease.clone());
        let submission = tokio::task::JoinSet::from_iter([async move {
            submitting
                .record_submission(&at_once, &event, &transaction)
                .await
                .expect("record_submission answers")
        }]);

        let withdrawn = cancel(&given, &other, order).await;
        let recorded = submission.join_all().await.remove(0);

        let status = match (&recorded, &withdrawn) {
            (Recorded::Won(_), Withdrawn::TooLate { status }) => *status,
            (Recorded::Withdrawn, Withdrawn::Won { event, .. }) => event.data.status(),
            both => panic!("not exactly one winner: {both:?}"),
        };
        let events = store
            .events(order, Seq::FIRST)
            .await
            .expect("events answer");
        assert_eq!(events.len(), 4);
        assert_eq!(events[3].data.status(), status);
    }
}
