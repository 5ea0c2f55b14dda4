//! One transaction that is sent again and again while sends are dropped, delayed and unanswered.

use amm::Program;
use domain::Asset;
use ports::landing::Fate;
use ports::simulation::{Faults, Simulation as _};
use sim_chain::cluster::Commitment;
use sim_chain::market::Mode;

use crate::stand::Stand;
use crate::trader::Trader;

#[tokio::test(start_paused = true)]
async fn the_same_bytes_are_executed_once_whatever_is_dropped_or_lost() {
    for program in Program::MAINNET {
        let Some(stand) = Stand::new(Mode::Still, 5) else {
            return;
        };
        let mut trader = Trader::new(stand.world.rpc(), &stand.clock, program);
        for number in 0..25 {
            let pair = [(Asset::SOL, Asset::USDC), (Asset::USDC, Asset::SOL)][number % 2];
            let choice = trader.quote(pair, 1_000_000_000, 100).await.unwrap();
            let (signed, plan) = trader.build(&choice).await;
            stand.witness.expect(signed.signature.as_str(), plan);
            let faults = Faults {
                send_dropped: 0.5,
                reply_lost: 0.5,
                land_late: 0.3,
                ..Faults::default()
            };
            stand.world.set_faults(&faults).await.unwrap();
            let landed = |chain: sim_chain::cluster::Snapshot<'_>| chain.history().landed();
            let before = stand.world.cluster().read(Commitment::Processed, landed);

            for _ in 0..12 {
                // What is answered decides nothing.
                let _ = trader.send(&signed).await;
            }
            stand.world.set_faults(&Faults::default()).await.unwrap();
            let fate = loop {
                match trader.fate(&signed).await {
                    Fate::Absent => drop(trader.send(&signed).await),
                    fate => break fate,
                }
            };
            drop(trader.send(&signed).await);
            stand.pass_blocks(50).await;

            let Fate::Landed { amount_out, .. } = fate else {
                panic!("{fate:?}");
            };
            assert_eq!(amount_out, choice.expected_amount_out);
            let after = stand.world.cluster().read(Commitment::Processed, landed);
            // One of the engine's, and what the market tops its wallet up with.
            let own = stand.own().into_iter();
            let own = own.filter(|landed| landed.number >= before).count();
            assert_eq!(own, 1, "{} landed", after - before);
        }
        stand.check_emulation();
    }
}
