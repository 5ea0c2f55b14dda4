use amm::Address;
use amm::amm_v4::instruction::Market;
use amm::instruction::{AccountMeta, Amounts, Trader};

use super::*;
use crate::build::{Asset, instructions};
use crate::rpc::{Lamports, MicroLamports};

const WALLET: Address = Address([1; 32]);
const ACCOUNT: Address = Address([2; 32]);
const POOL: Address = Address([3; 32]);

fn explained(instruction: &Instruction) -> ReadInstruction {
    explain(instruction, &Program::MAINNET)
}

#[track_caller]
fn check(instruction: &Instruction, name: &str, fields: &[(&str, &str)]) {
    let read = explained(instruction);
    let found: Vec<_> = read
        .fields
        .iter()
        .map(|field| (field.name.as_str(), field.value.as_str()))
        .collect();
    assert_eq!((read.name.as_str(), found.as_slice()), (name, fields));
    assert!(read.accounts.iter().all(|account| account.role.is_some()));
}

fn address_of(read: &ReadInstruction, role: &str) -> Option<Address> {
    let mut uses = read.accounts.iter();
    let found = uses.find(|account| account.role.as_deref() == Some(role));
    found.map(|account| Address(*account.address.bytes()))
}

#[test]
fn what_the_builder_writes_around_swaps_is_read_back() {
    check(
        &instructions::compute_unit_limit(90_000),
        "setComputeUnitLimit",
        &[("units", "90000")],
    );
    check(
        &instructions::compute_unit_price(MicroLamports::new(u64::MAX)),
        "setComputeUnitPrice",
        &[("microLamports", "18446744073709551615")],
    );
    check(
        &instructions::create_with_seed(
            WALLET,
            ACCOUNT,
            "abcdefghijk",
            Lamports::new(7),
            165,
            TOKEN_PROGRAM,
        ),
        "createAccountWithSeed",
        &[("seed", "abcdefghijk"), ("lamports", "7"), ("bytes", "165")],
    );
    let owner = domain::Address::new(WALLET.0).to_string();
    check(
        &instructions::initialize_account(WALLET, ACCOUNT, Asset::WRAPPED_SOL),
        "initializeAccount3",
        &[("owner", &owner)],
    );
    check(&instructions::close(WALLET, ACCOUNT), "closeAccount", &[]);
    check(
        &instructions::transfer_of_nothing(WALLET, ACCOUNT),
        "transfer",
        &[("lamports", "0")],
    );
}

#[test]
fn a_swap_of_each_program_says_its_pool_and_its_least_amount() {
    let trader = Trader {
        wallet: WALLET,
        input: ACCOUNT,
        output: Address([4; 32]),
    };
    let amounts = Amounts::ExactIn {
        amount_in: 5,
        min_amount_out: 4,
    };
    let pair = (Address([5; 32]), Address([6; 32]));
    let one = Address([7; 32]);
    let v4 = |market| amm::amm_v4::instruction::SwapInstruction {
        trader,
        token_program: one,
        pool: POOL,
        authority: one,
        vaults: pair,
        market,
        amounts,
    };
    let swaps = [
        amm::cpmm::instruction::SwapInstruction {
            trader,
            authority: one,
            config: one,
            pool: POOL,
            vaults: pair,
            token_programs: pair,
            mints: pair,
            observation: one,
            amounts,
        }
        .encode(&amm::cpmm::Deployment::MAINNET),
        v4(None).encode(&amm::amm_v4::Deployment::MAINNET),
        v4(Some(Market::unread(one, one, one, POOL))).encode(&amm::amm_v4::Deployment::MAINNET),
        amm::damm_v2::instruction::SwapInstruction {
            trader,
            authority: one,
            pool: POOL,
            vaults: pair,
            mints: pair,
            token_programs: pair,
            referral: None,
            event_authority: one,
            instructions: Some(one),
            mode: amm::damm_v2::quote::Mode::ExactIn,
            amount: 5,
            limit: 4,
        }
        .encode(&amm::damm_v2::Deployment::MAINNET),
        amm::dlmm::instruction::SwapInstruction {
            trader,
            pair: POOL,
            bitmap_extension: None,
            vaults: pair,
            mints: pair,
            oracle: one,
            host: None,
            token_programs: pair,
            memo_program: one,
            event_authority: one,
            bin_arrays: vec![one, one],
            amounts,
        }
        .encode(&amm::dlmm::Deployment::MAINNET),
    ];
    for swap in &swaps {
        check(swap, "swap", &[("amountIn", "5"), ("minAmountOut", "4")]);
        let read = explained(swap);
        for (role, address) in [
            ("pool", POOL),
            ("wallet", trader.wallet),
            ("input", trader.input),
            ("output", trader.output),
        ] {
            assert_eq!(
                address_of(&read, role),
                Some(address),
                "{}",
                read.program_name
            );
        }
    }
}

#[test]
fn what_is_not_known_is_shown_without_names() {
    let foreign = Instruction {
        program: ACCOUNT,
        accounts: vec![AccountMeta::read(WALLET)],
        data: vec![1, 2, 3],
    };

    let read = explained(&foreign);

    assert_eq!(read.name, "unknown");
    assert_eq!(read.program_name, read.program.to_string());
    assert_eq!(read.accounts[0].role, None);
    for program in [COMPUTE_BUDGET_PROGRAM, SYSTEM_PROGRAM, TOKEN_PROGRAM] {
        for data in [vec![], vec![2], vec![3; 5], vec![3, 0, 0, 0], vec![255; 99]] {
            let broken = Instruction {
                program,
                data,
                ..foreign.clone()
            };
            assert_eq!(explained(&broken).name, "unknown");
        }
    }
}
