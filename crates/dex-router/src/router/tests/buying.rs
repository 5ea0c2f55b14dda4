//! Orders that buy an exact amount.

use super::reach::reaching;
use super::scripted::{
    SOL, amm_v4, at, cpmm, damm_v2, dlmm, fails, has, pool_ref, request, router,
};
use super::*;
use crate::gates::MinDepth;

/// 150 USDC.
const WANTED: BaseUnits = BaseUnits::new(150_000_000);

fn buying(most: u64) -> RouteRequest {
    let mut request = request();
    request.quote.amount_out = Some(WANTED);
    request.quote.amount_in = BaseUnits::new(most);
    request
}

fn deep(price: u64) -> (u64, u64) {
    (1_000 * SOL, 1_000 * price * 1_000_000)
}

#[tokio::test]
async fn a_purchase_goes_to_the_pool_that_asks_least() {
    let (cheap, dear) = (deep(152), deep(150));
    let raydium = has(vec![
        at(1, cpmm(dear.0, dear.1)),
        at(2, amm_v4(dear.0, dear.1)),
    ]);
    let meteora = has(vec![at(3, damm_v2(cheap.0, cheap.1)), at(4, dlmm(1))]).in_slot(990);

    let decision = router(raydium, meteora).route(&buying(0)).await.unwrap();

    let choice = &decision.choice;
    let [leg] = choice.route.legs() else {
        panic!("{choice:?}");
    };
    assert_eq!(leg.pool, pool_ref(domain::venue::Program::DammV2, 3));
    assert_eq!(leg.amount_out, WANTED);
    assert_eq!(choice.expected_amount_out, WANTED);
    assert_eq!(choice.min_amount_out, WANTED);
    // Half a percent more than is asked, rounded down.
    let most = leg.amount_in.get() * 10_050 / 10_000;
    assert_eq!(choice.max_amount_in, Some(BaseUnits::new(most)));
    assert_eq!(choice.quoted_at, 990);
    let asked: Vec<u64> = decision
        .quotes
        .iter()
        .map(|quote| offered(&quote.answer).amount_in.unwrap().get())
        .collect();
    assert!(asked[0] > asked[1], "{asked:?}");
    // What it asks sells for no less than what was wanted, and a unit less does not.
    let sold = |amount: u64| {
        let (amm::Pool::DammV2(pool), now) = (damm_v2(cheap.0, cheap.1), scripted::NOW) else {
            unreachable!();
        };
        let direction = amm::Direction::SecondToFirst;
        pool.pool
            .quote_exact_in(direction, amount, now)
            .unwrap()
            .amount_out
    };
    assert!(sold(asked[1]) >= WANTED.get());
    assert!(sold(asked[1] - 1) < WANTED.get());
}

#[tokio::test]
async fn a_purchase_keeps_to_the_most_that_its_client_named() {
    let pool = || has(vec![at(1, cpmm(deep(150).0, deep(150).1))]);
    let asked = router(pool(), has(vec![])).route(&buying(0)).await.unwrap();
    let asked = asked.choice.route.amount_in().get();

    let exact = router(pool(), has(vec![])).route(&buying(asked)).await;
    let less = router(pool(), has(vec![])).route(&buying(asked - 1)).await;
    let more = router(pool(), has(vec![])).route(&buying(2 * asked)).await;

    let most = |routed: Result<Decision, NoRoute>| routed.unwrap().choice.max_amount_in;
    assert_eq!(most(exact), Some(BaseUnits::new(asked)));
    assert_eq!(most(more), Some(BaseUnits::new(2 * asked)));
    let why = less.unwrap_err();
    assert!(matches!(why, NoRoute::AboveMaximum { .. }), "{why}");
    assert!(why.may_pass());
}

/// Two pools of 1,000 and 500 SOL at one price, of which so many USDC are bought.
fn two_pools() -> (scripted::Answering, scripted::Answering) {
    let half = (500 * SOL, 75_000_000_000);
    (
        has(vec![at(1, cpmm(deep(150).0, deep(150).1))]).in_slot(2_000),
        has(vec![at(2, damm_v2(half.0, half.1))]).in_slot(1_990),
    )
}

fn buying_usdc(usdc: u64) -> RouteRequest {
    let mut request = buying(0);
    request.quote.amount_out = Some(BaseUnits::new(usdc * 1_000_000));
    request
}

#[tokio::test]
async fn a_large_purchase_is_divided_and_costs_less() {
    let pools = || {
        let (raydium, meteora) = two_pools();
        router(raydium, meteora)
    };
    let request = buying_usdc(7_500);
    let single = pools().route(&request).await.unwrap();

    let router = pools().with_limits(reaching(2, 2));
    let divided = router.route(&request).await.unwrap();

    let legs = divided.choice.route.legs();
    assert_eq!(legs.len(), 2);
    let bought: u64 = legs.iter().map(|leg| leg.amount_out.get()).sum();
    assert_eq!(bought, 7_500_000_000);
    assert_eq!(divided.choice.expected_amount_out.get(), bought);
    assert_eq!(divided.choice.min_amount_out.get(), bought);
    // 5 % of the deeper of two pools, the other half as deep: a third of it less.
    let (cost, alone) = (
        divided.choice.route.amount_in(),
        single.choice.route.amount_in(),
    );
    let saved_bps = (alone.get() - cost.get()) * 10_000 / alone.get();
    assert!((160..=180).contains(&saved_bps), "{saved_bps}");
    let most = cost.more_bps_rounded_down(Bps::DEFAULT);
    assert_eq!(divided.choice.max_amount_in, Some(most));
    assert_eq!(divided.choice.quoted_at, 1_990);
    // What competed are the offers for the whole.
    assert_eq!(divided.quotes, single.quotes);
    // Fewer swaps where fewer are wanted.
    let narrowed = RouteRequest {
        swaps_max: Some(1),
        ..request
    };
    assert_eq!(router.route(&narrowed).await.unwrap().choice, single.choice);
}

#[tokio::test]
async fn a_small_purchase_is_not_divided() {
    let (raydium, meteora) = two_pools();
    let router = router(raydium, meteora).with_limits(reaching(4, 2));

    let decision = router.route(&buying_usdc(1)).await.unwrap();

    assert_eq!(decision.choice.route.legs().len(), 1);
}

#[tokio::test]
async fn what_no_pool_has_alone_is_bought_of_several() {
    let pools = || {
        let (raydium, meteora) = two_pools();
        router(raydium, meteora)
    };
    let request = buying_usdc(160_000);

    let alone = pools().route(&request).await;
    let divided = pools().with_limits(reaching(2, 1)).route(&request).await;

    assert_eq!(alone, Err(NoRoute::InsufficientLiquidity));
    assert_eq!(divided.unwrap().choice.route.legs().len(), 2);
    // Where pools must hold a multiple of what the order sells, that must be known of each.
    let gates = Gates {
        min_depth: MinDepth::TimesOrder(1),
        ..Gates::default()
    };
    let gated = pools().with_limits(reaching(2, 1)).with_gates(gates);
    let why = gated.route(&request).await.unwrap_err();
    assert!(
        why.to_string().contains("it cannot give the whole amount"),
        "{why}"
    );
}

#[tokio::test]
async fn more_than_any_pool_holds_cannot_be_bought() {
    let shallow = has(vec![at(1, cpmm(SOL, 100_000_000))]);
    let why = router(shallow, has(vec![])).route(&buying(0)).await;
    assert_eq!(why, Err(NoRoute::InsufficientLiquidity));

    let unknown = router(has(vec![]), fails("away")).route(&buying(0)).await;
    assert!(matches!(unknown, Err(NoRoute::NoQuote(_))), "{unknown:?}");
}

#[tokio::test]
async fn a_purchase_moves_no_price_further_than_it_may() {
    let pools = has(vec![at(1, cpmm(10 * SOL, 1_500_000_000))]);
    let limited = RouteRequest {
        max_impact: MaxImpact::new(100),
        ..buying(0)
    };

    let why = router(pools, has(vec![]))
        .route(&limited)
        .await
        .unwrap_err();

    assert!(matches!(why, NoRoute::PriceImpact { .. }), "{why}");
}
