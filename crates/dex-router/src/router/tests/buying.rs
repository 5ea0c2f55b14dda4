//! Orders that buy an exact amount.

use super::scripted::{
    SOL, amm_v4, at, cpmm, damm_v2, dlmm, fails, has, pool_ref, request, router,
};
use super::*;

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
