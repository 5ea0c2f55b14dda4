use domain::Asset;
use domain::route::PoolRef;
use uuid::Uuid;

use super::*;

const ORDER: OrderId = OrderId::new(Uuid::from_u128(11));
const USDT: Asset = Asset::token(
    Mint::literal("Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB"),
    6,
);

fn leg(pool: u8, assets: (Asset, Asset), amounts: (u64, u64)) -> route::Leg {
    route::Leg {
        pool: PoolRef {
            program: Program::Cpmm,
            address: Some(Address::new([pool; 32])),
        },
        asset_in: assets.0,
        asset_out: assets.1,
        amount_in: BaseUnits::new(amounts.0),
        amount_out: BaseUnits::new(amounts.1),
    }
}

fn choice(legs: Vec<route::Leg>, (expected, least): (u64, u64)) -> Choice {
    Choice {
        route: legs.try_into().unwrap(),
        expected_amount_out: BaseUnits::new(expected),
        min_amount_out: BaseUnits::new(least),
        max_amount_in: None,
        quoted_at: 1_000,
    }
}

fn minimums(execution: &Execution) -> Vec<u64> {
    let legs = execution.legs.iter();
    legs.map(|leg| leg.min_amount_out.get()).collect()
}

#[test]
fn an_execution_of_one_leg_holds_its_swap_to_the_orders_own_minimum() {
    let legs = vec![leg(7, (Asset::SOL, Asset::USDC), (1_000, 150))];

    let execution = Execution::of(ORDER, 2, &choice(legs, (150, 149))).unwrap();

    let expected = Execution {
        order_id: ORDER,
        number: 2,
        path: vec![Mint::SOL, Asset::USDC.mint],
        legs: vec![Leg {
            program: Program::Cpmm,
            pool: Address::new([7; 32]),
            mint_in: Mint::SOL,
            mint_out: Asset::USDC.mint,
            amount_in: BaseUnits::new(1_000),
            min_amount_out: BaseUnits::new(149),
            exact: Exact::In,
        }],
        quoted_at: 1_000,
        fee_level: None,
        wallet: None,
        deaths: 0,
    };
    assert_eq!(execution, expected);
}

#[test]
fn the_legs_of_a_split_take_no_less_together_than_the_order_does() {
    let assets = (Asset::SOL, Asset::USDC);
    let legs = vec![leg(7, assets, (900, 135)), leg(8, assets, (100, 15))];

    let execution = Execution::of(ORDER, 2, &choice(legs, (150, 149))).unwrap();

    assert_eq!(execution.path, [Mint::SOL, Asset::USDC.mint]);
    // 134.1 and 14.9.
    assert_eq!(minimums(&execution), [135, 15]);
}

#[test]
fn the_legs_of_a_purchase_take_no_more_together_than_it_may_cost() {
    let assets = (Asset::SOL, Asset::USDC);
    let legs = vec![leg(7, assets, (667, 100)), leg(8, assets, (334, 50))];
    let bounds = |most: u64| {
        let purchase = Choice {
            max_amount_in: Some(BaseUnits::new(most)),
            ..choice(legs.clone(), (150, 150))
        };
        let execution = Execution::of(ORDER, 2, &purchase).unwrap();
        assert!(execution.legs.iter().all(|leg| leg.exact == Exact::Out));
        assert_eq!(minimums(&execution), [100, 50]);
        let legs = execution.legs.iter();
        legs.map(|leg| leg.amount_in.get()).collect::<Vec<_>>()
    };

    // No more than is asked, each leg for what it asks; of one hundredth more each its part.
    assert_eq!(bounds(1_001), [667, 334]);
    assert_eq!(bounds(1_011), [673, 337]);
}

#[test]
fn what_lies_between_stands_between_on_the_path() {
    let legs = vec![
        leg(6, (Asset::SOL, Asset::USDC), (500, 75)),
        leg(7, (Asset::SOL, USDT), (500, 75)),
        leg(8, (USDT, Asset::USDC), (75, 75)),
    ];

    let execution = Execution::of(ORDER, 2, &choice(legs, (150, 148))).unwrap();

    assert_eq!(execution.path, [Mint::SOL, USDT.mint, Asset::USDC.mint]);
    assert_eq!(minimums(&execution), [74, 75, 74]);
}

#[test]
fn the_first_leg_of_a_hop_pays_at_least_what_the_second_takes() {
    let legs = vec![
        leg(7, (Asset::SOL, USDT), (1_000, 5_000)),
        leg(8, (USDT, Asset::USDC), (4_995, 150)),
    ];

    let execution = Execution::of(ORDER, 2, &choice(legs, (150, 149))).unwrap();

    assert_eq!(minimums(&execution), [4_995, 149]);
}

#[test]
fn no_leg_is_without_a_minimum() {
    let legs = vec![leg(7, (Asset::SOL, Asset::USDC), (1_000, 1))];

    let execution = Execution::of(ORDER, 2, &choice(legs, (1, 0))).unwrap();

    assert_eq!(minimums(&execution), [1]);
}

#[test]
fn a_route_that_names_no_pool_is_to_be_chosen_anew() {
    let mut unnamed = leg(7, (Asset::SOL, Asset::USDC), (1_000, 150));
    unnamed.pool.address = None;

    let execution = Execution::of(ORDER, 2, &choice(vec![unnamed], (150, 149)));

    assert!(
        matches!(execution, Err(Error::Unavailable(_))),
        "{execution:?}"
    );
}
