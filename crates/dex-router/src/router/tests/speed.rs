//! How long the choice over eight pools takes, with split and hop, measured by
//! `cargo test --release -p dex-router --lib -- --ignored --nocapture speed`.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "it measures, and its figures are its output"
)]

use std::time::Instant;

use super::reach::{by_usdt, over, selling};
use super::scripted::{SOL, amm_v4, at, cpmm, damm_v2, dlmm};
use super::*;

const ROUNDS: u32 = 2_000;
const DEEP: (u64, u64) = (100_000 * SOL, 15_000_000_000_000);

/// So many thousandths of that pool.
fn part(thousandths: u64) -> (u64, u64) {
    (DEEP.0 / 1_000 * thousandths, DEEP.1 / 1_000 * thousandths)
}

async fn measure(name: &str, pools: Vec<FoundPool>) -> Duration {
    assert_eq!(pools.len(), 8);
    let source = Arc::new(by_usdt().with((Asset::SOL, Asset::USDC), pools));
    let router = over(&source, 2);
    // Some 3 % of the deepest pool: it is divided, and third tokens are looked at.
    let order = selling(3_000);
    let decision = router.route(&order).await.unwrap();
    assert_eq!(decision.choice.route.legs().len(), 2);
    let began = Instant::now();
    for _ in 0..ROUNDS {
        std::hint::black_box(router.route(std::hint::black_box(&order)).await.unwrap());
    }
    let each = began.elapsed() / ROUNDS;
    println!("{name}: {each:?}");
    each
}

#[tokio::test]
#[ignore = "a measurement, which needs a release build and a machine of its own"]
async fn the_speed_of_a_choice_over_eight_pools() {
    let all = |last: FoundPool| {
        let sizes = [1_000, 900, 800, 700, 600, 500, 400].map(part);
        let mut pools: Vec<FoundPool> = (1_u8..)
            .zip(sizes)
            .map(|(number, (sol, usdc))| {
                let pool = match number % 3 {
                    0 => amm_v4(sol, usdc),
                    1 => cpmm(sol, usdc),
                    _ => damm_v2(sol, usdc),
                };
                at(number, pool)
            })
            .collect();
        pools.push(last);
        pools
    };
    let without = measure("without DLMM", all(at(8, cpmm(part(300).0, part(300).1)))).await;
    let with = measure("with DLMM", all(at(8, dlmm(1_000_000_000_000)))).await;

    assert!(without <= Duration::from_micros(200), "{without:?}");
    assert!(with <= Duration::from_millis(1), "{with:?}");
}
