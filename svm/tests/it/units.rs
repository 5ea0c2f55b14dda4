//! Compute units of the real programs, which `vectors/units.json` of sim-chain tells to the tests without them.

#[path = "../../../crates/sim-chain/tests/it/units/measured.rs"]
mod measured;

use measured::{BLOCKS, SEED, cases};
use sim_chain::market::Mode;

use crate::compare;
use crate::stand::Stand;

#[tokio::test(start_paused = true)]
async fn units_are_those_that_were_measured_and_the_engines_limit_is_enough() {
    let Some(stand) = Stand::new(Mode::Still, SEED) else {
        return;
    };
    stand.pass_blocks(BLOCKS).await;
    let market = stand.world.cluster().in_block(|block| block.bank().clone());
    let mut unlike = Vec::new();
    for case in cases() {
        let mut bank = market.clone();
        let built = case.build(&mut bank);
        let (name, known) = (case.name(), case.units());
        let real = compare::emulated(bank.execute(&built.transaction));
        // Also with the engine's own limit.
        assert_eq!(compare::status(&real), "success", "{name}");
        let used = compare::units(&real);
        // With another clock prices begin elsewhere, and the same bins lie otherwise in their arrays.
        if used.abs_diff(known) > known / 20 {
            let bins = &built.bins;
            unlike.push(format!(
                "{name} {bins:?}: {used}, and {known} by units.json"
            ));
        }
        if built.limit < used + used / 10 {
            unlike.push(format!("{name}: {used} of a limit of {}", built.limit));
        }
    }
    assert!(unlike.is_empty(), "{}", unlike.join("\n"));
}
