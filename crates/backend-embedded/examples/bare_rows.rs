//! What the rows of an order cost in SQLite without an engine: the same tables, the same rows, a hundred
//! orders to a batch and every step of a batch a durable commit. Two figures, orders a second: accepted,
//! and from acceptance to confirmation. `scripts/bench` runs it.
//!
//! ```text
//! cargo run --release -p backend-embedded --example bare_rows -- SECONDS
//! ```
#![expect(clippy::print_stdout, reason = "its figures are its output")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use backend_embedded::{Settings, SqliteStore};
use ports::{Clock, SystemClock};
use rusqlite::{Connection, params};

const BATCH: i64 = 100;
const ACCEPT: &str =
    "insert into orders (key, id, client, schema_version, terms, token_in, token_out,
    created_at, due_at) values (?1, ?2, 'open', 1, ?3, 'SOL', 'USDC', 1, 1)";
const EVENT: &str =
    "insert into order_events (order_key, seq, event_id, status, executions, at, data)
    values (?1, ?2, ?3, ?2, 1, 1, ?4)";
const CLAIM: &str = "update orders set lease_worker = ?2, fence = 1, granted_seq = 0,
    deaths = 0, begun = 1 where key = ?1";
const ATTEMPT: &str = "insert into order_attempts (order_key, attempt, venue, signature, bytes,
    last_valid_height, blockhash) values (?1, 1, 'raydium', ?2, ?3, 150, ?4)";
const END: &str = "update orders set lease_worker = null, begun = 0, ended_at = 2, end_status = 4
    where key = ?1";

fn main() -> anyhow::Result<()> {
    let seconds = std::env::args().nth(1).map_or(Ok(4), |text| text.parse())?;
    let lasting = Duration::from_secs(seconds);
    println!("{:.0}", measure(lasting, accept)?);
    println!("{:.0}", measure(lasting, live)?);
    Ok(())
}

fn measure(
    lasting: Duration,
    batch: fn(&mut Connection, i64) -> rusqlite::Result<()>,
) -> anyhow::Result<f64> {
    let folder = tempfile::TempDir::new()?;
    let mut db = open(folder.path())?;
    let clock = SystemClock::new();
    let began = clock.monotonic();
    let mut next = 1;
    while clock.monotonic() - began < lasting {
        batch(&mut db, next)?;
        next += BATCH;
    }
    let took = clock.monotonic() - began;
    Ok(f64::from(i32::try_from(next - 1)?) / took.as_secs_f64())
}

/// The engine's own tables and settings.
fn open(folder: &Path) -> anyhow::Result<Connection> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    drop(SqliteStore::open(folder, Settings::default(), clock)?);
    let file = std::fs::read_dir(folder)?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "db"));
    let file = file.ok_or_else(|| anyhow::anyhow!("the store has no file"))?;
    let db = Connection::open(file)?;
    db.pragma_update(None, "journal_mode", "wal")?;
    db.pragma_update(None, "synchronous", "full")?;
    db.pragma_update(None, "wal_autocheckpoint", 8_192)?;
    db.pragma_update(None, "cache_size", -65_536)?;
    Ok(db)
}

fn accept(db: &mut Connection, first: i64) -> rusqlite::Result<()> {
    let terms = "t".repeat(160);
    step(db, first, |tx, key| {
        tx.prepare_cached(ACCEPT)?
            .execute(params![key, id(key, 9), terms])?;
        event(tx, key, 0, 20)
    })
}

fn live(db: &mut Connection, first: i64) -> rusqlite::Result<()> {
    accept(db, first)?;
    step(db, first, |tx, key| {
        tx.prepare_cached(CLAIM)?
            .execute(params![key, [7_u8; 16]])?;
        Ok(())
    })?;
    step(db, first, |tx, key| event(tx, key, 1, 20))?;
    step(db, first, |tx, key| event(tx, key, 2, 500))?;
    step(db, first, |tx, key| {
        event(tx, key, 3, 250)?;
        let signature = format!("{}{key}", "s".repeat(50));
        tx.prepare_cached(ATTEMPT)?.execute(params![
            key,
            signature,
            [7_u8; 300],
            blockhash(first)
        ])?;
        Ok(())
    })?;
    step(db, first, |tx, key| {
        event(tx, key, 4, 250)?;
        tx.prepare_cached(END)?.execute([key])?;
        Ok(())
    })
}

/// One commit for the whole batch.
fn step(
    db: &mut Connection,
    first: i64,
    row: impl Fn(&Connection, i64) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let tx = db.transaction()?;
    for key in first..first + BATCH {
        row(&tx, key)?;
    }
    tx.commit()
}

fn event(db: &Connection, key: i64, seq: i64, length: usize) -> rusqlite::Result<()> {
    let data = "d".repeat(length);
    db.prepare_cached(EVENT)?
        .execute(params![key, seq, id(key, seq), data])?;
    Ok(())
}

/// As random as a block's hash; a batch has one.
fn blockhash(first: i64) -> [u8; 32] {
    let mut hash = [0; 32];
    let scattered = first.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64.cast_signed());
    hash[..8].copy_from_slice(&scattered.to_be_bytes());
    hash
}

/// Sixteen bytes that grow, as the engine's ids do.
fn id(key: i64, of: i64) -> [u8; 16] {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&key.to_be_bytes());
    id[8..].copy_from_slice(&of.to_be_bytes());
    id
}
