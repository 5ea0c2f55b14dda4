//! Readers stop when nobody waits for them.

use std::future::Future;
use std::pin::pin;
use std::sync::mpsc as blocking;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::*;
use crate::database::tests::EMPTY;

const READERS: usize = 2;
const LONG: Duration = Duration::from_secs(5);

/// A query that never ends by itself.
const ENDLESS: &str = "-- count_for_ever
     with recursive numbers(n) as (select 1 union all select n + 1 from numbers)
     select count(*) from numbers";

fn number(db: &Connection, question: &str) -> rusqlite::Result<i64> {
    db.query_row(question, [], |row| row.get(0))
}

#[tokio::test]
async fn readers_whose_askers_have_gone_stop_and_serve_others() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("some.db");
    let _writer = EMPTY.open_writer(&path).expect("a fresh file");
    let pool = Pool {
        name: "reader",
        readers: READERS,
        waiting: 8,
    };
    let readers = Readers::start(&EMPTY, &path, pool).expect("the threads start");
    for _ in 0..READERS {
        let (begin, begun) = blocking::sync_channel(1);
        let asking = readers.ask(move |db| {
            let _ = begin.send(());
            number(db, ENDLESS)
        });
        let mut asking = pin!(asking);
        let mut context = Context::from_waker(Waker::noop());
        let polled = asking.as_mut().poll(&mut context);
        assert!(matches!(polled, Poll::Pending));
        begun.recv_timeout(LONG).expect("a reader begins");
        // The caller goes away here.
    }

    let answer = readers.ask(|db| number(db, "-- one\nselect 1")).await;

    let answer = answer.expect("a reader is free").expect("it is read");
    assert_eq!(answer, 1);
}
