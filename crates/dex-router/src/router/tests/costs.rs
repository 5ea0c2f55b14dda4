//! What a further pool costs, and what it saves.

use amm::Pool;
use amm::damm_v2::quote::BaseFee;
use amm::damm_v2::quote::rate_limiter::RateLimiter;
use domain::fee::UnitPrice;

use super::reach::{DEEP, DEEP_USDC, Pairs, USDT, of, over, reaching, selling};
use super::*;

/// A pool of which each further SOL that is sold at once pays 1 % more.
fn limited() -> Pool {
    let Pool::DammV2(mut state) = damm_v2(1_000 * DEEP, 1_000 * DEEP_USDC) else {
        panic!("it is a DAMM v2 pool")
    };
    state.pool.fees.base = BaseFee::RateLimiter(RateLimiter {
        increment_bps: 100,
        duration: u32::MAX,
        max_fee_bps: 5_000,
        reference_amount: SOL,
    });
    Pool::DammV2(state)
}

#[tokio::test(start_paused = true)]
async fn an_order_whose_fee_grows_with_its_size_is_divided_where_it_hardly_moves_the_price() {
    let pools = || {
        (
            has(Vec::new()),
            has(vec![at(1, limited()), at(2, limited())]),
        )
    };
    let (raydium, meteora) = pools();
    let alone = route(raydium, meteora, selling(2)).await.unwrap();
    let (raydium, meteora) = pools();
    let router = router(raydium, meteora).with_limits(reaching(2, 1));

    let divided = router.route(&selling(2)).await.unwrap();

    let paid = |decision: &Decision| decision.choice.expected_amount_out.get();
    // 0.3 % in place of 0.8 %.
    let gain_bps = (paid(&divided) - paid(&alone)) * 10_000 / paid(&alone);
    assert_eq!(divided.choice.route.legs().len(), 2);
    assert!((50..=51).contains(&gain_bps), "{gain_bps}");
}

#[tokio::test(start_paused = true)]
async fn a_further_pool_costs_its_fee_also_where_nobody_looks_at_the_pools_of_sol() {
    const MILLION: u64 = 1_000_000_000_000;
    let pair = (Asset::USDC, USDT);
    let pool = |number| at(number, of(pair, (MILLION, MILLION)));
    let to_sol = (Asset::USDC, Asset::SOL);
    let from_sol = (Asset::SOL, USDT);
    let source = Pairs::default()
        .with(pair, vec![pool(1), pool(2)])
        .with(to_sol, vec![at(3, of(to_sol, (DEEP_USDC, DEEP)))])
        .with(from_sol, vec![at(4, of(from_sol, (DEEP, DEEP_USDC)))]);
    let router = over(&Arc::new(source), 2);
    let mut order = RouteRequest::of(QuoteRequest {
        asset_in: Asset::USDC,
        asset_out: USDT,
        amount_in: BaseUnits::new(900_000_000),
        amount_out: None,
    });
    let legs = async |order: &RouteRequest| {
        let decision = router.route(order).await.unwrap();
        decision.choice.route.legs().len()
    };
    // A second pool gains 0.2 USDT, and its swap costs 0.7.
    let dear = FeeLevel::Priced(UnitPrice::new(100_000_000).unwrap());
    order.fee_level = Some(dear);

    assert_eq!(legs(&order).await, 1, "third tokens are looked at");
    assert_eq!(legs(&order).await, 1, "they are not");
    order.fee_level = None;
    assert_eq!(legs(&order).await, 2, "it costs nothing");
}
