//! Swaps of the four programs, as people read them.

use amm::Program;
use amm::damm_v2::quote::Mode;
use amm::instruction::{Amounts, Instruction};
use ports::transaction_reader::Field;

use super::{Meaning, field};

const CPMM: [&str; 13] = [
    "wallet",
    "authority",
    "config",
    "pool",
    "input",
    "output",
    "vaultIn",
    "vaultOut",
    "tokenProgramIn",
    "tokenProgramOut",
    "mintIn",
    "mintOut",
    "observation",
];
const AMM_V4: [&str; 8] = [
    "tokenProgram",
    "pool",
    "authority",
    "vaultCoin",
    "vaultPc",
    "input",
    "output",
    "wallet",
];
/// Behind the vaults of the long form stands the former order book.
const ORDER_BOOK: [&str; 8] = [
    "marketProgram",
    "market",
    "bids",
    "asks",
    "events",
    "marketVaultCoin",
    "marketVaultPc",
    "marketAuthority",
];
const DAMM_V2: [&str; 15] = [
    "authority",
    "pool",
    "input",
    "output",
    "vaultFirst",
    "vaultSecond",
    "mintFirst",
    "mintSecond",
    "wallet",
    "tokenProgramFirst",
    "tokenProgramSecond",
    "referral",
    "eventAuthority",
    "program",
    "instructions",
];
const DLMM: [&str; 16] = [
    "pool",
    "bitmapExtension",
    "vaultFirst",
    "vaultSecond",
    "input",
    "output",
    "mintFirst",
    "mintSecond",
    "oracle",
    "host",
    "wallet",
    "tokenProgramFirst",
    "tokenProgramSecond",
    "memoProgram",
    "eventAuthority",
    "program",
];

/// What people call a program.
pub(super) const fn name_of(program: &Program) -> &'static str {
    match program {
        Program::Cpmm(_) => "Raydium CPMM",
        Program::AmmV4(_) => "Raydium AMM v4",
        Program::DammV2(_) => "Meteora DAMM v2",
        Program::Dlmm(_) => "Meteora DLMM",
    }
}

/// A swap; nothing where the program is asked for something else.
pub(super) fn meaning(program: &Program, instruction: &Instruction) -> Option<Meaning> {
    let (roles, amounts) = match program {
        Program::Cpmm(_) => {
            let swap = amm::cpmm::instruction::SwapInstruction::decode(instruction).ok()?;
            (CPMM.to_vec(), amounts(swap.amounts))
        }
        Program::AmmV4(_) => {
            let swap = amm::amm_v4::instruction::SwapInstruction::decode(instruction).ok()?;
            let roles = match swap.market {
                Some(_) => long_form(instruction.accounts.len()),
                None => AMM_V4.to_vec(),
            };
            (roles, amounts(swap.amounts))
        }
        Program::DammV2(_) => {
            let swap = amm::damm_v2::instruction::SwapInstruction::decode(instruction).ok()?;
            let names = match swap.mode {
                Mode::ExactOut => ["amountOut", "maxAmountIn"],
                Mode::ExactIn | Mode::PartialIn => ["amountIn", "minAmountOut"],
            };
            let values = [swap.amount, swap.limit];
            let fields = names.iter().zip(values);
            let fields = fields.map(|(name, value)| field(name, &value));
            (DAMM_V2.to_vec(), fields.collect())
        }
        Program::Dlmm(_) => {
            let swap = amm::dlmm::instruction::SwapInstruction::decode(instruction).ok()?;
            let arrays = std::iter::repeat_n("binArray", swap.bin_arrays.len());
            (
                DLMM.into_iter().chain(arrays).collect(),
                amounts(swap.amounts),
            )
        }
    };
    Some(Meaning {
        name: "swap",
        roles,
        fields: amounts,
    })
}

fn long_form(accounts: usize) -> Vec<&'static str> {
    let [
        token_program,
        pool,
        authority,
        vaults @ ..,
        input,
        output,
        wallet,
    ] = AMM_V4;
    let mut roles = vec![token_program, pool, authority, "openOrders"];
    if accounts == 18 {
        roles.push("targetOrders");
    }
    roles.extend(vaults);
    roles.extend(ORDER_BOOK);
    roles.extend([input, output, wallet]);
    roles
}

fn amounts(amounts: Amounts) -> Vec<Field> {
    match amounts {
        Amounts::ExactIn {
            amount_in,
            min_amount_out,
        } => vec![
            field("amountIn", &amount_in),
            field("minAmountOut", &min_amount_out),
        ],
        Amounts::ExactOut {
            amount_out,
            max_amount_in,
        } => vec![
            field("amountOut", &amount_out),
            field("maxAmountIn", &max_amount_in),
        ],
    }
}
