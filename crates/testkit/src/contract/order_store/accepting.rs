//! Promises 1 to 3: acceptance is durable, idempotent, and unique by the client's own name.

use std::sync::Arc;

use domain::order::State;
use domain::{ClientId, ClientOrderId, Order, Seq};
use ports::Store;
use ports::order_store::{Accepted, NewOrder};
use tokio::task::JoinSet;

use crate::contract::{Given, StoreFixture};

async fn accept_all(store: &Arc<dyn Store>, orders: Vec<NewOrder>) -> Vec<Accepted> {
    let mut calls = JoinSet::new();
    for order in orders {
        let store = Arc::clone(store);
        calls.spawn(async move { store.accept(order).await.expect("accept answers") });
    }
    calls.join_all().await
}

fn stored(answers: &[Accepted]) -> usize {
    answers
        .iter()
        .filter(|answer| matches!(answer, Accepted::Stored(_)))
        .count()
}

/// 1: durable.
pub async fn an_accepted_order_survives_a_crash(fixture: &impl StoreFixture) {
    let given = Given::new();
    let orders: Vec<_> = (0..100).map(|_| given.order()).collect();
    let ids: Vec<_> = orders.iter().map(|order| order.id).collect();
    let answers = accept_all(&fixture.store(), orders).await;
    assert_eq!(stored(&answers), 100);

    let found = fixture.after_a_crash().await;

    for id in ids {
        let order = found.order(id, None).await.expect("the store answers");
        assert!(order.is_some(), "{id} is lost");
    }
}

/// 1: in one transaction.
pub async fn acceptance_stores_everything_together(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let mut new = given.order_with_key("together", 1);
    new.terms.client_order_id = Some(ClientOrderId::parse("mine").expect("a valid id"));
    let kept = new.idempotency.clone().expect("a key was given");

    let accepted = store.accept(new.clone()).await.expect("accept answers");

    let Accepted::Stored(event) = accepted else {
        panic!("not stored: {accepted:?}");
    };
    assert_eq!(
        event,
        Order::accepted(new.id, new.event_id).recorded(event.at)
    );
    let order = store.order(new.id, Some(&new.client)).await;
    let order = order.expect("the store answers").expect("the order");
    assert_eq!(order.terms, new.terms);
    assert_eq!(order.created_at, event.at);
    assert_eq!(order.state, State::Pending { last_failure: None });
    assert_eq!(
        store
            .events(new.id, Seq::FIRST)
            .await
            .expect("events answer"),
        [event]
    );
    let answer = store.answer_for(&new.client, &kept.key).await;
    let (id, answer) = answer.expect("the store answers").expect("the answer");
    assert_eq!((id, answer.answer), (new.id, kept.answer));
    assert_eq!(answer.fingerprint, kept.fingerprint);
    let name = new.terms.client_order_id.expect("a name was given");
    let named = store.order_by_client_id(&new.client, &name).await;
    assert_eq!(named.expect("the store answers"), Some(order));
}

/// 1: the lost reply.
pub async fn a_repeated_acceptance_gives_the_true_answer(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    for new in [
        given.order(),
        given.order_called("lost-reply"),
        given.order_with_key("lost-reply", 1),
    ] {
        let first = store.accept(new.clone()).await.expect("accept answers");

        let again = store.accept(new.clone()).await.expect("accept answers");

        match again {
            Accepted::Replayed { order_id, .. } => assert_eq!(order_id, new.id),
            again => assert_eq!(again, first),
        }
        let events = store.events(new.id, Seq::FIRST).await;
        assert_eq!(events.expect("events answer").len(), 1);
    }
    let counts = store.counts().await.expect("counts answer");
    assert_eq!(counts.by_status[0], 3);
}

/// 2: the same answer.
pub async fn a_repeat_gets_the_first_answer_byte_for_byte(fixture: &impl StoreFixture) {
    let given = Given::new();
    let first = given.order_with_key("again", 1);
    let answer = first
        .idempotency
        .as_ref()
        .expect("a key was given")
        .answer
        .clone();
    let order_id = given.accept(&fixture.store(), first).await;

    let second = given.order_with_key("again", 1);
    let second_id = second.id;
    let store = fixture.second_handle().await;
    let repeated = store.accept(second).await.expect("accept answers");

    assert_eq!(repeated, Accepted::Replayed { order_id, answer });
    let second = store
        .order(second_id, None)
        .await
        .expect("the store answers");
    assert_eq!(second, None);
}

/// 2: another request.
pub async fn a_key_with_another_fingerprint_is_refused(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    given
        .accept(&store, given.order_with_key("reused", 1))
        .await;
    let other = given.order_with_key("reused", 2);
    let other_id = other.id;

    let refused = store.accept(other).await.expect("accept answers");

    assert_eq!(refused, Accepted::KeyReused);
    assert_eq!(
        store
            .order(other_id, None)
            .await
            .expect("the store answers"),
        None
    );
}

/// 2: per client.
pub async fn a_key_belongs_to_one_client(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    given
        .accept(&store, given.order_with_key("shared", 1))
        .await;
    let mut other = given.order_with_key("shared", 1);
    other.client = given.client("somebody-else");

    given.accept(&store, other).await;
}

/// 2: concurrent duplicates.
pub async fn concurrent_twins_become_one_order(fixture: &impl StoreFixture) {
    let given = Given::new();
    let twins: Vec<_> = (0..50).map(|_| given.order_with_key("twins", 1)).collect();

    let answers = accept_all(&fixture.store(), twins).await;

    assert_eq!(stored(&answers), 1);
    let key = given.order_with_key("twins", 1).idempotency;
    let key = key.expect("a key was given").key;
    let kept = fixture.store().answer_for(&ClientId::anyone(), &key).await;
    let (first, kept) = kept.expect("the store answers").expect("the answer");
    for answer in answers {
        match answer {
            Accepted::Stored(event) => assert_eq!(event.order_id, first),
            Accepted::Replayed { order_id, answer } => {
                assert_eq!((order_id, answer), (first, kept.answer.clone()));
            }
            other => panic!("a twin got {other:?}"),
        }
    }
}

/// 2: conflicts stay with those they concern.
pub async fn twins_in_one_burst_do_not_disturb_others(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    given.accept(&store, given.order_called("taken")).await;
    let mut burst = Vec::new();
    for round in 0..20 {
        burst.push(given.order());
        burst.push(given.order_with_key("burst", 1));
        burst.push(given.order_with_key("burst", 2));
        burst.push(given.order_called("taken"));
        burst.push(given.order_with_key(&format!("own-{round}"), 1));
    }

    let answers = accept_all(&store, burst).await;

    // Twenty plain ones, twenty with keys of their own, and one of those that share a key.
    assert_eq!(stored(&answers), 41);
    let counts = store.counts().await.expect("counts answer");
    assert_eq!(counts.by_status[0], 42);
}

/// 3: for ever.
pub async fn a_client_order_id_names_one_order(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order_id = given.accept(&store, given.order_called("order 1")).await;

    let again = store.accept(given.order_called("order 1")).await;
    let mut others = given.order_called("order 1");
    others.client = given.client("somebody-else");

    assert_eq!(
        again.expect("accept answers"),
        Accepted::ClientOrderIdTaken { order_id }
    );
    given.accept(&store, others).await;
}

/// 3: concurrent ones.
pub async fn concurrent_orders_with_one_client_order_id_become_one(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let orders = (0..50).map(|_| given.order_called("the-one")).collect();

    let answers = accept_all(&store, orders).await;

    assert_eq!(stored(&answers), 1);
    let name = ClientOrderId::parse("the-one").expect("a valid id");
    let found = store.order_by_client_id(&ClientId::anyone(), &name).await;
    let winner = found.expect("the store answers").expect("the order").id;
    for answer in answers {
        match answer {
            Accepted::Stored(event) => assert_eq!(event.order_id, winner),
            Accepted::ClientOrderIdTaken { order_id } => assert_eq!(order_id, winner),
            other => panic!("one got {other:?}"),
        }
    }
}

/// 2 before 3.
pub async fn the_key_is_looked_at_before_the_client_order_id(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let with_both = || {
        let mut order = given.order_with_key("both", 1);
        order.terms.client_order_id = Some(ClientOrderId::parse("both").expect("a valid id"));
        order
    };
    let first = with_both();
    let answer = first
        .idempotency
        .as_ref()
        .expect("a key was given")
        .answer
        .clone();
    let order_id = given.accept(&store, first).await;

    let again = store.accept(with_both()).await.expect("accept answers");

    assert_eq!(again, Accepted::Replayed { order_id, answer });
}
