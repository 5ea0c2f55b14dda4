use domain::route::{PoolRef, Route};
use domain::venue::Program;
use domain::{Address, Mint};

use super::*;

const USDT: Asset = Asset::token(Mint::new(Address::new([7; 32])), 6);

fn leg(program: Program, pair: (Asset, Asset), amounts: (u64, u64)) -> Leg {
    Leg {
        pool: PoolRef {
            program,
            address: None,
        },
        asset_in: pair.0,
        asset_out: pair.1,
        amount_in: BaseUnits::new(amounts.0),
        amount_out: BaseUnits::new(amounts.1),
    }
}

fn choice(legs: Vec<Leg>) -> Choice {
    Choice {
        route: Route::try_from(legs).unwrap(),
        expected_amount_out: BaseUnits::new(300),
        min_amount_out: BaseUnits::new(298),
        max_amount_in: None,
        quoted_at: 1,
    }
}

/// Over USDT.
fn hop() -> Choice {
    choice(vec![
        leg(Program::Cpmm, (Asset::SOL, USDT), (20, 301)),
        leg(Program::DammV2, (USDT, Asset::USDC), (300, 300)),
    ])
}

fn divided() -> Choice {
    let pair = (Asset::SOL, Asset::USDC);
    choice(vec![
        leg(Program::Cpmm, pair, (10, 200)),
        leg(Program::DammV2, pair, (5, 100)),
    ])
}

#[track_caller]
fn check(choice: &Choice, past_limit: Option<(usize, u64)>, expected: &str) {
    let print = |amount: BaseUnits, asset: Asset| match asset {
        Asset::SOL => format!("{amount} SOL"),
        USDT => format!("{amount} USDT"),
        _ => format!("{amount} USDC"),
    };
    let past_limit = past_limit.map(|(leg, limit)| (leg, BaseUnits::new(limit)));

    let failure = slippage(print, choice, past_limit);

    assert_eq!(failure.code, FailureCode::SlippageExceeded);
    let whole = format!("slippage exceeded: the price moved and {expected}");
    assert_eq!(failure.reason, whole);
}

#[test]
fn a_first_swap_that_pays_too_little_is_not_said_to_miss_the_orders_minimum() {
    let expected = "the first swap would have paid less than 300 USDT, which the second one takes";
    check(&hop(), Some((0, 300)), expected);
}

#[test]
fn what_the_order_brings_at_least_is_named_where_its_last_swap_pays_less() {
    let expected = "the swap would have returned less than 298 USDC";
    check(&hop(), Some((1, 298)), expected);
    check(&hop(), None, expected);
    check(&divided(), None, expected);
    // A leg that the order does not have.
    check(&divided(), Some((2, 1)), expected);
}

#[test]
fn of_a_divided_order_the_leg_is_named_with_its_own_part() {
    let expected =
        "the swap on meteora damm_v2 would have returned less than 99 USDC, its part of 298 USDC";
    check(&divided(), Some((1, 99)), expected);
}

#[test]
fn a_purchase_costs_too_much() {
    let mut purchase = divided();
    purchase.max_amount_in = Some(BaseUnits::new(16));
    check(&purchase, None, "298 USDC would have cost more than 16 SOL");
    // Its legs together need not have.
    let expected =
        "the swap on meteora damm_v2 would have cost more than 6 SOL, its part of 16 SOL";
    check(&purchase, Some((1, 6)), expected);
}
