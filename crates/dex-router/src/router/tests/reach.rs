//! Routes over several pools, and over third tokens.

use std::collections::BTreeMap;
use std::sync::Mutex;

use amm::Pool;
use async_trait::async_trait;
use domain::Mint;
use domain::route::Leg;

use super::scripted::{NOW, SOL, amm_v4, at, cpmm, damm_v2, dlmm, has, opening, request, router};
use super::*;
use crate::limits::Limits;
use crate::pools::Unavailable;

pub(super) const USDT: Asset = Asset::token(
    Mint::literal("Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB"),
    6,
);
/// A thousand SOL, and what they cost.
pub(super) const DEEP: u64 = 1_000 * SOL;
pub(super) const DEEP_USDC: u64 = 150_000_000_000;

pub(super) fn reaching(legs: usize, hops: usize) -> Limits {
    Limits {
        legs,
        hops,
        ..Limits::ONE_POOL
    }
}

pub(super) fn selling(sol: u64) -> RouteRequest {
    let mut request = request();
    request.quote.amount_in = BaseUnits::new(sol * SOL);
    request
}

/// Two pools of the same price, the second half as deep, and a third a hundredth as deep.
pub(super) fn three_pools() -> Router {
    let raydium = vec![
        at(1, cpmm(DEEP, DEEP_USDC)),
        at(2, amm_v4(DEEP / 100, DEEP_USDC / 100)),
    ];
    let meteora = vec![at(3, damm_v2(DEEP / 2, DEEP_USDC / 2))];
    router(has(raydium).in_slot(2_000), has(meteora).in_slot(1_990))
}

fn legs(decision: &Decision) -> &[Leg] {
    decision.choice.route.legs()
}

fn sum(legs: &[Leg], of: fn(&Leg) -> BaseUnits) -> u64 {
    legs.iter().map(|leg| of(leg).get()).sum()
}

#[tokio::test(start_paused = true)]
async fn a_large_order_is_divided_between_pools_of_both_venues_and_gains_by_it() {
    let router = three_pools();
    let single = router.route(&selling(50)).await.unwrap();
    let router = router.with_limits(reaching(2, 1));

    let divided = router.route(&selling(50)).await.unwrap();

    let of_both: Vec<_> = legs(&divided).iter().map(|leg| leg.pool).collect();
    assert_eq!(
        of_both,
        [pool_ref(Program::Cpmm, 1), pool_ref(Program::DammV2, 3)]
    );
    assert_eq!(sum(legs(&divided), |leg| leg.amount_in), 50 * SOL);
    let expected = divided.choice.expected_amount_out;
    assert_eq!(sum(legs(&divided), |leg| leg.amount_out), expected.get());
    let floor = expected.less_bps_rounded_up(Bps::DEFAULT);
    assert_eq!(divided.choice.min_amount_out, floor);
    // An order of 5 % of the deeper of two pools, the other half as deep: 1.59 %.
    let alone = single.choice.expected_amount_out.get();
    let gain_bps = (expected.get() - alone) * 10_000 / alone;
    assert!((157..=161).contains(&gain_bps), "{gain_bps}");
    // As what competed, each pool's offer for the whole is told.
    assert_eq!(divided.quotes, single.quotes);
    assert_eq!(divided.pools, single.pools);
    // Nothing that is older than the oldest of them is built on.
    assert_eq!(divided.choice.quoted_at, 1_990);
}

#[tokio::test(start_paused = true)]
async fn no_more_pools_are_used_than_allowed() {
    for (allowed, used) in [(1, 1), (2, 2), (3, 3)] {
        let router = three_pools().with_limits(reaching(allowed, 1));

        let decision = router.route(&selling(50)).await.unwrap();

        assert_eq!(legs(&decision).len(), used);
    }
    let narrowed = RouteRequest {
        swaps_max: Some(1),
        ..selling(50)
    };
    let router = three_pools().with_limits(reaching(3, 1));
    assert_eq!(legs(&router.route(&narrowed).await.unwrap()).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_order_that_would_not_gain_is_routed_through_one_pool() {
    let router = three_pools().with_limits(reaching(3, 1));

    let mut small = request();
    small.quote.amount_in = BaseUnits::new(SOL / 100);

    assert_eq!(legs(&router.route(&small).await.unwrap()).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_no_pool_can_fill_alone_is_divided() {
    let bin = || dlmm(30 * SOL);
    let pools = || (has(Vec::new()), has(vec![at(1, bin()), at(2, bin())]));
    let (raydium, meteora) = pools();
    let one_pool = route(raydium, meteora, selling(50)).await;
    let (raydium, meteora) = pools();

    let divided = router(raydium, meteora).with_limits(reaching(2, 1));
    let divided = divided.route(&selling(50)).await.unwrap();

    assert_eq!(one_pool, Err(NoRoute::InsufficientLiquidity));
    assert_eq!(sum(legs(&divided), |leg| leg.amount_in), 50 * SOL);
}

#[tokio::test(start_paused = true)]
async fn each_leg_keeps_to_the_limit_of_price_impact() {
    let limited = RouteRequest {
        max_impact: MaxImpact::new(300),
        ..selling(40)
    };
    let refused = three_pools().route(&limited).await.unwrap_err();
    assert!(matches!(refused, NoRoute::PriceImpact { .. }), "{refused}");
    let router = three_pools().with_limits(reaching(2, 1));

    let divided = router.route(&limited).await.unwrap();

    // Of two pools of 1,000 and 500 SOL, 3 % move the price of 30.9 and 15.5.
    let taken: Vec<u64> = legs(&divided)
        .iter()
        .map(|leg| leg.amount_in.get() / SOL)
        .collect();
    assert!(taken[0] < 31 && taken[1] < 16, "{taken:?}");
    let too_much = RouteRequest {
        max_impact: MaxImpact::new(300),
        ..selling(50)
    };
    let refused = router.route(&too_much).await.unwrap_err();
    assert!(matches!(refused, NoRoute::PriceImpact { .. }), "{refused}");
}

/// Pools of several pairs, all of one venue.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    pools: BTreeMap<(Mint, Mint), Vec<FoundPool>>,
    /// Pairs that nobody can read.
    pub(super) silent: Vec<(Mint, Mint)>,
    /// Pairs that nobody reads in time.
    pub(super) slow: Vec<(Mint, Mint)>,
    /// Of which the wallet has an account.
    held: Vec<Mint>,
    asked: Mutex<Vec<(Mint, Mint)>>,
}

impl Pairs {
    pub(super) fn with(mut self, pair: (Asset, Asset), pools: Vec<FoundPool>) -> Self {
        self.pools.insert((pair.0.mint, pair.1.mint), pools);
        self
    }

    fn asked(&self) -> usize {
        std::mem::take(&mut *self.asked.lock().unwrap()).len()
    }
}

#[async_trait]
impl PoolSource for Pairs {
    async fn pools(&self, venue: Venue, pair: (Mint, Mint)) -> Result<PairPools, Unavailable> {
        self.asked.lock().unwrap().push(pair);
        if self.slow.contains(&pair) {
            std::future::pending::<()>().await;
        }
        if self.silent.contains(&pair) {
            return Err(Unavailable("closed for the day".to_owned()));
        }
        let pools = self.pools.get(&pair).cloned().unwrap_or_default();
        Ok(PairPools {
            slot: 1_000,
            now: NOW,
            mints: Some(<(MintFacts, MintFacts)>::default()),
            pools: pools
                .into_iter()
                .filter(|it| it.pool.program.venue() == venue)
                .collect(),
            lead_seconds: 0,
        })
    }

    async fn has_account(&self, _: Option<domain::Address>, asset: Asset) -> bool {
        self.held.contains(&asset.mint)
    }

    fn doubt(&self, _: (Mint, Mint)) {}
}

/// A CPMM pool of two assets.
pub(super) fn of(assets: (Asset, Asset), amounts: (u64, u64)) -> Pool {
    let mut state = scripted::cpmm_of(amounts.0, amounts.1);
    let [first, second] =
        [assets.0, assets.1].map(|asset| amm::Address(*asset.mint.address().bytes()));
    state
        .account
        .set(amm::cpmm::account::PoolAccount::MINT_FIRST, first);
    state
        .account
        .set(amm::cpmm::account::PoolAccount::MINT_SECOND, second);
    Pool::Cpmm(state)
}

pub(super) fn over(source: &Arc<Pairs>, hops: usize) -> Router {
    let tokens = Arc::new(TokenList::mainnet());
    let router = Router::new(source.clone(), Duration::from_secs(1), tokens);
    router.with_limits(reaching(2, hops))
}

/// SOL for USDT and USDT for USDC, at 150 and at one for one.
pub(super) fn by_usdt() -> Pairs {
    Pairs::default()
        .with(
            (Asset::SOL, USDT),
            vec![at(5, of((Asset::SOL, USDT), (100 * DEEP, 100 * DEEP_USDC)))],
        )
        .with(
            (USDT, Asset::USDC),
            vec![at(
                6,
                of((USDT, Asset::USDC), (100 * DEEP_USDC, 100 * DEEP_USDC)),
            )],
        )
}

#[tokio::test(start_paused = true)]
async fn where_there_is_no_pool_an_order_goes_over_a_third_token() {
    let source = Arc::new(by_usdt());

    let direct = over(&source, 1).route(&selling(10)).await;
    let decision = over(&source, 2).route(&selling(10)).await.unwrap();

    assert!(matches!(direct, Err(NoRoute::NoPool(_))), "{direct:?}");
    let [first, second] = legs(&decision) else {
        panic!("{decision:?}")
    };
    assert_eq!((first.asset_in, first.asset_out), (Asset::SOL, USDT));
    assert_eq!((second.asset_in, second.asset_out), (USDT, Asset::USDC));
    // Ten hundredths of a percent stay behind at most.
    let passed_on = first.amount_out.less_bps_rounded_up(Bps::new(10).unwrap());
    assert_eq!(second.amount_in, passed_on);
    assert_eq!(decision.choice.expected_amount_out, second.amount_out);
    assert_eq!(decision.choice.route.amount_in(), first.amount_in);
}

#[tokio::test(start_paused = true)]
async fn of_a_narrow_slippage_a_hop_leaves_no_more_than_that_behind() {
    let source = Arc::new(by_usdt());
    let exact = RouteRequest {
        slippage: Bps::new(0).unwrap(),
        ..selling(10)
    };

    let decision = over(&source, 2).route(&exact).await.unwrap();

    assert_eq!(legs(&decision)[1].amount_in, legs(&decision)[0].amount_out);
}

#[tokio::test(start_paused = true)]
async fn a_third_token_is_gone_over_only_where_it_pays_more_with_its_accounts_rent() {
    let pair = (Asset::SOL, Asset::USDC);
    let direct = |usdc| Arc::new(by_usdt().with(pair, vec![at(1, of(pair, (100 * DEEP, usdc)))]));
    let best = |source: Arc<Pairs>, sol: u64| async move {
        let decision = over(&source, 2).route(&selling(sol)).await.unwrap();
        legs(&decision).len()
    };

    // At the same price it costs another fee.
    assert_eq!(best(direct(100 * DEEP_USDC), 10).await, 1);
    // At a price 2 % worse the direct way is.
    assert_eq!(best(direct(98 * DEEP_USDC), 10).await, 2);
    // Who has failed already takes it only where there is no direct one.
    let again = RouteRequest {
        thirds: ThirdTokens::WhereNeeded,
        ..selling(10)
    };
    let decision = over(&direct(98 * DEEP_USDC), 2)
        .route(&again)
        .await
        .unwrap();
    assert_eq!(legs(&decision).len(), 1);
    let needed = over(&Arc::new(by_usdt()), 2).route(&again).await.unwrap();
    assert_eq!(legs(&needed).len(), 2);
    // What ten hundredths and the second fee leave of 0.4 % is less than the rent of an account for USDT.
    let mut small = request();
    small.quote.amount_in = BaseUnits::new(SOL / 100);
    let source = direct(98 * DEEP_USDC);
    let decision = over(&source, 2).route(&small).await.unwrap();
    assert_eq!(legs(&decision).len(), 1);
    // Where the wallet has that account already, there is none to pay for.
    let deep = vec![at(1, of(pair, (100 * DEEP, 98 * DEEP_USDC)))];
    let held = Arc::new(Pairs {
        held: vec![USDT.mint],
        ..by_usdt().with(pair, deep)
    });
    let decision = over(&held, 2).route(&small).await.unwrap();
    assert_eq!(legs(&decision).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn third_tokens_are_not_asked_for_orders_too_small_to_gain_by_them() {
    let pair = (Asset::SOL, Asset::USDC);
    let deep = vec![at(1, of(pair, (100 * DEEP, 98 * DEEP_USDC)))];
    let source = Arc::new(by_usdt().with(pair, deep));
    let router = over(&source, 2);
    let small = |sol_part: u64| {
        let mut small = request();
        small.quote.amount_in = BaseUnits::new(SOL / sol_part);
        small
    };

    let decision = router.route(&selling(10)).await.unwrap();
    assert_eq!(legs(&decision).len(), 2);
    assert_eq!(source.asked(), 6);
    // It gains two percent less fees, some 1.6 %, and an account of USDT costs 0.002 SOL.
    router.route(&small(1)).await.unwrap();
    assert_eq!(source.asked(), 6, "a whole SOL gains by it");
    router.route(&small(20)).await.unwrap();
    assert_eq!(source.asked(), 2, "a twentieth cannot");
    router.route(&selling(10)).await.unwrap();
    assert_eq!(source.asked(), 6);
}

#[tokio::test(start_paused = true)]
async fn third_tokens_that_were_of_no_use_are_not_asked_for_each_order() {
    let pair = (Asset::SOL, Asset::USDC);
    let deep = vec![at(1, of(pair, (100 * DEEP, 103 * DEEP_USDC)))];
    let source = Arc::new(by_usdt().with(pair, deep));
    let router = over(&source, 2);

    router.route(&request()).await.unwrap();
    assert_eq!(
        source.asked(),
        6,
        "the pair, to USDT and from it, at two venues"
    );
    router.route(&request()).await.unwrap();
    assert_eq!(source.asked(), 2);
    router.route(&selling(1_000)).await.unwrap();
    assert_eq!(source.asked(), 6, "an order that moves the price may gain");
    tokio::time::advance(Duration::from_secs(61)).await;
    router.route(&request()).await.unwrap();
    assert_eq!(source.asked(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_third_token_that_is_about_as_good_is_asked_for_one_order_in_a_while() {
    let pair = (Asset::SOL, Asset::USDC);
    // Its second fee makes it a quarter of a percent worse, and in a moment it may be better.
    let deep = vec![at(1, of(pair, (100 * DEEP, 99_700 * DEEP_USDC / 1_000)))];
    let held = Pairs {
        held: vec![USDT.mint],
        ..by_usdt().with(pair, deep)
    };
    let source = Arc::new(held);
    let router = over(&source, 2);
    let asked = async |router: &Router| {
        router.route(&request()).await.unwrap();
        source.asked()
    };

    assert_eq!(asked(&router).await, 6);
    for _ in 0..3 {
        assert_eq!(asked(&router).await, 2);
    }
    tokio::time::advance(Duration::from_secs(6)).await;
    assert_eq!(asked(&router).await, 6);
    assert_eq!(asked(&router).await, 2);
}

#[tokio::test(start_paused = true)]
async fn orders_of_one_moment_send_one_of_them_to_look_at_all_third_tokens_anew() {
    let pair = (Asset::SOL, Asset::USDC);
    let deep = vec![at(1, of(pair, (100 * DEEP, 103 * DEEP_USDC)))];
    let source = Arc::new(by_usdt().with(pair, deep));
    let router = over(&source, 2);
    router.route(&request()).await.unwrap();
    assert_eq!(source.asked(), 6);
    tokio::time::advance(Duration::from_secs(61)).await;

    let order = request();
    let orders = (0..3).map(|_| router.route(&order));
    for routed in join_all(orders).await {
        routed.unwrap();
    }

    assert_eq!(source.asked(), 6 + 2 + 2);
}

#[tokio::test(start_paused = true)]
async fn a_pool_that_is_closed_takes_no_part() {
    let raydium = vec![
        at(1, cpmm(DEEP, DEEP_USDC)),
        at(2, opening(DEEP, DEEP_USDC)),
    ];
    let router = router(has(raydium), has(Vec::new())).with_limits(reaching(2, 1));

    assert_eq!(legs(&router.route(&selling(50)).await.unwrap()).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_third_token_that_nobody_showed_is_looked_at_again_by_the_next_order() {
    let silent = Pairs {
        silent: vec![(Asset::SOL.mint, USDT.mint)],
        ..by_usdt()
    };
    let router = over(&Arc::new(silent), 2);

    let why = router.route(&selling(10)).await.unwrap_err();
    let router = Router {
        source: Arc::new(by_usdt()),
        ..router
    };
    let decision = router.route(&selling(10)).await.unwrap();

    assert!(why.may_pass(), "{why:?}");
    assert_eq!(legs(&decision).len(), 2);
}
