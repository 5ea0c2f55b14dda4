use super::*;
use crate::asset::Mint;

const BONK: Asset = Asset::token(
    Mint::literal("DezXAZ8z7PnrnRJjz3wXBoRgixCa6xjnB7YaB1pPB263"),
    5,
);

fn leg(
    program: Program,
    (asset_in, amount_in): (Asset, u64),
    (asset_out, amount_out): (Asset, u64),
) -> Leg {
    Leg {
        pool: PoolRef::unaddressed(program),
        asset_in,
        asset_out,
        amount_in: BaseUnits::new(amount_in),
        amount_out: BaseUnits::new(amount_out),
    }
}

fn route(legs: &[Leg]) -> Route {
    Route::try_from(legs.to_vec()).unwrap()
}

#[test]
fn legs_side_by_side_share_what_the_order_sells() {
    let split = route(&[
        leg(Program::Cpmm, (Asset::SOL, 40), (Asset::USDC, 400)),
        leg(Program::DammV2, (Asset::SOL, 60), (Asset::USDC, 590)),
    ]);

    assert_eq!(split.amount_in(), BaseUnits::new(100));
    assert_eq!(
        (split.asset_in(), split.asset_out()),
        (Asset::SOL, Asset::USDC)
    );
    assert_eq!(split.largest().venue(), Venue::Meteora);
}

#[test]
fn between_equal_legs_the_first_is_the_largest() {
    let split = route(&[
        leg(Program::Dlmm, (Asset::SOL, 50), (Asset::USDC, 490)),
        leg(Program::Cpmm, (Asset::SOL, 50), (Asset::USDC, 500)),
    ]);

    assert_eq!(split.largest().pool.program, Program::Dlmm);
}

#[test]
fn of_a_hop_only_the_first_leg_takes_what_the_order_sells() {
    let hop = route(&[
        leg(Program::Cpmm, (BONK, 7), (Asset::SOL, 1_000)),
        leg(Program::DammV2, (Asset::SOL, 1_000), (Asset::USDC, 9)),
    ]);

    assert_eq!(hop.amount_in(), BaseUnits::new(7));
    assert_eq!((hop.asset_in(), hop.asset_out()), (BONK, Asset::USDC));
    assert_eq!(hop.largest().venue(), Venue::Raydium);
}

#[test]
fn what_is_no_route_is_not_read_as_one() {
    let most = leg(Program::Cpmm, (Asset::SOL, u64::MAX), (Asset::USDC, 1));
    let too_much = serde_json::to_string(&[most, most]).unwrap();

    for (json, why) in [
        ("[]", NoRoute::Empty),
        (too_much.as_str(), NoRoute::TooMuch),
    ] {
        let refused = serde_json::from_str::<Route>(json).unwrap_err();
        assert_eq!(refused.to_string(), why.to_string());
    }
}

#[test]
fn what_was_sold_otherwise_than_planned_is_shared_between_the_legs_that_sold_it() {
    let split = route(&[
        leg(Program::Cpmm, (Asset::SOL, 60), (Asset::USDC, 590)),
        leg(Program::DammV2, (Asset::SOL, 40), (Asset::USDC, 400)),
    ]);
    let taken = |route: Route| {
        let legs = route.legs().iter();
        legs.map(|leg| leg.amount_in.get()).collect::<Vec<_>>()
    };

    assert_eq!(split.clone().having_sold(split.amount_in()), split);
    assert_eq!(taken(split.having_sold(BaseUnits::new(97))), [58, 39]);
    let hop = route(&[
        leg(Program::Cpmm, (Asset::SOL, 60), (BONK, 590)),
        leg(Program::DammV2, (BONK, 580), (Asset::USDC, 400)),
    ]);
    assert_eq!(taken(hop.having_sold(BaseUnits::new(61))), [61, 580]);
}
