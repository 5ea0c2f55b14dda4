//! The promises of [`ports::webhooks`], by their numbers. The stores are opened with an outbox: of all events, where a
//! test does not say otherwise.

use std::sync::Arc;
use std::time::Duration;

use domain::{EventData, OcoGroup, OrderId, Status};
use ports::Store;
use ports::order_store::{Expiry, Withdrawal};
use ports::webhooks::{
    Bounded, DueWebhook, LONGEST_PAUSE, NO_ROOM, Refusal, Refused, Retry, WebhookCounts, WebhookId,
};

use super::given::failed;
use super::waiting::{limit, taken};
use super::{Given, StoreFixture};

const PAUSE: Duration = Duration::from_secs(5);
const DAY: Duration = Duration::from_secs(86_400);

fn refusal(pause: Duration) -> Refusal {
    Refusal {
        pause,
        give_up_after: DAY,
        error: "the receiver answered 500".to_owned(),
    }
}

async fn due(store: &Arc<dyn Store>) -> Vec<DueWebhook> {
    let due = store.due_webhooks(100).await.expect("due_webhooks answers");
    assert_eq!(due.unreadable, []);
    due.webhooks
}

/// What is due, as orders and places.
async fn due_ids(store: &Arc<dyn Store>) -> Vec<(OrderId, u32)> {
    let due = due(store).await;
    due.iter()
        .map(|it| (it.id().order, it.id().seq.get()))
        .collect()
}

async fn take(store: &Arc<dyn Store>, id: WebhookId) {
    store
        .webhook_taken(id)
        .await
        .expect("webhook_taken answers");
}

async fn refuse(store: &Arc<dyn Store>, id: WebhookId, refusal: &Refusal) -> Refused {
    let refused = store.webhook_refused(id, refusal).await;
    refused.expect("webhook_refused answers")
}

async fn counts(store: &Arc<dyn Store>) -> (u64, u64) {
    let WebhookCounts { pending, dead, .. } = store
        .webhook_counts()
        .await
        .expect("webhook_counts answers");
    (pending, dead)
}

async fn bound(store: &Arc<dyn Store>, pending: u64, dead: u64) -> Bounded {
    let bounded = store.bound_webhooks(pending, dead).await;
    bounded.expect("bound_webhooks answers")
}

/// Takes all that is due, until nothing is; returns it in that order.
async fn drain(store: &Arc<dyn Store>) -> Vec<DueWebhook> {
    let mut all = Vec::new();
    loop {
        let due = due(store).await;
        if due.is_empty() {
            return all;
        }
        for webhook in due {
            take(store, webhook.id()).await;
            all.push(webhook);
        }
    }
}

/// What was told, as orders and statuses.
fn told(webhooks: &[DueWebhook], of: OrderId) -> Vec<Status> {
    let of = webhooks.iter().filter(|it| it.order.id == of);
    of.map(|it| it.event.data.status()).collect()
}

/// An order that has ended, of which one webhook is pending.
async fn ended(given: &Given, store: &Arc<dyn Store>) -> WebhookId {
    let order = given.accepted(store).await;
    let mut lease = given.leased(store, order).await;
    given
        .record(store, &mut lease, EventData::RoutingStarted)
        .await;
    given.record(store, &mut lease, failed()).await;
    WebhookId {
        order,
        seq: lease.order.seq,
    }
}

async fn cancel(given: &Given, store: &Arc<dyn Store>, order: OrderId) {
    let event = given.event_id();
    let withdrawing = store.withdraw(order, None, event, Withdrawal::Cancelled, "no more");
    withdrawing.await.expect("withdraw answers");
}

/// 1: whoever records it.
pub async fn every_event_becomes_a_webhook(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accepted(&store).await;
    let mut lease = given.leased(&store, order).await;
    given.confirm(&store, &mut lease).await;
    let cancelled = given.accepted(&store).await;
    cancel(&given, &store, cancelled).await;
    let mut expiring = given.order();
    expiring.terms.valid_for_seconds = Some(1);
    let expired = given.accept(&store, expiring).await;
    fixture.advance(Duration::from_millis(1_050)).await;
    let expiry = Expiry {
        order: expired,
        event: given.event_id(),
    };
    store
        .expire(&[expiry], "late")
        .await
        .expect("expire answers");
    let dead = ended(&given, &store).await.order;
    let replacement = given.order();
    let retried = replacement.id;
    let retrying = store.retry_dead(dead, replacement, "admin").await;
    retrying.expect("retry_dead answers");

    let all = drain(&store).await;

    use Status::{Building, Cancelled, Confirmed, Expired, Failed, Pending, Routing, Submitted};
    for (order, statuses) in [
        (
            order,
            &[Pending, Routing, Building, Submitted, Confirmed][..],
        ),
        (cancelled, &[Pending, Cancelled]),
        (expired, &[Pending, Expired]),
        (dead, &[Pending, Routing, Failed]),
        (retried, &[Pending]),
    ] {
        assert_eq!(told(&all, order), statuses);
    }
    assert_eq!(counts(&store).await, (0, 0));
}

/// 1: those that end with their group too.
pub async fn the_others_of_a_group_become_webhooks(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let mut of_group = Vec::new();
    for _ in 0..2 {
        let mut order = limit(&given);
        order.terms.oco_group = OcoGroup::parse("pair").ok();
        of_group.push(given.accept(&store, order).await);
    }
    drain(&store).await;
    let mut lease = taken(&given, &store, of_group[0]).await;

    given.confirm(&store, &mut lease).await;

    let all = drain(&store).await;
    assert_eq!(told(&all, of_group[0]).last(), Some(&Status::Confirmed));
    assert_eq!(told(&all, of_group[1]), [Status::Cancelled]);
}

/// 1: of a store that tells of ends.
pub async fn ends_alone_become_webhooks(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accepted(&store).await;
    let mut lease = given.leased(&store, order).await;
    given.confirm(&store, &mut lease).await;
    let cancelled = given.accepted(&store).await;
    cancel(&given, &store, cancelled).await;

    let all = drain(&store).await;

    assert_eq!(told(&all, order), [Status::Confirmed]);
    assert_eq!(told(&all, cancelled), [Status::Cancelled]);
    assert_eq!(all.len(), 2);
}

/// 1: of a store without one.
pub async fn without_an_outbox_nothing_becomes_a_webhook(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accepted(&store).await;
    let mut lease = given.leased(&store, order).await;
    given.confirm(&store, &mut lease).await;
    let cancelled = given.accepted(&store).await;
    cancel(&given, &store, cancelled).await;

    assert_eq!(counts(&store).await, (0, 0));
    assert_eq!(due(&store).await, []);
}

/// 1: as the event left its order.
pub async fn a_webhook_tells_of_the_order_as_it_was(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accepted(&store).await;
    let accepted = store.order(order, None).await.expect("order answers");
    let mut lease = given.leased(&store, order).await;
    given
        .record(&store, &mut lease, EventData::RoutingStarted)
        .await;

    let told = due(&store).await;

    assert_eq!(told.len(), 1);
    assert_eq!(Some(&told[0].order), accepted.as_ref());
    assert_eq!((told[0].event.seq.get(), told[0].refusals), (0, 0));
}

/// 1: in the same write.
pub async fn webhooks_survive_a_crash(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let id = ended(&given, &store).await;

    let store = fixture.after_a_crash().await;

    let all = drain(&store).await;
    assert_eq!(all.last().map(DueWebhook::id), Some(id));
}

/// 2 and 3: one after the other.
pub async fn a_later_webhook_waits_for_the_earlier_one(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let one = ended(&given, &store).await.order;
    let other = ended(&given, &store).await.order;
    assert_eq!(due_ids(&store).await, [(one, 0), (other, 0)]);

    let first = due(&store).await[0].id();
    take(&store, first).await;
    take(&store, first).await;

    let mut ids = due_ids(&store).await;
    ids.sort_unstable();
    assert_eq!(ids, [(one, 1), (other, 0)]);
    assert_eq!(counts(&store).await, (5, 0));
    assert_eq!(refuse(&store, first, &refusal(PAUSE)).await, Refused::Gone);
    let few = store.due_webhooks(1).await.expect("due_webhooks answers");
    assert_eq!(few.webhooks.len(), 1);
}

/// 4: with those behind it.
pub async fn a_refused_webhook_rests_with_those_behind_it(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = ended(&given, &store).await.order;
    let first = due(&store).await[0].id();

    assert_eq!(
        refuse(&store, first, &refusal(PAUSE)).await,
        Refused::Resting
    );

    assert_eq!(due_ids(&store).await, []);
    fixture.advance(PAUSE).await;
    let told = due(&store).await;
    assert_eq!((told.len(), told[0].id(), told[0].refusals), (1, first, 1));
    take(&store, first).await;
    assert_eq!(due_ids(&store).await, [(order, 1)]);
}

/// 4: for so long.
pub async fn a_webhook_is_dead_once_it_was_refused_for_long(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = ended(&given, &store).await.order;
    let first = due(&store).await[0].id();
    let refused = Refusal {
        pause: Duration::from_secs(3_000),
        give_up_after: Duration::from_secs(4_000),
        ..refusal(PAUSE)
    };
    assert_eq!(refuse(&store, first, &refused).await, Refused::Resting);
    fixture.advance(refused.pause).await;
    assert_eq!(refuse(&store, first, &refused).await, Refused::Resting);
    // The last try is at the end of the time.
    fixture.advance(Duration::from_secs(1_001)).await;
    assert_eq!(due_ids(&store).await, [(order, 0)]);

    assert_eq!(refuse(&store, first, &refused).await, Refused::Dead);

    assert_eq!(due_ids(&store).await, [(order, 1)]);
    assert_eq!(counts(&store).await, (2, 1));
    let dead = store.dead_webhooks(None, 10).await.expect("it answers");
    assert_eq!(dead.len(), 1);
    assert_eq!((dead[0].id, dead[0].refusals), (first, 3));
    assert_eq!(dead[0].status, Status::Pending);
    assert_eq!(dead[0].error, refused.error);
    assert_eq!(refuse(&store, first, &refused).await, Refused::Gone);
}

/// 4: a clock that is set back keeps nothing resting.
pub async fn a_clock_set_back_keeps_no_webhook_resting(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    ended(&given, &store).await;
    let first = due(&store).await[0].id();
    refuse(&store, first, &refusal(LONGEST_PAUSE)).await;

    fixture.turn_clock(-60_000).await;

    let told = due(&store).await;
    assert_eq!(told.first().map(DueWebhook::id), Some(first));
}

/// 5: the oldest orders' die.
pub async fn beyond_their_bounds_the_oldest_go(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let mut last = Vec::new();
    for _ in 0..3 {
        last.push(ended(&given, &store).await);
    }
    assert_eq!(bound(&store, 9, 9).await, Bounded::default());

    let bounded = bound(&store, 4, 9).await;

    assert_eq!((bounded.died, bounded.forgotten), (5, 0));
    assert_eq!(counts(&store).await, (4, 5));
    let dead = store.dead_webhooks(None, 10).await.expect("it answers");
    assert!(
        dead.iter()
            .all(|it| it.error == NO_ROOM && it.refusals == 0)
    );
    let (second, oldest) = (last[1].order, last[0].order);
    let expected = [
        (second, 1),
        (second, 0),
        (oldest, 2),
        (oldest, 1),
        (oldest, 0),
    ];
    let ids = |it: &ports::webhooks::DeadWebhook| (it.id.order, it.id.seq.get());
    assert_eq!(dead.iter().map(ids).collect::<Vec<_>>(), expected);
    let page = store.dead_webhooks(Some(dead[1].id), 2).await;
    let page = page.expect("dead_webhooks answers");
    assert_eq!(page.iter().map(ids).collect::<Vec<_>>(), expected[2..4]);

    let bounded = bound(&store, 4, 2).await;

    assert_eq!((bounded.died, bounded.forgotten), (0, 3));
    assert_eq!(counts(&store).await, (4, 2));
}

/// 6: as if never tried, and in the audit log.
pub async fn dead_webhooks_are_retried(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let last = ended(&given, &store).await;
    bound(&store, 0, 9).await;
    assert_eq!(counts(&store).await, (0, 3));
    let retry = async |which| {
        store
            .retry_webhooks(which, "admin")
            .await
            .expect("it answers")
    };

    assert_eq!(retry(Retry::One(last)).await, 1);
    assert_eq!(retry(Retry::One(last)).await, 0);

    assert_eq!(due_ids(&store).await, [(last.order, last.seq.get())]);
    assert_eq!(due(&store).await[0].refusals, 0);
    assert_eq!(retry(Retry::All).await, 2);
    assert_eq!(retry(Retry::All).await, 0);
    assert_eq!(counts(&store).await, (3, 0));
    assert_eq!(due_ids(&store).await, [(last.order, 0)]);
    let acts = store.audit(None, 10).await.expect("audit answers");
    let of = |it: &ports::operations::AuditEntry| (it.subject.clone(), it.detail.clone());
    assert!(
        acts.iter()
            .all(|it| it.actor == "admin" && it.action == "retry webhooks")
    );
    assert_eq!(
        acts.iter().map(of).collect::<Vec<_>>(),
        [
            (None, Some("2 webhooks".to_owned())),
            (Some(last.order.to_string()), Some(last.to_string())),
        ]
    );
}

/// 7: one at a time.
pub async fn one_holder_sends_at_a_time(fixture: &impl StoreFixture) {
    const LASTING: Duration = Duration::from_secs(600);
    let given = Given::new();
    let (one, other) = (given.worker_id(), given.worker_id());
    let (store, second) = (fixture.store(), fixture.second_handle().await);
    let hold = async |store: &Arc<dyn Store>, holder| {
        let held = store.hold_sending(holder, LASTING).await;
        held.expect("hold_sending answers")
    };
    assert!(hold(&store, one).await);
    assert!(!hold(&second, other).await);

    fixture.advance(LASTING / 2).await;
    assert!(hold(&store, one).await, "more time");
    fixture.advance(LASTING / 2 + Duration::from_secs(1)).await;
    assert!(!hold(&second, other).await);
    fixture.advance(LASTING / 2).await;
    assert!(hold(&second, other).await, "the time is over");
    assert!(!hold(&store, one).await);

    store
        .leave_sending(one)
        .await
        .expect("leave_sending answers");
    assert!(!hold(&store, one).await, "it was not its own");
    second
        .leave_sending(other)
        .await
        .expect("leave_sending answers");
    assert!(hold(&store, one).await);
}
