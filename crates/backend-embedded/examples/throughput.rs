//! How many orders a second the embedded store takes in, and how many whole lives it records, every
//! step durable before it is answered. Two measurements of some seconds each:
//!
//! ```text
//! cargo run --release -p backend-embedded --example throughput
//! ```
#![expect(clippy::print_stdout, reason = "its figures are its output")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use backend_embedded::{Settings, SqliteStore};
use ports::{Clock, Store, SystemClock};
use testkit::contract::Given;
use tokio::task::JoinSet;

const MEASURED: Duration = Duration::from_millis(2_500);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = match std::env::args().nth(1) {
        Some(parent) => tempfile::TempDir::new_in(parent)?,
        None => tempfile::TempDir::new()?,
    };
    for callers in [256, 2_048] {
        let accepted = measure(folder.path(), "accepted", callers, accept).await?;
        let lived = measure(folder.path(), "lived", callers, live).await?;
        println!("{callers:>5} callers: {accepted:>7.0} accepted/s {lived:>7.0} lives/s");
    }
    Ok(())
}

async fn measure<F: Future<Output = ()> + Send + 'static>(
    folder: &Path,
    name: &str,
    callers: usize,
    work: fn(Arc<dyn Store>, Arc<Given>) -> F,
) -> anyhow::Result<f64> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let folder = folder.join(format!("{name}-{callers}"));
    let store = SqliteStore::open(&folder, Settings::default(), Arc::clone(&clock))?;
    let (store, given): (Arc<dyn Store>, _) = (Arc::new(store), Arc::new(Given::new()));
    let mut running = JoinSet::new();
    for _ in 0..callers {
        let (store, given, clock) = (Arc::clone(&store), Arc::clone(&given), Arc::clone(&clock));
        running.spawn(async move {
            let mut done = 0u32;
            while clock.monotonic() < MEASURED {
                work(Arc::clone(&store), Arc::clone(&given)).await;
                done += 1;
            }
            done
        });
    }
    let done: u32 = running.join_all().await.into_iter().sum();
    Ok(f64::from(done) / clock.monotonic().as_secs_f64())
}

async fn accept(store: Arc<dyn Store>, given: Arc<Given>) {
    given.accepted(&store).await;
}

/// Accepted, claimed, routing, building, submitted, confirmed.
async fn live(store: Arc<dyn Store>, given: Arc<Given>) {
    let order = given.accepted(&store).await;
    let mut lease = given.leased(&store, order).await;
    given.confirm(&store, &mut lease).await;
}
