//! The race between expiry and landing, with transactions that live for a block or two.

use domain::quote::Choice;
use domain::route::{Leg, PoolRef, Route};
use domain::venue::Program;
use domain::{Asset, BaseUnits, OrderId, Timestamp};
use ports::SystemClock;
use tokio::task::JoinSet;

use super::*;

const TASKS: u64 = 16;
const ROUNDS: u64 = 12;

fn short_lived(chain: &SimChain, order_id: OrderId, last_valid: u64) -> SignedTransaction {
    let swap = Swap {
        order_id,
        execution: 1,
        asset_in: Asset::SOL,
        asset_out: Asset::USDC,
        amount_in: BaseUnits::new(1_000_000),
        choice: Choice {
            route: Route::of(Leg {
                pool: PoolRef::unaddressed(Program::Cpmm),
                asset_in: Asset::SOL,
                asset_out: Asset::USDC,
                amount_in: BaseUnits::new(1_000_000),
                amount_out: BaseUnits::new(1),
            }),
            expected_amount_out: BaseUnits::new(1),
            min_amount_out: BaseUnits::new(1),
        },
    };
    Payload::new(&swap, chain.random.bits(), Height::new(last_valid))
        .unwrap()
        .sign(&chain.wallet)
}

/// Reads the height until the transaction can no longer land, and then its fate, as an engine does.
async fn settle(chain: &SimChain, last_valid: u64, signature: &Signature) -> Fate {
    while chain.finalized_height().await.unwrap().get() <= last_valid {
        tokio::task::yield_now().await;
    }
    chain.fate(signature).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_found_unknown_past_its_height_never_lands() {
    let folder = tempfile::tempdir().unwrap();
    let config = SimConfig {
        latency_scale: 0.0,
        failure_rate: 0.0,
        seed: Some(1),
        ledger_path: Some(folder.path().join("ledger.db")),
    };
    let clock = Arc::new(SystemClock::new());
    let chain = SimChain::open(&config, clock, Random::seeded(3), Shutdown::new()).unwrap();
    let mut tasks = JoinSet::new();

    for task in 0..TASKS {
        let chain = chain.clone();
        tasks.spawn(async move {
            let mut found = Vec::new();
            for round in 0..ROUNDS {
                let at = Timestamp::from_millis(1_700_000_000_000);
                let order_id = Random::seeded(task * ROUNDS + round).order_id(at);
                let last_valid = chain.height().await.unwrap() + round % 2;
                let transaction = short_lived(&chain, order_id, last_valid);
                // Spread over the block's last moments.
                let moment = chain.random.duration_below(Duration::from_millis(40));
                chain.world.clock.sleep(moment).await;
                // Refused, accepted and landed, accepted and expired: all may be.
                let _ = chain.send(&transaction).await;
                let fate = settle(&chain, last_valid, &transaction.signature).await;
                found.push((transaction.signature, fate));
            }
            found
        });
    }
    let found: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();

    let later = chain.height().await.unwrap() + 3;
    while chain.height().await.unwrap() < later {
        tokio::task::yield_now().await;
    }
    for (signature, fate) in &found {
        assert_eq!(&chain.ledger.fate(signature).await.unwrap(), fate);
    }
    let landed = found
        .iter()
        .filter(|(_, fate)| *fate != Fate::Unknown)
        .count();
    assert!(
        landed > 0 && landed < found.len(),
        "{landed} of {} landed",
        found.len()
    );
}
