//! Messages as the engine makes them, to be changed by tests.

use amm::damm_v2::quote::Mode;
use amm::instruction::{AccountMeta, Amounts, Instruction, Trader};
use amm::token::WRAPPED_SOL;
use amm::{Address, Program, amm_v4, cpmm, damm_v2, dlmm};
use chain_solana::address::{
    ASSOCIATED_TOKEN_PROGRAM, COMPUTE_BUDGET_PROGRAM, SYSTEM_PROGRAM, TOKEN_PROGRAM,
    associated_token, with_seed,
};
use chain_solana::build::compile::{LookupTable, Message};
use chain_solana::rpc::Hash;

use chain_solana::keys::{self, Wallet};

use crate::Rules;

/// The wallet of the key whose secret half is all sevens.
pub(crate) const WALLET: Address = Address::literal("GmaDrppBC7P5ARKV8g3djiwP89vz1jLK23V2GBjuAEGB");
pub(crate) const THIEF: Address = Address([66; 32]);
pub(crate) const USDC: Address = Address::literal("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v");
/// A mint that no list names.
pub(crate) const BONK: Address = Address([40; 32]);
pub(crate) const POOL: Address = Address([30; 32]);
pub(crate) const SEED: &str = "abcdefghijk";
/// What an account of the token program deposits at most.
pub(crate) const DEPOSIT: u64 = 2_039_280;

pub(crate) fn wallet() -> Wallet {
    let numbers = [[7; 32], WALLET.0].concat();
    keys::from_text(&format!("{numbers:?}")).expect("both halves belong together")
}

pub(crate) fn rules() -> Rules {
    let mints = [(USDC, TOKEN_PROGRAM)];
    Rules::new(WALLET, Program::MAINNET.to_vec(), mints)
}

pub(crate) fn temporary() -> Address {
    with_seed(WALLET, SEED, TOKEN_PROGRAM)
}

pub(crate) fn usdc_account() -> Address {
    associated_token(WALLET, USDC, TOKEN_PROGRAM)
}

pub(crate) fn message(instructions: &[Instruction]) -> Vec<u8> {
    compiled(WALLET, instructions, &[])
}

/// The sale of one SOL, by an execution of its own for each number.
pub(crate) fn numbered(number: u8) -> Vec<u8> {
    of_execution(number.into())
}

/// The same for more of them.
pub(crate) fn of_execution(number: u32) -> Vec<u8> {
    let [cpmm, ..] = Program::MAINNET;
    let mut hash = [9; 32];
    hash[..4].copy_from_slice(&number.to_le_bytes());
    let message = Message::compile(WALLET, &sale(cpmm), Hash::new_from_array(hash), &[]);
    message.expect("it fits").bytes().to_vec()
}

pub(crate) fn compiled(
    payer: Address,
    instructions: &[Instruction],
    tables: &[LookupTable],
) -> Vec<u8> {
    let hash = Hash::new_from_array([9; 32]);
    let message = Message::compile(payer, instructions, hash, tables);
    message.expect("it fits").bytes().to_vec()
}

pub(crate) const fn writer(address: Address) -> AccountMeta {
    AccountMeta {
        address,
        is_signer: true,
        is_writable: true,
    }
}

pub(crate) fn instruction(
    program: Address,
    accounts: Vec<AccountMeta>,
    data: &[u8],
) -> Instruction {
    Instruction {
        program,
        accounts,
        data: data.to_vec(),
    }
}

pub(crate) fn units(units: u32) -> Instruction {
    let data = [&[2][..], &units.to_le_bytes()].concat();
    instruction(COMPUTE_BUDGET_PROGRAM, Vec::new(), &data)
}

pub(crate) fn price(price: u64) -> Instruction {
    let data = [&[3][..], &price.to_le_bytes()].concat();
    instruction(COMPUTE_BUDGET_PROGRAM, Vec::new(), &data)
}

pub(crate) fn make(owner: Address) -> Instruction {
    let data = [
        &[3, 0, 0, 0][..],
        &WALLET.0,
        &11_u64.to_le_bytes(),
        SEED.as_bytes(),
        &1_002_039_280_u64.to_le_bytes(),
        &165_u64.to_le_bytes(),
        &owner.0,
    ];
    let accounts = vec![writer(WALLET), AccountMeta::write(temporary())];
    instruction(SYSTEM_PROGRAM, accounts, &data.concat())
}

pub(crate) fn open(owner: Address) -> Instruction {
    let accounts = vec![
        AccountMeta::write(temporary()),
        AccountMeta::read(WRAPPED_SOL),
    ];
    instruction(TOKEN_PROGRAM, accounts, &[&[18][..], &owner.0].concat())
}

pub(crate) fn close(account: Address, to: Address) -> Instruction {
    let accounts = vec![
        AccountMeta::write(account),
        AccountMeta::write(to),
        AccountMeta::sign(WALLET),
    ];
    instruction(TOKEN_PROGRAM, accounts, &[9])
}

pub(crate) fn associated(mint: Address, account: Address, owner: Address) -> Instruction {
    let accounts = vec![
        writer(WALLET),
        AccountMeta::write(account),
        AccountMeta::read(owner),
        AccountMeta::read(mint),
        AccountMeta::read(SYSTEM_PROGRAM),
        AccountMeta::read(TOKEN_PROGRAM),
    ];
    instruction(ASSOCIATED_TOKEN_PROGRAM, accounts, &[1])
}

pub(crate) const fn transfer(to: Address, lamports: u64) -> ([u8; 4], Address, u64) {
    ([2, 0, 0, 0], to, lamports)
}

pub(crate) fn moved((kind, to, lamports): ([u8; 4], Address, u64)) -> Instruction {
    let data = [&kind[..], &lamports.to_le_bytes()].concat();
    let accounts = vec![
        writer(WALLET),
        AccountMeta::write(to),
        AccountMeta::read(Address([88; 32])),
    ];
    instruction(SYSTEM_PROGRAM, accounts, &data)
}

pub(crate) const SALE: Amounts = Amounts::ExactIn {
    amount_in: 1_000_000_000,
    min_amount_out: 150_000_000,
};

/// A swap of each program with these accounts of the wallet.
pub(crate) fn swap(
    program: Program,
    (input, output): (Address, Address),
    amounts: Amounts,
) -> Instruction {
    let trader = Trader {
        wallet: WALLET,
        input,
        output,
    };
    let (vaults, mints) = ((Address([31; 32]), Address([32; 32])), (WRAPPED_SOL, USDC));
    let token_programs = (TOKEN_PROGRAM, TOKEN_PROGRAM);
    match program {
        Program::Cpmm(it) => cpmm::instruction::SwapInstruction {
            trader,
            authority: it.authority,
            config: Address([33; 32]),
            pool: POOL,
            vaults,
            token_programs,
            mints,
            observation: Address([34; 32]),
            amounts,
        }
        .encode(&it),
        Program::AmmV4(it) => amm_v4::instruction::SwapInstruction {
            trader,
            token_program: TOKEN_PROGRAM,
            pool: POOL,
            authority: it.authority,
            vaults,
            market: None,
            amounts,
        }
        .encode(&it),
        Program::DammV2(it) => {
            let (amount, limit) = match amounts {
                Amounts::ExactIn {
                    amount_in,
                    min_amount_out,
                } => (amount_in, min_amount_out),
                Amounts::ExactOut {
                    amount_out,
                    max_amount_in,
                } => (amount_out, max_amount_in),
            };
            damm_v2::instruction::SwapInstruction {
                trader,
                authority: it.authority,
                pool: POOL,
                vaults,
                mints,
                token_programs,
                referral: None,
                event_authority: it.event_authority,
                instructions: None,
                mode: Mode::ExactIn,
                amount,
                limit,
            }
            .encode(&it)
        }
        Program::Dlmm(it) => dlmm::instruction::SwapInstruction {
            trader,
            pair: POOL,
            bitmap_extension: None,
            vaults,
            mints,
            oracle: Address([35; 32]),
            host: None,
            token_programs,
            memo_program: dlmm::instruction::MEMO_PROGRAM,
            event_authority: it.event_authority,
            bin_arrays: vec![Address([37; 32])],
            amounts,
        }
        .encode(&it),
    }
}

/// SOL for USDC by a program, as the engine does it.
pub(crate) fn sale(program: Program) -> Vec<Instruction> {
    vec![
        units(200_000),
        price(50_000),
        associated(USDC, usdc_account(), WALLET),
        make(TOKEN_PROGRAM),
        open(WALLET),
        swap(program, (temporary(), usdc_account()), SALE),
        close(temporary(), WALLET),
    ]
}

/// Between usual accounts: nothing is wrapped, and an address of its own is named.
pub(crate) fn direct(program: Program) -> Vec<Instruction> {
    let bonk = BONK;
    let account = associated_token(WALLET, bonk, TOKEN_PROGRAM);
    vec![
        units(200_000),
        price(0),
        moved(transfer(WALLET, 0)),
        associated(bonk, account, WALLET),
        swap(program, (usdc_account(), account), SALE),
    ]
}

/// The end of a table: addresses that messages of [`v0`] name without any meaning.
pub(crate) fn filler() -> Vec<Address> {
    (100..120).map(|number| Address([number; 32])).collect()
}

/// A message of version 0 that takes from this table what stands in it. A message that fits is a legacy one, so it is
/// filled up by what means nothing.
pub(crate) fn v0(instructions: &[Instruction], table: &LookupTable) -> Vec<u8> {
    let mut all = instructions.to_vec();
    all.extend(filler().chunks(5).map(|named| {
        let mut nothing = moved(transfer(WALLET, 0));
        nothing.accounts.truncate(2);
        let named = named.iter().copied().map(AccountMeta::read);
        nothing.accounts.extend(named);
        nothing
    }));
    let bytes = compiled(WALLET, &all, std::slice::from_ref(table));
    assert_eq!(bytes[0], 0x80, "it is of version 0");
    bytes
}

/// A table of these, with the filler behind them.
pub(crate) fn table(mut addresses: Vec<Address>) -> LookupTable {
    addresses.extend(filler());
    LookupTable {
        address: Address([70; 32]),
        addresses,
    }
}
