//! What a transaction was rolled back for, in an order's own terms.

use dex_router::Router;
use domain::event::{Failure, FailureCode};
use domain::quote::Choice;
use domain::{Asset, BaseUnits};
use ports::chain::Revert;

use super::failure;

/// As a failure of the order.
pub(super) fn explain(router: &Router, choice: &Choice, revert: &Revert) -> Failure {
    let print = |amount, asset| router.print(amount, asset);
    match revert {
        Revert::SlippageExceeded => slippage(print, choice, None),
        Revert::LegTooSmall { leg, least } => slippage(print, choice, Some((*leg, *least))),
        Revert::InsufficientLiquidity => {
            failure(FailureCode::InsufficientLiquidity, revert.to_string())
        }
        Revert::Other(_) => failure(FailureCode::TransactionFailed, revert.to_string()),
    }
}

/// `short` is the place of the leg that paid too little, and what it must pay, where that is known.
fn slippage(
    print: impl Fn(BaseUnits, Asset) -> String,
    choice: &Choice,
    short: Option<(usize, BaseUnits)>,
) -> Failure {
    let route = &choice.route;
    let minimum = print(choice.min_amount_out, route.asset_out());
    let leg = short.and_then(|(place, least)| Some((route.legs().get(place)?, least)));
    let would_have = match (leg, choice.max_amount_in) {
        (Some((leg, least)), _) if leg.asset_out != route.asset_out() => {
            let least = print(least, leg.asset_out);
            format!("the first swap would have paid less than {least}, which the second one takes")
        }
        (Some((leg, least)), _) if route.is_divided() => {
            let program = leg.pool.program.name();
            let least = print(least, leg.asset_out);
            format!(
                "the swap on {} {program} would have returned less than {least}, its part of {minimum}",
                leg.venue()
            )
        }
        (_, Some(most)) => {
            let most = print(most, route.asset_in());
            format!("{minimum} would have cost more than {most}")
        }
        _ => format!("the swap would have returned less than {minimum}"),
    };
    failure(
        FailureCode::SlippageExceeded,
        format!("slippage exceeded: the price moved and {would_have}"),
    )
}

#[cfg(test)]
mod tests;
