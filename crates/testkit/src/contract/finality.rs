//! The promises of [`ports::finality::Finalities`], by their numbers.

use std::sync::Arc;
use std::time::Duration;

use domain::quote::Receipt;
use domain::{EventData, OrderId};
use ports::Store;
use ports::finality::{Finality, NewFinality, Standing, Turn, Unfinal, UnfinalPage};
use tokio::task::JoinSet;

use super::given::{confirmed_for_good, confirmed_in, failed, filled, receipt, standing};
use super::{Given, StoreFixture};

/// An order that was confirmed in this slot.
async fn confirmed(given: &Given, store: &Arc<dyn Store>, slot: u64) -> Unfinal {
    let (mut lease, transaction) = given.submitted(store).await;
    let data = confirmed_in(&transaction, slot);
    given.record(store, &mut lease, data).await;
    Unfinal {
        order: lease.order.id,
        signature: transaction.signature,
        slot,
        has_vanished: false,
    }
}

async fn page(
    store: &Arc<dyn Store>,
    up_to: u64,
    after: Option<(u64, OrderId)>,
    limit: usize,
) -> Vec<Unfinal> {
    let page = UnfinalPage {
        from: 0,
        up_to,
        after,
        limit,
    };
    store.unfinal(page).await.expect("unfinal answers")
}

async fn all(store: &Arc<dyn Store>) -> Vec<Unfinal> {
    page(store, 1_000_000, None, 100).await
}

async fn finalize(store: &Arc<dyn Store>, of: &[NewFinality]) {
    store.finalize(of).await.expect("finalize answers");
}

fn in_its_slot(of: &Unfinal) -> NewFinality {
    NewFinality {
        order: of.order,
        confirmed_in: of.slot,
        slot: of.slot,
        fill: None,
    }
}

/// 1: it waits.
pub async fn a_confirmed_order_waits_for_finality(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    assert_eq!(all(&store).await, []);

    let order = confirmed(&given, &store, 7).await;

    assert_eq!(all(&store).await, std::slice::from_ref(&order));
    let elsewhere = fixture.second_handle().await;
    assert_eq!(all(&elsewhere).await, std::slice::from_ref(&order));
    assert_eq!(standing(&store, order.order).await, Standing::default());
}

/// 1: or does not.
pub async fn what_was_final_when_it_was_confirmed_waits_for_nothing(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let (mut lease, transaction) = given.submitted(&store).await;

    let data = confirmed_for_good(&transaction);
    given.record(&store, &mut lease, data).await;

    assert_eq!(all(&store).await, []);
}

/// 1: confirmed ones alone.
pub async fn other_ends_wait_for_nothing(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let (mut lease, _) = given.submitted(&store).await;
    assert_eq!(all(&store).await, [], "what may land yet");

    given.record(&store, &mut lease, failed()).await;

    assert_eq!(all(&store).await, []);
}

/// 2: listed.
pub async fn those_that_wait_are_listed_by_slot_page_by_page(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let late = confirmed(&given, &store, 9).await;
    let early = confirmed(&given, &store, 7).await;
    let one = confirmed(&given, &store, 8).await;
    let two = confirmed(&given, &store, 8).await;

    assert_eq!(
        page(&store, 8, None, 100).await,
        [early.clone(), one.clone(), two.clone()],
        "up to a slot"
    );
    let first = page(&store, 9, None, 2).await;
    assert_eq!(first, [early.clone(), one.clone()]);
    finalize(&store, &[in_its_slot(&early), in_its_slot(&one)]).await;
    let later = UnfinalPage {
        from: 9,
        up_to: 9,
        after: None,
        limit: 2,
    };
    let later = store.unfinal(later).await.expect("unfinal answers");
    assert_eq!(later, std::slice::from_ref(&late), "from a slot on");
    let next = page(&store, 9, Some((one.slot, one.order)), 2).await;
    assert_eq!(next, [two, late.clone()]);
    assert_eq!(page(&store, 9, Some((late.slot, late.order)), 2).await, []);
}

/// 3: once.
pub async fn finality_is_kept_once(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = confirmed(&given, &store, 7).await;
    let (_, transaction) = given.submitted(&store).await;
    let fill = filled(
        &transaction,
        Receipt {
            slot: 12,
            ..receipt()
        },
    );
    let once_more = NewFinality {
        slot: 12,
        fill: Some(fill.clone()),
        ..in_its_slot(&order)
    };

    finalize(&store, &[once_more]).await;
    finalize(&store, &[in_its_slot(&order)]).await;

    let kept = standing(&store, order.order).await.finality;
    let kept = kept.expect("it is final");
    let expected = Finality {
        slot: 12,
        at: kept.at,
        fill: Some(fill),
    };
    assert_eq!(kept, expected);
    assert_eq!(all(&store).await, []);
    let found = store.order(order.order, None).await.expect("order answers");
    let confirmed_at = found.expect("it is there").updated_at;
    assert!(kept.at >= confirmed_at);
}

/// 1 and 3: for ever.
pub async fn finality_survives_a_crash(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let (one, two) = (
        confirmed(&given, &store, 7).await,
        confirmed(&given, &store, 8).await,
    );
    finalize(&store, &[in_its_slot(&one)]).await;
    let before = standing(&store, one.order).await;

    let store = fixture.after_a_crash().await;

    assert_eq!(all(&store).await, [two]);
    assert_eq!(standing(&store, one.order).await, before);
    assert!(before.finality.is_some());
}

/// 4: noted, and taken back.
pub async fn a_vanished_confirmation_is_noted_once(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = confirmed(&given, &store, 7).await.order;
    let ended = standing(&store, given.order_id()).await;
    assert_eq!(ended, Standing::default(), "an unknown order");

    assert!(store.vanish(order).await.expect("vanish answers"));
    let first = standing(&store, order).await.vanished;
    assert!(!store.vanish(order).await.expect("vanish answers"));

    assert_eq!(standing(&store, order).await.vanished, first);
    assert_eq!(first.and_then(|it| it.dead_at), None);
    assert!(all(&store).await[0].has_vanished);
    assert!(store.reappear(order).await.expect("reappear answers"));
    assert!(!store.reappear(order).await.expect("reappear answers"));
    assert_eq!(standing(&store, order).await.vanished, None);
    assert!(!all(&store).await[0].has_vanished);
    let unknown = store.vanish(given.order_id()).await;
    assert!(!unknown.expect("vanish answers"), "it does not wait");
}

/// 3: found again for good.
pub async fn finality_ends_a_vanished_confirmation(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = confirmed(&given, &store, 7).await;
    store.vanish(order.order).await.expect("vanish answers");

    finalize(&store, &[in_its_slot(&order)]).await;

    let standing = standing(&store, order.order).await;
    assert_eq!(standing.vanished, None);
    assert!(standing.finality.is_some());
    let waiting = store.waiting(0).await.expect("waiting answers");
    assert_eq!((waiting.count, waiting.vanished), (0, 0));
}

/// 5: for good.
pub async fn what_is_given_up_waits_no_longer(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = confirmed(&given, &store, 7).await;
    let id = order.order;
    let early = store.give_up(id).await.expect("give_up answers");
    assert!(!early, "it has not vanished");
    store.vanish(id).await.expect("vanish answers");

    assert!(store.give_up(id).await.expect("give_up answers"));

    assert!(!store.give_up(id).await.expect("give_up answers"));
    assert_eq!(all(&store).await, []);
    let vanished = standing(&store, id).await.vanished;
    let vanished = vanished.expect("the note stays");
    assert!(vanished.dead_at >= Some(vanished.at));
    assert!(!store.reappear(id).await.expect("reappear answers"));
    finalize(&store, &[in_its_slot(&order)]).await;
    assert_eq!(standing(&store, id).await.finality, None);
}

/// Counts.
pub async fn what_waits_is_counted(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let none = store.waiting(0).await.expect("waiting answers");
    assert_eq!(none, ports::finality::Waiting::default());
    let early = confirmed(&given, &store, 7).await;
    confirmed(&given, &store, 8).await;
    store.vanish(early.order).await.expect("vanish answers");

    fixture.advance(Duration::from_millis(20)).await;

    let waiting = store.waiting(0).await.expect("waiting answers");
    assert_eq!((waiting.count, waiting.vanished), (2, 1));
    assert!(waiting.oldest_for >= Duration::from_millis(20));
    let later = store.waiting(8).await.expect("waiting answers");
    assert_eq!(later.count, 1);
}

/// The bytes.
pub async fn a_transaction_is_told_while_it_may_land_or_has_landed(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let told = async |order| store.transaction_of(order).await.expect("it answers");
    let (mut lease, transaction) = given.submitted(&store).await;
    let order = lease.order.id;
    assert_eq!(told(order).await, Some(transaction.clone()));

    let data = confirmed_in(&transaction, 7);
    given.record(&store, &mut lease, data).await;

    assert_eq!(told(order).await, Some(transaction));
    let (mut lease, _) = given.submitted(&store).await;
    given.record(&store, &mut lease, failed()).await;
    assert_eq!(told(lease.order.id).await, None, "it is dead");
    assert_eq!(told(given.order_id()).await, None);
}

/// Reads of many.
pub async fn standings_stand_in_the_order_of_the_question(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let (one, two) = (
        confirmed(&given, &store, 7).await,
        confirmed(&given, &store, 8).await,
    );
    finalize(&store, &[in_its_slot(&two)]).await;
    let open = given.accepted(&store).await;
    let mut lease = given.leased(&store, open).await;
    given
        .record(&store, &mut lease, EventData::RoutingStarted)
        .await;

    let orders = [two.order, open, one.order, given.order_id(), two.order];
    let standings = store.standings(&orders).await.expect("standings answer");

    let slots: Vec<Option<u64>> = standings
        .iter()
        .map(|it| it.finality.as_ref().map(|it| it.slot))
        .collect();
    assert_eq!(slots, [Some(8), None, None, None, Some(8)]);
}

/// 6: one process.
pub async fn a_turn_is_taken_by_one(fixture: &impl StoreFixture) {
    const LASTING: Duration = Duration::from_secs(2);
    let handles = [fixture.store(), fixture.second_handle().await];
    let mut asking = JoinSet::new();
    for place in 0..20 {
        let store = Arc::clone(&handles[place % 2]);
        asking.spawn(async move { store.take_turn(Turn::Finality, LASTING).await });
    }

    let taken = asking.join_all().await;

    let taken = taken.into_iter().map(|it| it.expect("take_turn answers"));
    assert_eq!(taken.filter(|taken| *taken).count(), 1);
    let take = async |turn| {
        let taken = handles[1].take_turn(turn, LASTING).await;
        taken.expect("take_turn answers")
    };
    assert!(take(Turn::Doubts).await, "another turn");
    fixture.advance(LASTING).await;
    assert!(take(Turn::Finality).await, "the first one is over");
}
