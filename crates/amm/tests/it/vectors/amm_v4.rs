//! Raydium AMM v4 vectors.

use amm::amm_v4::quote::{Pool, Status, Swap};
use amm::{ChainTime, Direction};
use serde_json::Value;

use super::case::{Case, Kind, Outcome};

const STATE: [&str; 6] = [
    "coin_reserve",
    "pc_reserve",
    "need_take_pnl_coin",
    "need_take_pnl_pc",
    "swap_fee_numerator",
    "swap_fee_denominator",
];

pub(super) fn check(file: &Value) -> Vec<Outcome> {
    let frame = ["venue", "generator", "notes", "vectors"];
    super::check_vectors(file, "raydium_amm_v4", &frame, check_one)
}

fn check_one(case: &Case<'_>) -> Outcome {
    case.only_inputs(&["state", "direction", "amount_in", "amount_out"])?;
    let pool = pool(&case.child("state")?)?;
    let direction = match case.text("direction")? {
        "coin2pc" => Direction::FirstToSecond,
        "pc2coin" => Direction::SecondToFirst,
        other => return case.fail(format!("unknown direction `{other}`")),
    };

    let kind = case.kind()?;
    let amount = case.given(kind)?;
    let quote = match kind {
        Kind::ExactIn => pool.quote_exact_in(direction, amount, ChainTime::default()),
        Kind::ExactOut => pool.quote_exact_out(direction, amount, ChainTime::default()),
        Kind::PartialFill => return case.fail("the venue has no partial fills"),
    };
    case.compare(kind, quote.as_ref().map(fields).map_err(|error| *error))
}

fn pool(state: &Case<'_>) -> Result<Pool, String> {
    state.only_keys(&STATE)?;
    let need_take_pnl_coin = state.number("need_take_pnl_coin")?;
    let need_take_pnl_pc = state.number("need_take_pnl_pc")?;
    // The vectors state reserves, which are the vaults less what is to be taken out of them.
    Ok(Pool {
        vault_coin: state.number::<u128>("coin_reserve")? + u128::from(need_take_pnl_coin),
        vault_pc: state.number::<u128>("pc_reserve")? + u128::from(need_take_pnl_pc),
        need_take_pnl_coin,
        need_take_pnl_pc,
        swap_fee_numerator: state.number("swap_fee_numerator")?,
        swap_fee_denominator: state.number("swap_fee_denominator")?,
        status: Status::Open,
    })
}

fn fields(swap: &Swap) -> Vec<(&'static str, String)> {
    vec![
        ("amount_in", swap.amount_in.to_string()),
        ("amount_out", swap.amount_out.to_string()),
        ("fee", swap.fee.to_string()),
    ]
}
