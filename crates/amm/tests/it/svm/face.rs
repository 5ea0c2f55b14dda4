//! The recorded swaps as a client makes them: read a pool, quote, name the instruction, see what it leaves.

use amm::execution::Step;
use amm::instruction::{Amounts, Instruction, Trader};
use amm::pool::{Pool, Program};
use amm::snapshot::Snapshot as _;
use amm::token::{Mint, TransferFees};
use amm::{Address, Conditions, Direction, Refusal, amm_v4, cpmm, damm_v2, dlmm};

use super::case::{self, Case, text};

/// A swap as an instruction tells it.
struct Told {
    pool: Address,
    trader: Trader,
    /// What it means where the program can be asked for it through the common face.
    amounts: Option<Amounts>,
    bin_arrays: Vec<Address>,
    /// The same instruction, written again.
    again: Instruction,
}

#[test]
fn svm_vector_instructions_are_written_as_they_are_read() {
    let mut count = 0;
    for case in case::all() {
        for (program, instruction) in swaps(&case) {
            count += 1;
            let again = told(program, instruction).again;

            assert_eq!(again.data, instruction.data, "{}", case.id);
            assert_eq!(again.accounts.len(), instruction.accounts.len());
            for (ours, theirs) in again.accounts.iter().zip(&instruction.accounts) {
                assert_eq!(ours.address, theirs.address, "{}", case.id);
                // A message gives an account the most that any of its instructions asks for.
                assert!(theirs.is_signer >= ours.is_signer, "{}", case.id);
                assert!(theirs.is_writable >= ours.is_writable, "{}", case.id);
            }
        }
    }
    assert!(count > 100, "only {count} swaps");
}

#[test]
fn svm_vector_pools_name_the_instruction_that_was_executed() {
    let mut count = 0;
    for case in case::all() {
        for (program, instruction) in swaps(&case) {
            let told = told(program, instruction);
            let (Some(amounts), Ok(pool)) = (told.amounts, read(&case, program, &told)) else {
                continue;
            };
            // Some recorded transactions name wrong accounts or bin arrays on purpose.
            let tags = case.value["tags"].to_string();
            let Some(direction) = direction(&case, &pool, &told) else {
                continue;
            };
            if tags.contains("bin-arrays") || tags.contains("wrong-account") {
                continue;
            }
            count += 1;
            let ours = pool.swap_instruction(direction, told.trader, amounts);

            assert_eq!(ours.data, instruction.data, "{}", case.id);
            let places: Vec<usize> = match program {
                // Of the former order book only the pool's own account tells, and nobody looks.
                Program::AmmV4(_) => (0..8).chain(14..17).collect(),
                _ => (0..instruction.accounts.len()).collect(),
            };
            for place in places {
                let (ours, theirs) = (ours.accounts[place], instruction.accounts[place]);
                assert_eq!(ours.address, theirs.address, "{} {place}", case.id);
            }
        }
    }
    assert!(count > 90, "only {count} swaps");
}

#[test]
fn svm_vector_quotes_and_what_swaps_leave_are_as_recorded() {
    let mut count = 0;
    for case in case::all() {
        let swaps = swaps(&case);
        let ([(program, instruction)], true) = (&swaps[..], case.expected()["error"].is_null())
        else {
            continue;
        };
        let told = told(*program, instruction);
        let Some(amounts) = told.amounts else {
            continue;
        };
        count += 1;
        let pool = read(&case, *program, &told).expect("a pool that was swapped with");
        let direction = direction(&case, &pool, &told).expect("accounts of the pool's mints");
        let at = Conditions {
            direction,
            transfer_fees: transfer_fees(&case, &pool, direction),
            now: case.now,
        };

        check_quote(&case, &pool, amounts, &at);
        let after = pool.after_swap(amounts, &at).expect("it was executed");
        for (address, bytes) in after.accounts() {
            let recorded = case.after.get(&address).or(case.before.get(&address));
            assert_eq!(
                bytes,
                recorded.expect("a recorded account").data,
                "{}",
                case.id
            );
        }
    }
    assert!(count > 45, "only {count} swaps");
}

/// Recorded transactions that do nothing but swap once, and what they may use besides.
#[test]
fn svm_vector_swaps_use_no_more_units_than_their_quotes_say() {
    let mut count = 0;
    for case in case::all() {
        let swaps = swaps(&case);
        let budget = "ComputeBudget111111111111111111111111111111";
        let budget: Address = budget.parse().expect("an address");
        let is_other = |it: &&Instruction| it.program != budget;
        let others = case.instructions.iter().filter(is_other).count();
        let ([(program, instruction)], 1, true) =
            (&swaps[..], others, case.expected()["error"].is_null())
        else {
            continue;
        };
        let told = told(*program, instruction);
        let Some(Amounts::ExactIn { amount_in, .. }) = told.amounts else {
            continue;
        };
        let pool = read(&case, *program, &told).expect("a pool that was swapped with");
        let direction = direction(&case, &pool, &told).expect("accounts of the pool's mints");
        let at = Conditions {
            direction,
            transfer_fees: transfer_fees(&case, &pool, direction),
            now: case.now,
        };
        let Ok(quote) = pool.quote_in(amount_in, &at) else {
            continue;
        };
        count += 1;

        let used = case.expected()["computeUnits"].as_u64().expect("units");
        let most = u64::from(quote.compute_units);
        assert!(
            used <= most && most <= used * 3 / 2,
            "{}: {used} of {most}",
            case.id
        );
    }
    assert!(count >= 6, "only {count} swaps");
}

/// The quote is what the trader's accounts moved by, as far as the transaction left them there.
fn check_quote(case: &Case, pool: &Pool, amounts: Amounts, at: &Conditions) {
    let quote = match amounts {
        Amounts::ExactIn { amount_in, .. } => pool.quote_in(amount_in, at),
        Amounts::ExactOut { amount_out, .. } => pool.quote_out(amount_out, at),
    };
    let (mint_in, mint_out) = at.direction.in_out(pool.mints());
    let moved = |mint: Address| case.expected()["userTokens"].get(mint.to_string());
    let moved = |mint: Address| moved(mint).map(|it| text(it).parse::<i128>().expect("an amount"));
    let quote = match quote {
        // DAMM v2 takes dust and gives nothing; nobody wants that quoted.
        Err(Refusal::ZeroOutput) if moved(mint_out).is_none() => return,
        quote => quote.expect("it was executed"),
    };
    let paid = -i128::from(quote.amount_in);
    assert_eq!(moved(mint_in).unwrap_or(paid), paid, "{}", case.id);
    let received = i128::from(quote.amount_out);
    assert_eq!(moved(mint_out).unwrap_or(received), received, "{}", case.id);
    assert!(moved(mint_in).or(moved(mint_out)).is_some(), "{}", case.id);
}

/// The swaps of a recorded transaction, with their programs.
fn swaps(case: &Case) -> Vec<(Program, &Instruction)> {
    let swaps = case.instructions.iter();
    swaps
        .filter_map(|it| super::program(it.program).map(|program| (program, it)))
        .collect()
}

fn told(program: Program, instruction: &Instruction) -> Told {
    match program {
        Program::Cpmm(at) => {
            let swap = cpmm::instruction::SwapInstruction::decode(instruction).expect("a swap");
            Told {
                pool: swap.pool,
                trader: swap.trader,
                amounts: Some(swap.amounts),
                bin_arrays: Vec::new(),
                again: swap.encode(&at),
            }
        }
        Program::AmmV4(at) => {
            let swap = amm_v4::instruction::SwapInstruction::decode(instruction).expect("a swap");
            Told {
                pool: swap.pool,
                trader: swap.trader,
                amounts: Some(swap.amounts),
                bin_arrays: Vec::new(),
                again: swap.encode(&at),
            }
        }
        Program::DammV2(at) => {
            let swap = damm_v2::instruction::SwapInstruction::decode(instruction).expect("a swap");
            Told {
                pool: swap.pool,
                trader: swap.trader,
                amounts: match swap.mode {
                    damm_v2::quote::Mode::ExactIn => Some(Amounts::ExactIn {
                        amount_in: swap.amount,
                        min_amount_out: swap.limit,
                    }),
                    damm_v2::quote::Mode::ExactOut => Some(Amounts::ExactOut {
                        amount_out: swap.amount,
                        max_amount_in: swap.limit,
                    }),
                    damm_v2::quote::Mode::PartialIn => None,
                },
                bin_arrays: Vec::new(),
                again: swap.encode(&at),
            }
        }
        Program::Dlmm(at) => {
            let swap = dlmm::instruction::SwapInstruction::decode(instruction).expect("a swap");
            Told {
                pool: swap.pair,
                trader: swap.trader,
                amounts: Some(swap.amounts),
                bin_arrays: swap.bin_arrays.clone(),
                again: swap.encode(&at),
            }
        }
    }
}

fn read(case: &Case, program: Program, told: &Told) -> Result<Pool, amm::snapshot::ReadError> {
    Pool::read(program, told.pool, &told.bin_arrays, &case.before)
}

/// Which way a swap goes, by the mints of those of its accounts that were there before.
fn direction(case: &Case, pool: &Pool, told: &Told) -> Option<Direction> {
    let mints = pool.mints();
    let mint_of = |address| {
        let account = case.before.account(&address)?;
        amm::token::TokenAccount::read(account.data).map(|account| account.mint)
    };
    let wrapped = amm::token::WRAPPED_SOL;
    match (mint_of(told.trader.input), mint_of(told.trader.output)) {
        (Some(input), _) if input == mints.0 => Some(Direction::FirstToSecond),
        (Some(input), _) if input == mints.1 => Some(Direction::SecondToFirst),
        (None, Some(output)) if output == mints.1 => Some(Direction::FirstToSecond),
        (None, Some(output)) if output == mints.0 => Some(Direction::SecondToFirst),
        // Neither was there: SOL was wrapped on the way in.
        (None, None) if mints.0 == wrapped => Some(Direction::FirstToSecond),
        (None, None) if mints.1 == wrapped => Some(Direction::SecondToFirst),
        _ => None,
    }
}

fn transfer_fees(case: &Case, pool: &Pool, direction: Direction) -> TransferFees {
    let of = |mint| {
        // AMM v4 names no mints; its tokens have no transfer fees.
        let account = case.before.account(&mint);
        let mint = account.and_then(|account| Mint::read(account.data));
        mint.map(|mint| mint.transfer_fee(case.now.epoch))
            .unwrap_or_default()
    };
    let (first, second) = pool.mints();
    TransferFees::new(direction, (of(first), of(second)))
}

/// Events that Meteora's programs hand themselves say what was moved, in the lengths that indexers know.
#[test]
fn svm_vector_events_say_what_was_moved() {
    let swap = |file: &str, id: &str| {
        let case = case::read(file).into_iter().find(|case| case.id == id);
        let case = case.expect("a recorded case");
        let (program, instruction) = swaps(&case)[0];
        let executed = program.execute(instruction, &case.before, case.now);
        let steps = executed.expect("it was executed").steps.into_iter();
        steps
            .filter_map(|step| match step {
                Step::Event { data, .. } => Some(data),
                _ => None,
            })
            .collect::<Vec<_>>()
    };
    let amount = |event: &[u8], offset: usize| {
        // Behind the call's mark and the event's name.
        let bytes = event[16 + offset..][..8].try_into().expect("eight bytes");
        u64::from_le_bytes(bytes)
    };

    let damm = swap("meteora-damm-v2", "damm-buy-middle");
    assert_eq!(
        damm.iter().map(|it| it.len() - 16).collect::<Vec<_>>(),
        [180]
    );
    assert_eq!(amount(&damm[0], 52), 1_000_000_000);
    assert_eq!(amount(&damm[0], 76), 6_653_353_265);

    let dlmm = swap("meteora-dlmm", "dlmm-sell-middle");
    assert_eq!(
        dlmm.iter().map(|it| it.len() - 16).collect::<Vec<_>>(),
        [129, 147]
    );
    assert_eq!(
        (amount(&dlmm[0], 72), amount(&dlmm[0], 80)),
        (5_000_000_000, 749_301_215)
    );
    assert_eq!(
        (amount(&dlmm[0], 89), amount(&dlmm[0], 97)),
        (5_000_000, 500_000)
    );
    assert_eq!(
        (amount(&dlmm[1], 89), amount(&dlmm[1], 105)),
        (5_000_000_000, 749_301_215)
    );
    assert_eq!(
        (amount(&dlmm[1], 113), amount(&dlmm[1], 121)),
        (4_500_000, 500_000)
    );
}
