//! A cluster with one pair on CPMM, as its accounts stand.

use std::sync::Arc;
use std::time::Duration;

use amm::cpmm::account::{ConfigAccount, PoolAccount};
use amm::layout::Layout;
use amm::token::{TOKEN_PROGRAM, WRAPPED_SOL};
use amm::{Address, Program};
use domain::fee::UnitPrice;
use domain::{Asset, BaseUnits, FeeLevel, Mint, OrderId, venue};
use ports::SystemClock;
use ports::transaction_builder::{Exact, Execution, Leg};
use solana_hash::Hash;
use uuid::Uuid;

use crate::address::CLOCK;
use crate::chain::SolanaChain;
use crate::fees::FeePolicy;
use crate::keys::Wallet;
use crate::pace::Pace;
use crate::pools::PoolReader;
use crate::rpc::{Account, At, Blockhash, Commitment, Filter, Lamports, Slot};
use crate::script::{Call, Script};
use crate::settings::{Landed, Settings, Simulating};

pub(crate) const USDC: Address = Address::literal("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v");
pub(crate) const WRAPPED: Address = WRAPPED_SOL;
pub(crate) const CPMM: Program = Program::MAINNET[0];
pub(crate) const PAIR: (Mint, Mint) = (Asset::SOL.mint, Asset::USDC.mint);
pub(crate) const SHALLOW: PoolOf = PoolOf {
    address: Address([10; 32]),
    sol: 10_000_000_000,
    usdc: 1_600_000_000,
};
pub(crate) const DEEP: PoolOf = PoolOf {
    address: Address([20; 32]),
    sol: 10_000_000_000_000,
    usdc: 1_510_000_000_000,
};
const CONFIG: Address = Address([77; 32]);
/// The slot of what the cluster answers where nothing else is said.
pub(crate) const SLOT: u64 = 1_000;

pub(crate) fn wallet() -> Wallet {
    Wallet::of_simulated_cluster(&Hash::new_from_array([5; 32]))
}

/// CPMM alone, and nothing is used twice.
pub(crate) fn settings() -> Settings {
    Settings {
        tables: Arc::from([]),
        programs: vec![CPMM],
        commitment: Landed::Confirmed,
        fees: FeePolicy {
            level: FeeLevel::Priced(UnitPrice::new(50_000).unwrap()),
            most: Lamports::new(1_000_000),
        },
        simulating: Simulating::Off,
        checks_funds: false,
        pace: Pace::real(Commitment::Confirmed),
        signing_limit: Duration::from_secs(2),
        blockhash_for: Duration::ZERO,
        shared_for: Duration::ZERO,
        quote_age_max: Duration::from_secs(2),
    }
}

pub(crate) fn reader(script: &Script, settings: &Settings) -> Arc<PoolReader> {
    let clock = Arc::new(SystemClock::new());
    Arc::new(PoolReader::new(script.rpc(), clock, settings))
}

pub(crate) fn chain(script: &Script) -> SolanaChain {
    chain_with(script, reader(script, &settings()), settings())
}

pub(crate) fn chain_with(
    script: &Script,
    pools: Arc<PoolReader>,
    settings: Settings,
) -> SolanaChain {
    let clock = Arc::new(SystemClock::new());
    SolanaChain::new(pools, script.rpc(), Arc::new(wallet()), clock, settings)
}

/// So much SOL for at least so much USDC, in one pool.
pub(crate) fn leg(pool: PoolOf, sol: u64, usdc: u64) -> Leg {
    Leg {
        program: venue::Program::Cpmm,
        pool: domain::Address::new(pool.address.0),
        mint_in: PAIR.0,
        mint_out: PAIR.1,
        amount_in: BaseUnits::new(sol),
        min_amount_out: BaseUnits::new(usdc),
        exact: Exact::In,
    }
}

/// The second execution of an order, quoted at [`SLOT`].
pub(crate) fn execution(legs: Vec<Leg>) -> Execution {
    Execution {
        order_id: OrderId::new(Uuid::from_u128(11)),
        number: 2,
        path: vec![PAIR.0, PAIR.1],
        legs,
        quoted_at: SLOT,
        fee_level: None,
        wallet: None,
        deaths: 0,
    }
}

/// One SOL for at least 149 USDC.
pub(crate) fn swap(pool: PoolOf) -> Execution {
    execution(vec![leg(pool, 1_000_000_000, 149_000_000)])
}

/// A CPMM pool with this address and these reserves of SOL and USDC.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PoolOf {
    pub(crate) address: Address,
    pub(crate) sol: u64,
    pub(crate) usdc: u64,
}

impl PoolOf {
    fn vaults(&self) -> (Address, Address) {
        let vault = |number| {
            let mut address = self.address;
            address.0[31] = number;
            address
        };
        (vault(1), vault(2))
    }

    fn account(&self) -> Account {
        let mut pool = PoolAccount::decode(&blank::<amm::cpmm::account::PoolLayout>()).unwrap();
        pool.set(PoolAccount::CONFIG, CONFIG);
        pool.set(PoolAccount::VAULT_FIRST, self.vaults().0);
        pool.set(PoolAccount::VAULT_SECOND, self.vaults().1);
        pool.set(PoolAccount::MINT_FIRST, WRAPPED_SOL);
        pool.set(PoolAccount::MINT_SECOND, USDC);
        pool.set(PoolAccount::TOKEN_PROGRAM_FIRST, TOKEN_PROGRAM);
        pool.set(PoolAccount::TOKEN_PROGRAM_SECOND, TOKEN_PROGRAM);
        account(CPMM.id(), pool.bytes().to_vec())
    }
}

/// The answer to a search for the pair.
pub(crate) fn search(pools: &[PoolOf]) -> Call {
    let discriminator = Filter::Bytes {
        offset: 0,
        bytes: vec![247, 237, 227, 245, 215, 195, 222, 70],
    };
    let filters = vec![
        Filter::Size(637),
        discriminator,
        Filter::address(168, WRAPPED_SOL),
        Filter::address(200, USDC),
    ];
    let found = pools.iter().map(|it| (it.address, it.account()));
    Call::ProgramAccounts(CPMM.id(), filters, Ok(found.collect()))
}

/// The answer to a snapshot of the pools' own accounts.
pub(crate) fn accounts(pools: &[PoolOf]) -> Call {
    let all = pools.iter().map(|it| (it.address, it.account()));
    answer(SLOT, all.collect())
}

/// The answer to a snapshot of these pools with all that they need.
pub(crate) fn snapshot(pools: &[PoolOf]) -> Call {
    snapshot_at(SLOT, pools)
}

/// The same of another slot.
pub(crate) fn snapshot_at(slot: u64, pools: &[PoolOf]) -> Call {
    let mut config = ConfigAccount::decode(&blank::<amm::cpmm::account::ConfigLayout>()).unwrap();
    config.set(ConfigAccount::TRADE_FEE_RATE, 2_500);
    let config = account(CPMM.id(), config.bytes().to_vec());
    let mut all = vec![(CONFIG, config), (WRAPPED_SOL, mint(9)), (USDC, mint(6))];
    for pool in pools {
        all.push((pool.address, pool.account()));
        all.push((pool.vaults().0, holding(WRAPPED_SOL, pool.sol)));
        all.push((pool.vaults().1, holding(USDC, pool.usdc)));
    }
    answer(slot, all)
}

fn answer(slot: u64, mut all: Vec<(Address, Account)>) -> Call {
    all.sort_by_key(|(address, _)| *address);
    let mut clock = vec![0; 40];
    clock[16] = 3;
    all.push((CLOCK, account(TOKEN_PROGRAM, clock)));
    in_order(slot, all)
}

fn in_order(slot: u64, all: Vec<(Address, Account)>) -> Call {
    let (addresses, accounts): (Vec<_>, Vec<_>) = all.into_iter().unzip();
    let answer = At {
        slot: Slot::new(slot),
        value: accounts.into_iter().map(Some).collect(),
    };
    Call::Accounts(addresses, Ok(answer))
}

/// The answer to a question for the accounts at these pools' addresses, of which some are there.
pub(crate) fn found_at(asked: &[PoolOf], there: &[PoolOf]) -> Call {
    let account = |it: &PoolOf| {
        let mut all = there.iter();
        all.find(|there| there.address == it.address)
            .map(PoolOf::account)
    };
    let answer = At {
        slot: Slot::new(SLOT),
        value: asked.iter().map(account).collect(),
    };
    let asked = asked.iter().map(|it| it.address);
    Call::Accounts(asked.collect(), Ok(answer))
}

pub(crate) fn blockhash(last_valid_height: u64) -> Call {
    let value = Blockhash {
        hash: Hash::new_from_array([8; 32]),
        last_valid_height: domain::transaction::Height::new(last_valid_height),
    };
    let slot = Slot::new(SLOT);
    Call::LatestBlockhash(Ok(At { slot, value }))
}

fn blank<L: Layout>() -> Vec<u8> {
    let mut bytes = vec![0; L::LENGTH];
    let discriminator = L::DISCRIMINATOR.unwrap();
    bytes[..8].copy_from_slice(&discriminator);
    bytes
}

pub(crate) fn account(owner: Address, data: Vec<u8>) -> Account {
    Account {
        lamports: Lamports::new(1),
        owner,
        executable: false,
        data,
    }
}

fn mint(decimals: u8) -> Account {
    let mut data = vec![0; 82];
    (data[44], data[45]) = (decimals, 1);
    account(TOKEN_PROGRAM, data)
}

/// A vault of CPMM's that holds so much.
pub(crate) fn holding(mint: Address, amount: u64) -> Account {
    let mut data = vec![0; 165];
    data[..32].copy_from_slice(&mint.0);
    let authority = amm::cpmm::Deployment::MAINNET.authority;
    data[32..64].copy_from_slice(&authority.0);
    data[64..72].copy_from_slice(&amount.to_le_bytes());
    data[108] = 1;
    account(TOKEN_PROGRAM, data)
}
