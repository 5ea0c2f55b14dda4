//! Invariants:
//! 1. Asked the same of the same block, the struct and the server answer the same, or refuse alike.
//! 2. What a market did and what clients sent is told alike, to the last byte.

use std::sync::Arc;
use std::time::Duration;

use chain_solana::Rpc;
use chain_solana::rpc::{
    Commitment, EntryPage, Error, Filter, History, SimulationRequest, Slot, View,
};
use ports::{Random, Shutdown};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};
use sim_chain::bank::address;
use sim_chain::market::Mode;
use sim_chain::{SimConfig, World, cluster};
use solana_address::Address;
use solana_signature::Signature;
use testkit::ManualClock;
use tokio::runtime::Runtime;

use super::stand::{amm, client, sign};
use crate::node::served::{key_of, wallet};

/// What somebody asks; places are those of a list of what is there, and of what is not.
#[derive(Debug, Clone)]
enum Question {
    EpochInfo(View),
    LatestBlockhash(View),
    Accounts(Vec<Index>, View),
    ProgramAccounts(Index, Vec<Filter>, View),
    MinimumBalance(usize),
    Simulate(Index, Vec<Index>, Option<usize>, View),
    Statuses(Vec<Index>, bool),
    Transaction(Index, Commitment),
    Signatures(Index, usize, View),
    Fees(Vec<Index>),
    Blocks(u64, u64, Commitment),
    GenesisHash,
}

fn commitments() -> impl Strategy<Value = Commitment> {
    prop_oneof![
        Just(Commitment::Processed),
        Just(Commitment::Confirmed),
        Just(Commitment::Finalized),
    ]
}

fn views() -> impl Strategy<Value = View> {
    let slots = prop_oneof![
        4 => Just(None),
        1 => any::<u64>().prop_map(Some),
        // Around where the chain stands.
        2 => (0_u64..80).prop_map(Some),
    ];
    (commitments(), slots).prop_map(|(commitment, slot)| View {
        commitment,
        min_slot: slot.map(Slot::new),
    })
}

fn filters() -> impl Strategy<Value = Vec<Filter>> {
    let bytes = prop::collection::vec(any::<u8>(), 0..2);
    let filter = prop_oneof![
        prop_oneof![Just(637), Just(752), Just(1_112), any::<u64>()].prop_map(Filter::Size),
        (prop_oneof![0_u64..700, any::<u64>()], bytes)
            .prop_map(|(offset, bytes)| Filter::Bytes { offset, bytes }),
    ];
    prop::collection::vec(filter, 0..6)
}

fn questions() -> impl Strategy<Value = Question> {
    let places = |max: usize| prop::collection::vec(any::<Index>(), 0..max);
    let limits = prop_oneof![0_usize..20, 990_usize..1_010];
    let starts = prop_oneof![0_u64..100, any::<u64>()];
    let counts = prop_oneof![0_u64..50, 499_990_u64..500_010];
    prop_oneof![
        views().prop_map(Question::EpochInfo),
        views().prop_map(Question::LatestBlockhash),
        (places(110), views()).prop_map(|(keys, view)| Question::Accounts(keys, view)),
        (any::<Index>(), filters(), views())
            .prop_map(|(program, filters, view)| Question::ProgramAccounts(program, filters, view)),
        any::<u32>().prop_map(|bytes| Question::MinimumBalance(bytes as usize)),
        (
            any::<Index>(),
            places(6),
            prop::option::of(0_usize..300),
            views()
        )
            .prop_map(|(which, keys, cut, view)| Question::Simulate(which, keys, cut, view)),
        (places(260), any::<bool>()).prop_map(|(all, whole)| Question::Statuses(all, whole)),
        (any::<Index>(), commitments()).prop_map(|(one, at)| Question::Transaction(one, at)),
        (any::<Index>(), limits, views())
            .prop_map(|(key, limit, view)| Question::Signatures(key, limit, view)),
        places(130).prop_map(Question::Fees),
        (starts, counts, commitments())
            .prop_map(|(start, count, at)| Question::Blocks(start, count, at)),
        Just(Question::GenesisHash),
    ]
}

/// A chain with a history, and what there is to be asked of it.
struct Past {
    keys: Vec<Address>,
    programs: Vec<Address>,
    signatures: Vec<Signature>,
    transactions: Vec<Vec<u8>>,
    /// What slots near the chain's are counted from.
    slot: u64,
}

impl Past {
    fn lived(world: &World, clock: &ManualClock) -> Self {
        let cluster = world.cluster();
        let mut keys: Vec<Address> = cluster.read(cluster::Commitment::Processed, |chain| {
            chain.accounts().iter().map(|(key, _)| *key).collect()
        });
        keys.sort_unstable();
        keys.extend((0..20).map(|byte| Address::new_from_array([byte; 32])));
        let payer = wallet(1);
        let from = key_of(&payer);
        cluster.airdrop(from, 1_000_000_000).unwrap();
        let mut transactions = Vec::new();
        for round in 0..30 {
            cluster.touch(&keys);
            let hash = cluster.read(cluster::Commitment::Confirmed, |chain| {
                chain.latest_blockhash().0
            });
            // More and more, until there is not enough.
            let signed = sign(&payer, 3_000_000 * (round + 1), hash);
            transactions.push(signed.get().encode());
            if round % 3 != 2 {
                let _ = cluster.send(&signed);
            }
            clock.advance(cluster.slot_time());
        }
        keys.push(from);
        let (signatures, slot) = cluster.read(cluster::Commitment::Processed, |chain| {
            let landed = chain.history().since(0);
            let known = landed.map(|landed| *landed.transaction.signature());
            let unknown = (0..5).map(|byte| Signature::from([byte; 64]));
            (known.chain(unknown).collect(), chain.slot())
        });
        Self {
            keys,
            programs: vec![
                address::RAYDIUM_CPMM,
                address::RAYDIUM_AMM_V4,
                address::METEORA_DAMM_V2,
                address::METEORA_DLMM,
                address::MEMO,
            ],
            signatures,
            transactions,
            slot,
        }
    }

    fn some_keys(&self, places: &[Index]) -> Vec<amm::Address> {
        places
            .iter()
            .map(|place| amm(*place.get(&self.keys)))
            .collect()
    }

    /// Small slots are counted from the chain's.
    fn slot(&self, slot: Slot) -> Slot {
        match slot.get() {
            near @ 0..=100 => Slot::new((self.slot + near).saturating_sub(50)),
            far => Slot::new(far),
        }
    }

    fn view(&self, view: View) -> View {
        View {
            min_slot: view.min_slot.map(|slot| self.slot(slot)),
            ..view
        }
    }
}

/// What is compared: an answer with all its fields, or which kind of refusal there was.
async fn ask(rpc: &dyn Rpc, past: &Past, question: &Question) -> String {
    match question {
        Question::EpochInfo(view) => told(rpc.epoch_info(past.view(*view)).await),
        Question::LatestBlockhash(view) => told(rpc.latest_blockhash(past.view(*view)).await),
        Question::Accounts(places, view) => {
            let keys = past.some_keys(places);
            let found = rpc.accounts(&keys, past.view(*view)).await;
            let data = found.as_ref().map(|found| {
                let all = found.value.iter().flatten();
                all.map(|account| account.data.clone()).collect::<Vec<_>>()
            });
            format!("{data:?} {}", told(found.clone()))
        }
        Question::ProgramAccounts(program, filters, view) => {
            let program = amm(*program.get(&past.programs));
            let found = rpc
                .program_accounts(program, filters, past.view(*view))
                .await;
            told(found)
        }
        Question::MinimumBalance(bytes) => told(rpc.minimum_balance(*bytes).await),
        Question::Simulate(which, places, cut, view) => {
            let bytes = which.get(&past.transactions);
            let bytes = &bytes[..cut.unwrap_or(bytes.len()).min(bytes.len())];
            let request = SimulationRequest {
                transaction: bytes,
                view: past.view(*view),
                accounts: &past.some_keys(places),
            };
            told(rpc.simulate(&request).await)
        }
        Question::Statuses(places, whole) => {
            let asked = places.iter().map(|place| *place.get(&past.signatures));
            let asked: Vec<Signature> = asked.collect();
            let history = match whole {
                true => History::Whole,
                false => History::Recent,
            };
            told(rpc.signature_statuses(&asked, history).await)
        }
        Question::Transaction(which, commitment) => {
            let signature = which.get(&past.signatures);
            told(rpc.transaction(signature, *commitment).await)
        }
        Question::Signatures(place, limit, view) => {
            let key = past.some_keys(&[*place])[0];
            let view = past.view(*view);
            told(
                rpc.signatures_for_address(key, EntryPage::newest(*limit), view)
                    .await,
            )
        }
        Question::Fees(places) => told(rpc.prioritization_fees(&past.some_keys(places)).await),
        Question::Blocks(start, limit, commitment) => {
            let start = past.slot(Slot::new(*start));
            told(rpc.blocks(start, *limit, *commitment).await)
        }
        Question::GenesisHash => told(rpc.genesis_hash().await),
    }
}

fn told<T: std::fmt::Debug>(answer: Result<T, Error>) -> String {
    match answer {
        Ok(answer) => format!("{answer:?}"),
        // The words are each one's own.
        Err(Error::Refused(_)) => "refused".to_owned(),
        Err(Error::Behind(lag)) => format!("behind: {lag:?}"),
        Err(other) => format!("not expected of anybody: {other:?}"),
    }
}

#[test]
fn the_struct_and_the_server_answer_alike() {
    let runtime = Runtime::new().unwrap();
    let clock = Arc::new(ManualClock::default());
    let config = SimConfig {
        latency_scale: 0.0,
        seed: Some(7),
        market: Mode::Moving,
        ..SimConfig::default()
    };
    let random = Random::seeded(7);
    let shutdown = Shutdown::new();
    let world = World::open(&config, clock.clone(), &random, &shutdown).unwrap();
    let past = Past::lived(&world, &clock);
    let here = world.rpc();
    let (there, _server) =
        runtime.block_on(async { client(world.service(), Duration::from_secs(20)) });
    let mut runner = TestRunner::new(Config {
        cases: 200,
        failure_persistence: None,
        ..Config::default()
    });

    let asked = runner.run(&questions(), |question| {
        runtime.block_on(async {
            let ours = ask(here.as_ref(), &past, &question).await;
            let theirs = ask(there.as_ref(), &past, &question).await;
            prop_assert!(!ours.contains("not expected"), "{}", ours);
            prop_assert_eq!(ours, theirs);
            Ok(())
        })
    });
    asked.unwrap();
}
