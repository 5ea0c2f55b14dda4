//! How long the choice over eight pools takes, with split and hop, measured by
//! `cargo test --release -p dex-router --lib -- --ignored --nocapture speed`.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "it measures, and its figures are its output"
)]

use std::time::Instant;

use super::reach::{by_usdt, over, reaching, selling};
use super::scripted::{SOL, amm_v4, at, cpmm, damm_v2, dlmm};
use super::*;

const ROUNDS: u32 = 20;
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
    let mut times = Vec::new();
    for _ in 0..101 {
        times.push(timed(&router, &order).await);
    }
    let each = median(times);
    println!("{name}: {each:?}");
    each
}

/// Eight pools of all kinds, each smaller than the one before.
fn eight(last: FoundPool) -> Vec<FoundPool> {
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
}

#[tokio::test]
#[ignore = "a measurement, which needs a release build and a machine of its own"]
async fn the_speed_of_a_choice_over_eight_pools() {
    let without = measure("without DLMM", eight(at(8, cpmm(part(300).0, part(300).1)))).await;
    let with = measure("with DLMM", eight(at(8, dlmm(1_000_000_000_000)))).await;

    assert!(without <= Duration::from_micros(200), "{without:?}");
    assert!(with <= Duration::from_millis(1), "{with:?}");
}

/// How long this order's choice takes.
async fn timed(router: &Router, order: &RouteRequest) -> Duration {
    let began = Instant::now();
    for _ in 0..ROUNDS {
        std::hint::black_box(router.route(std::hint::black_box(order)).await.unwrap());
    }
    began.elapsed() / ROUNDS
}

fn median<T: PartialOrd>(mut all: Vec<T>) -> T {
    all.sort_by(|one, other| one.partial_cmp(other).unwrap());
    all.swap_remove(all.len() / 2)
}

#[tokio::test]
#[ignore = "a measurement, which needs a release build and a machine of its own"]
async fn the_speed_of_an_order_too_small_to_gain() {
    let pair = (Asset::SOL, Asset::USDC);
    let pools = eight(at(8, dlmm(1_000_000_000_000)));
    let source = Arc::new(by_usdt().with(pair, pools));
    let (one, all) = (
        over(&source, 1).with_limits(Limits::ONE_POOL),
        over(&source, 2),
    );
    let order = selling(1);
    let (mut before, mut now, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..501 {
        let (alone, reaching) = (timed(&one, &order).await, timed(&all, &order).await);
        ratios.push(reaching.as_nanos() as f64 / alone.as_nanos() as f64);
        before.push(alone);
        now.push(reaching);
    }
    let ratio = median(ratios);
    let (before, now) = (median(before), median(now));
    println!("{now:?} where one pool alone takes {before:?}: {ratio:.3} times");
    assert!(ratio <= 1.05, "{ratio}");
}

/// Amounts of few units are the hardest to divide, and cost who sends them next to nothing.
#[tokio::test]
#[ignore = "a measurement, which needs a release build and a machine of its own"]
async fn the_speed_of_dust() {
    let pair = (Asset::SOL, Asset::USDC);
    let pools = eight(at(8, dlmm(1_000_000_000_000)));
    let source = Arc::new(by_usdt().with(pair, pools));
    for (legs, most) in [(2, 1), (4, 5)] {
        let router = over(&source, 1).with_limits(reaching(legs, 1));
        for units in [384, 512, 1_000, 4_096, 65_535] {
            let mut order = selling(1);
            order.quote.amount_in = BaseUnits::new(units);
            let mut times = Vec::new();
            for _ in 0..11 {
                times.push(timed(&router, &order).await);
            }
            let each = median(times);
            println!("{units} units over {legs} pools: {each:?}");
            assert!(each <= Duration::from_millis(most), "{each:?}");
        }
    }
}
