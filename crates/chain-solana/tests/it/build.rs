//! Every recorded swap that succeeded, built again from the accounts it met.

use amm::instruction::{Amounts, Instruction, Trader};
use amm::token::{TransferFees, WRAPPED_SOL};
use amm::{Address, Conditions, Direction, Pool, Program, Quote, Swap};
use chain_solana::address::{
    ASSOCIATED_TOKEN_PROGRAM, COMPUTE_BUDGET_PROGRAM, SYSTEM_PROGRAM, TOKEN_PROGRAM,
};
use chain_solana::build::budget::Budget;
use chain_solana::build::compile::{BYTES_MAX, LookupTable, Message};
use chain_solana::build::work::{Work, units_limit};
use chain_solana::build::{Asset, Error, Execution, Leg, draft, own};
use chain_solana::message::Decoded;
use chain_solana::rpc::{Lamports, MicroLamports};
use domain::OrderId;
use solana_hash::Hash;
use uuid::Uuid;

use crate::case::{self, Case};

const ORDER: OrderId = OrderId::new(Uuid::from_u128(7));
const RENT: Lamports = Lamports::new(2_039_280);
const MEMO_PROGRAM: Address = Address::literal("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr");

/// What a recorded instruction says of its swap.
pub(crate) struct Told {
    pub(crate) program: Program,
    pub(crate) address: Address,
    pub(crate) pool: Pool,
    pub(crate) trader: Trader,
    pub(crate) direction: Direction,
    pub(crate) amounts: Amounts,
}

impl Told {
    /// Whether the trader said what is the worst to take. Some recorded ones did not.
    fn is_limited(&self) -> bool {
        match self.amounts {
            Amounts::ExactIn { min_amount_out, .. } => min_amount_out > 0,
            Amounts::ExactOut { max_amount_in, .. } => max_amount_in < u64::MAX,
        }
    }
}

/// A recorded transaction that trades, as far as it is to be built again.
pub(crate) struct Trade {
    pub(crate) legs: Vec<Told>,
    pub(crate) path: Vec<Asset>,
    pub(crate) budget: Budget,
}

#[test]
fn recorded_swaps_are_built_again_to_the_letter() {
    let mut count = 0;
    for case in case::all() {
        let Some(trade) = trade(&case) else { continue };
        count += 1;
        let wallet = trade.legs[0].trader.wallet;
        let ours = built(&trade);
        let theirs = &case.decoded.instructions;

        for (ours, theirs) in swaps(&ours).zip(swaps(theirs)) {
            check_swap(&case, ours, theirs, &trade);
        }
        assert_eq!(swaps(&ours).count(), swaps(theirs).count(), "{}", case.id);
        for program in [COMPUTE_BUDGET_PROGRAM, ASSOCIATED_TOKEN_PROGRAM] {
            for theirs in theirs.iter().filter(|it| it.program == program) {
                // SOL goes through the temporary account instead.
                if theirs
                    .accounts
                    .get(3)
                    .is_some_and(|it| it.address == WRAPPED_SOL)
                {
                    continue;
                }
                let same = ours
                    .iter()
                    .find(|ours| ours.data == theirs.data && addresses(ours) == addresses(theirs));
                assert!(same.is_some(), "{}: no {theirs:?}", case.id);
            }
        }
        check_order(&case, &ours, wallet);
    }
    assert_eq!(count, 53);
}

#[test]
fn a_built_message_reads_back_as_what_it_was_built_of() {
    for case in case::all() {
        let Some(trade) = trade(&case) else { continue };
        let ours = built(&trade);
        let wallet = trade.legs[0].trader.wallet;

        let message = Message::compile(wallet, &ours, Hash::default(), &[]).unwrap();

        let unsigned = message.unsigned();
        assert!(unsigned.len() <= BYTES_MAX);
        let read = Decoded::read(&unsigned, &[]).unwrap();
        assert_eq!(read.keys[0], wallet);
        assert_eq!(read.signatures, 1);
        let told = |all: &[Instruction]| -> Vec<_> {
            let told = all
                .iter()
                .map(|it| (it.program, addresses(it), it.data.clone()));
            told.collect()
        };
        assert_eq!(told(&read.instructions), told(&ours), "{}", case.id);
    }
}

#[test]
fn a_route_that_does_not_fit_into_one_packet_needs_a_table() {
    let cases = case::all();
    let trade_of = |id: &str| trade(cases.iter().find(|it| it.id == id).unwrap()).unwrap();
    let mut all = trade_of("cpmm-sell-small");
    for id in ["v4-sell-small", "damm-sell-small", "dlmm-sell-small-limit"] {
        all.legs.extend(trade_of(id).legs);
    }
    let ours = built(&all);
    let wallet = all.legs[0].trader.wallet;

    let legacy = Message::compile(wallet, &ours, Hash::default(), &[]);

    assert!(matches!(legacy, Err(Error::TooLarge { bytes }) if bytes > BYTES_MAX));
    let table = LookupTable {
        address: Address([9; 32]),
        addresses: ours.iter().flat_map(addresses).collect(),
    };
    let message = Message::compile(wallet, &ours, Hash::default(), &[table]).unwrap();
    // The first bit tells messages that may use tables from those that cannot.
    assert_ne!(message.bytes()[0] & 0x80, 0);
    assert!(message.unsigned().len() <= BYTES_MAX);
}

#[test]
fn a_table_that_is_not_needed_is_not_used() {
    for case in case::all() {
        let Some(trade) = trade(&case) else { continue };
        let wallet = trade.legs[0].trader.wallet;

        let message =
            Message::compile(wallet, &built(&trade), Hash::default(), &case.tables).unwrap();

        assert_eq!(message.bytes()[0] & 0x80, 0, "{}", case.id);
    }
}

#[test]
fn limits_without_a_simulation_cover_what_the_real_programs_used() {
    for case in case::all() {
        let Some(trade) = trade(&case) else { continue };
        let used = case.expected()["computeUnits"].as_u64().unwrap();
        // A memo, which ours never have, costs as much as a swap.
        let mut instructions = case.decoded.instructions.iter();
        let memo = instructions.find(|it| it.program == MEMO_PROGRAM);
        let memo = memo.map_or(0, |it| 450 * it.data.len() as u64 + 1_500);
        let quotes = trade.legs.iter().map(|leg| quote(&case, leg).compute_units);
        let wallet = trade.legs[0].trader.wallet;
        let work = Work::of(wallet, &trade.path, quotes);

        let limit = units_limit(work.units(), false);

        let used = used.saturating_sub(memo);
        assert!(u64::from(limit) > used, "{}: {limit} for {used}", case.id);
    }
}

#[test]
fn a_swap_that_would_take_anything_for_nothing_is_refused() {
    let cases = case::all();
    let case = cases.iter().find(|it| it.id == "cpmm-sell-small").unwrap();
    let trade = trade(case).unwrap();
    let mut legs = legs(&trade);

    let without = |amounts| {
        legs[0].amounts = amounts;
        try_execution(&trade, &legs, 0)
    };

    let unlimited = [
        Amounts::ExactIn {
            amount_in: 1,
            min_amount_out: 0,
        },
        Amounts::ExactOut {
            amount_out: 1,
            max_amount_in: u64::MAX,
        },
    ];
    assert_eq!(
        unlimited.map(without),
        [Err(Error::NoLimit), Err(Error::NoLimit)]
    );
}

#[test]
fn equal_orders_at_one_blockhash_are_different_messages() {
    let cases = case::all();
    for id in ["cpmm-sell-small", "cpmm-usdt-usdc-large"] {
        let case = cases.iter().find(|it| it.id == id).unwrap();
        let trade = trade(case).unwrap();
        let wallet = trade.legs[0].trader.wallet;
        let message = |number| {
            let execution = execution(&trade, &legs(&trade), number);
            Message::compile(wallet, &execution, Hash::default(), &[]).unwrap()
        };

        assert_ne!(message(0), message(1), "{id}");
        assert_eq!(message(0), message(0), "{id}");
        let own = own::address(wallet, &own::seed(ORDER, 0));
        let read = Decoded::read(&message(0).unsigned(), &[]).unwrap();
        assert_eq!(own::of(&read, wallet), Some(own), "{id}");
    }
}

/// What a recorded transaction does, where it is a route that succeeds.
pub(crate) fn trade(case: &Case) -> Option<Trade> {
    let is_odd = |tag: &String| matches!(&tag[..], "two-swaps" | "bin-arrays" | "partial-fill");
    if !case.succeeds() || case.tags.iter().any(is_odd) {
        return None;
    }
    let swaps = swaps(&case.decoded.instructions);
    let legs: Vec<_> = swaps.map(|it| told(case, it)).collect();
    match legs.iter().all(Told::is_limited) {
        true => Some(trade_of(case, legs)),
        false => None,
    }
}

fn trade_of(case: &Case, legs: Vec<Told>) -> Trade {
    let first = &legs[0];
    let (input, output) = first.direction.in_out(first.pool.mints());
    let asset = |mint: Address| Asset {
        mint,
        program: case.before.get(&mint).map_or(TOKEN_PROGRAM, |it| it.owner),
    };
    let number = |tag: u8| {
        let mut budgets = case.decoded.instructions.iter();
        let found = budgets.find(|it| it.program == COMPUTE_BUDGET_PROGRAM && it.data[0] == tag);
        let mut bytes = [0; 8];
        if let Some(found) = found {
            bytes[..found.data.len() - 1].copy_from_slice(&found.data[1..]);
        }
        u64::from_le_bytes(bytes)
    };
    Trade {
        path: vec![asset(input), asset(output)],
        budget: Budget {
            units: u32::try_from(number(2)).unwrap(),
            price: MicroLamports::new(number(3)),
        },
        legs,
    }
}

/// What a swap gives by its pool as it was before.
pub(crate) fn quote(case: &Case, leg: &Told) -> Quote {
    let at = Conditions {
        direction: leg.direction,
        transfer_fees: TransferFees::NONE,
        now: case.now,
    };
    match leg.amounts {
        Amounts::ExactIn { amount_in, .. } => leg.pool.quote_in(amount_in, &at),
        Amounts::ExactOut { amount_out, .. } => leg.pool.quote_out(amount_out, &at),
    }
    .unwrap()
}

fn legs(trade: &Trade) -> Vec<Leg<'_>> {
    let legs = trade.legs.iter();
    legs.map(|told| Leg {
        pool: &told.pool,
        direction: told.direction,
        amounts: told.amounts,
    })
    .collect()
}

fn execution(trade: &Trade, legs: &[Leg<'_>], number: u32) -> Vec<Instruction> {
    try_execution(trade, legs, number).unwrap()
}

fn try_execution(trade: &Trade, legs: &[Leg<'_>], number: u32) -> Result<Vec<Instruction>, Error> {
    let execution = Execution {
        order_id: ORDER,
        number,
        wallet: trade.legs[0].trader.wallet,
        path: &trade.path,
        legs,
        budget: trade.budget,
        wrapped_rent: RENT,
    };
    draft(&execution).map(|draft| draft.instructions)
}

fn built(trade: &Trade) -> Vec<Instruction> {
    execution(trade, &legs(trade), 3)
}

fn addresses(of: &Instruction) -> Vec<Address> {
    of.accounts.iter().map(|it| it.address).collect()
}

fn program(id: Address) -> Option<Program> {
    Program::MAINNET.into_iter().find(|it| it.id() == id)
}

fn swaps(of: &[Instruction]) -> impl Iterator<Item = &Instruction> {
    of.iter().filter(|it| program(it.program).is_some())
}

/// A swap of ours names the recorded accounts in their order, the temporary account for SOL among them.
fn check_swap(case: &Case, ours: &Instruction, theirs: &Instruction, trade: &Trade) {
    assert_eq!(
        (ours.program, &ours.data),
        (theirs.program, &theirs.data),
        "{}",
        case.id
    );
    assert_eq!(ours.accounts.len(), theirs.accounts.len(), "{}", case.id);
    let wallet = trade.legs[0].trader.wallet;
    let own = own::address(wallet, &own::seed(ORDER, 3));
    let told = told(case, theirs);
    let sol = [told.trader.input, told.trader.output]
        .into_iter()
        .find(|account| case.mint_of(*account) == Some(WRAPPED_SOL));
    for (place, (ours, theirs)) in ours.accounts.iter().zip(&theirs.accounts).enumerate() {
        // Of the former order book nobody looks at more than the pool's own account.
        if matches!(told.program, Program::AmmV4(_)) && (8..14).contains(&place) {
            continue;
        }
        let expected = match sol {
            Some(sol) if sol == theirs.address => own,
            _ => theirs.address,
        };
        assert_eq!(ours.address, expected, "{} {place}", case.id);
    }
}

/// Budget first; what is made stands before the swaps, what is ended behind them.
fn check_order(case: &Case, ours: &[Instruction], wallet: Address) {
    let programs: Vec<_> = ours.iter().map(|it| it.program).collect();
    assert_eq!(programs[..2], [COMPUTE_BUDGET_PROGRAM; 2]);
    let first_swap = programs
        .iter()
        .position(|it| program(*it).is_some())
        .unwrap();
    let last_swap = programs
        .iter()
        .rposition(|it| program(*it).is_some())
        .unwrap();
    let own = own::address(wallet, &own::seed(ORDER, 3));
    let of_own = |it: &Instruction| addresses(it).contains(&own);
    let before = ours[..first_swap].iter().filter(|it| of_own(it)).count();
    let after: Vec<_> = ours[last_swap + 1..].iter().collect();
    let wraps = ours.iter().any(|it| it.program == TOKEN_PROGRAM);
    match wraps {
        true => {
            assert_eq!((before, after.len()), (2, 1), "{}", case.id);
            assert_eq!(addresses(after[0]), [own, wallet, wallet]);
        }
        false => {
            assert_eq!((before, after.len()), (1, 0), "{}", case.id);
            let named = &ours[2];
            assert_eq!(named.program, SYSTEM_PROGRAM);
            assert_eq!(addresses(named), [wallet, wallet, own]);
            assert!(!named.accounts[2].is_writable);
        }
    }
}

fn told(case: &Case, instruction: &Instruction) -> Told {
    let program = program(instruction.program).unwrap();
    let Swap {
        trader,
        pool: address,
        amounts,
        bin_arrays: arrays,
        ..
    } = Swap::decode(&program, instruction).unwrap();
    let pool = Pool::read(program, address, &arrays, &case.before).unwrap();
    let direction = match case.mint_of(trader.input).unwrap() == pool.mints().0 {
        true => Direction::FirstToSecond,
        false => Direction::SecondToFirst,
    };
    Told {
        program,
        address,
        pool,
        trader,
        direction,
        amounts,
    }
}
