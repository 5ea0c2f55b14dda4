//! Readers stop when nobody waits for them, and lists keep nobody but lists waiting.

use std::future::Future;
use std::pin::pin;
use std::sync::mpsc as blocking;
use std::task::{Context, Poll, Waker};

use tempfile::TempDir;

use super::*;
use crate::live::{Live, Stored};
use crate::store::Settings;

/// A question that has no end by itself.
const ENDLESS: &str = "-- count_for_ever
     with recursive numbers(n) as (select 1 union all select n + 1 from numbers)
     select count(*) from numbers";

fn threads(folder: &TempDir) -> Threads {
    let path = folder.path().join("engine.db");
    let db = schema::open_writer(&path).expect("a fresh file is a store");
    let live = Live::new(Settings::default(), Stored::default());
    let clock = Arc::new(ports::SystemClock::new());
    let writer = Writer::new(db, clock, Arc::new(Mutex::new(live)));
    Threads::start(writer, &path).expect("the threads start")
}

fn one(db: &Connection) -> std::result::Result<i64, Fault> {
    Ok(db.query_row("-- one\nselect 1", [], |row| row.get(0))?)
}

fn endless(db: &Connection) -> std::result::Result<i64, Fault> {
    Ok(db.query_row(ENDLESS, [], |row| row.get(0))?)
}

#[tokio::test]
async fn readers_whose_askers_have_gone_stop_and_serve_others() {
    let folder = TempDir::new().expect("a folder");
    let threads = threads(&folder);
    for _ in 0..READERS {
        let (begin, begun) = blocking::sync_channel(1);
        let asking = threads.read(move |db| {
            let _ = begin.send(());
            endless(db)
        });
        let mut asking = pin!(asking);
        let mut context = Context::from_waker(Waker::noop());
        let polled = asking.as_mut().poll(&mut context);
        assert!(matches!(polled, Poll::Pending));
        begun.recv_timeout(PATIENCE).expect("a reader begins");
        // Whoever asked goes away here.
    }

    let answer = threads.read(one).await;

    assert_eq!(answer.expect("a reader is free"), 1);
}

#[tokio::test]
async fn lists_that_come_while_one_is_read_for_long_are_refused_and_all_else_is_answered() {
    let folder = TempDir::new().expect("a folder");
    let threads = threads(&folder);
    let (let_go, held) = blocking::sync_channel::<()>(1);
    let (begin, begun) = blocking::sync_channel(1);
    let long = threads.read_list(move |db| {
        let _ = begin.send(());
        let _ = held.recv_timeout(PATIENCE);
        one(db)
    });
    let others = async {
        begun.recv_timeout(PATIENCE).expect("the list is begun");
        let list = threads.read_list(one).await;
        let read = threads.read(one).await;
        let _ = let_go.send(());
        (list, read)
    };

    let (long, (list, read)) = tokio::join!(long, others);

    assert!(matches!(list, Err(Error::Busy { .. })), "{list:?}");
    assert_eq!(read.expect("a reader is free"), 1);
    assert_eq!(long.expect("the first list is answered"), 1);
}
