//! What competed for an order, and how its route compares, for people.

use api_types::quality::QualityView;
use api_types::quote::{PoolQuoteView, QuotesAnswer, SingleView};
use api_types::route::LegView;
use comfy_table::Table;

use crate::output::{self, basis_points, end_of, short};

/// Basis points with a sign, but for none.
pub(crate) fn signed(bps: i64) -> String {
    match bps {
        0 => "0".to_owned(),
        _ => format!("{bps:+}"),
    }
}

/// Every pool that competed, the best first; those that the route uses are marked.
pub(crate) fn table_of(pools: &[PoolQuoteView], route: &[LegView]) -> Table {
    let mut table = output::table(["pool", "address", "pays", "fee", "impact", ""]);
    for pool in pools {
        let of = |value: &Option<String>| value.as_deref().map(short).unwrap_or_default();
        let share = |value: &Option<String>| value.as_deref().map(basis_points).unwrap_or_default();
        let is_used = route.iter().any(|leg| is_of(leg, pool));
        let note = match &pool.error {
            Some(error) => error.clone(),
            None if is_used => "used".to_owned(),
            None => String::new(),
        };
        table.add_row([
            format!("{} {}", pool.dex.name(), pool.pool.name()),
            address_of(pool),
            match &pool.amount_in {
                Some(asked) => format!("asks {}", short(asked)),
                None => of(&pool.amount_out),
            },
            share(&pool.fee),
            share(&pool.price_impact),
            note,
        ]);
    }
    output::align_right(&mut table, &[2, 3, 4]);
    table
}

fn is_of(leg: &LegView, pool: &PoolQuoteView) -> bool {
    (leg.dex, leg.pool, &leg.pool_address) == (pool.dex, pool.pool, &pool.pool_address)
}

/// Where a program reads it, all of it; for people its end, by which pools are told apart.
fn address_of(pool: &PoolQuoteView) -> String {
    let address = pool.pool_address.as_deref().unwrap_or_default();
    match output::is_terminal() {
        true => end_of(address, 8),
        false => address.to_owned(),
    }
}

/// How an order's execution compares, as names and values.
pub(crate) fn compared(quality: &QualityView, tokens: (&str, &str)) -> Vec<(&'static str, String)> {
    let single = quality.best_single.as_ref();
    let differences = [
        (quality.against_quoted_bps, "the quote"),
        (quality.against_best_single_bps, "the best single pool"),
        (quality.against_mid_bps, "the mid price"),
    ];
    let against = differences
        .into_iter()
        .filter_map(|(bps, what)| Some(format!("{} bp {what}", signed(bps?))));
    vec![
        (
            "expected",
            format!("{} {}", quality.expected_amount_out, tokens.1),
        ),
        (
            "best single",
            single.map(|it| offer_of(it, tokens)).unwrap_or_default(),
        ),
        ("mid price", quality.mid_price.clone().unwrap_or_default()),
        ("against", against.collect::<Vec<_>>().join(", ")),
    ]
}

fn offer_of(single: &SingleView, (token_in, token_out): (&str, &str)) -> String {
    let (dex, pool) = (single.dex.name(), single.pool.name());
    match &single.amount_in {
        Some(asked) => format!("asks {asked} {token_in} on {dex} {pool}"),
        None => format!("{} {token_out} on {dex} {pool}", single.amount_out),
    }
}

/// What a route of several pools gains, in a sentence; nothing of a single one.
pub(crate) fn gain_of(answer: &QuotesAnswer) -> Option<String> {
    let single = answer.best_single.as_ref()?;
    let is_split = answer.route.len() > 1;
    let (gain, name) = (answer.gain_bps, single.pool.name());
    is_split.then(|| match &single.amount_in {
        Some(asked) => format!(
            "{gain} bp better than {} {name} alone, which asks {}",
            single.dex.name(),
            short(asked)
        ),
        None => format!(
            "{gain} bp more than {} {name} alone, which pays {}",
            single.dex.name(),
            short(&single.amount_out)
        ),
    })
}
