//! Why an order of a pair without a pool goes over no third token: an amount that does not fit, and whatever else keeps it
//! from that, is not called a missing pool.

use std::sync::Arc;

use amm::dlmm::account::PairAccount;
use amm::{Address, Pool};
use domain::MaxImpact;

use super::reach::{DEEP, DEEP_USDC, Pairs, USDT, by_usdt, of, over, selling};
use super::*;
use crate::gates::MinDepth;

const TO: (Asset, Asset) = (Asset::SOL, USDT);
const FROM: (Asset, Asset) = (USDT, Asset::USDC);

async fn refused(source: Pairs, request: RouteRequest) -> NoRoute {
    let router = over(&Arc::new(source), 2);
    router.route(&request).await.unwrap_err()
}

fn selling_units(amount: u64) -> RouteRequest {
    let mut request = request();
    request.quote.amount_in = BaseUnits::new(amount);
    request
}

fn small(assets: (Asset, Asset), amounts: (u64, u64)) -> Pairs {
    by_usdt().with(assets, vec![at(7, of(assets, amounts))])
}

/// A DLMM pair with so much of the second asset.
fn binned(assets: (Asset, Asset), amount: u64) -> FoundPool {
    let Pool::Dlmm(mut state) = dlmm(amount) else {
        panic!("not of DLMM")
    };
    let [first, second] = [assets.0, assets.1].map(|asset| Address(*asset.mint.address().bytes()));
    state.account.set(PairAccount::MINT_FIRST, first);
    state.account.set(PairAccount::MINT_SECOND, second);
    at(8, Pool::Dlmm(state))
}

#[tokio::test(start_paused = true)]
async fn what_is_too_small_for_a_way_over_a_third_token_is_called_so() {
    // It buys no unit of the third token, or one that buys none of the other.
    for lamports in [1, 10] {
        let why = refused(by_usdt(), selling_units(lamports)).await;
        assert_eq!(why, NoRoute::AmountTooSmall, "{lamports}");
    }
    // Nobody says so who may not go there.
    let router = over(&Arc::new(by_usdt()), 1);
    let why = router.route(&selling_units(1)).await.unwrap_err();
    assert!(matches!(why, NoRoute::NoPool(_)), "{why}");
}

#[tokio::test(start_paused = true)]
async fn what_is_too_large_for_either_pool_of_a_way_is_called_so() {
    let first = by_usdt().with(TO, vec![binned(TO, 1_000)]);
    let second = by_usdt().with(FROM, vec![binned(FROM, 1_000)]);

    for source in [first, second] {
        let why = refused(source, selling(10)).await;
        assert_eq!(why, NoRoute::InsufficientLiquidity);
    }
}

#[tokio::test(start_paused = true)]
async fn a_way_that_moves_either_pools_price_too_far_is_called_so() {
    let shallow = || [(TO, (DEEP, DEEP_USDC)), (FROM, (DEEP_USDC, DEEP_USDC))];
    let limited = RouteRequest {
        max_impact: Some(MaxImpact::new(50).unwrap()),
        ..selling(10)
    };

    for (assets, amounts) in shallow() {
        let why = refused(small(assets, amounts), limited).await;
        let NoRoute::PriceImpact { least_ppm, .. } = why else {
            panic!("{why}")
        };
        assert!((9_000..11_000).contains(&least_ppm), "{least_ppm}");
    }
}

#[tokio::test(start_paused = true)]
async fn of_several_ways_the_one_that_lacks_least_says_why() {
    let sol_for_usdc = (Asset::SOL, Asset::USDC);
    let pyusd = TokenList::mainnet().find("PYUSD").unwrap();
    let (to, from) = ((Asset::USDC, pyusd), (USDT, pyusd));
    // Over USDT there is a pool that would take a part, over USDC one that would take all and pay nothing for it.
    let source = by_usdt()
        .with(
            sol_for_usdc,
            vec![at(1, of(sol_for_usdc, (DEEP, DEEP_USDC)))],
        )
        .with(to, vec![at(2, of(to, (DEEP, 1)))])
        .with(from, vec![binned(from, 1_000)]);
    let mut request = selling(10);
    request.quote.asset_out = pyusd;

    assert_eq!(
        refused(source, request).await,
        NoRoute::InsufficientLiquidity
    );
}

#[tokio::test(start_paused = true)]
async fn a_closed_pool_of_a_way_may_open() {
    for assets in [TO, FROM] {
        let Pool::Cpmm(mut state) = of(assets, (DEEP, DEEP_USDC)) else {
            panic!("not of CPMM")
        };
        state.pool.open_time = scripted::NOW.unix_time + 60;
        let source = by_usdt().with(assets, vec![at(7, Pool::Cpmm(state))]);

        let why = refused(source, selling(10)).await;

        assert!(why.may_pass(), "{why}");
        let said = why.to_string();
        assert!(
            said.contains("over USDT: ") && said.contains("closed"),
            "{said}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn pools_of_a_way_that_gates_refuse_are_no_pools_and_the_gate_is_named() {
    let depth = MinDepth::Of(vec![(USDT, BaseUnits::new(1))]);
    let router = over(&Arc::new(by_usdt()), 2).with_gates(Gates {
        min_depth: depth,
        ..Gates::default()
    });

    let why = router.route(&selling(10)).await.unwrap_err();

    assert!(matches!(why, NoRoute::NoPool(_)), "{why}");
    let said = why.to_string();
    assert!(
        said.contains("it has no pool of this pair; over USDT: "),
        "{said}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_way_of_another_venue_than_the_orders_is_none() {
    let mut elsewhere = selling(10);
    elsewhere.venues = VenueSet::of(&[Venue::Meteora], &[]).unwrap();

    let why = refused(by_usdt(), elsewhere).await;

    assert!(matches!(why, NoRoute::NoPool(_)), "{why}");
}

/// A DLMM pair whose swaps name so many arrays of bins, and no account of another pair.
fn crowded(number: u8, assets: (Asset, Asset), arrays: u8) -> FoundPool {
    let state = binned(assets, 1_000 * SOL).state.unwrap();
    let Pool::Dlmm(mut state) = Pool::clone(&state) else {
        panic!("not of DLMM")
    };
    let own = |account: u8| {
        let mut address = Address([number; 32]);
        address.0[0] = account;
        address
    };
    state.address = own(0);
    state.account.set(PairAccount::VAULT_FIRST, own(1));
    state.account.set(PairAccount::VAULT_SECOND, own(2));
    state.account.set(PairAccount::ORACLE, own(3));
    let ahead = (0..arrays).map(|array| (-i32::from(array), own(4 + array)));
    state.arrays = ahead.collect();
    at(number, Pool::Dlmm(state))
}

#[tokio::test(start_paused = true)]
async fn two_pools_of_a_way_whose_swaps_fit_into_no_transaction_are_no_way_and_that_is_said() {
    let over_two_of = |arrays| {
        Pairs::default()
            .with(TO, vec![crowded(7, TO, arrays)])
            .with(FROM, vec![crowded(8, FROM, arrays)])
    };
    let router = over(&Arc::new(over_two_of(1)), 2);
    let decision = router.route(&selling(10)).await.unwrap();
    assert_eq!(decision.choice.route.legs().len(), 2);

    let why = refused(over_two_of(6), selling(10)).await;

    // Neither a later moment nor another amount changes it.
    assert!(matches!(why, NoRoute::NoPool(_)), "{why}");
    assert!(!why.may_pass());
    let said = why.to_string();
    assert!(
        said.contains("over USDT: ") && said.ends_with("one transaction has no room for two swaps"),
        "{said}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_third_token_that_nobody_can_read_is_no_proof_that_there_is_no_route() {
    for pair in [TO, FROM] {
        let mut source = by_usdt();
        source.silent.push((pair.0.mint, pair.1.mint));
        let router = over(&Arc::new(source), 2);

        // Nor is it a moment later.
        for _ in 0..2 {
            let why = router.route(&selling(10)).await.unwrap_err();
            assert!(
                matches!(why, NoRoute::NoQuote(_)) && why.may_pass(),
                "{why}"
            );
        }
    }
}
