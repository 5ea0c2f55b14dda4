//! Compute units: those that the emulated programs count, and the limits that the engine sets, against what the real
//! programs used (`vectors/units.json`, measured by the folder `svm`).

mod measured;

use std::sync::Arc;

use measured::{BLOCKS, SEED, cases};
use ports::{Random, Shutdown, SystemClock};
use sim_chain::bank::Bank;
use sim_chain::market::Mode;
use sim_chain::{SimConfig, World};

/// The simulated market as it begins.
async fn market() -> Bank {
    let config = SimConfig {
        latency_scale: 0.0,
        seed: Some(SEED),
        market: Mode::Still,
        ..SimConfig::default()
    };
    let clock = Arc::new(SystemClock::new());
    let (random, shutdown) = (Random::seeded(SEED), Shutdown::new());
    let world = World::open(&config, clock, &random, &shutdown).unwrap();
    for _ in 0..BLOCKS {
        world.cluster().next_block().await;
    }
    world.cluster().in_block(|block| block.bank().clone())
}

#[tokio::test]
async fn the_emulated_programs_count_the_units_of_the_real_ones_and_the_engine_allows_more() {
    let market = market().await;
    let mut unlike = Vec::new();
    let (mut bins_max, mut arrays_max) = (0, 0);
    for case in cases() {
        let mut bank = market.clone();
        let built = case.build(&mut bank);
        for (bins, arrays) in &built.bins {
            bins_max = bins_max.max(*bins);
            arrays_max = arrays_max.max(*arrays);
        }
        let (name, real) = (case.name(), case.units());
        let outcome = bank.execute(&built.transaction).unwrap().outcome;
        assert_eq!(outcome.status, Ok(()), "{name}");
        // As exact as svm's witness asks for.
        let emulated = outcome.compute_units;
        if emulated.abs_diff(real) > real / 8 + 2_000 {
            unlike.push(format!("{name}: emulated {emulated}, real {real}"));
        }
        if built.limit < real + real / 10 {
            unlike.push(format!("{name}: limit {}, real {real}", built.limit));
        }
    }
    assert!(unlike.is_empty(), "{}", unlike.join("\n"));
    // Among them are swaps through many bins and over the edges of their arrays.
    assert!(
        bins_max >= 60 && arrays_max >= 1,
        "{bins_max}, {arrays_max}"
    );
}
