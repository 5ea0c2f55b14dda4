//! How long a world takes to open, and how many swaps it lands with its ledger on disk, measured by
//! `cargo test --release -p sim-chain --test it -- --ignored --nocapture world::speed`.

use std::sync::Arc;

use ports::{Clock as _, SystemClock};
use testkit::ManualClock;

use super::stage::{JUP, USDC, in_memory, on_disk};

const OPENINGS: u128 = 50;
const SWAPS: u64 = 10_000;
/// A block carries so many.
const ROUND: u64 = 800;

#[test]
#[ignore = "a measurement, which needs a release build and a machine of its own"]
fn a_world_in_memory_opens_at_once() {
    let clock = SystemClock::new();
    in_memory();
    let first = clock.monotonic();
    for _ in 0..OPENINGS {
        in_memory();
    }
    let each = (clock.monotonic() - first).as_micros() / OPENINGS;
    eprintln!("the first one in {first:?}, others in {each} µs each");
    assert!(each < 5_000);
}

#[tokio::test]
#[ignore = "a measurement, which needs a release build and a machine of its own"]
async fn thousands_of_swaps_a_second_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let hands: Arc<ManualClock> = Arc::default();
    let stage = on_disk(folder.path(), &hands);
    let swap = |number| stage.sale((USDC, JUP), 1_000_000 + number, 1);
    let clock = SystemClock::new();
    let mut signing = std::time::Duration::ZERO;
    for round in 0..SWAPS / ROUND {
        let begun = clock.monotonic();
        let numbers = round * ROUND..(round + 1) * ROUND;
        let sales = numbers.map(|number| stage.sign(&[swap(number)]));
        let sales: Vec<_> = sales.collect();
        signing += clock.monotonic() - begun;
        for sale in &sales {
            stage.send(sale);
        }
        stage.pass_blocks(1).await;
    }
    let took = clock.monotonic() - signing;
    let landed = SWAPS / ROUND * ROUND;
    let per_second = u128::from(landed) * 1_000 / took.as_millis().max(1);

    let begun = clock.monotonic();
    drop(stage);
    let again = on_disk(folder.path(), &hands);
    let restart = clock.monotonic() - begun;
    let known = again.read(|chain| chain.transactions());

    eprintln!(
        "{per_second} swaps a second, on disk; a restart with {known} of them in {restart:?}"
    );
    assert_eq!(known, landed);
    assert!(per_second >= 2_000, "only {per_second}");
}
