//! 1. Every leg has a least amount, and the legs that pay out pay the order's least amount together.
//! 2. The path leads from what is paid to what is received, each mint once.

use domain::route::{Leg as Part, PoolRef};
use domain::venue::Program;
use domain::{Address, Asset, Route};
use proptest::prelude::*;

use super::*;

const POOL: Address = Address::literal("7YttLkHDoNj9wyDur5pM1ejNaAvT9X4eqaYcHQqtj2G5");
const BETWEEN: Asset = Asset::token(
    Mint::literal("9BB6NFEcjBCtnNLFko2FqVQBq8HHM13kCyYcdQbgpump"),
    6,
);

fn part(asset_in: Asset, asset_out: Asset, amount_out: u64) -> Part {
    Part {
        pool: PoolRef {
            program: Program::Cpmm,
            address: Some(POOL),
        },
        asset_in,
        asset_out,
        amount_in: BaseUnits::new(1_000),
        amount_out: BaseUnits::new(amount_out),
    }
}

fn choice(legs: Vec<Part>, expected: u64, least: u64) -> Choice {
    Choice {
        route: Route::try_from(legs).unwrap(),
        expected_amount_out: BaseUnits::new(expected),
        min_amount_out: BaseUnits::new(least),
        quoted_at: 77,
    }
}

fn execution(choice: &Choice) -> Option<Execution> {
    let id = OrderId::parse("01890a5d-ac96-774b-bcce-b302099a8057").unwrap();
    execution_of(id, 2, choice)
}

#[test]
fn one_leg_has_the_orders_own_least_amount() {
    let chosen = choice(vec![part(Asset::SOL, Asset::USDC, 500)], 500, 497);

    let execution = execution(&chosen).unwrap();

    assert_eq!((execution.number, execution.quoted_at), (2, 77));
    assert_eq!(execution.path, [Asset::SOL.mint, Asset::USDC.mint]);
    assert_eq!(execution.legs.len(), 1);
    assert_eq!(execution.legs[0].pool, POOL);
    assert_eq!(execution.legs[0].min_amount_out.get(), 497);
}

#[test]
fn what_lies_between_is_on_the_path_once() {
    let legs = vec![
        part(Asset::SOL, BETWEEN, 40),
        part(Asset::SOL, BETWEEN, 60),
        part(BETWEEN, Asset::USDC, 500),
    ];

    let execution = execution(&choice(legs, 500, 250)).unwrap();

    let mints = [Asset::SOL, BETWEEN, Asset::USDC].map(|asset| asset.mint);
    assert_eq!(execution.path, mints);
    let least = execution.legs.iter().map(|leg| leg.min_amount_out.get());
    assert_eq!(least.collect::<Vec<_>>(), [20, 30, 250]);
}

#[test]
fn a_leg_without_an_address_is_no_execution() {
    let mut old = part(Asset::SOL, Asset::USDC, 500);
    old.pool = PoolRef::unaddressed(Program::DammV2);
    let legs = vec![part(Asset::SOL, Asset::USDC, 500), old];

    assert_eq!(execution(&choice(legs, 1_000, 900)), None);
}

proptest! {
    #[test]
    fn the_least_amounts_are_never_zero_and_add_up(
        outs in proptest::collection::vec(0..=u64::MAX / 4, 1..4),
        part_kept in 0..=10_000_u64,
    ) {
        let expected: u64 = outs.iter().sum();
        let least = u64::try_from(u128::from(expected) * u128::from(part_kept) / 10_000).unwrap();
        let legs = outs.iter().map(|out| part(Asset::SOL, Asset::USDC, *out));

        let execution = execution(&choice(legs.collect(), expected, least)).unwrap();

        let mut sum = 0_u128;
        for (leg, out) in execution.legs.iter().zip(&outs) {
            let floor = leg.min_amount_out.get();
            prop_assert!((1..=(*out).max(1)).contains(&floor));
            sum += u128::from(floor);
        }
        prop_assert!(sum >= u128::from(least));
    }
}
