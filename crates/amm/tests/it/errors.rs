//! What the four programs fail with, case by case: the table that whoever lands transactions works by.
//!
//! Each row takes recorded swaps that succeeded and makes them fail. The numbers are those that the programs gave, and
//! for signatures and vaults those that their sources give.

use amm::error::Failure;
use amm::instruction::Instruction;
use amm::pool::Program;
use amm::token::TokenAccount;
use amm::{Address, amm_v4, cpmm, damm_v2, dlmm};

use crate::svm::bank::Bank;
use crate::svm::case::{self, Case};

/// Sales of SOL or dollars that went through, by program; accounts exist before them.
const SALES: [(&str, &str); 4] = [
    ("raydium-cpmm", "cpmm-sell-middle"),
    ("raydium-amm-v4", "v4-sell-middle"),
    ("meteora-damm-v2", "damm-sell-middle-limit"),
    ("meteora-dlmm", "dlmm-sell-middle"),
];

/// Purchases that went through.
const PURCHASES: [(&str, &str); 4] = [
    ("raydium-cpmm", "cpmm-buy-exact-out"),
    ("raydium-amm-v4", "v4-sell-exact-out"),
    ("meteora-damm-v2", "damm-sell-exact-out-limit"),
    ("meteora-dlmm", "dlmm-sell-exact-out"),
];

/// A recorded case and the place of its swap in it.
struct Swap {
    case: Case,
    place: usize,
    program: Program,
    input: Address,
    output: Address,
    pool: Address,
}

impl Swap {
    fn new(file: &str, id: &str) -> Self {
        let mut cases = case::read(file).into_iter();
        let case = cases.find(|case| case.id == id).expect("a recorded case");
        let mut swaps = (0..).zip(&case.instructions).filter_map(|(place, it)| {
            let program = Program::MAINNET
                .into_iter()
                .find(|of| of.id() == it.program);
            program.map(|program| (place, program))
        });
        let (place, program) = swaps.next().expect("a swap");
        let at = |index: usize| case.instructions[place].accounts[index].address;
        let (pool, input, output) = match program {
            Program::Cpmm(_) => (at(3), at(4), at(5)),
            Program::AmmV4(_) => (at(1), at(14), at(15)),
            Program::DammV2(_) => (at(1), at(2), at(3)),
            Program::Dlmm(_) => (at(0), at(4), at(5)),
        };
        Self {
            place,
            program,
            input,
            output,
            pool,
            case,
        }
    }

    fn instruction(&mut self) -> &mut Instruction {
        &mut self.case.instructions[self.place]
    }

    /// Both integers of the instruction, in the program's order.
    fn integers(&mut self) -> [&mut [u8]; 2] {
        let start = match self.program {
            Program::AmmV4(_) => 1,
            _ => 8,
        };
        let (first, rest) = self.instruction().data[start..].split_at_mut(8);
        [first, &mut rest[..8]]
    }

    fn data(&mut self, address: Address) -> &mut Vec<u8> {
        &mut self.case.before.get_mut(&address).expect("an account").data
    }

    /// What the swap fails with; nothing where it succeeds.
    #[track_caller]
    fn fails_with(&self) -> Option<u32> {
        match Bank::new(&self.case).run(&self.case) {
            Ok(()) => None,
            Err((place, Failure::Custom(code))) => {
                assert_eq!(place, self.place, "{}", self.case.id);
                let known = self.program.code(code.number).expect("a known number");
                assert_eq!(known.number, code.number);
                Some(code.number)
            }
            Err((_, failure)) => panic!("{}: {failure:?}", self.case.id),
        }
    }
}

/// Each program's swap, changed the same way, fails with its own number.
#[track_caller]
fn check(swaps: [(&str, &str); 4], change: impl Fn(&mut Swap), expected: [Option<u32>; 4]) {
    let found = swaps.map(|(file, id)| {
        let mut swap = Swap::new(file, id);
        change(&mut swap);
        swap.fails_with()
    });

    assert_eq!(found, expected);
}

fn some(codes: [u32; 4]) -> [Option<u32>; 4] {
    codes.map(Some)
}

#[test]
fn the_recorded_swaps_succeed_unchanged() {
    check(SALES, |_| {}, [None; 4]);
    check(PURCHASES, |_| {}, [None; 4]);
}

#[test]
fn an_output_below_the_minimum_is_refused() {
    let change = |swap: &mut Swap| {
        let [_, minimum] = swap.integers();
        minimum.copy_from_slice(&u64::MAX.to_le_bytes());
    };
    check(SALES, change, some([6005, 30, 6002, 6003]));
}

#[test]
fn an_input_above_the_maximum_is_refused() {
    let change = |swap: &mut Swap| {
        let one = 1u64.to_le_bytes();
        let is_second = matches!(swap.program, Program::DammV2(_));
        let [first, second] = swap.integers();
        let maximum = if is_second { second } else { first };
        maximum.copy_from_slice(&one);
    };
    check(PURCHASES, change, some([6005, 30, 6002, 6104]));
}

#[test]
fn an_output_of_nothing_is_refused_but_by_damm_v2() {
    let change = |swap: &mut Swap| {
        let [amount, minimum] = swap.integers();
        amount.copy_from_slice(&1u64.to_le_bytes());
        minimum.copy_from_slice(&0u64.to_le_bytes());
    };
    check(SALES, change, [Some(2505), Some(29), None, Some(6039)]);
}

#[test]
fn a_disabled_pool_refuses() {
    let change = |swap: &mut Swap| {
        let (offset, status) = match swap.program {
            Program::Cpmm(_) => (329, 4),
            Program::AmmV4(_) => (0, 2),
            Program::DammV2(_) => (481, 1),
            Program::Dlmm(_) => (82, 1),
        };
        let pool = swap.pool;
        swap.data(pool)[offset] = status;
    };
    check(SALES, change, some([6000, 22, 6003, 6042]));
}

#[test]
fn a_pool_that_is_not_open_yet_refuses() {
    let change = |swap: &mut Swap| {
        let far = 4_000_000_000u64.to_le_bytes();
        let pool = swap.pool;
        let program = swap.program;
        let data = swap.data(pool);
        match program {
            Program::Cpmm(_) => data[373..381].copy_from_slice(&far),
            Program::AmmV4(_) => {
                data[0] = 7;
                data[224..232].copy_from_slice(&far);
            }
            Program::DammV2(_) => {
                data[472..480].copy_from_slice(&far);
                data[480] = 1;
            }
            Program::Dlmm(_) => {
                // Only pairs of this type wait.
                data[75] = 2;
                data[86] = 1;
                data[816..824].copy_from_slice(&far);
            }
        }
    };
    check(SALES, change, some([6000, 22, 6003, 6042]));
}

#[test]
fn a_trader_with_too_few_tokens_is_refused() {
    let change = |swap: &mut Swap| {
        let input = swap.input;
        swap.data(input)[64..72].copy_from_slice(&7u64.to_le_bytes());
    };
    check(SALES, change, some([1, 40, 1, 1]));
}

#[test]
fn a_missing_output_account_is_refused() {
    let change = |swap: &mut Swap| {
        let output = swap.output;
        swap.case.before.remove(&output).expect("it was there");
        // And nothing makes it on the way.
        let kept = swap.instruction().clone();
        swap.case.instructions = vec![kept];
        swap.place = 0;
    };
    check(SALES, change, some([3012, 38, 3012, 3012]));
}

#[test]
fn an_output_account_of_another_mint_is_refused() {
    let change = |swap: &mut Swap| {
        let output = swap.output;
        let data = swap.data(output);
        data[..32].copy_from_slice(&[9; 32]);
        assert!(TokenAccount::read(data).is_some());
    };
    check(SALES, change, some([3, 42, 3, 6010]));
}

#[test]
fn a_wallet_that_did_not_sign_is_refused() {
    let change = |swap: &mut Swap| {
        for account in &mut swap.instruction().accounts {
            account.is_signer = false;
        }
    };
    check(SALES, change, some([3010, 21, 3010, 3010]));
}

#[test]
fn another_vault_is_refused() {
    let change = |swap: &mut Swap| {
        let place = match swap.program {
            Program::Cpmm(_) => 6,
            Program::AmmV4(_) | Program::DammV2(_) => 4,
            Program::Dlmm(_) => 2,
        };
        // The trader's own account is no vault of the pool.
        let input = swap.input;
        swap.instruction().accounts[place].address = input;
    };
    check(SALES, change, some([2003, 4, 2001, 2001]));
}

#[test]
fn a_range_that_is_left_and_arrays_that_run_out_are_told_apart() {
    let huge = |swap: &mut Swap| {
        let [amount, minimum] = swap.integers();
        amount.copy_from_slice(&(u64::MAX / 4).to_le_bytes());
        minimum.copy_from_slice(&1u64.to_le_bytes());
    };
    let mut damm = Swap::new("meteora-damm-v2", "damm-partial-fill-sell");
    huge(&mut damm);
    damm.instruction().data[24] = 0;
    assert_eq!(damm.fails_with(), Some(6015));

    let mut few = Swap::new("meteora-dlmm", "dlmm-many-bins-sell");
    few.instruction().accounts.truncate(17);
    assert_eq!(few.fails_with(), Some(3005));

    let mut turned = Swap::new("meteora-dlmm", "dlmm-many-bins-sell");
    turned.instruction().accounts[16..].reverse();
    let crosses = turned.instruction().accounts.len() > 17;
    assert_eq!(turned.fails_with(), crosses.then_some(3005));
}

#[test]
fn the_same_number_is_told_by_its_program() {
    let name = |program: Program, number| program.code(number).map(|code| code.name);
    let dlmm = Program::Dlmm(dlmm::Deployment::MAINNET);
    let damm = Program::DammV2(damm_v2::Deployment::MAINNET);
    let v4 = Program::AmmV4(amm_v4::Deployment::MAINNET);
    let cpmm = Program::Cpmm(cpmm::Deployment::MAINNET);

    assert_eq!(name(dlmm, 6003), Some("ExceededAmountSlippageTolerance"));
    assert_eq!(name(damm, 6003), Some("PoolDisabled"));
    assert_eq!(name(cpmm, 6005), Some("ExceededSlippage"));
    assert_eq!(name(v4, 30), Some("ExceededSlippage"));
    assert_eq!(name(v4, 1), Some("InvalidProgramAddress"));
    assert_eq!(name(cpmm, 1), Some("InsufficientFunds"));
    assert_eq!(name(v4, 2505), None);
}

#[test]
fn the_short_form_of_amm_v4_does_what_the_long_one_does() {
    let mut swap = Swap::new("raydium-amm-v4", "v4-sell-middle");
    let mut long = Bank::new(&swap.case);
    long.run(&swap.case).expect("it was executed");

    let deployment = amm_v4::Deployment::MAINNET;
    let told = amm_v4::instruction::SwapInstruction::decode(swap.instruction());
    let mut told = told.expect("a swap");
    told.market = None;
    *swap.instruction() = told.encode(&deployment);
    let mut short = Bank::new(&swap.case);
    short.run(&swap.case).expect("it is the same swap");

    assert_eq!(swap.instruction().accounts.len(), 8);
    assert_eq!(swap.instruction().data[0], 16);
    assert_eq!(short.accounts, long.accounts);
    assert_eq!(short.logs, long.logs);
}

#[test]
fn a_dlmm_swap_may_name_hooks_that_have_no_accounts() {
    let end_with = |list: &[u8]| {
        let mut swap = Swap::new("meteora-dlmm", "dlmm-sell-middle");
        // The name and two integers; what follows is the list.
        swap.instruction().data.truncate(24);
        swap.instruction().data.extend(list);
        swap
    };
    let after = |swap: Swap| {
        let mut bank = Bank::new(&swap.case);
        bank.run(&swap.case).expect("it was executed");
        bank.accounts
    };

    let named = end_with(&[2, 0, 0, 0, 0, 0, 1, 0]);
    assert_eq!(after(named), after(end_with(&[0; 4])));
    for refused in [
        &[0; 3][..],
        &[2, 0, 0, 0, 0, 0],
        &[1, 0, 0, 0, 0, 1],
        &[1, 0, 0, 0, 9, 0],
        &[255, 255, 255, 255, 0, 0],
    ] {
        assert_eq!(end_with(refused).fails_with(), Some(102), "{refused:?}");
    }
}
