//! Promise 15: who gets an order of a wallet, and how such an order waits for nobody's work.

use std::sync::Arc;
use std::time::Duration;

use domain::{Address, EventData, NamedWallet, OrderId, WalletName, WorkerId};
use ports::Store;
use ports::order_store::{Claim, DuePage};

use crate::contract::given::{UNLISTED, retry_after};
use crate::contract::{Given, StoreFixture};

const FIRST: Address = Address::new([1; 32]);
const SECOND: Address = Address::new([2; 32]);

fn named(name: &str, address: Address) -> NamedWallet {
    NamedWallet {
        name: WalletName::parse(name).expect("invariant: the test names a valid wallet"),
        address,
    }
}

async fn worker_with(given: &Given, store: &Arc<dyn Store>, wallets: &[NamedWallet]) -> WorkerId {
    let mut row = given.worker_row();
    row.wallets = wallets.to_vec();
    store.enlist(&row).await.expect("enlist answers");
    row.id
}

async fn paid_by(given: &Given, store: &Arc<dyn Store>, wallet: Address) -> OrderId {
    let mut order = given.order();
    order.terms.wallet = Some(wallet);
    given.accept(store, order).await
}

async fn claimed(store: &Arc<dyn Store>, order: OrderId, worker: WorkerId) -> Claim {
    store.claim(order, worker).await.expect("claim answers")
}

async fn due(store: &Arc<dyn Store>) -> Vec<OrderId> {
    let page = DuePage {
        grace: Duration::ZERO,
        after: None,
        limit: 100,
    };
    let listed = store.due(page).await.expect("due answers");
    let fairly = store
        .due_fairly(100, 100)
        .await
        .expect("due_fairly answers");
    let mut ids: Vec<_> = listed.iter().map(|order| order.id).collect();
    let mut fair: Vec<_> = fairly.iter().map(|order| order.id).collect();
    ids.sort();
    fair.sort();
    assert_eq!(ids, fair, "both lists leave out the same");
    ids
}

/// 15: grants.
pub async fn an_order_of_a_wallet_goes_to_a_worker_that_has_it(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let first = worker_with(&given, &store, &[named("main", FIRST)]).await;
    let both = [named("main", FIRST), named("second", SECOND)];
    let order = paid_by(&given, &store, SECOND).await;
    let plain = given.accepted(&store).await;

    let nobodys = claimed(&store, order, first).await;
    assert!(matches!(nobodys, Claim::WalletNowhere), "{nobodys:?}");
    let second = worker_with(&given, &store, &both).await;
    let anothers = claimed(&store, order, first).await;
    assert!(matches!(anothers, Claim::WalletElsewhere), "{anothers:?}");
    let granted = claimed(&store, order, second).await;

    let Claim::Granted(lease) = granted else {
        panic!("not granted: {granted:?}");
    };
    assert_eq!(lease.order.terms.wallet, Some(SECOND));
    let held = claimed(&store, order, first).await;
    assert!(matches!(held, Claim::Held), "{held:?}");
    // An order that names none is anybody's.
    let granted = claimed(&store, plain, first).await;
    assert!(matches!(granted, Claim::Granted(_)), "{granted:?}");
    let workers = store.workers().await.expect("workers answers");
    assert_eq!(workers[1].wallets, both);
}

/// 15: waiting, and its end.
pub async fn an_order_of_a_wallet_that_nobody_has_is_not_due_until_somebody_has(
    fixture: &impl StoreFixture,
) {
    let given = Given::new();
    let store = fixture.store();
    let order = paid_by(&given, &store, SECOND).await;
    let plain = given.accepted(&store).await;
    // Without any worker there is nobody to wait for in particular.
    assert_eq!(due(&store).await, [order, plain]);

    let first = worker_with(&given, &store, &[named("main", FIRST)]).await;
    assert_eq!(due(&store).await, [plain]);
    let second = worker_with(&given, &store, &[named("second", SECOND)]).await;
    assert_eq!(due(&store).await, [order, plain]);

    store.retire(second).await.expect("retire answers");
    assert_eq!(due(&store).await, [plain]);
    store.retire(first).await.expect("retire answers");
    // A worker that names no wallets may have any.
    let silent = given.worker(&store).await;
    assert_eq!(due(&store).await, [order, plain]);
    let granted = claimed(&store, order, silent).await;
    assert!(matches!(granted, Claim::Granted(_)), "{granted:?}");
}

/// 15: whoever settles an order needs no key.
pub async fn a_submitted_order_is_everybodys_and_its_next_execution_is_not(
    fixture: &impl StoreFixture,
) {
    let given = Given::new();
    let store = fixture.store();
    let order = paid_by(&given, &store, SECOND).await;
    let second = worker_with(&given, &store, &[named("second", SECOND)]).await;
    let Claim::Granted(mut lease) = claimed(&store, order, second).await else {
        panic!("not granted");
    };
    given.build(&store, &mut lease).await;
    given.submit(&store, &mut lease).await;
    store.retire(second).await.expect("retire answers");
    let first = worker_with(&given, &store, &[named("main", FIRST)]).await;

    assert_eq!(due(&store).await, [order]);
    let Claim::Granted(mut lease) = claimed(&store, order, first).await else {
        panic!("not granted");
    };
    let retry = retry_after(Duration::ZERO);
    given.record(&store, &mut lease, retry).await;

    assert_eq!(due(&store).await, []);
    let nobodys = claimed(&store, order, first).await;
    assert!(matches!(nobodys, Claim::WalletNowhere), "{nobodys:?}");
    let second = worker_with(&given, &store, &[named("second", SECOND)]).await;
    assert_eq!(due(&store).await, [order]);
    let granted = claimed(&store, order, second).await;
    assert!(matches!(granted, Claim::Granted(_)), "{granted:?}");
}

/// 15: an order's wallet outlives whatever happens to the processes.
pub async fn an_orders_wallet_survives_a_crash(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let mut order = given.order();
    order.terms.wallet = Some(SECOND);
    order.terms.asset_out = UNLISTED;
    let id = given.accept(&store, order).await;

    let store = fixture.after_a_crash().await;

    let found = store.order(id, None).await.expect("order answers");
    assert_eq!(found.expect("it is there").terms.wallet, Some(SECOND));
    let first = worker_with(&given, &store, &[named("main", FIRST)]).await;
    let nobodys = claimed(&store, id, first).await;
    assert!(matches!(nobodys, Claim::WalletNowhere), "{nobodys:?}");
    let second = worker_with(&given, &store, &[named("second", SECOND)]).await;
    let Claim::Granted(mut lease) = claimed(&store, id, second).await else {
        panic!("not granted");
    };
    let started = EventData::RoutingStarted;
    given.record(&store, &mut lease, started).await;
}
