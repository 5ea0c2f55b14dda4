//! What divided orders gain in a market that moves between their quote and their fill.

use chain_solana::keys::Wallet;
use chain_solana::settings::{Settings, Simulating};
use domain::Asset;
use ports::Landing as _;
use ports::landing::Fate;
use sim_chain::cluster::GENESIS_HASH;
use sim_chain::market::Mode;

use super::routes::{built, chosen};
use super::stage::{Stage, settings};
use crate::node::served::SOL;

const PAIR: (Asset, Asset) = (Asset::SOL, Asset::USDC);

/// Rounds of blocks in which nobody looks at a pool.
const QUIET_ROUNDS: u32 = 4;
/// So often others of this thread get their turn before something is taken to wait for time to pass.
const TURNS: u32 = 1_000;

/// Blocks pass where something waits for them.
async fn meanwhile<T>(stage: &Stage, work: impl Future<Output = T>) -> T {
    tokio::pin!(work);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = turns() => stage.pass_blocks().await,
        }
    }
}

async fn turns() {
    for _ in 0..TURNS {
        tokio::task::yield_now().await;
    }
}

/// Orders of 1 to 5 % of a pool, both ways in turn, in a market that moves meanwhile: what they paid more than the best
/// single pool's quote is, all in all, what was quoted, to a tenth.
async fn check_gains(orders: u64) {
    let settings = Settings {
        simulating: Simulating::Off,
        ..settings()
    };
    let wallet = Wallet::of_simulated_cluster(&GENESIS_HASH);
    let stage = Stage::in_market(Mode::Moving, wallet, settings);
    let (mut quoted, mut realised, mut landed) = (0.0, 0.0, 0);
    for order in 0..orders {
        let usd = 160_000 + 640_000 * (order * 37 % 101) / 100;
        let (pair, amount) = match order % 2 {
            0 => (PAIR, usd * SOL / 150),
            _ => ((PAIR.1, PAIR.0), usd * 1_000_000),
        };
        // Whoever looks after some blocks finds the pools at their fair price again, whatever the order before did.
        for _ in 0..QUIET_ROUNDS {
            stage.pass_blocks().await;
        }
        let alone = meanwhile(&stage, chosen(&stage, (1, 1), pair, amount)).await;
        let choice = meanwhile(&stage, chosen(&stage, (2, 1), pair, amount)).await;
        let building = built(&stage, u128::from(order) + 1, &choice);
        let built = meanwhile(&stage, building).await.unwrap();
        stage.land(&built.bytes).await;

        let fate = stage.chain.fate(&built).await.unwrap();
        let Fate::Landed { amount_out, .. } = fate else {
            continue;
        };
        let alone = alone.expected_amount_out.get() as f64;
        quoted += choice.expected_amount_out.get() as f64 / alone - 1.0;
        realised += amount_out.get() as f64 / alone - 1.0;
        landed += 1;
    }
    assert!(landed * 10 >= orders * 9, "{landed} of {orders} landed");
    assert!(quoted / landed as f64 > 0.001, "{quoted} in {landed}");
    let apart = (realised - quoted).abs() / quoted;
    assert!(
        apart <= 0.1,
        "{realised} realised, {quoted} quoted, in {landed}"
    );
}

#[tokio::test]
async fn divided_orders_gain_what_was_quoted() {
    check_gains(40).await;
}

#[tokio::test]
#[ignore = "long: scripts/test --full runs it"]
async fn a_thousand_divided_orders_gain_what_was_quoted() {
    check_gains(1_000).await;
}
