//! Raydium CPMM vectors.

use amm::cpmm::quote::{CreatorFee, CreatorFeeOn, Pool, Swap};
use amm::{ChainTime, Direction};
use serde_json::Value;

use super::case::{Case, Kind, Outcome};

const INPUTS: [&str; 5] = [
    "state",
    "direction",
    "amount_in",
    "amount_out",
    "creator_fee_on_input",
];

const STATE: [&str; 10] = [
    "vault_0",
    "vault_1",
    "accrued_fees_0",
    "accrued_fees_1",
    "trade_fee_rate",
    "protocol_fee_rate",
    "fund_fee_rate",
    "creator_fee_rate",
    "creator_fee_on",
    "enable_creator_fee",
];

pub(super) fn check(file: &Value) -> Vec<Outcome> {
    let frame = ["venue", "generator", "notes", "vectors"];
    super::check_vectors(file, "raydium_cpmm", &frame, check_one)
}

fn check_one(case: &Case<'_>) -> Outcome {
    case.only_inputs(&INPUTS)?;
    let pool = pool(&case.child("state")?)?;
    let direction = match case.text("direction")? {
        "0for1" => Direction::FirstToSecond,
        "1for0" => Direction::SecondToFirst,
        other => return case.fail(format!("unknown direction `{other}`")),
    };
    if pool.creator_fee_is_on_input(direction) != case.flag("creator_fee_on_input")? {
        return case.fail("the creator's fee is taken on the other side");
    }

    let kind = case.kind()?;
    let amount = case.given(kind)?;
    let quote = match kind {
        Kind::ExactIn => pool.quote_exact_in(direction, amount, ChainTime::default()),
        Kind::ExactOut => pool.quote_exact_out(direction, amount, ChainTime::default()),
        Kind::PartialFill => return case.fail("the venue has no partial fills"),
    };
    if let Ok(swap) = &quote {
        check_after(case, &pool, direction, swap)?;
    }
    case.compare(kind, quote.as_ref().map(fields).map_err(|error| *error))
}

fn pool(state: &Case<'_>) -> Result<Pool, String> {
    state.only_keys(&STATE)?;
    let creator_fee_rate = state.number("creator_fee_rate")?;
    Ok(Pool {
        vault_first: state.number("vault_0")?,
        vault_second: state.number("vault_1")?,
        accrued_first: state.number("accrued_fees_0")?,
        accrued_second: state.number("accrued_fees_1")?,
        trade_fee_rate: state.number("trade_fee_rate")?,
        protocol_fee_rate: state.number("protocol_fee_rate")?,
        fund_fee_rate: state.number("fund_fee_rate")?,
        creator_fee: CreatorFee {
            rate: if state.flag("enable_creator_fee")? {
                creator_fee_rate
            } else {
                0
            },
            on: match state.number::<u8>("creator_fee_on")? {
                0 => CreatorFeeOn::Input,
                1 => CreatorFeeOn::First,
                2 => CreatorFeeOn::Second,
                other => return state.fail(format!("unknown creator_fee_on {other}")),
            },
        },
        swaps_enabled: true,
        open_time: 0,
    })
}

fn fields(swap: &Swap) -> Vec<(&'static str, String)> {
    vec![
        ("amount_in", swap.amount_in.to_string()),
        ("amount_out", swap.amount_out.to_string()),
        ("trade_fee", swap.trade_fee.to_string()),
        ("creator_fee", swap.creator_fee.to_string()),
        ("protocol_fee", swap.protocol_fee.to_string()),
        ("fund_fee", swap.fund_fee.to_string()),
        ("new_input_vault", swap.curve_reserve_in.to_string()),
        ("new_output_vault", swap.curve_reserve_out.to_string()),
    ]
}

/// The pool after the swap has the curve's reserves plus what the fee leaves to the providers.
fn check_after(case: &Case<'_>, pool: &Pool, direction: Direction, swap: &Swap) -> Outcome {
    let (first, second) = swap.after.reserves().or_else(|error| case.fail(error))?;
    let (input, output) = match direction {
        Direction::FirstToSecond => (first, second),
        Direction::SecondToFirst => (second, first),
    };
    let left = u128::from(swap.trade_fee - swap.protocol_fee - swap.fund_fee);
    if input != swap.curve_reserve_in + left || output != swap.curve_reserve_out {
        return case.fail(format!("{pool:?} becomes {:?}", swap.after));
    }
    Ok(())
}
