//! One state of the chain twice: where the real programs execute transactions, and where the emulated ones do.

use std::sync::Arc;

use amm::instruction::{Amounts, Instruction};
use amm::{Direction, Pool, Program};
use chain_solana::build::budget::Budget;
use chain_solana::build::compile::{LookupTable, Message};
use chain_solana::build::{self, Asset, Execution, Leg, WRAPPED_ACCOUNT_BYTES};
use chain_solana::rpc::{Lamports, MicroLamports};
use domain::OrderId;
use sim_chain::bank::{Account, Bank, Rent, Transaction};
use sim_chain::cluster::GENESIS_HASH;
use sim_chain::market::{Mode, conditions, engine_key, read_pool};
use solana_address::Address;
use solana_hash::Hash;
use uuid::Uuid;

use crate::compare::{self, End, differences};
use crate::stand::{Stand, programs};

pub(crate) const CPMM: Program = Program::MAINNET[0];
pub(crate) const AMM_V4: Program = Program::MAINNET[1];
pub(crate) const DAMM_V2: Program = Program::MAINNET[2];
pub(crate) const DLMM: Program = Program::MAINNET[3];

pub(crate) const SOL: amm::Address =
    amm::Address::literal("So11111111111111111111111111111111111111112");
pub(crate) const USDC: amm::Address =
    amm::Address::literal("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v");
pub(crate) const JUP: amm::Address =
    amm::Address::literal("JUPyiwrYJFskUPiHa7hkeR8VUtAeFoSYbKedZNsDvCN");
/// A mint of Token-2022 that keeps a fee of every transfer.
pub(crate) const PYUSD: amm::Address =
    amm::Address::literal("2b1kV6DkPAnxd5ixfnxCpjxmKwqjjaYmCZfHsFu24GXo");

/// As much as any transaction may use, so that none ends for that.
pub(crate) const BUDGET: Budget = Budget {
    units: 1_400_000,
    price: MicroLamports::new(10_000),
};

pub(crate) struct Twins {
    pub(crate) emulated: Bank,
    pub(crate) real: Bank,
}

/// What is to be swapped: through which pool, and how much of which mint.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    pub(crate) program: Program,
    pub(crate) mint_in: amm::Address,
    pub(crate) mint_out: amm::Address,
    pub(crate) amounts: Amounts,
}

/// The wallet's key, as hosts without files are given it.
pub(crate) fn key_text() -> String {
    format!("{:?}", engine_key(&GENESIS_HASH).to_keypair_bytes())
}

pub(crate) fn wallet() -> Address {
    Address::from(engine_key(&GENESIS_HASH).verifying_key().to_bytes())
}

pub(crate) const fn to_amm(key: &Address) -> amm::Address {
    amm::Address(key.to_bytes())
}

pub(crate) fn from_amm(key: amm::Address) -> Address {
    Address::from(key.0)
}

impl Twins {
    /// The simulated market as it begins. Nothing where there are no programs.
    pub(crate) async fn new() -> Option<Self> {
        let stand = Stand::new(Mode::Still, 3)?;
        stand.pass_blocks(3).await;
        let programs = programs()?;
        let real = stand.world.cluster().in_block(|block| {
            let mut bank = block.bank().clone();
            bank.set_runtime(programs);
            bank
        });
        let mut emulated = Bank::new(*real.environment());
        for (key, account) in real.accounts().iter() {
            emulated.set_account(*key, account.clone());
        }
        Some(Self { emulated, real })
    }

    /// Puts an account there, in both.
    pub(crate) fn set(&mut self, key: Address, account: Account) {
        self.emulated.set_account(key, account.clone());
        self.real.set_account(key, account);
    }

    pub(crate) fn account(&self, key: &Address) -> Option<Account> {
        self.real.accounts().get(key).cloned()
    }

    /// Changes an account's bytes, in both.
    pub(crate) fn alter(&mut self, key: &Address, alter: impl FnOnce(&mut Vec<u8>)) {
        let mut account = self.account(key).expect("an account that is there");
        alter(Arc::make_mut(&mut account.data));
        self.set(*key, account);
    }

    /// The program's pool of two mints.
    pub(crate) fn pool(&self, program: Program, mints: (amm::Address, amm::Address)) -> Pool {
        let id = from_amm(program.id());
        let accounts = self.real.accounts().iter();
        let mut owned = accounts.filter(|(_, account)| account.owner == id);
        let found = owned.find_map(|(key, _)| {
            let pool = read_pool(&self.real, key).ok()?;
            Direction::between(pool.mints(), mints.0, mints.1).map(|_| pool)
        });
        found.expect("a pool of these mints")
    }

    /// What a sale gives now, by our arithmetic.
    pub(crate) fn quote(&self, step: &Step) -> u64 {
        let (pool, direction) = self.way(step);
        let at = conditions(&self.real, &pool, direction);
        let quote = match step.amounts {
            Amounts::ExactIn { amount_in, .. } => pool.quote_in(amount_in, &at),
            Amounts::ExactOut { amount_out, .. } => pool.quote_out(amount_out, &at),
        };
        quote.unwrap().amount_out
    }

    pub(crate) fn way(&self, step: &Step) -> (Pool, Direction) {
        let pool = self.pool(step.program, (step.mint_in, step.mint_out));
        let direction = Direction::between(pool.mints(), step.mint_in, step.mint_out);
        (pool, direction.unwrap())
    }

    /// What the engine's builder makes of a route of these steps along a path of mints.
    pub(crate) fn build(&self, path: &[amm::Address], steps: &[Step]) -> Vec<Instruction> {
        let asset = |mint: &amm::Address| Asset {
            mint: *mint,
            program: to_amm(&self.account(&from_amm(*mint)).unwrap().owner),
        };
        let path: Vec<Asset> = path.iter().map(asset).collect();
        let ways: Vec<_> = steps.iter().map(|step| self.way(step)).collect();
        let legs = steps
            .iter()
            .zip(&ways)
            .map(|(step, (pool, direction))| Leg {
                pool,
                direction: *direction,
                amounts: step.amounts,
            });
        let rent = Rent::default().minimum_balance(WRAPPED_ACCOUNT_BYTES);
        let built = build::draft(&Execution {
            order_id: OrderId::new(Uuid::from_u128(7)),
            number: 1,
            wallet: to_amm(&wallet()),
            path: &path,
            legs: &legs.collect::<Vec<_>>(),
            budget: BUDGET,
            wrapped_rent: Lamports::new(rent),
        });
        built.unwrap().instructions
    }

    pub(crate) fn run(&self, transaction: &Transaction) -> (End, End) {
        (
            compare::emulated(self.emulated.execute(transaction)),
            compare::emulated(self.real.execute(transaction)),
        )
    }

    /// Runs instructions here and there. They must end alike, and as expected.
    pub(crate) fn check(&self, name: &str, instructions: &[Instruction], expected: &Expected) {
        let transaction = compiled(instructions, &[]);
        self.check_whole(name, &transaction, expected);
    }

    pub(crate) fn check_whole(&self, name: &str, transaction: &Transaction, expected: &Expected) {
        let (emulated, real) = self.run(transaction);
        let found = differences(&emulated, &real);
        assert!(found.is_empty(), "{name}: {}", found.join("\n"));
        let ended = compare::status(&real);
        let is_expected = match expected {
            Expected::Success => ended == "success",
            Expected::Failure(words) => ended.contains(words.as_str()),
        };
        assert!(
            is_expected,
            "{name}: {expected:?} was expected, not {ended}"
        );
    }
}

/// How a transaction must end under the real programs.
#[derive(Debug, Clone)]
pub(crate) enum Expected {
    Success,
    /// With these words in its error.
    Failure(String),
}

impl Expected {
    pub(crate) fn code(place: usize, number: u32) -> Self {
        Self::Failure(format!("InstructionError({place}, Custom({number}))"))
    }
}

/// A legacy transaction where it fits, else one with lookup tables. Nobody has signed it.
pub(crate) fn compiled(instructions: &[Instruction], tables: &[LookupTable]) -> Transaction {
    let payer = to_amm(&wallet());
    let message = Message::compile(payer, instructions, Hash::default(), tables);
    Transaction::decode(&message.unwrap().unsigned()).unwrap()
}
