//! Promises 5 to 7: an event has one sequence number and one winner; what belongs together is
//! stored together.

use std::sync::Arc;
use std::time::Duration;

use domain::transaction::{Height, SignedTransaction};
use domain::{EventData, Seq, Status};
use ports::Store;
use ports::order_store::{Claim, Lease, Recorded, Withdrawal, Withdrawn};
use tokio::task::JoinSet;

use crate::contract::given::{confirmed, failed, retry_after, submitted};
use crate::contract::{Given, StoreFixture};

/// 5: no gap, no overwriting.
pub async fn an_event_is_recorded_at_the_next_place_only(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accepted(&store).await;
    let lease = given.leased(&store, order).await;
    let event = given.next(&lease.order, EventData::RoutingStarted);
    for wrong in [0, 2, 7] {
        let mut misplaced = event.clone();
        misplaced.seq = Seq::new(wrong);

        let answer = store.record(&lease, &misplaced).await;

        let answer = answer.expect("record answers");
        assert_eq!(answer, Recorded::LeaseLost, "at {wrong}");
    }

    let answer = store.record(&lease, &event).await.expect("record answers");

    let Recorded::Won(won) = answer else {
        panic!("not recorded: {answer:?}");
    };
    assert_eq!(won, event.recorded(won.at));
    let events = store.events(order, Seq::FIRST).await;
    let seqs: Vec<_> = events
        .expect("events answer")
        .into_iter()
        .map(|event| event.seq.get())
        .collect();
    assert_eq!(seqs, [0, 1]);
}

/// 6: a signature belongs to one transaction of one order.
pub async fn a_signature_is_recorded_once(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let first = given.accepted(&store).await;
    let mut first = given.leased(&store, first).await;
    given.build(&store, &mut first).await;
    let transaction = given.submit(&store, &mut first).await;
    let second = given.accepted(&store).await;
    let mut lease = given.leased(&store, second).await;
    given.build(&store, &mut lease).await;
    let event = given.next(&lease.order, submitted(&transaction));
    // How long it may land is judged anew each time.
    let judged_anew = SignedTransaction {
        last_valid_height: Height::new(transaction.last_valid_height.get() + 1),
        ..transaction
    };

    let answer = store.record_submission(&lease, &event, &judged_anew).await;

    assert!(!matches!(answer, Ok(Recorded::Won(_))), "{answer:?}");
    let order = store.order(second, None).await.expect("the store answers");
    let status = order.expect("it is there").status();
    assert_eq!(status, Status::Building);
}

/// 6: or nothing would keep its signature from coming again.
pub async fn a_submission_that_names_no_block_is_refused(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accepted(&store).await;
    let mut lease = given.leased(&store, order).await;
    given.build(&store, &mut lease).await;
    let nameless = SignedTransaction {
        blockhash: None,
        ..given.transaction()
    };
    let event = given.next(&lease.order, submitted(&nameless));

    let answer = store.record_submission(&lease, &event, &nameless).await;

    assert!(answer.is_err(), "{answer:?}");
    assert_eq!(store.signatures_of(order).await.expect("it answers"), []);
    given.submit(&store, &mut lease).await;
}

/// 5: the lost reply.
pub async fn a_repeated_record_gives_the_true_answer(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accepted(&store).await;
    let mut lease = given.leased(&store, order).await;
    given.build(&store, &mut lease).await;
    for data in [retry_after(Duration::ZERO), failed()] {
        let event = given.next(&lease.order, data);

        let first = store.record(&lease, &event).await.expect("record answers");
        let again = store.record(&lease, &event).await.expect("record answers");

        assert!(matches!(first, Recorded::Won(_)), "{first:?}");
        assert_eq!(again, first);
        lease = match store.claim(order, lease.worker).await {
            Ok(Claim::Granted(next)) => *next,
            // The second event ended it.
            Ok(Claim::Ended) => return,
            other => panic!("claimed: {other:?}"),
        };
    }
}

/// 5: the lost reply, read late.
pub async fn a_repeated_record_is_true_even_after_the_lease(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accepted(&store).await;
    let old = given.leased(&store, order).await;
    let event = given.next(&old.order, EventData::RoutingStarted);
    let first = store.record(&old, &event).await.expect("record answers");
    store.retire(old.worker).await.expect("retire answers");
    let mut new = given.leased(&store, order).await;
    given
        .record(&store, &mut new, crate::contract::given::routed())
        .await;

    let again = store.record(&old, &event).await.expect("record answers");

    assert!(matches!(first, Recorded::Won(_)), "{first:?}");
    assert_eq!(again, first);
}

/// 5: one sequence number, one winner.
pub async fn two_events_for_one_place_have_one_winner(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accepted(&store).await;
    let lease = Arc::new(given.leased(&store, order).await);
    let mut writers = JoinSet::new();
    for _ in 0..20 {
        let event = given.next(&lease.order, EventData::RoutingStarted);
        let (store, lease) = (Arc::clone(&store), Arc::clone(&lease));
        writers.spawn(async move { store.record(&lease, &event).await.expect("record answers") });
    }

    let answers = writers.join_all().await;

    let won = answers.iter().filter(|a| matches!(a, Recorded::Won(_)));
    assert_eq!(won.count(), 1);
    let events = store.events(order, Seq::FIRST).await;
    assert_eq!(events.expect("events answer").len(), 2);
}

/// 6: together.
pub async fn a_submission_stores_its_transaction(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accepted(&store).await;
    let mut lease = given.leased(&store, order).await;
    given.build(&store, &mut lease).await;

    let transaction = given.submit(&store, &mut lease).await;

    let found = fixture.after_a_crash().await;
    // If the worker survived the crash, it is retired now.
    found.retire(lease.worker).await.expect("retire answers");
    let next = given.leased(&found, order).await;
    assert_eq!(next.order.status(), Status::Submitted);
    assert_eq!(next.live_transaction, Some(transaction));
}

/// 6: never two.
pub async fn only_one_attempt_is_live(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accepted(&store).await;
    let mut lease = given.leased(&store, order).await;
    given.build(&store, &mut lease).await;
    let building = lease.order.clone();
    let first = given.submit(&store, &mut lease).await;
    let second = given.transaction();
    let mut event = given.next(&building, submitted(&second));
    event.seq = lease.order.seq.next();

    let answer = store.record_submission(&lease, &event, &second).await;

    assert!(!matches!(answer, Ok(Recorded::Won(_))), "{answer:?}");
    let events = store.events(order, Seq::FIRST).await;
    assert_eq!(events.expect("events answer").len(), 4);
    store.retire(lease.worker).await.expect("retire answers");
    let next = given.leased(&store, order).await;
    assert_eq!(next.live_transaction, Some(first));
}

/// 5 and 6: the lost reply of a submission.
pub async fn a_repeated_submission_gives_the_true_answer(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accepted(&store).await;
    let mut lease = given.leased(&store, order).await;
    given.build(&store, &mut lease).await;
    let transaction = given.transaction();
    let event = given.next(&lease.order, submitted(&transaction));

    let first = store.record_submission(&lease, &event, &transaction).await;
    let again = store.record_submission(&lease, &event, &transaction).await;

    let first = first.expect("record_submission answers");
    assert!(matches!(first, Recorded::Won(_)), "{first:?}");
    assert_eq!(again.expect("record_submission answers"), first);
}

/// An order that is valid for a second, built by a worker.
async fn built_and_short_lived(given: &Given, store: &Arc<dyn Store>) -> Lease {
    let mut order = given.order();
    order.terms.valid_for_seconds = Some(1);
    let order = given.accept(store, order).await;
    let mut lease = given.leased(store, order).await;
    given.build(store, &mut lease).await;
    lease
}

/// 13: refused by the statement that stores it.
pub async fn an_order_whose_time_ran_out_is_not_submitted(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let lease = built_and_short_lived(&given, &store).await;
    let (order, transaction) = (lease.order.id, given.transaction());
    let event = given.next(&lease.order, submitted(&transaction));
    fixture.advance(Duration::from_millis(1_000)).await;

    for _ in 0..2 {
        let late = store.record_submission(&lease, &event, &transaction).await;

        let late = late.expect("record_submission answers");
        assert_eq!(late, Recorded::Expired);
    }

    let events = store.events(order, Seq::FIRST).await;
    assert_eq!(events.expect("events answer").len(), 3);
    let event = given.event_id();
    let expired = store.withdraw(order, None, event, Withdrawal::Expired, "out of time");
    let expired = expired.await.expect("withdraw answers");
    assert!(matches!(expired, Withdrawn::Won { .. }), "{expired:?}");
}

/// 5 and 13: the lost reply, asked for late.
pub async fn a_submission_won_in_time_is_true_after_the_expiry(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let lease = built_and_short_lived(&given, &store).await;
    let transaction = given.transaction();
    let event = given.next(&lease.order, submitted(&transaction));
    let first = store.record_submission(&lease, &event, &transaction).await;
    let first = first.expect("record_submission answers");
    assert!(matches!(first, Recorded::Won(_)), "{first:?}");
    fixture.advance(Duration::from_secs(2)).await;

    let again = store.record_submission(&lease, &event, &transaction).await;

    assert_eq!(again.expect("record_submission answers"), first);
}

/// 7: lease and due time.
pub async fn a_retry_ends_the_lease_and_sets_the_due_time(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accepted(&store).await;
    let mut lease = given.leased(&store, order).await;
    given.build(&store, &mut lease).await;
    let delay = Duration::from_secs(3_600);

    given.record(&store, &mut lease, retry_after(delay)).await;

    let worker = given.worker(&store).await;
    let claim = store.claim(order, worker).await.expect("claim answers");
    let Claim::NotDue { due_at, due_in } = claim else {
        panic!("claimed too early: {claim:?}");
    };
    assert_eq!(due_at, lease.order.updated_at.plus(delay));
    assert!(
        due_in <= delay && due_in > delay - Duration::from_secs(60),
        "{due_in:?}"
    );
    let late = store
        .record(&lease, &given.next(&lease.order, EventData::RoutingStarted))
        .await;
    assert_eq!(late.expect("record answers"), Recorded::LeaseLost);
}

/// 7: the transaction's death.
pub async fn a_retry_ends_its_attempt(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accepted(&store).await;
    let mut lease = given.leased(&store, order).await;
    given.build(&store, &mut lease).await;
    given.submit(&store, &mut lease).await;
    given
        .record(&store, &mut lease, retry_after(Duration::ZERO))
        .await;

    let mut next = given.leased(&store, order).await;

    assert_eq!(next.live_transaction, None);
    assert_eq!(next.order.status(), Status::Pending);
    given.build(&store, &mut next).await;
    let second = given.submit(&store, &mut next).await;
    store.retire(next.worker).await.expect("retire answers");
    assert_eq!(
        given.leased(&store, order).await.live_transaction,
        Some(second)
    );
}

/// 7: the end.
pub async fn an_end_ends_the_lease(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accepted(&store).await;
    let mut lease = given.leased(&store, order).await;
    given.build(&store, &mut lease).await;
    let transaction = given.submit(&store, &mut lease).await;

    given
        .record(&store, &mut lease, confirmed(&transaction))
        .await;

    let claim = store.claim(order, lease.worker).await;
    assert!(matches!(claim.expect("claim answers"), Claim::Ended));
    let counts = store.counts().await.expect("counts answer");
    assert_eq!(counts.running, 0);
    let found = fixture.after_a_crash().await;
    let found = found.order(order, None).await.expect("the store answers");
    assert_eq!(found, Some(lease.order));
}
