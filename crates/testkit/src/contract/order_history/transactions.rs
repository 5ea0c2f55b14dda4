//! Promise 6: an order's transactions, and a transaction's order.

use std::time::Duration;

use domain::OrderId;
use domain::transaction::{SignedTransaction, TransactionRef};
use ports::order_history::{OWNERS_AT_ONCE, Owner};

use crate::contract::given::retry_after;
use crate::contract::{Given, StoreFixture};

fn reference(transaction: &SignedTransaction) -> TransactionRef {
    let blockhash = transaction.blockhash;
    TransactionRef {
        blockhash: blockhash.expect("invariant: a test's transaction names a block"),
        signature: transaction.signature.clone(),
    }
}

/// 6: dead ones too.
pub async fn all_transactions_of_an_order_are_told_oldest_first(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let order = given.accepted(&store).await;
    let mut signatures = Vec::new();
    for _ in 0..3 {
        let mut lease = given.leased(&store, order).await;
        given.build(&store, &mut lease).await;
        signatures.push(given.submit(&store, &mut lease).await.signature);
        given
            .record(&store, &mut lease, retry_after(Duration::ZERO))
            .await;
    }
    let without = given.accepted(&store).await;

    assert_eq!(
        store.signatures_of(order).await.expect("it answers"),
        signatures
    );
    for none in [without, given.order_id()] {
        assert_eq!(store.signatures_of(none).await.expect("it answers"), []);
    }
}

/// 6: of many at once, and only by the whole name.
pub async fn orders_are_found_by_their_transactions(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let mut owned: Vec<(TransactionRef, OrderId)> = Vec::new();
    for client in ["one", "two"] {
        let order = given.order_of(&given.client(client));
        let order = given.accept(&store, order).await;
        let mut lease = given.leased(&store, order).await;
        given.build(&store, &mut lease).await;
        let dead = given.submit(&store, &mut lease).await;
        given
            .record(&store, &mut lease, retry_after(Duration::ZERO))
            .await;
        let mut lease = given.leased(&store, order).await;
        let landed = given.confirm(&store, &mut lease).await;
        owned.extend([dead, landed].map(|transaction| (reference(&transaction), order)));
    }
    let unknown = reference(&given.transaction());
    let of_another_block = TransactionRef {
        signature: owned[0].0.signature.clone(),
        blockhash: domain::transaction::Blockhash::new([9; 32]),
    };
    let mut asked: Vec<_> = owned
        .iter()
        .map(|(reference, _)| reference.clone())
        .collect();
    asked.extend([unknown, of_another_block]);

    let mut found = store.orders_of(&asked).await.expect("orders_of answers");

    let mut expected: Vec<_> = owned
        .into_iter()
        .zip(["one", "one", "two", "two"])
        .map(|((reference, order_id), client)| Owner {
            signature: reference.signature,
            order_id,
            client: given.client(client),
        })
        .collect();
    for owners in [&mut found, &mut expected] {
        owners.sort_by(|a, b| a.signature.cmp(&b.signature));
    }
    assert_eq!(found, expected);
    assert_eq!(store.orders_of(&[]).await.expect("orders_of answers"), []);
}

/// 6: the limit.
pub async fn no_more_transactions_are_asked_about_than_allowed(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let mut asked: Vec<_> = (0..OWNERS_AT_ONCE)
        .map(|_| reference(&given.transaction()))
        .collect();

    let allowed = store.orders_of(&asked).await;
    asked.push(reference(&given.transaction()));
    let too_many = store.orders_of(&asked).await;

    assert_eq!(allowed.expect("orders_of answers"), []);
    assert!(too_many.is_err(), "{too_many:?}");
}
