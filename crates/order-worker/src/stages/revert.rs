//! What a transaction was rolled back for, in an order's own terms.

use dex_router::Router;
use domain::event::{Failure, FailureCode};
use domain::quote::Choice;
use domain::route::Leg;
use domain::{Asset, BaseUnits};
use ports::chain::Revert;

use super::failure;

/// As a failure of the order.
pub(super) fn explain(router: &Router, choice: &Choice, revert: &Revert) -> Failure {
    let print = |amount, asset| router.print(amount, asset);
    match revert {
        Revert::SlippageExceeded => slippage(print, choice, None),
        Revert::LegPastLimit { leg, limit } => slippage(print, choice, Some((*leg, *limit))),
        Revert::InsufficientLiquidity => {
            failure(FailureCode::InsufficientLiquidity, revert.to_string())
        }
        Revert::Other(_) => failure(FailureCode::TransactionFailed, revert.to_string()),
    }
}

/// `past_limit` is the place of the leg that paid less than this, or cost more, where that is known.
fn slippage(
    print: impl Fn(BaseUnits, Asset) -> String,
    choice: &Choice,
    past_limit: Option<(usize, BaseUnits)>,
) -> Failure {
    let route = &choice.route;
    let minimum = print(choice.min_amount_out, route.asset_out());
    let leg = past_limit.and_then(|(place, limit)| Some((route.legs().get(place)?, limit)));
    let on = |leg: &Leg| format!("the swap on {} {}", leg.venue(), leg.pool.program.name());
    let would_have = match (leg, choice.max_amount_in) {
        (Some((leg, least)), _) if leg.asset_out != route.asset_out() => {
            let least = print(least, leg.asset_out);
            format!("the first swap would have paid less than {least}, which the second one takes")
        }
        (Some((leg, limit)), None) if route.is_divided() => format!(
            "{} would have returned less than {}, its part of {minimum}",
            on(leg),
            print(limit, leg.asset_out)
        ),
        (Some((leg, limit)), Some(most)) if route.is_divided() => format!(
            "{} would have cost more than {}, its part of {}",
            on(leg),
            print(limit, leg.asset_in),
            print(most, route.asset_in())
        ),
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
