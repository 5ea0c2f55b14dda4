//! How fast the simulated cluster is, measured by
//! `cargo test --release -p sim-chain --test it -- --ignored --nocapture speed`.

use std::sync::Arc;
use std::time::Duration;

use amm::Direction;
use amm::instruction::{Amounts, Trader};
use chain_solana::rpc::View;
use ed25519_dalek::SigningKey;
use ports::{Clock as _, Random, Shutdown, SystemClock};
use sim_chain::bank::{Verified, address};
use sim_chain::cluster::{Commitment, GENESIS_HASH};
use sim_chain::market::{Mode, engine_key, read_pool};
use sim_chain::{SimConfig, World};
use solana_address::Address;
use solana_hash::Hash;
use solana_message::{Message, VersionedMessage};
use tokio::task::JoinSet;

use super::stand::{amm, client};
use crate::instruction::to_solana;
use crate::node::served::key_of;

/// A second of each is enough.
const READS: u64 = 20_000;
/// Calls at once, as the engine's workers make them.
const CALLERS: u64 = 16;
const KEYS: usize = 10;
const SWAPS: u64 = 8_000;
/// So many are signed under one blockhash, which is not valid for long.
const ROUND: u64 = 500;

fn world(market: Mode) -> Arc<World> {
    let config = SimConfig {
        latency_scale: 0.0,
        seed: Some(7),
        market,
        ..SimConfig::default()
    };
    let clock = Arc::new(SystemClock::new());
    World::open(&config, clock, &Random::seeded(7), &Shutdown::new()).unwrap()
}

/// The accounts of the venues' programs, largest first.
async fn pool_accounts(world: &World) -> Vec<amm::Address> {
    let rpc = world.rpc();
    let programs = amm::Program::MAINNET.map(|program| program.id());
    let mut keys = Vec::new();
    for program in programs {
        let found = rpc.program_accounts(program, &[], View::CONFIRMED).await;
        keys.extend(found.unwrap().value.into_iter().map(|(key, _)| key).take(3));
    }
    keys.truncate(KEYS);
    keys
}

#[tokio::test]
#[ignore = "a measurement, which needs a release build and a machine of its own"]
async fn ten_accounts_are_read_over_http_thousands_of_times_a_second() {
    let world = world(Mode::Moving);
    let (rpc, _server) = client(world.service(), Duration::from_secs(20));
    let keys = Arc::new(pool_accounts(&world).await);
    assert_eq!(keys.len(), KEYS);
    let clock = SystemClock::new();

    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let (rpc, keys) = (rpc.clone(), keys.clone());
        callers.spawn(async move {
            for _ in 0..READS / CALLERS {
                let found = rpc.accounts(&keys, View::CONFIRMED).await.unwrap();
                assert!(found.value.iter().all(Option::is_some));
            }
        });
    }
    while let Some(ended) = callers.join_next().await {
        ended.unwrap();
    }
    let per_second = READS * 1_000 / u64::try_from(clock.monotonic().as_millis()).unwrap();

    eprintln!("{per_second} reads of {KEYS} accounts a second over HTTP, the client among it");
    assert!(per_second >= 5_000, "only {per_second}");
}

/// A swap that a wallet may make again and again.
struct Swap {
    pool: amm::Pool,
    direction: Direction,
    trader: Trader,
}

/// Swaps for which the wallet has both accounts, of every program.
fn swaps(world: &World, wallet: Address) -> Vec<Swap> {
    let programs = amm::Program::MAINNET.map(|program| address_of(program.id()));
    world.cluster().in_block(|block| {
        let accounts = block.bank().accounts();
        let own = |mint: amm::Address| {
            let mint = address_of(mint);
            let program = accounts.get(&mint)?.owner;
            let account = address::associated_token(&wallet, &mint, &program);
            accounts.get(&account).map(|_| amm(account))
        };
        let mut found = Vec::new();
        for (key, account) in accounts.iter() {
            let Ok(pool) = read_pool(block.bank(), key) else {
                continue;
            };
            let (first, second) = pool.mints();
            let both = own(first).zip(own(second));
            if let Some((input, output)) = both.filter(|_| programs.contains(&account.owner)) {
                found.push(Swap {
                    pool,
                    direction: Direction::FirstToSecond,
                    trader: Trader {
                        wallet: amm(wallet),
                        input,
                        output,
                    },
                });
            }
        }
        found
    })
}

fn address_of(key: amm::Address) -> Address {
    Address::new_from_array(key.0)
}

fn signed(swap: &Swap, amount_in: u64, key: &SigningKey, blockhash: Hash) -> Verified {
    let amounts = Amounts::ExactIn {
        amount_in,
        min_amount_out: 1,
    };
    let instruction = swap
        .pool
        .swap_instruction(swap.direction, swap.trader, amounts);
    let instruction = to_solana(instruction);
    let message = Message::new_with_blockhash(&[instruction], Some(&key_of(key)), &blockhash);
    Verified::sign(VersionedMessage::Legacy(message), &[key]).unwrap()
}

/// Executes swaps one after the other, and tells how many a second; signing them does not count.
async fn execute(world: &World, via_rpc: bool) -> u64 {
    let key = engine_key(&GENESIS_HASH);
    let swaps = swaps(world, key_of(&key));
    assert!(!swaps.is_empty());
    let rpc = world.rpc();
    let clock = SystemClock::new();
    let mut took = Duration::ZERO;
    let mut amounts = 1_000_000..;
    for _ in 0..SWAPS / ROUND {
        let confirmed = Commitment::Confirmed;
        let blockhash = world
            .cluster()
            .read(confirmed, |chain| chain.latest_blockhash().0);
        let round: Vec<Verified> = swaps
            .iter()
            .cycle()
            .zip(&mut amounts)
            .take(usize::try_from(ROUND).unwrap())
            .map(|(swap, amount)| signed(swap, amount, &key, blockhash))
            .collect();
        let bytes: Vec<Vec<u8>> = round.iter().map(|swap| swap.get().encode()).collect();
        let begun = clock.monotonic();
        if via_rpc {
            for bytes in &bytes {
                rpc.send(bytes).await.unwrap();
            }
        } else {
            for swap in &round {
                let landed = world.cluster().send(swap).unwrap();
                assert_eq!(landed.outcome.status, Ok(()));
            }
        }
        took += clock.monotonic() - begun;
    }
    SWAPS * 1_000 / u64::try_from(took.as_millis()).unwrap()
}

#[tokio::test]
#[ignore = "a measurement, which needs a release build and a machine of its own"]
async fn swaps_are_executed_thousands_of_times_a_second() {
    let per_second = execute(&world(Mode::Moving), false).await;

    eprintln!("{per_second} swaps a second on one core");
    assert!(per_second >= 2_000, "only {per_second}");
}

#[tokio::test]
#[ignore = "a measurement, which needs a release build and a machine of its own"]
async fn swaps_with_their_signatures_checked_are_executed_thousands_of_times_a_second() {
    let per_second = execute(&world(Mode::Moving), true).await;

    eprintln!("{per_second} swaps a second on one core, each read from bytes and checked");
    assert!(per_second >= 2_000, "only {per_second}");
}
