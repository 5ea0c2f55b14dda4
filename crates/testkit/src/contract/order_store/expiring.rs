//! Promise 8, for many orders at once: those whose time has run out end together, unless they were
//! submitted before.

use std::sync::Arc;
use std::time::Duration;

use domain::{ClientId, EventData, OrderId, Seq, Status};
use ports::Store;
use ports::order_store::{Claim, Expired, Expiry, NewOrder, Recorded};

use crate::contract::given::submitted;
use crate::contract::{Given, StoreFixture};

const REASON: &str = "out of time";
/// Enough for an order that is valid for one second to expire.
const LATER: Duration = Duration::from_millis(1_050);

fn valid_for(given: &Given, seconds: u32) -> NewOrder {
    let mut order = given.order();
    order.terms.valid_for_seconds = Some(seconds);
    order
}

fn expiries(given: &Given, orders: &[OrderId]) -> Vec<Expiry> {
    let expiry = |order: &OrderId| Expiry {
        order: *order,
        event: given.event_id(),
    };
    orders.iter().map(expiry).collect()
}

async fn expire(store: &Arc<dyn Store>, expiries: &[Expiry]) -> Vec<Expired> {
    let ended = store.expire(expiries, REASON).await;
    ended.expect("expire answers")
}

fn ids(ended: &[Expired]) -> Vec<OrderId> {
    ended.iter().map(|one| one.event.order_id).collect()
}

/// 8: those that can end do, and the others stay unchanged.
pub async fn orders_whose_time_has_run_out_end_in_one_write(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let mut orders = Vec::new();
    for steps in 0u32..=3 {
        let order = given.accept(&store, valid_for(&given, 1)).await;
        let mut lease = given.leased(&store, order).await;
        if steps == 1 {
            let begun = EventData::RoutingStarted;
            given.record(&store, &mut lease, begun).await;
        }
        if steps >= 2 {
            given.build(&store, &mut lease).await;
        }
        if steps == 3 {
            given.submit(&store, &mut lease).await;
        }
        orders.push((order, lease, steps));
    }
    let late = given.accept(&store, valid_for(&given, 3_600)).await;
    let never = given.accepted(&store).await;
    let open: Vec<OrderId> = orders.iter().map(|(order, ..)| *order).collect();
    let mut named = vec![late, given.order_id(), never];
    named.extend(&open);
    let asked = expiries(&given, &named);
    assert_eq!(expire(&store, &asked).await, [], "nothing has run out yet");

    fixture.advance(LATER).await;
    let ended = expire(&store, &asked).await;

    assert_eq!(ids(&ended), open[..3]);
    for (one, (order, lease, steps)) in ended.iter().zip(&orders) {
        let reason = REASON.to_owned();
        assert_eq!(one.client, ClientId::anyone());
        assert_eq!(one.event.seq, Seq::new(steps + 1));
        assert_eq!(one.event.data, EventData::Expired { reason });
        let events = store.events(*order, one.event.seq).await;
        let events = events.expect("events answer");
        assert_eq!(events, std::slice::from_ref(&one.event));
        let claim = store.claim(*order, lease.worker).await;
        assert!(matches!(claim.expect("claim answers"), Claim::Ended));
    }
    for order in [late, never, open[3]] {
        let kept = store.order(order, None).await.expect("the store answers");
        assert!(kept.is_some_and(|order| !order.status().is_terminal()));
    }
    assert_eq!(store.overdue(100).await.expect("overdue answers"), []);
    let counts = store.counts().await.expect("counts answer");
    assert_eq!(counts.by_status[Status::Expired.index()], 3);
    assert_eq!(counts.running, 1);
    assert_eq!(expire(&store, &[]).await, []);
}

/// 8: the lost reply.
pub async fn a_repeated_expiry_gives_the_true_answer(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let mut orders = Vec::new();
    for _ in 0..3 {
        orders.push(given.accept(&store, valid_for(&given, 1)).await);
    }
    fixture.advance(LATER).await;
    let asked = expiries(&given, &orders);

    let first = expire(&store, &asked).await;
    let again = expire(&store, &asked).await;
    let others = expire(&store, &expiries(&given, &orders)).await;

    assert_eq!(ids(&first), orders);
    assert_eq!(again, first);
    assert_eq!(others, [], "they ended with other events");
}

/// 8: the race, many at once.
pub async fn an_expiry_and_a_submission_have_one_winner(fixture: &impl StoreFixture) {
    let given = Given::new();
    let (store, other) = (fixture.store(), fixture.second_handle().await);
    let mut orders = Vec::new();
    let mut leases = Vec::new();
    for _ in 0..30 {
        let order = given.accept(&store, valid_for(&given, 1)).await;
        let mut lease = given.leased(&store, order).await;
        given.build(&store, &mut lease).await;
        orders.push(order);
        leases.push(lease);
    }
    fixture.advance(LATER).await;
    let mut submissions = tokio::task::JoinSet::new();
    for lease in leases {
        let store = Arc::clone(&store);
        let transaction = given.transaction();
        let event = given.next(&lease.order, submitted(&transaction));
        submissions.spawn(async move {
            let recorded = store.record_submission(&lease, &event, &transaction).await;
            (lease.order.id, recorded.expect("record_submission answers"))
        });
    }

    let ended = ids(&expire(&other, &expiries(&given, &orders)).await);
    let recorded = submissions.join_all().await;

    for (order, recorded) in recorded {
        let was_submitted = matches!(recorded, Recorded::Won(_));
        let has_ended = ended.contains(&order);
        let events = store.events(order, Seq::FIRST).await;
        let events = events.expect("events answer");
        // An order that was being written when the others ended gets another try before this.
        assert!(!(was_submitted && has_ended), "{order} has two winners");
        assert_eq!(events.len(), if was_submitted || has_ended { 4 } else { 3 });
    }
}
