//! Whole transactions of the engine's builder, legacy ones and such with lookup tables.

use amm::instruction::{Amounts, Instruction};
use amm::{Address, Program};
use chain_solana::address::associated_token;
use chain_solana::build::compile::LookupTable;
use sim_chain::bank::{Account, Transaction, address};

use crate::twins::{
    AMM_V4, CPMM, DAMM_V2, DLMM, Expected, JUP, PYUSD, SOL, Step, Twins, USDC, compiled, from_amm,
    to_amm, wallet,
};

/// What stands before the addresses in a lookup table.
const TABLE_HEADER_BYTES: usize = 56;

/// A sale that takes what is quoted and no less.
fn sale(twins: &Twins, program: Program, mints: (Address, Address), amount_in: u64) -> Step {
    let step = |min_amount_out| Step {
        program,
        mint_in: mints.0,
        mint_out: mints.1,
        amounts: Amounts::ExactIn {
            amount_in,
            min_amount_out,
        },
    };
    step(twins.quote(&step(1)))
}

fn with_more(step: Step) -> Step {
    let Amounts::ExactIn {
        amount_in,
        min_amount_out,
    } = step.amounts
    else {
        panic!("a sale");
    };
    Step {
        amounts: Amounts::ExactIn {
            amount_in,
            min_amount_out: min_amount_out + 1,
        },
        ..step
    }
}

/// Every kind of pool with SOL, with two tokens, and with a fee on transfers.
fn singles(twins: &Twins) -> Vec<(Vec<Address>, Step)> {
    let (sol, usdc) = (3_000_000_000, 450_000_000);
    let mut all = Vec::new();
    for program in Program::MAINNET {
        all.push((SOL, USDC, program, sol));
        all.push((USDC, SOL, program, usdc));
    }
    for program in [CPMM, DAMM_V2, DLMM] {
        all.push((JUP, USDC, program, usdc));
        all.push((USDC, JUP, program, usdc));
    }
    for program in [CPMM, DAMM_V2] {
        all.push((PYUSD, USDC, program, usdc));
        all.push((SOL, PYUSD, program, sol));
    }
    let routes = all.into_iter().map(|(mint_in, mint_out, program, amount)| {
        let step = sale(twins, program, (mint_in, mint_out), amount);
        (vec![mint_in, mint_out], step)
    });
    routes.collect()
}

#[tokio::test(start_paused = true)]
async fn what_the_engine_builds_of_one_swap_passes_and_one_unit_more_does_not() {
    let Some(twins) = Twins::new().await else {
        return;
    };
    for (path, step) in singles(&twins) {
        let name = format!("{} to {} by {:?}", path[0], path[1], step.program);

        twins.check(&name, &twins.build(&path, &[step]), &Expected::Success);
        let more = twins.build(&path, &[with_more(step)]);
        let place = more.iter().position(|it| it.program == step.program.id());
        let code = match step.program {
            Program::Cpmm(_) => 6_005,
            Program::AmmV4(_) => 30,
            Program::DammV2(_) => 6_002,
            Program::Dlmm(_) => 6_003,
        };
        twins.check(&name, &more, &Expected::code(place.unwrap(), code));
    }
}

#[tokio::test(start_paused = true)]
async fn an_account_of_the_output_is_made_where_there_is_none() {
    let Some(mut twins) = Twins::new().await else {
        return;
    };
    for mint in [USDC, PYUSD] {
        let program = to_amm(&twins.account(&from_amm(mint)).unwrap().owner);
        let account = associated_token(to_amm(&wallet()), mint, program);
        twins.set(from_amm(account), Account::absent());
        let step = sale(&twins, CPMM, (SOL, mint), 2_000_000_000);

        let built = twins.build(&[SOL, mint], &[step]);

        twins.check(&format!("SOL to {mint}"), &built, &Expected::Success);
    }
}

#[tokio::test(start_paused = true)]
async fn splits_and_hops_pass_whole_or_not_at_all() {
    let Some(mut twins) = Twins::new().await else {
        return;
    };
    let cpmm = sale(&twins, CPMM, (SOL, USDC), 2_000_000_000);
    let damm = sale(&twins, DAMM_V2, (SOL, USDC), 1_500_000_000);
    let dlmm = sale(&twins, DLMM, (SOL, USDC), 1_000_000_000);
    let path = [SOL, USDC];
    for legs in [vec![cpmm, damm], vec![dlmm, cpmm], vec![damm, dlmm]] {
        let built = twins.build(&path, &legs);
        let whole = with_table(&mut twins, &built);
        twins.check_whole("a split", &whole, &Expected::Success);
        let mut failing = legs;
        failing[1] = with_more(failing[1]);
        let built = twins.build(&path, &failing);
        let place = built.len() - 2;
        let expected = Expected::Failure(format!("InstructionError({place}, Custom("));
        let whole = with_table(&mut twins, &built);
        twins.check_whole("a split whose second leg fails", &whole, &expected);
    }

    let first = sale(&twins, CPMM, (USDC, SOL), 900_000_000);
    let between = twins.quote(&first);
    let second = sale(&twins, DAMM_V2, (SOL, JUP), between);
    let built = twins.build(&[USDC, SOL, JUP], &[first, second]);
    let whole = with_table(&mut twins, &built);
    twins.check_whole("a hop over SOL", &whole, &Expected::Success);
    let first = sale(&twins, DAMM_V2, (SOL, USDC), 900_000_000);
    let second = sale(&twins, CPMM, (USDC, JUP), twins.quote(&first));
    let built = twins.build(&[SOL, USDC, JUP], &[first, second]);
    let whole = with_table(&mut twins, &built);
    twins.check_whole("a hop over USDC", &whole, &Expected::Success);
}

/// A lookup table that is in use since long ago.
fn table(addresses: &[Address]) -> Vec<u8> {
    let mut data = vec![0; TABLE_HEADER_BYTES];
    data[0] = 1;
    data[4..12].copy_from_slice(&u64::MAX.to_le_bytes());
    data.extend(addresses.iter().flat_map(|address| address.0));
    data
}

/// The transaction of these instructions, with a lookup table where it is too long without.
fn with_table(twins: &mut Twins, built: &[Instruction]) -> Transaction {
    let signer = to_amm(&wallet());
    let mut addresses: Vec<Address> = Vec::new();
    for meta in built.iter().flat_map(|it| &it.accounts) {
        let is_program = built.iter().any(|it| it.program == meta.address);
        if meta.address != signer && !is_program && !addresses.contains(&meta.address) {
            addresses.push(meta.address);
        }
    }
    let at = Address([99; 32]);
    let data = table(&addresses);
    let account = Account::new(1_000_000_000, address::LOOKUP_TABLE, data);
    twins.set(from_amm(at), account);
    let tables = [LookupTable {
        address: at,
        addresses,
    }];
    compiled(built, &tables)
}

#[tokio::test(start_paused = true)]
async fn what_fits_into_no_legacy_message_passes_with_a_lookup_table() {
    let Some(mut twins) = Twins::new().await else {
        return;
    };
    let v4 = sale(&twins, AMM_V4, (SOL, USDC), 2_000_000_000);
    let dlmm = sale(&twins, DLMM, (SOL, USDC), 1_000_000_000);
    let cpmm = sale(&twins, CPMM, (SOL, USDC), 1_000_000_000);
    let built = twins.build(&[SOL, USDC], &[v4, dlmm, cpmm]);

    let transaction = with_table(&mut twins, &built);

    assert!(transaction.message().address_table_lookups().is_some());
    twins.check_whole("three legs", &transaction, &Expected::Success);
}

#[tokio::test(start_paused = true)]
async fn a_wallet_that_has_too_little_pays_the_fee_or_nothing() {
    let Some(mut twins) = Twins::new().await else {
        return;
    };
    let step = sale(&twins, CPMM, (SOL, USDC), 3_000_000_000);
    let built = twins.build(&[SOL, USDC], &[step]);
    let fee = crate::twins::BUDGET.fee().get();
    let rent = 890_880;
    for lamports in [0, fee - 1, fee, fee + rent, 1_000_000_000, 3_000_000_000] {
        let account = Account::new(lamports, address::SYSTEM, Vec::new());
        twins.set(wallet(), account);
        let transaction = compiled(&built, &[]);
        let (emulated, real) = twins.run(&transaction);
        let found = crate::compare::differences(&emulated, &real);
        assert!(
            found.is_empty(),
            "{lamports} lamports: {}",
            found.join("\n")
        );
    }
}
