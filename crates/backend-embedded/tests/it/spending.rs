//! FAILURES.md, case 44, in one process.

use std::sync::Arc;

use backend_embedded::{Settings, SqliteStore};
use domain::Address;
use ports::{Clock, Store, SystemClock};
use tempfile::TempDir;
use testkit::contract::spending_race::race;

async fn races(numbers: std::ops::RangeInclusive<u8>) {
    let folder = TempDir::new().unwrap();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let store = SqliteStore::open(folder.path(), Settings::default(), clock).unwrap();
    let store: Arc<dyn Store> = Arc::new(store);
    for number in numbers {
        let open = || async { Arc::clone(&store) };
        let raced = race(number.into(), Address::new([number; 32]), open, || async {}).await;
        assert!(raced.refused > 0, "{raced:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_workers_at_one_limit_do_not_pass_it_though_some_are_killed() {
    races(1..=3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "long: scripts/test --full runs it"]
async fn fifty_races_of_twenty_workers_at_one_limit_do_not_pass_it() {
    races(1..=50).await;
}
