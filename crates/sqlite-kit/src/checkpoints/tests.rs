//! The log of a busy writer stays small, and nothing of it is lost.

use std::path::Path;

use rusqlite::Connection;

use super::{Checkpoints, MOVED_FROM, Mover, PAGES_MAX, take_over};
use crate::database::tests::EMPTY;

/// Rows of a page each.
const ROW_BYTES: i64 = 4_000;
const BATCH: usize = 512;

fn writer(path: &Path) -> (Connection, Checkpoints, Mover) {
    let mut db = EMPTY.open_writer(path).expect("a fresh file");
    db.execute_batch("create table filler (bytes blob not null)")
        .expect("a table can be made");
    let (checkpoints, mover) = take_over(&mut db, path).expect("a second connection");
    (db, checkpoints, mover)
}

fn write(db: &mut Connection, checkpoints: &Checkpoints) {
    let batch = db.transaction().expect("nobody else writes");
    for _ in 0..BATCH {
        batch
            .execute("insert into filler values (zeroblob(?1))", [ROW_BYTES])
            .expect("a row is taken");
    }
    batch.commit().expect("the disk takes it");
    checkpoints.keep_small(db);
}

fn log_pages(path: &Path) -> usize {
    let log = path.with_extension("db-wal");
    let bytes = std::fs::metadata(log).expect("there is a log").len();
    usize::try_from(bytes / 4_096).expect("it is small")
}

#[test]
fn a_busy_writer_has_its_log_used_again_and_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("orders.db");
    let (mut db, checkpoints, mover) = writer(&path);
    let thread = std::thread::spawn(move || mover.run());

    let batches = 6 * MOVED_FROM / BATCH;
    for _ in 0..batches {
        write(&mut db, &checkpoints);
    }

    // In one go it would be six times as long.
    assert!(log_pages(&path) < 5 * MOVED_FROM, "{}", log_pages(&path));
    drop(checkpoints);
    thread.join().expect("the mover ends with the writer");
    let rows: i64 = db
        .query_row("select count(*) from filler", [], |row| row.get(0))
        .expect("rows can be counted");
    assert_eq!(usize::try_from(rows).ok(), Some(batches * BATCH));
}

#[test]
fn without_its_other_side_the_log_has_a_bound() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("orders.db");
    let (mut db, checkpoints, mover) = writer(&path);
    drop(mover);

    for _ in 0..PAGES_MAX / BATCH + 32 {
        write(&mut db, &checkpoints);
    }

    assert!(
        log_pages(&path) < PAGES_MAX + 4 * BATCH,
        "{}",
        log_pages(&path)
    );
}
