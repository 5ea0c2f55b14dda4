//! Proves of all four programs, for every pool of the recorded transactions, any amount and any row of swaps:
//! 1. no swap pays out more than its input is worth at the price before it;
//! 2. a larger sale never yields less;
//! 3. buying what a sale yields never costs more than that sale, and what that purchase costs buys it;
//! 4. the price moves against the trader, and there and back never gains;
//! 5. what a swap writes into its accounts is read back as the pool it left;
//! 6. no swap of any amount brings more for each unit than the next unit does, and a smaller one hardly less.

mod damage;

use std::sync::OnceLock;

use amm::dlmm::bin_array::BinArray;
use amm::instruction::Amounts;
use amm::pool::{Pool, Program};
use amm::token::{Mint, TransferFee, TransferFees};
use amm::{Address, ChainTime, Conditions, Direction, Quote, Refusal};
use proptest::prelude::*;
use proptest::sample::Index;
use ruint::Uint;
use ruint::aliases::U256;

use crate::svm::case::{self, Accounts, Case, address};

/// Wide enough for a price times amounts.
type Wide = Uint<512, 8>;

/// A recorded pool.
#[derive(Debug, Clone)]
struct Recorded {
    program: Program,
    address: Address,
    bin_arrays: Vec<Address>,
    vaults: [Address; 2],
    accounts: Accounts,
    now: ChainTime,
}

/// One swap of a row.
#[derive(Debug, Clone)]
struct Move {
    direction: Direction,
    amount: u64,
    more: u64,
    seconds: u64,
}

/// Every pool that the recorded transactions name, in every state they met it in.
fn recorded() -> &'static [Recorded] {
    static RECORDED: OnceLock<Vec<Recorded>> = OnceLock::new();
    RECORDED.get_or_init(|| {
        let mut pools: Vec<Recorded> = Vec::new();
        for case in executed() {
            for pool in case.value["pools"].as_array().expect("pools") {
                let pool = one(case, pool);
                let is_known = |known: &Recorded| {
                    known.accounts.get(&pool.address) == pool.accounts.get(&pool.address)
                };
                if !pools.iter().any(is_known) {
                    pools.extend(variants(&pool));
                    pools.push(pool);
                }
            }
        }
        assert!(pools.len() > 50, "only {} pools", pools.len());
        pools
    })
}

fn one(case: &Case, pool: &serde_json::Value) -> Recorded {
    let id = address(&pool["program"]);
    let program = Program::MAINNET.into_iter().find(|it| it.id() == id);
    let at = address(&pool["id"]);
    let is_array =
        |data: &[u8]| BinArray::decode(data).is_ok_and(|array| array.get(BinArray::PAIR) == at);
    let arrays = case
        .before
        .iter()
        .filter(|(_, account)| is_array(&account.data));
    Recorded {
        program: program.expect("one of the four"),
        address: at,
        bin_arrays: arrays.map(|(address, _)| *address).collect(),
        vaults: [0, 1].map(|place| address(&pool["vaults"][place])),
        accounts: case.before.clone(),
        now: case.now,
    }
}

/// The same pool with its fees taken in the other ways that its program knows and no recorded pool has.
fn variants(of: &Recorded) -> Vec<Recorded> {
    let changes: Vec<fn(&mut Recorded)> = match of.program {
        Program::Cpmm(_) => vec![
            |at| at.take_creator_fee(0),
            |at| at.take_creator_fee(1),
            |at| at.take_creator_fee(2),
        ],
        Program::AmmV4(_) => Vec::new(),
        Program::DammV2(_) => vec![|at| {
            use amm::damm_v2::account::PoolAccount as Account;
            let mut pool = Account::decode(at.own()).expect("a pool");
            pool.set(Account::COLLECT_FEE_MODE, 2);
            pool.set(Account::COMPOUNDING_FEE_BPS, 5_000);
            *at.own() = pool.bytes().to_vec();
        }],
        Program::Dlmm(_) => vec![|at| {
            use amm::dlmm::account::PairAccount as Account;
            let mut pair = Account::decode(at.own()).expect("a pair");
            pair.set(Account::COLLECT_FEE_MODE, 1);
            *at.own() = pair.bytes().to_vec();
        }],
    };
    changes
        .into_iter()
        .map(|change| {
            let mut pool = of.clone();
            change(&mut pool);
            pool
        })
        .collect()
}

/// The recorded transactions.
fn executed() -> &'static [Case] {
    static EXECUTED: OnceLock<Vec<Case>> = OnceLock::new();
    EXECUTED.get_or_init(case::all)
}

impl Recorded {
    /// The bytes of the pool's own account.
    fn own(&mut self) -> &mut Vec<u8> {
        &mut self.accounts.get_mut(&self.address).expect("the pool").data
    }

    /// Has a CPMM pool's creator paid, on this side.
    fn take_creator_fee(&mut self, on: u8) {
        use amm::cpmm::account::{ConfigAccount, PoolAccount};
        let mut pool = PoolAccount::decode(self.own()).expect("a pool");
        pool.set(PoolAccount::CREATOR_FEE_ENABLED, 1);
        pool.set(PoolAccount::CREATOR_FEE_ON, on);
        *self.own() = pool.bytes().to_vec();
        let config = self.accounts.get_mut(&pool.get(PoolAccount::CONFIG));
        let config = &mut config.expect("its configuration").data;
        let mut account = ConfigAccount::decode(config).expect("a configuration");
        account.set(ConfigAccount::CREATOR_FEE_RATE, 500);
        *config = account.bytes().to_vec();
    }

    fn read(&self) -> Pool {
        Pool::read(self.program, self.address, &self.bin_arrays, &self.accounts).expect("a pool")
    }

    fn conditions(&self, pool: &Pool, direction: Direction) -> Conditions {
        let (first, second) = pool.mints();
        let fee = |mint| {
            let account = self.accounts.get(&mint);
            let mint = account.and_then(|account| Mint::read(&account.data));
            mint.map(|mint| mint.transfer_fee(self.now.epoch))
                .unwrap_or_default()
        };
        Conditions {
            direction,
            transfer_fees: TransferFees::new(direction, (fee(first), fee(second))),
            now: self.now,
        }
    }

    /// Writes back what a swap leaves: the program's accounts, and what the transfers make of the vaults.
    fn take(&mut self, after: &Pool, direction: Direction, quote: &Quote) {
        for (address, bytes) in after.accounts() {
            self.accounts.get_mut(&address).expect("it was read").data = bytes.to_vec();
        }
        let (vault_in, vault_out) = direction.in_out((self.vaults[0], self.vaults[1]));
        let arriving = quote.amount_in - quote.transfer_fee.input;
        let leaving = quote.amount_out + quote.transfer_fee.output;
        self.change(vault_in, |amount| amount + arriving);
        self.change(vault_out, |amount| amount - leaving);
    }

    fn change(&mut self, vault: Address, change: impl Fn(u64) -> u64) {
        let data = &mut self.accounts.get_mut(&vault).expect("a vault").data;
        let amount = u64::from_le_bytes(data[64..72].try_into().expect("eight bytes"));
        data[64..72].copy_from_slice(&change(amount).to_le_bytes());
    }
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let amount = || (0..50u32, any::<u64>()).prop_map(|(bits, any)| any >> (63 - bits));
    let direction = prop_oneof![
        Just(Direction::FirstToSecond),
        Just(Direction::SecondToFirst)
    ];
    let one = (direction, amount(), amount(), 0..1_000u64);
    let one = one.prop_map(|(direction, amount, more, seconds)| Move {
        direction,
        amount,
        more,
        seconds,
    });
    prop::collection::vec(one, 1..6)
}

/// What a swap can be refused for where the pool trades and is sound.
fn is_fair(refusal: Refusal) -> bool {
    matches!(
        refusal,
        Refusal::ZeroOutput
            | Refusal::InsufficientLiquidity
            | Refusal::PriceRange
            | Refusal::NotTradable
            | Refusal::Overflow
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn rows_of_swaps_keep_their_promises(pool in any::<Index>(), moves in moves()) {
        let mut at = pool.get(recorded()).clone();
        for Move { direction, amount, more, seconds } in moves {
            at.now.unix_time += seconds;
            let pool = at.read();
            let conditions = at.conditions(&pool, direction);
            let quote = match pool.quote_in(amount, &conditions) {
                Ok(quote) => quote,
                Err(refusal) => {
                    prop_assert!(is_fair(refusal), "{refusal}");
                    continue;
                }
            };
            check_worth(&quote, direction)?;
            check_larger(&pool, &quote, amount.saturating_add(more), &conditions)?;
            check_purchase(&pool, &quote, &conditions)?;
            check_marginal(&pool, &quote, &conditions)?;
            check_smaller(&pool, &quote, &conditions)?;

            let sale = Amounts::ExactIn { amount_in: amount, min_amount_out: 0 };
            let after = pool.after_swap(sale, &conditions).expect("it was quoted");
            check_back(&at, &after, &quote, direction)?;
            at.take(&after, direction, &quote);
            prop_assert_eq!(at.read(), after);
        }
    }
}

/// The rows above are only worth something where pools answer.
#[test]
fn every_recorded_pool_that_trades_is_quoted_both_ways() {
    let mut quoted = [0; 4];
    for at in recorded() {
        let pool = at.read();
        for direction in [Direction::FirstToSecond, Direction::SecondToFirst] {
            match pool.quote_in(1_000_000, &at.conditions(&pool, direction)) {
                Ok(_) => quoted[place(at.program)] += 1,
                Err(refusal) => assert_eq!(refusal, Refusal::NotTradable),
            }
        }
    }

    assert!(quoted.into_iter().all(|count| count >= 4), "{quoted:?}");
}

#[test]
fn bin_arrays_ahead_are_those_a_swap_goes_through() {
    for at in recorded() {
        let Pool::Dlmm(state) = at.read() else {
            continue;
        };
        for direction in [Direction::FirstToSecond, Direction::SecondToFirst] {
            let ahead = state.account.arrays_ahead(direction, 2);
            let active = amm::dlmm::quote::array_of(state.pool.active_id);

            assert_eq!(ahead.first(), Some(&active));
            assert!(
                ahead
                    .iter()
                    .all(|index| state.account.arrays().contains(index))
            );
        }
    }
}

fn place(program: Program) -> usize {
    match program {
        Program::Cpmm(_) => 0,
        Program::AmmV4(_) => 1,
        Program::DammV2(_) => 2,
        Program::Dlmm(_) => 3,
    }
}

fn check_worth(quote: &Quote, direction: Direction) -> Result<(), TestCaseError> {
    let (second, first) = quote.price_before.ratio();
    let (worth, per) = direction.in_out((second, first));
    let product =
        |amount: u64, factor: U256| U256::from(amount).widening_mul::<256, 4, 512, 8>(factor);
    prop_assert!(product(quote.amount_out, per) <= product(quote.amount_in, worth));

    let (second, first) = quote.price_after.ratio();
    let (after, per_after) = direction.in_out((second, first));
    let cross = |a: U256, b: U256| a.widening_mul::<256, 4, 512, 8>(b);
    prop_assert!(
        cross(after, per) <= cross(worth, per_after),
        "the price moved for the trader"
    );
    Ok(())
}

fn check_larger(
    pool: &Pool,
    quote: &Quote,
    amount: u64,
    at: &Conditions,
) -> Result<(), TestCaseError> {
    match pool.quote_in(amount, at) {
        Ok(larger) => prop_assert!(larger.amount_out >= quote.amount_out),
        Err(refusal) => prop_assert!(is_fair(refusal) && refusal != Refusal::ZeroOutput),
    }
    Ok(())
}

fn check_purchase(pool: &Pool, quote: &Quote, at: &Conditions) -> Result<(), TestCaseError> {
    let purchase = match pool.quote_out(quote.amount_out, at) {
        Ok(purchase) => purchase,
        // The programs refuse where no amount arrives exactly.
        Err(refusal) => {
            let has_fees = at.transfer_fees != TransferFees::NONE;
            prop_assert!(has_fees && refusal == Refusal::Overflow, "{refusal}");
            return Ok(());
        }
    };
    prop_assert!(
        purchase.amount_in <= quote.amount_in,
        "{} > {}",
        purchase.amount_in,
        quote.amount_in
    );
    let again = pool.quote_in(purchase.amount_in, at);
    let again = again.expect("what it costs can be sold");
    prop_assert!(
        again.amount_out >= quote.amount_out,
        "{} < {}",
        again.amount_out,
        quote.amount_out
    );
    Ok(())
}

fn check_marginal(pool: &Pool, quote: &Quote, at: &Conditions) -> Result<(), TestCaseError> {
    let marginal = pool.marginal(at.direction, at.now).expect("it trades");
    let (numerator, denominator) = marginal.price.ratio();
    let mut above = Wide::from(numerator) * Wide::from(quote.amount_in);
    let mut below = Wide::from(denominator) * Wide::from(quote.amount_out);
    for (kept, of) in marginal.kept {
        above *= Wide::from(kept);
        below *= Wide::from(of);
    }
    prop_assert!(below <= above, "more than the next unit brings");
    Ok(())
}

/// Fees and amounts are rounded against the trader, in each step by a unit at most; fees that have a highest amount
/// aside.
fn check_smaller(pool: &Pool, quote: &Quote, at: &Conditions) -> Result<(), TestCaseError> {
    let is_capped = |fee: TransferFee| fee.basis_points > 0;
    if is_capped(at.transfer_fees.input) || is_capped(at.transfer_fees.output) {
        return Ok(());
    }
    let amount = quote.amount_in - quote.amount_in / 3;
    let brings = match pool.quote_in(amount, at) {
        Ok(smaller) => smaller.amount_out,
        Err(refusal) => {
            prop_assert_eq!(refusal, Refusal::ZeroOutput);
            0
        }
    };
    let (paid, received) = (u128::from(quote.amount_in), u128::from(quote.amount_out));
    let due = received * u128::from(amount) / paid;
    let slack = 64 * (1 + received.div_ceil(paid));
    prop_assert!(u128::from(brings) + slack >= due, "{brings} of {due}");
    Ok(())
}

fn check_back(
    at: &Recorded,
    after: &Pool,
    quote: &Quote,
    direction: Direction,
) -> Result<(), TestCaseError> {
    let back = at.conditions(after, direction.reversed());
    if let Ok(back) = after.quote_in(quote.amount_out, &back) {
        prop_assert!(back.amount_out <= quote.amount_in);
    }
    Ok(())
}
