//! Lists delay only lists.

use std::sync::mpsc as blocking;
use std::sync::{Arc, Mutex};

use tempfile::TempDir;

use super::*;
use crate::live::{Live, Stored};
use crate::settings::Settings;
use ports::webhooks::Outbox;

fn threads(folder: &TempDir) -> Threads {
    let path = folder.path().join("engine.db");
    let db = STORE_FILE
        .open_writer(&path)
        .expect("a fresh file is a store");
    let live = Live::new(Settings::default(), Stored::default());
    let clock = Arc::new(ports::SystemClock::new());
    let writer = Writer::new(db, clock, Arc::new(Mutex::new(live)), Outbox::None);
    Threads::start(writer, &path).expect("the threads start")
}

fn one(db: &Connection) -> std::result::Result<i64, Fault> {
    Ok(db.query_row("-- one\nselect 1", [], |row| row.get(0))?)
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
