//! No frequent query reads rows that it does not return.

use ports::order_history::ListFilter;
use rusqlite::{Connection, StatementStatus, params_from_iter};

use super::*;
use crate::schema::STORE_FILE;
use domain::{Asset, ClientId, OcoGroup, Status};

/// Every statement of these, as its plan tells it.
fn plan(db: &Connection, sql: &str) -> String {
    let mut statement = db.prepare(&format!("explain query plan {sql}")).unwrap();
    let count = statement.parameter_count();
    let nulls = std::iter::repeat_n(rusqlite::types::Null, count);
    let steps = statement
        .query_map(params_from_iter(nulls), |row| row.get::<_, String>(3))
        .unwrap();
    steps.map(Result::unwrap).collect::<Vec<_>>().join("; ")
}

#[track_caller]
fn check(db: &Connection, sql: &str) {
    let plan = plan(db, sql);
    assert!(plan.contains("SEARCH"), "{sql}: {plan}");
    assert!(!plan.contains("SCAN"), "{sql}: {plan}");
    assert!(!plan.contains("TEMP B-TREE"), "{sql}: {plan}");
}

#[test]
fn what_is_asked_often_follows_an_index() {
    let db = STORE_FILE.open_memory().unwrap();

    for sql in [
        due::DUE,
        due::DUE_OF_CLIENT,
        due::OLDEST_DUE,
        due::OVERDUE,
        operations::DEAD,
        transactions::SIGNATURES_OF,
        transactions::OWNER,
        recent::RECENT,
        fills::SETTLED,
    ] {
        check(&db, sql);
    }
}

/// How many rows a look at a client's due orders reads while this many of them wait for a condition.
fn steps_past(waiting: usize) -> i32 {
    let db = STORE_FILE.open_memory().unwrap();
    for key in 1..=i64::try_from(waiting).unwrap() + 1 {
        let waits = i64::from(key > 1);
        db.execute(
            "insert into orders (key, id, client, schema_version, terms, token_in, token_out, created_at, due_at, waits)
             values (?1, ?2, 'anyone', 1, '', 'SOL', 'USDC', 0, 0, ?3)",
            (key, key.to_le_bytes(), waits),
        )
        .unwrap();
    }
    let mut statement = db.prepare(due::DUE_OF_CLIENT).unwrap();
    let mut rows = statement.query(("anyone", 1, i64::MAX)).unwrap();
    let mut due = 0;
    while rows.next().unwrap().is_some() {
        due += 1;
    }
    drop(rows);
    assert_eq!(due, 1);
    statement.get_status(StatementStatus::VmStep)
}

#[test]
fn a_clients_due_orders_are_found_without_walking_over_those_that_wait() {
    assert_eq!(steps_past(1_000), steps_past(0));
}

#[test]
fn every_list_follows_an_index() {
    let db = STORE_FILE.open_memory().unwrap();
    let clients = [None, Some(ClientId::anyone())];
    let statuses = Status::ALL.into_iter().map(Some).chain([None]);
    let mints = [None, Some(Asset::SOL.mint)];
    let group = OcoGroup::parse("pair").unwrap();
    for (client, waiting, oco_group) in [
        (None, Some(true), None),
        (clients[1].clone(), Some(true), None),
        (clients[1].clone(), None, Some(group)),
    ] {
        let filter = ListFilter {
            client,
            waiting,
            oco_group,
            ..ListFilter::default()
        };
        for range in list::ways(&filter, None).concat() {
            check(&db, &list::statement(&range, &filter, i64::MAX, 50).0);
        }
    }
    for status in statuses {
        for client in clients.clone() {
            for (mint_in, mint_out) in [
                (None, None),
                (mints[0], mints[1]),
                (mints[1], mints[0]),
                (mints[1], mints[1]),
            ] {
                let filter = ListFilter {
                    client: client.clone(),
                    status,
                    mint_in,
                    mint_out,
                    limit: 50,
                    ..ListFilter::default()
                };
                let pair = ("SOL".to_owned(), "USDC".to_owned());
                let pairs = (mint_in, mint_out) != (None, None);
                let pairs = pairs.then_some(std::slice::from_ref(&pair));
                for range in list::ways(&filter, pairs).concat() {
                    let (sql, _) = list::statement(&range, &filter, i64::MAX, 50);
                    check(&db, &sql);
                }
            }
        }
    }
}

#[test]
fn what_is_asked_for_every_event_is_planned_once() {
    let db = STORE_FILE.open_memory().unwrap();
    let statements = [
        due::LAST_STATUS,
        order::LAST_EVENT,
        crate::writer::LAST_EVENT_PLACE,
    ];
    for sql in statements {
        let mut statement = db.prepare(sql).unwrap();
        for key in 0..10 {
            assert!(!statement.exists([key]).unwrap());
            statement.clear_bindings();
        }

        let planned_again = statement.get_status(StatementStatus::RePrepare);

        assert_eq!(planned_again, 0, "{sql}");
    }
}
