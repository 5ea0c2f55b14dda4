//! The promises of [`ports::doubt::Doubts`], by their numbers.

use std::sync::Arc;
use std::time::Duration;

use domain::{OrderId, Status};
use ports::Store;
use ports::doubt::{Spoken, Word};
use ports::order_store::Claim;
use tokio::task::JoinSet;

use super::given::{confirmed, failed, granted, retry_after, standing};
use super::{Given, StoreFixture};

/// Orders in a race.
const RACES: u64 = 10;

async fn listed(store: &Arc<dyn Store>, at_least: Duration) -> Vec<(OrderId, u32)> {
    let found = store.long_submitted(at_least, 100).await;
    let found = found.expect("long_submitted answers");
    found.iter().map(|it| (it.order, it.attempt)).collect()
}

async fn say(store: &Arc<dyn Store>, order: OrderId, actor: &str, reason: &str) -> Spoken {
    let spoken = store.say_dead(order, actor, reason).await;
    spoken.expect("say_dead answers")
}

#[track_caller]
fn taken(spoken: Spoken) -> Word {
    match spoken {
        Spoken::Taken(word) => word,
        other => panic!("not taken: {other:?}"),
    }
}

/// 1: long enough.
pub async fn an_order_is_listed_once_it_has_been_submitted_for_long(fixture: &impl StoreFixture) {
    const LONG: Duration = Duration::from_millis(200);
    let given = Given::new();
    let store = fixture.store();
    let (lease, transaction) = given.submitted(&store).await;
    let order = lease.order.id;
    given.accepted(&store).await;
    assert_eq!(listed(&store, Duration::from_secs(3_600)).await, []);

    fixture.advance(LONG).await;

    let found = store.long_submitted(LONG, 100).await;
    let [found] = found
        .expect("long_submitted answers")
        .try_into()
        .expect("one order");
    assert_eq!((found.order, found.attempt), (order, 1));
    assert_eq!(found.transaction, transaction);
    assert!(found.submitted_for >= LONG);
}

/// 1 and 2: once.
pub async fn a_doubt_is_kept_once_until_the_order_goes_on(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let (mut lease, _) = given.submitted(&store).await;
    let (other, _) = given.submitted(&store).await;
    let (order, other) = (lease.order.id, other.order.id);
    let doubt = async |order, reason| store.doubt(order, 1, reason).await.expect("it answers");

    assert!(doubt(order, "nobody answers").await);
    assert!(!doubt(order, "still nobody").await);
    assert!(doubt(other, "nobody answers").await);

    assert_eq!(listed(&store, Duration::ZERO).await, []);
    let kept = standing(&store, order).await.doubt;
    assert_eq!(kept.map(|it| it.reason).as_deref(), Some("nobody answers"));
    let doubted = store.doubted().await.expect("doubted answers");
    assert_eq!(doubted.count, 2);
    given
        .record(&store, &mut lease, retry_after(Duration::ZERO))
        .await;
    let doubted = store.doubted().await.expect("doubted answers");
    assert_eq!(doubted.count, 1);
    assert_eq!(standing(&store, order).await.doubt, None);
}

/// 3: for what may land alone.
pub async fn a_word_is_taken_for_a_submitted_order_alone(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let pending = given.accepted(&store).await;
    let (mut failing, _) = given.submitted(&store).await;
    let (mut landing, transaction) = given.submitted(&store).await;
    given.record(&store, &mut failing, failed()).await;
    given
        .record(&store, &mut landing, confirmed(&transaction))
        .await;

    for (order, status) in [
        (pending, Status::Pending),
        (failing.order.id, Status::Failed),
        (landing.order.id, Status::Confirmed),
    ] {
        let spoken = say(&store, order, "admin", "it is gone").await;
        assert_eq!(spoken, Spoken::NotSubmitted { status });
    }
    let unknown = say(&store, given.order_id(), "admin", "it is gone").await;
    assert_eq!(unknown, Spoken::Unknown);
    assert_eq!(store.audit(None, 10).await.expect("audit answers"), []);
}

/// 3: the first one.
pub async fn the_first_word_stays_and_is_in_the_audit_log(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let (lease, _) = given.submitted(&store).await;
    let order = lease.order.id;

    let first = taken(say(&store, order, "admin", "its node is gone").await);
    let again = taken(say(&store, order, "loopback", "I say so too").await);

    assert_eq!(first, again);
    assert_eq!(
        (first.actor.as_str(), first.reason.as_str()),
        ("admin", "its node is gone")
    );
    assert_eq!(standing(&store, order).await.word, Some(first.clone()));
    let acts = store.audit(None, 10).await.expect("audit answers");
    let [act] = acts.try_into().expect("one act");
    assert_eq!((act.actor.as_str(), act.action.as_str()), ("admin", "dead"));
    assert_eq!(act.subject, Some(order.to_string()));
    assert_eq!(act.detail.as_deref(), Some("its node is gone"));
}

/// 4: under the fence.
pub async fn a_word_comes_with_the_next_lease_and_changes_no_lease(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let (mut held, transaction) = given.submitted(&store).await;
    let (resting, _) = given.submitted(&store).await;
    let rest = Duration::from_secs(3_000);
    store.release(&resting, rest).await.expect("it answers");
    let worker = given.worker(&store).await;

    let word = taken(say(&store, resting.order.id, "admin", "it is gone").await);
    say(&store, held.order.id, "admin", "it is gone").await;

    let lease = granted(&store, resting.order.id, worker).await;
    assert_eq!(lease.word, Some(word), "due at once, with the word");
    assert_eq!(lease.order.status(), Status::Submitted);
    let claim = store.claim(held.order.id, worker).await;
    let claim = claim.expect("claim answers");
    assert!(matches!(claim, Claim::Held), "{claim:?}");
    given
        .record(&store, &mut held, confirmed(&transaction))
        .await;
}

/// 3: not for the next one.
pub async fn a_word_belongs_to_one_transaction(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let (mut lease, _) = given.submitted(&store).await;
    let order = lease.order.id;
    say(&store, order, "admin", "it is gone").await;
    given
        .record(&store, &mut lease, retry_after(Duration::ZERO))
        .await;
    let mut lease = given.leased(&store, order).await;
    assert_eq!(lease.word, None);

    given.build(&store, &mut lease).await;
    given.submit(&store, &mut lease).await;

    assert_eq!(standing(&store, order).await.word, None);
    store
        .release(&lease, Duration::ZERO)
        .await
        .expect("it answers");
    assert_eq!(given.leased(&store, order).await.word, None);
}

/// 4: races.
pub async fn a_word_and_an_end_do_not_disturb_each_other(fixture: &impl StoreFixture) {
    let given = Arc::new(Given::new());
    let store = fixture.store();
    let mut racing = JoinSet::new();
    for _ in 0..RACES {
        let (given, store) = (Arc::clone(&given), Arc::clone(&store));
        racing.spawn(async move {
            let (mut lease, transaction) = given.submitted(&store).await;
            let (order, end) = (lease.order.id, confirmed(&transaction));
            let ending = given.record(&store, &mut lease, end);
            let speaking = say(&store, order, "admin", "it is gone");
            tokio::join!(ending, speaking);
        });
    }

    racing.join_all().await;

    let counts = store.counts().await.expect("counts answer");
    assert_eq!(counts.by_status[Status::Confirmed.index()], RACES);
    let waiting = store.waiting(0).await.expect("waiting answers");
    assert_eq!(waiting.count, RACES);
}
