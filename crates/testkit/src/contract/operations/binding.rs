//! Promises 4 and 5: a store belongs to one cluster.

use std::sync::Arc;

use domain::transaction::Blockhash;
use ports::Store;
use ports::cluster::{Bound, ClusterId, Mode, Rebound};
use tokio::task::JoinSet;

use crate::contract::given::confirmed;
use crate::contract::{Given, StoreFixture};

const fn cluster(mode: Mode, genesis: u8) -> ClusterId {
    ClusterId {
        mode,
        genesis: Blockhash::new([genesis; 32]),
    }
}

async fn bind(store: &Arc<dyn Store>, cluster: ClusterId) -> Bound {
    let bound = store.bind_cluster(&cluster).await;
    bound.expect("bind_cluster answers")
}

async fn rebind(store: &Arc<dyn Store>, cluster: ClusterId) -> Rebound {
    let rebound = store.rebind_cluster(&cluster, "operator").await;
    rebound.expect("rebind_cluster answers")
}

/// 4: the first.
pub async fn the_first_process_decides_whose_a_store_is(fixture: &impl StoreFixture) {
    let own = cluster(Mode::Sim, 1);
    let others = [cluster(Mode::Live, 1), cluster(Mode::Sim, 2)];

    assert_eq!(bind(&fixture.store(), own).await, Bound::Fits);

    let found = fixture.after_a_crash().await;
    for other in others {
        assert_eq!(bind(&found, other).await, Bound::Other(own));
    }
    assert_eq!(bind(&found, own).await, Bound::Fits);
}

/// 4: at once.
pub async fn of_many_that_ask_at_once_one_decides(fixture: &impl StoreFixture) {
    let handles = [fixture.store(), fixture.second_handle().await];
    let mut asking = JoinSet::new();
    for (genesis, store) in (0..20).zip(handles.iter().cycle()) {
        let (own, store) = (cluster(Mode::Sim, genesis), Arc::clone(store));
        asking.spawn(async move { (own, bind(&store, own).await) });
    }

    let answers = asking.join_all().await;

    let fitting = answers.iter().filter(|(_, bound)| *bound == Bound::Fits);
    let fitting: Vec<_> = fitting.map(|(own, _)| *own).collect();
    let [winner] = fitting.as_slice() else {
        panic!("one was to win: {answers:?}");
    };
    for (own, bound) in answers.iter().filter(|(own, _)| own != winner) {
        assert_eq!(*bound, Bound::Other(*winner), "{own}");
    }
}

/// 4: what only a chain that is gone could judge.
pub async fn a_store_with_submitted_orders_of_before_stays_without_a_cluster(
    fixture: &impl StoreFixture,
) {
    let given = Given::new();
    let store = fixture.store();
    given.accepted(&store).await;
    let submitted = given.accepted(&store).await;
    let mut lease = given.leased(&store, submitted).await;
    given.build(&store, &mut lease).await;
    let transaction = given.submit(&store, &mut lease).await;

    for own in [cluster(Mode::Sim, 1), cluster(Mode::Sim, 2)] {
        assert_eq!(bind(&store, own).await, Bound::Unsettled { orders: 1 });
    }

    given
        .record(&store, &mut lease, confirmed(&transaction))
        .await;
    assert_eq!(bind(&store, cluster(Mode::Sim, 1)).await, Bound::Fits);
}

/// 4: what was never meant to cost money.
pub async fn open_orders_of_before_are_given_to_no_live_cluster(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    given.accepted(&store).await;
    let (live, sim) = (cluster(Mode::Live, 1), cluster(Mode::Sim, 2));

    assert_eq!(bind(&store, live).await, Bound::Unsettled { orders: 1 });

    assert_eq!(bind(&store, sim).await, Bound::Fits);
    assert_eq!(bind(&store, live).await, Bound::Other(sim));
}

/// 5: nothing goes on; and its line in the log.
pub async fn a_store_in_which_nothing_goes_on_is_given_to_another_cluster(
    fixture: &impl StoreFixture,
) {
    let given = Given::new();
    let store = fixture.store();
    let (former, next) = (cluster(Mode::Sim, 1), cluster(Mode::Live, 2));
    assert_eq!(bind(&store, former).await, Bound::Fits);
    let order = given.accepted(&store).await;

    let while_open = rebind(&store, next).await;
    let mut lease = given.leased(&store, order).await;
    given.confirm(&store, &mut lease).await;
    let while_alive = rebind(&store, next).await;
    let between = bind(&store, former).await;
    store.retire(lease.worker).await.expect("retire answers");
    let done = rebind(&store, next).await;
    let again = rebind(&store, next).await;

    assert_eq!(while_open, Rebound::OrdersOpen { orders: 1 });
    assert_eq!(while_alive, Rebound::WorkersAlive { workers: 1 });
    assert_eq!(between, Bound::Fits);
    assert_eq!(
        done,
        Rebound::Done {
            former: Some(former)
        }
    );
    assert_eq!(again, Rebound::Done { former: Some(next) });
    let found = fixture.after_a_crash().await;
    assert_eq!(bind(&found, former).await, Bound::Other(next));
    assert_eq!(bind(&found, next).await, Bound::Fits);
    let entries = found.audit(None, 100).await.expect("audit answers");
    let [entry] = entries.as_slice() else {
        panic!("one line was to be there: {entries:?}");
    };
    assert_eq!(
        (entry.actor.as_str(), entry.action.as_str()),
        ("operator", "rebind")
    );
    assert_eq!(entry.detail, Some(next.audited(Some(former))));
}

/// 5: a store that never had one.
pub async fn a_store_without_a_cluster_is_given_to_one(fixture: &impl StoreFixture) {
    let store = fixture.store();
    let own = cluster(Mode::Live, 1);

    assert_eq!(rebind(&store, own).await, Rebound::Done { former: None });

    assert_eq!(bind(&store, own).await, Bound::Fits);
}
