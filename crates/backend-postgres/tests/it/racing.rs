//! FAILURES.md, "Tables": what must hold however many clients race.

use std::sync::Arc;
use std::time::Duration;

use domain::event::{Failure, FailureCode};
use domain::{EventData, OrderId, WorkerId};
use ports::Store;
use ports::order_store::{Claim, Expiry, Recorded};
use servers::PostgresServer;
use testkit::contract::{Given, eventually, promptly};
use tokio::task::JoinSet;
use tokio_postgres::SimpleQueryMessage;

use crate::{ask, connect, meddle, open_patiently, open_with, server, settings};

const ORDERS: usize = 50;
const WORKERS: usize = 32;

/// Takes an order to a live transaction, and leaves it there.
async fn execute(given: &Given, store: &Arc<dyn Store>, order: OrderId, worker: WorkerId) -> bool {
    let Claim::Granted(mut lease) = store.claim(order, worker).await.expect("claim answers") else {
        return false;
    };
    given.build(store, &mut lease).await;
    given.submit(store, &mut lease).await;
    true
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixteen_hundred_claims_over_fifty_orders_give_fifty_live_attempts() {
    let server = server();
    let handles = [open_patiently(&server).await, open_patiently(&server).await];
    let given = Arc::new(Given::new());
    let mut orders = Vec::new();
    for _ in 0..ORDERS {
        orders.push(given.accepted(&handles[0]).await);
    }
    let mut racing = JoinSet::new();
    for index in 0..WORKERS {
        let store = Arc::clone(&handles[index % 2]);
        let worker = given.worker(&store).await;
        let (given, orders) = (Arc::clone(&given), orders.clone());
        racing.spawn(async move {
            let mut won = 0;
            for order in orders {
                won += usize::from(execute(&given, &store, order, worker).await);
            }
            won
        });
    }

    let won: usize = racing.join_all().await.into_iter().sum();

    assert_eq!(won, ORDERS);
    let live = "select count(*) from order_attempts where dead_at is null";
    assert_eq!(ask(&server, live).await, ORDERS.to_string());
    let gaps = "select count(*) from (select order_id from order_events group by order_id
                having count(*) <> max(seq) + 1) as gaps";
    assert_eq!(ask(&server, gaps).await, "0");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn racing_status_changes_give_one_transition_per_order() {
    let server = server();
    let handles = [open_patiently(&server).await, open_patiently(&server).await];
    let given = Arc::new(Given::new());
    let mut leases = Vec::new();
    for _ in 0..ORDERS {
        let order = given.accepted(&handles[0]).await;
        leases.push(given.leased(&handles[0], order).await);
    }
    let mut racing = JoinSet::new();
    for index in 0..WORKERS {
        let store = Arc::clone(&handles[index % 2]);
        let (given, leases) = (Arc::clone(&given), leases.clone());
        racing.spawn(async move {
            let mut won = 0;
            for lease in leases {
                let event = given.next(&lease.order, EventData::RoutingStarted);
                let recorded = store.record(&lease, &event).await.expect("record answers");
                won += usize::from(matches!(recorded, Recorded::Won(_)));
            }
            won
        });
    }

    let won: usize = racing.join_all().await.into_iter().sum();

    assert_eq!(won, ORDERS);
    assert_eq!(ask(&server, "select max(seq) from order_events").await, "1");
}

/// Workers that count as dead while they still write: their orders pass to others in between.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_that_change_hands_keep_their_events_gapless() {
    let server = server();
    let short = |mut settings: backend_postgres::PgSettings| {
        settings.lease = Duration::from_millis(30);
        settings
    };
    let handles = [
        open_with(short(settings(&server))).await,
        open_with(short(settings(&server))).await,
    ];
    let given = Arc::new(Given::new());
    let mut orders = Vec::new();
    for _ in 0..10 {
        orders.push(given.accepted(&handles[0]).await);
    }
    let mut racing = JoinSet::new();
    for index in 0..8 {
        let store = Arc::clone(&handles[index % 2]);
        let (given, orders) = (Arc::clone(&given), orders.clone());
        racing.spawn(async move {
            for _ in 0..10 {
                let worker = given.worker(&store).await;
                for order in &orders {
                    try_one_execution(&given, &store, *order, worker).await;
                }
            }
        });
    }
    racing.join_all().await;

    let gaps = "select count(*) from (select order_id from order_events group by order_id
                having count(*) <> max(seq) + 1) as gaps";
    assert_eq!(ask(&server, gaps).await, "0");
    // The lanes agree with the events, whoever has won.
    let counts = handles[1].counts().await.expect("counts answer");
    for (status, count) in counts.by_status.iter().enumerate() {
        let last = format!(
            "select count(*) from (select distinct on (order_id) status from order_events
             order by order_id, seq desc) as last where status = {status}"
        );
        assert_eq!(ask(&server, &last).await, count.to_string());
    }
}

async fn try_one_execution(
    given: &Given,
    store: &Arc<dyn Store>,
    order: OrderId,
    worker: WorkerId,
) {
    let Ok(Claim::Granted(lease)) = store.claim(order, worker).await else {
        return;
    };
    let mut order = lease.order.clone();
    let failure = Failure {
        code: FailureCode::NoQuote,
        reason: "nobody offered".to_owned(),
        landing: None,
        paid_lamports: None,
    };
    let steps = if order.status() == domain::Status::Pending {
        vec![
            EventData::RoutingStarted,
            EventData::RetryScheduled {
                failure,
                delay_ms: 0,
            },
        ]
    } else {
        vec![EventData::RetryScheduled {
            failure,
            delay_ms: 0,
        }]
    };
    for data in steps {
        let event = given.next(&order, data);
        match store.record(&lease, &event).await.expect("record answers") {
            Recorded::Won(event) => order = order.apply(event).expect("a legal event"),
            Recorded::LeaseLost => return,
            Recorded::Withdrawn | Recorded::Expired | Recorded::NoRoom(_) => {
                panic!("nobody withdrew, and nothing is limited")
            }
        }
    }
}

/// Locks an order's row until it is dropped.
struct Holder {
    client: tokio_postgres::Client,
    _driver: JoinSet<()>,
}

impl Holder {
    async fn of(server: &PostgresServer, order: OrderId) -> Self {
        let (client, driver) = connect(server).await;
        let row = order.uuid();
        let lock = format!("begin; select from orders where id = '{row}' for update");
        client.simple_query(&lock).await.expect("the row is free");
        Self {
            client,
            _driver: driver,
        }
    }

    /// Whether a statement waits for the row.
    async fn is_waited_for(&self) -> bool {
        let waiting = "select 1 from pg_locks where not granted";
        let found = self.client.simple_query(waiting).await.expect("an answer");
        found
            .iter()
            .any(|message| matches!(message, SimpleQueryMessage::Row(_)))
    }
}

/// Calls are written in batches, few of which wait for the previous one.
#[tokio::test]
async fn one_order_that_hangs_at_a_lock_keeps_no_other_from_its_worker() {
    let server = server();
    let store = open_patiently(&server).await;
    let given = Given::new();
    let worker = given.worker(&store).await;
    let mut granted_meanwhile = false;
    // A machine may stall for as long as a call may hang.
    for _ in 0..3 {
        let (hung, other) = (given.accepted(&store).await, given.accepted(&store).await);
        let holder = Holder::of(&server, hung).await;
        let mut hanging = JoinSet::new();
        let claiming = Arc::clone(&store);
        hanging.spawn(async move { claiming.claim(hung, worker).await.map(drop) });
        eventually("the claim to wait for the row", async || {
            holder.is_waited_for().await.then_some(())
        })
        .await;

        let claimed = store.claim(other, worker).await;

        granted_meanwhile =
            holder.is_waited_for().await && matches!(claimed, Ok(Claim::Granted(_)));
        if granted_meanwhile {
            break;
        }
    }
    assert!(granted_meanwhile, "it waited for the claim that hung");
}

#[tokio::test]
async fn a_claim_that_had_to_wait_takes_nobody_for_dead_who_came_meanwhile() {
    let server = server();
    let store = open_patiently(&server).await;
    let given = Given::new();
    let order = given.accepted(&store).await;
    let worker = given.worker(&store).await;
    let (row, newcomer) = (order.uuid(), given.worker_id().uuid());
    // Once the claim waits for the row, a worker that it cannot see is granted the order.
    let granted_meanwhile = format!(
        "begin;
         select from orders where id = '{row}' for update;
         do $$ begin
             for n in 1..1000 loop
                 perform pg_stat_clear_snapshot();
                 exit when exists (select from pg_stat_activity where wait_event_type = 'Lock');
                 perform pg_sleep(0.005);
             end loop;
         end $$;
         insert into workers values ('{newcomer}', '1', 'here', 1, 0, now_ms(), now_ms());
         update orders set fence = fence + 1, lease_worker = '{newcomer}' where id = '{row}';
         commit"
    );
    let claiming = async {
        let locked = "select count(*) from pg_locks
                      where relation = 'orders'::regclass and mode = 'RowShareLock'";
        eventually("the row to be locked", async || {
            (ask(&server, locked).await != "0").then_some(())
        })
        .await;
        store.claim(order, worker).await.expect("claim answers")
    };

    let (_, claim) = tokio::join!(meddle(&server, &granted_meanwhile), claiming);

    assert!(matches!(claim, Claim::Held), "{claim:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_somebody_writes_to_keeps_no_other_from_expiring() {
    let server = server();
    let (store, given) = (open_patiently(&server).await, Given::new());
    let mut expiries = Vec::new();
    for _ in 0..3 {
        let (order, event) = (given.accepted(&store).await, given.event_id());
        expiries.push(Expiry { order, event });
    }
    meddle(&server, "update orders set expires_at = now_ms() - 1").await;
    let held = expiries[1].order;
    let (somebody, _driver) = connect(&server).await;
    let hold = format!("begin; select from orders where id = '{held}' for no key update");
    somebody.batch_execute(&hold).await.expect("it is held");
    let expire = async || {
        let ended = store.expire(&expiries, "for the test").await;
        let ended = ended.expect("expire answers");
        let ids: Vec<_> = ended.iter().map(|one| one.event.order_id).collect();
        ids
    };

    let beside_the_other = promptly("an end", expire()).await;
    somebody
        .batch_execute("rollback")
        .await
        .expect("it is free");
    let afterwards = expire().await;

    assert_eq!(beside_the_other, [expiries[0].order, expiries[2].order]);
    let all: Vec<_> = expiries.iter().map(|expiry| expiry.order).collect();
    assert_eq!(afterwards, all);
}
