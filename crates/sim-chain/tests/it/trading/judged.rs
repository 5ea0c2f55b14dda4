//! What a signer signs, executed: it takes no more than the signer counts, and nobody but pools gets anything.

use std::collections::BTreeMap;

use amm::instruction::{AccountMeta, Instruction};
use amm::{Address, Program};
use chain_solana::address::{TOKEN_PROGRAM, WRAPPED_SOL, associated_token};
use chain_solana::build::compile::Message;
use chain_solana::keys::{Signer as _, Wallet};
use chain_solana::message::Decoded;
use chain_solana::rpc::{Commitment, Transaction, View};
use domain::Asset;
use ports::Random;
use ports::transaction_builder::TransactionBuilder as _;
use signer::{Rules, Spending, judge};
use sim_chain::cluster::GENESIS_HASH;

use super::stage::Stage;
use crate::node::served::SOL;

/// A signature and its count stand before the message.
const SIGNATURES_BYTES: usize = 65;
const THIEF: Address = Address([66; 32]);
/// Changed messages that are judged, and how many of the signed ones are executed.
const CHANGED: u32 = 20_000;
const EXECUTED_MAX: usize = 120;

struct Scene {
    stage: Stage,
    wallet: Wallet,
    rules: Rules,
    numbers: std::ops::RangeFrom<u32>,
}

fn usdc() -> Address {
    Address(*Asset::USDC.mint.address().bytes())
}

impl Scene {
    fn new() -> Self {
        let wallet = Wallet::of_simulated_cluster(&GENESIS_HASH);
        let mints = [(WRAPPED_SOL, TOKEN_PROGRAM), (usdc(), TOKEN_PROGRAM)];
        Self {
            stage: Stage::open(),
            rules: Rules::new(wallet.address(), Program::MAINNET.to_vec(), mints),
            wallet,
            numbers: 1..,
        }
    }

    /// What the engine would sign to sell so much into each pool of two assets.
    async fn sales(&mut self, pair: (Asset, Asset), amount: u64) -> Vec<Vec<u8>> {
        let (_, found) = self.stage.found(pair).await;
        let mut sales = Vec::new();
        for pool in &found {
            let number = self.numbers.next().unwrap();
            let sale = self.stage.sale(number, pool, pair, amount);
            sales.push(self.stage.chain.build(&sale).await.unwrap().bytes.to_vec());
        }
        sales
    }

    /// What a transaction did once it was executed.
    async fn executed(&self, bytes: &[u8]) -> Option<Transaction> {
        let rpc = self.stage.world.rpc();
        let signature = rpc.send(bytes).await.ok()?;
        self.stage
            .clock
            .advance(std::time::Duration::from_millis(400));
        self.stage.pass_blocks().await;
        let landed = rpc.transaction(&signature, Commitment::Confirmed).await;
        landed.unwrap()
    }

    /// Checks that the wallet lost no more than was counted, and the thief got nothing.
    #[track_caller]
    fn check(&self, done: &Transaction, counted: &Spending) {
        let (meta, wallet) = (&done.meta, self.wallet.address());
        let decoded = Decoded::read(&done.bytes, &meta.loaded).unwrap();
        let lamports = |balances: &[chain_solana::rpc::Lamports], place: usize| {
            i128::from(balances[place].get())
        };
        for (place, key) in decoded.keys.iter().enumerate() {
            let gained = lamports(&meta.post_balances, place) - lamports(&meta.pre_balances, place);
            if *key == wallet {
                let sol = counted.paid.get(&WRAPPED_SOL).copied().unwrap_or_default();
                let all = sol + counted.fees + counted.made.values().sum::<u64>();
                assert!(-gained <= i128::from(all), "{gained} lamports, {counted:?}");
            }
            assert!(
                *key != THIEF || gained <= 0,
                "the thief got {gained} lamports"
            );
        }
        let mut tokens: BTreeMap<_, i128> = BTreeMap::new();
        for (balances, sign) in [(&meta.post_tokens, 1), (&meta.pre_tokens, -1)] {
            for it in balances {
                *tokens.entry((it.owner, it.mint)).or_default() += sign * i128::from(it.amount);
            }
        }
        for ((owner, mint), gained) in tokens {
            if owner == Some(wallet) {
                let paid = counted.paid.get(&mint).copied().unwrap_or_default();
                assert!(
                    -gained <= i128::from(paid),
                    "{gained} of {mint}, {counted:?}"
                );
            }
            assert!(
                owner != Some(THIEF) || gained <= 0,
                "the thief got {gained} of {mint}"
            );
        }
    }
}

#[tokio::test]
async fn a_signer_signs_the_engines_swaps_with_every_pool_and_counts_all_that_they_take() {
    let mut scene = Scene::new();
    let pairs = [
        ((Asset::SOL, Asset::USDC), 20 * SOL),
        ((Asset::USDC, Asset::SOL), 30_000_000),
    ];
    let mut done = 0;
    for (pair, amount) in pairs {
        for bytes in scene.sales(pair, amount).await {
            let counted = judge(&bytes[SIGNATURES_BYTES..], &scene.rules).unwrap();
            let executed = scene.executed(&bytes).await.unwrap();

            assert_eq!(executed.meta.outcome, Ok(()));
            scene.check(&executed, &counted);
            let paid = match pair.0 == Asset::SOL {
                true => WRAPPED_SOL,
                false => usdc(),
            };
            assert_eq!(counted.paid, BTreeMap::from([(paid, amount)]));
            done += 1;
        }
    }
    assert!(done >= 2 * Program::MAINNET.len(), "{done} pools");
}

/// A message with a few things changed, most of them to the thief's good.
fn changed(random: &Random, model: &[Instruction], wallet: Address) -> Vec<Instruction> {
    let below = |most: usize| usize::try_from(random.bits() % most.max(1) as u64).unwrap();
    let stolen = associated_token(THIEF, usdc(), TOKEN_PROGRAM);
    let mut all = model.to_vec();
    for _ in 0..=below(2) {
        let place = below(all.len());
        let every = all
            .iter()
            .flat_map(|it| it.accounts.iter().map(|it| it.address));
        let every: Vec<_> = every.chain([THIEF, stolen, wallet]).collect();
        let any = every[below(every.len())];
        match below(6) {
            0 => {
                let twice = all[place].clone();
                all.insert(below(all.len()), twice);
            }
            1 => {
                let other = below(all.len());
                all.swap(place, other);
            }
            2 if !all[place].data.is_empty() => {
                let at = below(all[place].data.len());
                all[place].data[at] = random.bits().to_le_bytes()[0];
            }
            3 => all[place].accounts.push(AccountMeta::write(any)),
            _ if !all[place].accounts.is_empty() => {
                let at = below(all[place].accounts.len());
                all[place].accounts[at].address = any;
            }
            _ => {}
        }
    }
    all
}

#[tokio::test]
async fn what_is_signed_of_changed_swaps_takes_no_more_than_is_counted_and_gives_a_thief_nothing() {
    let mut scene = Scene::new();
    let mut models = scene.sales((Asset::SOL, Asset::USDC), SOL).await;
    for bought in &models {
        scene.executed(bought).await.unwrap();
    }
    models.extend(scene.sales((Asset::USDC, Asset::SOL), 3_000_000).await);
    let models: Vec<_> = models
        .iter()
        .map(|bytes| Decoded::read(bytes, &[]).unwrap().instructions)
        .collect();
    let (random, wallet) = (Random::seeded(3), scene.wallet.address());
    let (mut executed, mut landed) = (0, 0);
    for number in 0..CHANGED {
        let model = &models[usize::try_from(number).unwrap() % models.len()];
        let instructions = changed(&random, model, wallet);
        let view = View::newest(Commitment::Confirmed);
        let hash = scene
            .stage
            .world
            .rpc()
            .latest_blockhash(view)
            .await
            .unwrap();
        let compiled = Message::compile(wallet, &instructions, hash.value.hash, &[]);
        let Ok(message) = compiled else { continue };
        let Ok(counted) = judge(message.bytes(), &scene.rules) else {
            continue;
        };
        if executed == EXECUTED_MAX {
            break;
        }
        executed += 1;
        let signature = scene.wallet.sign(message.bytes()).await.unwrap();
        let bytes = [&[1], signature.as_ref(), message.bytes()].concat();
        let Some(done) = scene.executed(&bytes).await else {
            continue;
        };
        landed += usize::from(done.meta.outcome.is_ok());
        scene.check(&done, &counted);
    }

    assert_eq!(executed, EXECUTED_MAX);
    assert!(
        landed > EXECUTED_MAX / 10,
        "{landed} of {executed} did something"
    );
}
