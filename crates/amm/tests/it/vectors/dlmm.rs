//! Meteora DLMM vectors: swaps against whole accounts, and the prices of bins.

use std::collections::BTreeMap;

use amm::dlmm::account::{PairAccount, PairLayout};
use amm::dlmm::bin_array::{BinArray, BinArrayLayout};
use amm::dlmm::quote::{self, Pool, Swap};
use amm::layout::Layout as _;
use amm::{ChainTime, Refusal};
use serde_json::Value;

use super::case::{Case, Kind, Outcome};

const VENUE: &str = "meteora_dlmm";
const FRAME: [&str; 7] = [
    "venue",
    "generator",
    "notes",
    "clock",
    "pools",
    "price_vectors",
    "vectors",
];

const POOL: [&str; 11] = [
    "active_id",
    "bin_arrays",
    "bin_step",
    "lb_pair",
    "lb_pair_base64",
    "note",
    "oracle",
    "reserve_x",
    "reserve_y",
    "token_x_mint",
    "token_y_mint",
];

pub(super) fn check(file: &Value) -> Vec<Outcome> {
    let (now, pools) = match (now(file), pools(file)) {
        (Ok(now), Ok(pools)) => (now, pools),
        (Err(error), _) | (_, Err(error)) => return vec![Err(error)],
    };
    let mut outcomes =
        super::check_vectors(file, VENUE, &FRAME, |case| check_one(case, &pools, now));
    if let Some(prices) = file.get("price_vectors") {
        outcomes.extend(check_prices(prices));
    }
    outcomes
}

fn now(file: &Value) -> Result<ChainTime, String> {
    let clock = Case::new(VENUE, "the file", file).child("clock")?;
    clock.only_keys(&["epoch", "slot", "unix_timestamp"])?;
    Ok(ChainTime {
        slot: clock.number("slot")?,
        epoch: clock.number("epoch")?,
        unix_time: clock.number("unix_timestamp")?,
    })
}

fn pools(file: &Value) -> Result<BTreeMap<String, Pool>, String> {
    let pools = Case::new(VENUE, "the file", file).child("pools")?;
    pools
        .keys()
        .map(|name| Ok((name.to_owned(), pool(&pools.child(name)?)?)))
        .collect()
}

fn pool(case: &Case<'_>) -> Result<Pool, String> {
    case.only_keys(&POOL)?;
    let bytes = case.bytes("lb_pair_base64")?;
    let pair = PairAccount::decode(&bytes).or_else(|error| case.fail(error))?;
    let told = (
        case.number::<i32>("active_id")?,
        case.number::<u16>("bin_step")?,
    );
    let read = (
        pair.get(PairAccount::ACTIVE_ID),
        pair.get(PairAccount::BIN_STEP),
    );
    if bytes.len() != PairLayout::LENGTH || told != read {
        return case.fail("the pair is not decoded as the file tells");
    }

    let mut arrays = Vec::new();
    for array in case.items("bin_arrays")? {
        let array = Case::new(VENUE, "a bin array", array);
        array.only_keys(&["base64", "index", "pubkey"])?;
        let bytes = array.bytes("base64")?;
        let decoded = BinArray::decode(&bytes).or_else(|error| array.fail(error))?;
        let index = decoded.index().or_else(|error| array.fail(error))?;
        if bytes.len() != BinArrayLayout::LENGTH || array.number::<i32>("index")? != index {
            return array.fail("the bin array is not decoded as the file tells");
        }
        arrays.push(decoded);
    }
    pair.pool(arrays).or_else(|error| case.fail(error))
}

fn check_one(case: &Case<'_>, pools: &BTreeMap<String, Pool>, now: ChainTime) -> Outcome {
    case.only_inputs(&["swap_for_y", "amount_in", "amount_out"])?;
    let Some(pool) = pools.get(case.text("pool")?) else {
        return case.fail("the file does not hold its pool");
    };
    let direction = case.direction_flag("swap_for_y")?;

    let kind = case.kind()?;
    let amount = case.given(kind)?;
    let quote = match kind {
        Kind::ExactIn => pool.quote_exact_in(direction, amount, now),
        Kind::ExactOut => pool.quote_exact_out(direction, amount, now),
        Kind::PartialFill => return case.fail("the venue has no partial fills"),
    };
    if let (Ok(swap), Some(executed)) = (&quote, case.executed()?) {
        executed.compare_recorded(&fields(swap))?;
    }
    case.compare(kind, quote.as_ref().map(fields).map_err(|error| *error))
}

fn fields(swap: &Swap) -> Vec<(&'static str, String)> {
    vec![
        ("amount_in", swap.amount_in.to_string()),
        ("consumed_in", swap.amount_in.to_string()),
        ("amount_out", swap.amount_out.to_string()),
        // The vectors' `fee` is without the protocol's part.
        ("fee", swap.owners_fee.to_string()),
        ("protocol_fee", swap.protocol_fee.to_string()),
        ("active_id_after", swap.after.active_id.to_string()),
        (
            "volatility_accumulator_after",
            swap.after.volatility.accumulator.to_string(),
        ),
    ]
}

fn check_prices(prices: &Value) -> Vec<Outcome> {
    match prices.as_array().filter(|prices| !prices.is_empty()) {
        Some(prices) => prices.iter().map(check_price).collect(),
        None => vec![Err(format!(
            "{VENUE}: `price_vectors` is no list of vectors"
        ))],
    }
}

fn check_price(price: &Value) -> Outcome {
    let case = Case::new(VENUE, &format!("price {price}"), price);
    case.only_keys(&["bin_id", "bin_step", "price_q64_64", "expected"])?;
    let ours = quote::price(case.number("bin_id")?, case.number("bin_step")?);

    if price["price_q64_64"].is_null() {
        return match (case.text("expected")?, ours) {
            (told, Err(Refusal::Overflow)) if told.starts_with("overflow") => Ok(()),
            (told, ours) => case.fail(format!("expected {told}, we say {ours:?}")),
        };
    }
    let theirs: u128 = case.number("price_q64_64")?;
    if ours == Ok(theirs) {
        Ok(())
    } else {
        case.fail(format!("we say {ours:?}"))
    }
}
