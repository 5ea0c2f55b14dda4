//! What a sniper's gates make of pools, and when it takes one that has not opened yet.

use domain::order::PoolGates;
use domain::venue::Program;

use super::scripted::{
    Answering, NOW, SOL, at, cpmm, cpmm_of, damm_v2, dlmm, has, holding, opening, pool_ref,
    request, router,
};
use super::*;
use crate::pools::{FoundPool, LEAD_SECONDS_MAX, MintFacts};

fn sniping(gates: PoolGates) -> RouteRequest {
    RouteRequest {
        sniping: Some(gates),
        ..request()
    }
}

const LEADING: Limits = Limits {
    lead_seconds: LEAD_SECONDS_MAX,
    ..Limits::ONE_POOL
};

const CAREFUL: PoolGates = PoolGates {
    min_liquidity: Some(BaseUnits::new(500 * SOL)),
    max_fee_bps: Some(29),
    require_renounced: true,
};

/// A CPMM pool that takes 25 bps and holds so many SOL.
fn of(number: u8, sol: u64) -> FoundPool {
    let usdc = sol * 150_000_000;
    holding(at(number, cpmm(sol * SOL, usdc)), sol * SOL, usdc)
}

/// The same that opens in so many seconds.
fn opens_in(number: u8, seconds: u64) -> FoundPool {
    let mut state = cpmm_of(1_000 * SOL, 150_000_000_000);
    state.pool.open_time = NOW.unix_time + seconds;
    let pool = at(number, amm::Pool::Cpmm(state));
    holding(pool, 1_000 * SOL, 150_000_000_000)
}

fn renounced(pools: Vec<FoundPool>) -> Answering {
    has(pools)
}

async fn why(raydium: Answering, gates: PoolGates) -> Unrouted {
    let router = router(raydium, has(Vec::new()));
    router.decide(&sniping(gates)).await.unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn a_pool_that_passes_all_gates_is_taken_before_one_that_pays_more() {
    // The thin one pays more, the dear one as well.
    let usdc = 400 * 160_000_000;
    let thin = holding(at(2, cpmm(400 * SOL, usdc)), 400 * SOL, usdc);
    let dear = 1_000 * 170_000_000;
    let dear = holding(at(3, damm_v2(1_000 * SOL, dear)), 1_000 * SOL, dear);
    let router = router(renounced(vec![of(1, 1_000), thin]), has(vec![dear]));

    let careful = router.decide(&sniping(CAREFUL)).await.unwrap();
    let careless = router.decide(&sniping(PoolGates::default())).await.unwrap();

    assert_eq!(
        careful.choice.route.largest().pool,
        pool_ref(Program::Cpmm, 1)
    );
    assert_eq!(
        careless.choice.route.largest().pool,
        pool_ref(Program::DammV2, 3)
    );
}

#[tokio::test(start_paused = true)]
async fn each_gate_says_why_a_pool_is_left_alone() {
    let thin = why(renounced(vec![of(1, 499)]), CAREFUL).await;
    let gates = PoolGates {
        max_fee_bps: Some(24),
        ..CAREFUL
    };
    let dear = why(renounced(vec![of(1, 1_000)]), gates).await;
    let facts = |is_mintable, is_freezable| MintFacts {
        is_mintable,
        is_freezable,
        ..MintFacts::default()
    };
    let kept = |facts| renounced(vec![of(1, 1_000)]).with_mints((MintFacts::default(), facts));
    let mintable = why(kept(facts(true, false)), CAREFUL).await;
    let freezable = why(kept(facts(false, true)), CAREFUL).await;

    assert_eq!(thin.gates, [Gate::Depth]);
    assert_eq!(dear.gates, [Gate::Fee]);
    assert!(dear.why.may_pass(), "a fee falls");
    assert!(dear.why.to_string().contains("25 bps now"), "{}", dear.why);
    for (unrouted, what) in [(mintable, "minted"), (freezable, "frozen")] {
        let NoRoute::NotTradable(why) = unrouted.why else {
            panic!("{unrouted:?}");
        };
        assert!(why.contains(what), "{why}");
    }
    // What is sold may be anybody's, and other orders do not ask.
    let sold = renounced(vec![of(1, 1_000)]).with_mints((facts(true, true), MintFacts::default()));
    let router = router(sold, kept(facts(true, true)));
    assert!(router.decide(&request()).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_a_pool_holds_must_be_known_to_be_enough() {
    let unknown = why(
        renounced(vec![at(1, cpmm(1_000 * SOL, 150_000_000_000))]),
        CAREFUL,
    )
    .await;

    assert_eq!(unknown.gates, [Gate::Depth]);
}

#[tokio::test(start_paused = true)]
async fn a_pool_that_cannot_take_the_whole_amount_has_no_fee_that_is_known() {
    let shallow = || holding(at(4, dlmm(1_000)), 1_000 * SOL, 1_000);
    let gates = PoolGates {
        max_fee_bps: Some(9_999),
        ..PoolGates::default()
    };
    let of_fee = router(has(Vec::new()), has(vec![shallow()]));
    let of_none = router(has(Vec::new()), has(vec![shallow()]));

    let refused = of_fee.decide(&sniping(gates)).await.unwrap_err();
    let shallow = of_none.decide(&sniping(PoolGates::default())).await;

    assert_eq!(refused.gates, [Gate::Fee]);
    assert_eq!(shallow.unwrap_err().why, NoRoute::InsufficientLiquidity);
}

#[tokio::test(start_paused = true)]
async fn a_pool_that_is_about_to_open_is_taken_a_second_before() {
    for (seconds, opens) in [(2, Some(2)), (60, Some(60)), (1, None), (0, None)] {
        let router = router(has(vec![opens_in(1, seconds)]), has(Vec::new())).with_limits(LEADING);

        let decided = router.decide(&sniping(PoolGates::default())).await;

        match opens {
            None => assert!(decided.is_ok(), "{seconds}"),
            Some(_) => assert_eq!(decided.unwrap_err().opens_in, opens),
        }
    }
    // Whoever is no sniper waits until it is open, and so does what is simulated first.
    let soon = || router(has(vec![opens_in(1, 1)]), has(Vec::new())).with_limits(LEADING);
    assert!(soon().decide(&request()).await.is_err());
    let simulated = soon().with_limits(Limits {
        simulates: true,
        ..LEADING
    });
    assert!(
        simulated
            .decide(&sniping(PoolGates::default()))
            .await
            .is_err()
    );
}

#[tokio::test(start_paused = true)]
async fn a_pool_that_would_not_be_used_when_it_opens_is_not_waited_for() {
    let thin = holding(at(1, opening(SOL, 150_000_000)), SOL, 150_000_000);

    let unrouted = why(has(vec![thin]), CAREFUL).await;

    assert_eq!(unrouted.opens_in, None);
    assert_eq!(unrouted.gates, [Gate::Depth]);
}
