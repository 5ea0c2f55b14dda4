//! A world on a clock that stands still, and the engine's wallet, which swaps in it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use amm::instruction::{Amounts, Trader};
use amm::token::TokenAccount;
use amm::{Direction, Pool};
use ed25519_dalek::SigningKey;
use ports::{Random, Shutdown};
use sim_chain::bank::{Verified, address};
use sim_chain::cluster::{Commitment, GENESIS_HASH, Landed, Snapshot};
use sim_chain::market::{Mode, engine_key, read_pool};
use sim_chain::world::OpenError;
use sim_chain::{SimConfig, World};
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};
use solana_message::{Message, VersionedMessage};
use testkit::ManualClock;

use crate::instruction::{to_solana, wrap};
use crate::node::served::key_of;

pub(super) const SLOT: Duration = Duration::from_millis(400);
pub(super) const USDC: Address =
    Address::from_str_const("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v");
pub(super) const JUP: Address =
    Address::from_str_const("JUPyiwrYJFskUPiHa7hkeR8VUtAeFoSYbKedZNsDvCN");

pub(super) struct Stage {
    pub(super) world: Arc<World>,
    pub(super) clock: Arc<ManualClock>,
}

pub(super) fn config(path: Option<PathBuf>) -> SimConfig {
    SimConfig {
        market: Mode::Still,
        ledger_path: path,
        ..SimConfig::default()
    }
}

pub(super) fn try_open(config: &SimConfig, clock: &Arc<ManualClock>) -> Result<Stage, OpenError> {
    let random = Random::seeded(5);
    let world = World::open(config, clock.clone(), &random, &Shutdown::new())?;
    let clock = clock.clone();
    Ok(Stage { world, clock })
}

pub(super) fn open(config: &SimConfig, clock: &Arc<ManualClock>) -> Stage {
    try_open(config, clock).unwrap()
}

pub(super) fn in_memory() -> Stage {
    open(&config(None), &Arc::default())
}

pub(super) fn on_disk(folder: &Path, clock: &Arc<ManualClock>) -> Stage {
    open(&config(Some(folder.join("cluster.db"))), clock)
}

/// The files as a process that is killed now would leave them.
pub(super) fn as_if_killed(folder: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for name in ["cluster.db", "cluster.db-wal"] {
        std::fs::copy(folder.join(name), copy.path().join(name)).unwrap();
    }
    copy
}

impl Stage {
    pub(super) fn read<T>(&self, look: impl FnOnce(Snapshot<'_>) -> T) -> T {
        self.world.cluster().read(Commitment::Confirmed, look)
    }

    /// Lets blocks pass, so that what was sent before is confirmed.
    pub(super) async fn pass_blocks(&self, blocks: u32) {
        for _ in 0..blocks {
            // Of two slots at least one has a block.
            self.clock.advance(SLOT * 2);
            self.world.cluster().settled().await;
        }
    }

    pub(super) fn wallet() -> Address {
        key_of(&engine_key(&GENESIS_HASH))
    }

    /// What the engine's wallet holds of a mint, or has of lamports.
    pub(super) fn holding(&self, mint: Address) -> u64 {
        self.read(|chain| {
            let accounts = chain.accounts();
            let program = accounts.get(&mint).unwrap().owner;
            let account = address::associated_token(&Self::wallet(), &mint, &program);
            let account = accounts.get(&account);
            account.map_or(0, |it| TokenAccount::read(&it.data).unwrap().amount)
        })
    }

    pub(super) fn lamports(&self) -> u64 {
        self.read(|chain| chain.accounts().get(&Self::wallet()).unwrap().lamports)
    }

    /// The CPMM pool of two mints.
    pub(super) fn pool(&self, one: Address, other: Address) -> Pool {
        let (first, second) = if one < other {
            (one, other)
        } else {
            (other, one)
        };
        self.world.cluster().in_block(|block| {
            let accounts = block.bank().accounts();
            let is_it = |data: &[u8]| {
                data.len() == 637
                    && data[168..200] == first.to_bytes()
                    && data[200..232] == second.to_bytes()
            };
            let mut found = accounts.iter();
            let found = found
                .find(|(_, it)| it.owner == address::RAYDIUM_CPMM && is_it(&it.data))
                .map(|(key, _)| *key);
            read_pool(block.bank(), &found.unwrap()).unwrap()
        })
    }

    /// The instruction that sells so much.
    pub(super) fn sale(
        &self,
        mints: (Address, Address),
        amount_in: u64,
        least: u64,
    ) -> Instruction {
        let pool = self.pool(mints.0, mints.1);
        let direction = if pool.mints().0.0 == mints.0.to_bytes() {
            Direction::FirstToSecond
        } else {
            Direction::SecondToFirst
        };
        let account = |mint: Address| {
            let account = address::associated_token(&Self::wallet(), &mint, &address::TOKEN);
            amm::Address(account.to_bytes())
        };
        let trader = Trader {
            wallet: amm::Address(Self::wallet().to_bytes()),
            input: account(mints.0),
            output: account(mints.1),
        };
        let amounts = Amounts::ExactIn {
            amount_in,
            min_amount_out: least,
        };
        to_solana(pool.swap_instruction(direction, trader, amounts))
    }

    /// A transaction of the engine's wallet.
    pub(super) fn sign(&self, instructions: &[Instruction]) -> Verified {
        sign(&self.world, &engine_key(&GENESIS_HASH), instructions)
    }

    pub(super) fn sell(&self, mints: (Address, Address), amount_in: u64) -> Verified {
        self.sign(&[self.sale(mints, amount_in, 1)])
    }

    pub(super) fn send(&self, transaction: &Verified) -> Arc<Landed> {
        self.world.cluster().send(transaction).unwrap()
    }
}

pub(crate) fn sign(world: &World, key: &SigningKey, instructions: &[Instruction]) -> Verified {
    let cluster = world.cluster();
    let (hash, _) = cluster.read(Commitment::Confirmed, |chain| chain.latest_blockhash());
    let message = Message::new_with_blockhash(instructions, Some(&key_of(key)), &hash);
    Verified::sign(VersionedMessage::Legacy(message), &[key]).unwrap()
}

/// Wraps SOL into the wallet's account of it, which is made for this and closed again.
pub(super) fn wrapped(lamports: u64, swap: Instruction) -> Vec<Instruction> {
    let wallet = Stage::wallet();
    let account = address::associated_token(&wallet, &address::WRAPPED_SOL, &address::TOKEN);
    let close = Instruction {
        program_id: address::TOKEN,
        accounts: vec![
            AccountMeta::new(account, false),
            AccountMeta::new(wallet, false),
            AccountMeta::new_readonly(wallet, true),
        ],
        data: vec![9],
    };
    let wrap = wrap(wallet, lamports).into_iter();
    wrap.chain([swap, close]).collect()
}
