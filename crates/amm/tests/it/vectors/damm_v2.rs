//! Meteora DAMM v2 vectors: each carries a whole pool account, which also tests the decoder.

use amm::ChainTime;
use amm::damm_v2::account::{PoolAccount, PoolLayout};
use amm::damm_v2::quote::{Mode, Pool, Referral, Swap};
use amm::layout::Layout as _;
use serde_json::Value;

use super::case::{Case, Kind, Outcome};

const INPUTS: [&str; 6] = [
    "a_to_b",
    "amount_in",
    "amount_out",
    "clock_unix_timestamp",
    "has_referral",
    "pool_account_base64",
];

pub(super) fn check(file: &Value) -> Vec<Outcome> {
    let frame = ["venue", "generator", "notes", "vectors"];
    super::check_vectors(file, "meteora_damm_v2", &frame, check_one)
}

fn check_one(case: &Case<'_>) -> Outcome {
    case.only_inputs(&INPUTS)?;
    let account = case.bytes("pool_account_base64")?;
    if account.len() != PoolLayout::LENGTH {
        return case.fail(format!("the pool account has {} bytes", account.len()));
    }
    let pool = PoolAccount::decode(&account)
        .and_then(|account| account.pool())
        .or_else(|error| case.fail(error))?;
    let direction = case.direction_flag("a_to_b")?;
    let referral = if case.flag("has_referral")? {
        Referral::Present
    } else {
        Referral::None
    };
    // No vector states a slot; none of their pools activates by one.
    let now = ChainTime {
        slot: 0,
        epoch: 0,
        unix_time: case.number("clock_unix_timestamp")?,
    };

    let kind = case.kind()?;
    let mode = match kind {
        Kind::ExactIn => Mode::ExactIn,
        Kind::PartialFill => Mode::PartialIn,
        Kind::ExactOut => Mode::ExactOut,
    };
    let quote = pool.quote(mode, direction, case.given(kind)?, referral, now);
    if let (Ok(swap), Some(executed)) = (&quote, case.executed()?) {
        executed.compare_recorded(&executed_fields(&pool, swap))?;
    }
    case.compare(kind, quote.as_ref().map(fields).map_err(|error| *error))
}

fn fields(swap: &Swap) -> Vec<(&'static str, String)> {
    vec![
        ("amount_in", swap.amount_in.to_string()),
        ("included_fee_input", swap.amount_in.to_string()),
        ("excluded_fee_input", swap.net_amount_in.to_string()),
        ("amount_left", swap.amount_left.to_string()),
        ("amount_out", swap.amount_out.to_string()),
        ("claiming_fee", swap.fee.claiming.to_string()),
        ("compounding_fee", swap.fee.compounding.to_string()),
        ("protocol_fee", swap.fee.protocol.to_string()),
        ("referral_fee", swap.fee.referral.to_string()),
        ("next_sqrt_price", swap.after.sqrt_price.to_string()),
    ]
}

/// What the chain recorded: the amounts that moved and the state it was left in.
fn executed_fields(pool: &Pool, swap: &Swap) -> Vec<(&'static str, String)> {
    let after = &swap.after;
    let volatility = after
        .fees
        .volatility
        .map_or(0, |volatility| volatility.accumulator);
    let first = after.protocol_fees_first - pool.protocol_fees_first;
    let second = after.protocol_fees_second - pool.protocol_fees_second;
    vec![
        ("amount_in", swap.amount_in.to_string()),
        ("amount_out", swap.amount_out.to_string()),
        ("protocol_a_fee", first.to_string()),
        ("protocol_b_fee", second.to_string()),
        ("referral_received", swap.fee.referral.to_string()),
        ("sqrt_price_after", after.sqrt_price.to_string()),
        ("volatility_accumulator_after", volatility.to_string()),
    ]
}
