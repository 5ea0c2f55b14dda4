//! FAILURES.md, case 44: twenty workers at one limit, each with connections of its own.

use std::sync::Arc;
use std::time::Duration;

use backend_postgres::PgSettings;
use domain::spending::{Item, Outlay, Purpose};
use domain::{Address, BaseUnits, Mint};
use ports::Store;
use servers::PostgresServer;
use testkit::contract::Given;
use testkit::contract::spending_race::{Raced, WORKERS, race};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::{
    LONGEST_REST, PATIENT_LEASE, ask, meddle, open_patiently, open_with, server, settings,
};

/// What the orders say, and what is counted, in one snapshot: a moment's difference would be seen.
const DIFFERENCES: &str = "
select count(*) from (
    select (select coalesce(sum(case e.status when 3 then (a.outlay::jsonb->'items'->0->>'spent')::numeric
                                              when 4 then 1500000000 else 0 end), 0)
            from order_attempts a
            cross join lateral (
                select e.status from order_events e where e.order_id = a.order_id order by e.seq desc limit 1
            ) as e
            where a.outlay::jsonb->>'wallet' = '{WALLET}') as spent,
           (select sum(quarter) from wallet_use u, unnest(u.quarters) as quarter
            where u.wallet = '\\x{HEX}' and u.mint <> '\\x{FEES}') as counted
) as both_sums
where spent <> counted";

/// A process with few connections: twenty of them are at the server.
async fn process(server: &PostgresServer) -> Arc<dyn Store> {
    open_with(PgSettings {
        lease: PATIENT_LEASE,
        longest_rest: LONGEST_REST,
        pool_size: 1,
        writers: 1,
        lists: 1,
        ..settings(server)
    })
    .await
}

/// Every second connection is cut off, in the middle of whatever it does.
async fn cut_off(server: &PostgresServer) {
    let cut = "select pg_terminate_backend(pid) from pg_stat_activity
               where backend_type = 'client backend' and pid <> pg_backend_pid() and pid % 2 = 0";
    meddle(server, cut).await;
}

async fn one_race(server: &PostgresServer, number: u8) -> Raced {
    let wallet = Address::new([number; 32]);
    let open = || process(server);
    let disturb = || async {
        cut_off(server).await;
        let difference = DIFFERENCES
            .replace("{HEX}", &hex(number))
            .replace("{FEES}", &hex(0))
            .replace("{WALLET}", &wallet.to_string());
        assert_eq!(ask(server, &difference).await, "0");
    };
    let raced = race(number.into(), wallet, open, disturb).await;
    assert!(raced.refused > 0, "{raced:?}");
    assert!(raced.killed > 0, "{raced:?}");
    raced
}

fn hex(number: u8) -> String {
    format!("{number:02x}").repeat(32)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_workers_at_one_limit_do_not_pass_it_though_some_are_killed() {
    let server = server();
    for number in 1..=2 {
        one_race(&server, number).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "long: scripts/test --full runs it"]
async fn fifty_races_of_twenty_workers_at_one_limit_do_not_pass_it() {
    let server = server();
    let mut races = Vec::new();
    for number in 1..=50 {
        races.push(one_race(&server, number).await);
    }
    let sum = |of: fn(&Raced) -> usize| races.iter().map(of).sum::<usize>();
    let (submitted, refused) = (sum(|it| it.submitted), sum(|it| it.refused));
    let fullest = races.iter().map(|it| it.limit - it.used).min();
    eprintln!(
        "50 races of {WORKERS} workers: {submitted} submitted, {refused} refused, {} killed; nearest to the limit: {fullest:?} lamports",
        sum(|it| it.killed)
    );
}

/// Lives of orders that are written at once, as a worker with many slots writes them.
const AT_ONCE: usize = 64;
const LIVES: usize = 2_000;

/// How long it takes to submit and to end this many orders, with this outlay.
async fn lives(store: &Arc<dyn Store>, outlay: Option<Outlay>) -> Duration {
    let given = Arc::new(Given::new());
    let mut ready = Vec::new();
    for _ in 0..LIVES {
        let order = given.accepted(store).await;
        ready.push(given.leased(store, order).await);
    }
    let began = Instant::now();
    let mut running = JoinSet::new();
    for lease in ready {
        if running.len() == AT_ONCE {
            running.join_next().await;
        }
        let (given, store, outlay) = (Arc::clone(&given), Arc::clone(store), outlay.clone());
        running.spawn(async move { given.live(&store, lease, outlay).await });
    }
    running.join_all().await;
    began.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement, which needs a machine of its own"]
async fn what_counting_costs() {
    let server = server();
    let store = open_patiently(&server).await;
    let item = |purpose| Item {
        limit: Some(BaseUnits::new(u64::MAX)),
        ..Item::new(purpose, BaseUnits::new(1), BaseUnits::new(1))
    };
    let outlay = Outlay {
        wallet: Address::new([1; 32]),
        items: vec![item(Purpose::Token(Mint::SOL)), item(Purpose::Fees)],
    };
    for _ in 0..3 {
        let without = lives(&store, None).await;
        let with = lives(&store, Some(outlay.clone())).await;
        eprintln!("{LIVES} lives, {AT_ONCE} at once: {without:?} uncounted, {with:?} counted");
    }
}
