//! What the gates make of offers and reports.

use amm::token::{Obstacle, TransferFee};
use domain::route::PoolRef;
use domain::venue::Program;

use super::scripted::{
    Answering, SOL, at, cpmm, damm_v2, fails, has, holding, opening, pool_ref, request, router,
};
use super::*;
use crate::gates::MinDepth;
use crate::pools::{FoundPool, MintFacts};

/// A CPMM pool that holds so many SOL and thousandths of USDC for each.
fn priced(number: u8, sol: u64, milli_usdc: u64) -> FoundPool {
    let usdc = sol * milli_usdc * 1_000;
    holding(at(number, cpmm(sol * SOL, usdc)), sol * SOL, usdc)
}

fn deviating(max_deviation_bps: u32) -> Gates {
    Gates {
        max_deviation_bps,
        ..Gates::default()
    }
}

fn deep(min_depth: MinDepth) -> Gates {
    Gates {
        min_depth,
        ..Gates::default()
    }
}

async fn unrouted(raydium: Answering, meteora: Answering, gates: Gates) -> Unrouted {
    let router = router(raydium, meteora).with_gates(gates);
    router.decide(&request()).await.unwrap_err()
}

async fn chosen(raydium: Answering, meteora: Answering, gates: Gates) -> PoolRef {
    let router = router(raydium, meteora).with_gates(gates);
    let decision = router.decide(&request()).await.unwrap();
    decision.choice.route.largest().pool
}

#[tokio::test(start_paused = true)]
async fn a_pool_at_a_fancy_price_is_not_used_wherever_it_is() {
    // It pays a tenth more, and is as deep as the other two together.
    let raydium = || has(vec![priced(1, 1_000, 150_000), priced(2, 1_100, 150_100)]);
    let fancy = || has(vec![priced(3, 1_000, 170_000)]);

    let anywhere = chosen(raydium(), fancy(), Gates::default()).await;
    let gated = chosen(raydium(), fancy(), deviating(1_000)).await;

    assert_eq!(anywhere, pool_ref(Program::Cpmm, 3));
    assert_eq!(gated, pool_ref(Program::Cpmm, 2));
}

#[tokio::test(start_paused = true)]
async fn a_price_is_judged_by_all_pools_of_the_pair_also_where_an_order_may_use_few() {
    let fancy = has(vec![priced(3, 900, 180_000)]);
    let router = router(has(vec![priced(1, 1_000, 150_000)]), fancy).with_gates(deviating(1_000));
    let meteora = RouteRequest {
        venues: VenueSet::of(&[Venue::Meteora], &[]).unwrap(),
        ..request()
    };

    let unrouted = router.decide(&meteora).await.unwrap_err();

    assert_eq!(unrouted.gates, [Gate::Price]);
    // Only what the order may use is told.
    assert_eq!(unrouted.quotes.len(), 1);
    assert!(unrouted.why.may_pass());
}

#[tokio::test(start_paused = true)]
async fn an_offer_that_was_taken_back_says_why() {
    let raydium = has(vec![priced(1, 1_000, 150_000)]);
    let fancy = has(vec![priced(3, 900, 180_000)]);
    let router = router(raydium, fancy).with_gates(deviating(1_000));

    let decision = router.decide(&request()).await.unwrap();

    let Answer::Declined { reason } = &decision.quotes[1].answer else {
        panic!("{:?}", decision.quotes)
    };
    let why = "its price is 2000 bps from that of the pair's other pools, more than 1000";
    assert_eq!(reason, why);
}

#[tokio::test(start_paused = true)]
async fn pools_that_are_closed_or_too_small_say_nothing_of_the_price() {
    let closed = holding(
        at(4, opening(50_000 * SOL, 15_000_000_000_000)),
        50_000 * SOL,
        15_000_000_000_000,
    );
    // Deep enough to weigh more than the other, were they counted.
    let thin = holding(at(5, cpmm(9_000 * SOL, 2_700_000_000_000)), 9_000 * SOL, 1);
    let gates = Gates {
        min_depth: MinDepth::Of(vec![(Asset::USDC, BaseUnits::new(2))]),
        max_deviation_bps: 100,
    };

    let chosen = chosen(
        has(vec![closed, thin]),
        has(vec![priced(1, 10, 150_000)]),
        gates,
    )
    .await;

    assert_eq!(chosen, pool_ref(Program::Cpmm, 1));
}

#[tokio::test(start_paused = true)]
async fn a_pool_must_hold_what_is_asked_of_each_of_its_tokens() {
    let floors = |sol, usdc| {
        let of = |asset, units| (asset, BaseUnits::new(units));
        deep(MinDepth::Of(vec![
            of(Asset::SOL, sol),
            of(Asset::USDC, usdc),
        ]))
    };
    let pools = || has(vec![priced(1, 10, 150_000)]);
    let none = || has(Vec::new());

    let enough = chosen(pools(), none(), floors(10 * SOL, 1_500_000_000)).await;
    let sol = unrouted(pools(), none(), floors(10 * SOL + 1, 0)).await;
    let usdc = unrouted(pools(), none(), floors(0, 1_500_000_001)).await;

    assert_eq!(enough, pool_ref(Program::Cpmm, 1));
    let why = "no pool of this pair can be used: raydium: it holds 10 SOL, less than the 10.000000001 it must hold; \
               meteora: it has no pool of this pair";
    assert_eq!(sol.why, NoRoute::NoPool(why[34..].to_owned()));
    assert_eq!(sol.why.to_string(), why);
    assert!(!sol.why.may_pass());
    assert_eq!(
        (sol.gates, usdc.gates),
        (vec![Gate::Depth], vec![Gate::Depth])
    );
}

#[tokio::test(start_paused = true)]
async fn a_pool_must_hold_so_many_times_what_an_order_sells() {
    let times = |times| deep(MinDepth::TimesOrder(times));
    let pools = || has(vec![priced(1, 20, 150_000)]);
    let none = || has(Vec::new());

    let enough = chosen(pools(), none(), times(20)).await;
    let missed = unrouted(pools(), none(), times(21)).await;
    let unknown = has(vec![at(2, cpmm(1_000 * SOL, 150_000_000_000))]);
    let unknown = unrouted(unknown, none(), times(1)).await;

    assert_eq!(enough, pool_ref(Program::Cpmm, 1));
    assert_eq!(missed.gates, [Gate::Depth]);
    assert!(unknown.why.to_string().contains("an unknown amount of SOL"));
    // Without an order there is nothing to compare with.
    let router = router(pools(), none()).with_gates(times(21));
    let report = router.pools(Asset::SOL, Asset::USDC).await.unwrap();
    assert_eq!(report.pools[0].unusable, None);
}

#[tokio::test(start_paused = true)]
async fn a_token_with_an_obstacle_is_refused_by_its_name_whatever_else_is_wrong() {
    let hooked = MintFacts {
        obstacle: Some(Obstacle::TransferHook),
        ..MintFacts::default()
    };
    let pools = || has(vec![priced(1, 1_000, 150_000), priced(2, 1, 1)]);
    let raydium = pools().with_mints((MintFacts::default(), hooked));

    let refused = unrouted(raydium.clone(), fails("nobody answers"), Gates::default()).await;

    assert_eq!(refused.why.to_string(), "USDC has a transfer hook");
    assert!(!refused.why.may_pass());
    assert_eq!(refused.gates, [Gate::Token]);
    let report = router(raydium, pools());
    let report = report.pools(Asset::SOL, Asset::USDC).await.unwrap();
    let unusable = report.pools[0].unusable.as_deref();
    assert_eq!(unusable, Some("USDC has a transfer hook"));
}

#[tokio::test(start_paused = true)]
async fn a_transfer_fee_is_accepted_up_to_a_tenth() {
    let taxed = |basis_points| {
        let facts = MintFacts {
            transfer_fee: TransferFee {
                basis_points,
                maximum: u64::MAX,
            },
            ..MintFacts::default()
        };
        has(vec![priced(1, 1_000, 150_000)]).with_mints((facts, MintFacts::default()))
    };
    let none = || has(Vec::new());

    let tenth = chosen(taxed(1_000), none(), Gates::default()).await;
    let more = unrouted(taxed(1_001), none(), Gates::default()).await;

    assert_eq!(tenth, pool_ref(Program::Cpmm, 1));
    let why = "SOL loses 1001 bps in each transfer, more than the 1000 that are accepted";
    assert_eq!(more.why.to_string(), why);
}

#[tokio::test(start_paused = true)]
async fn a_report_tells_which_pools_the_gates_keep_out() {
    let meteora = vec![
        holding(
            at(2, damm_v2(900 * SOL, 180_000_000_000)),
            900 * SOL,
            180_000_000_000,
        ),
        priced(3, 2, 150_000),
    ];
    let gates = Gates {
        min_depth: MinDepth::Of(vec![(Asset::SOL, BaseUnits::new(3 * SOL))]),
        max_deviation_bps: 1_000,
    };
    let router = router(has(vec![priced(1, 1_000, 150_000)]), has(meteora)).with_gates(gates);

    for (asset_in, asset_out) in [(Asset::SOL, Asset::USDC), (Asset::USDC, Asset::SOL)] {
        let report = router.pools(asset_in, asset_out).await.unwrap();

        let reasons: Vec<_> = report.pools.iter().map(|it| &it.unusable).collect();
        let [None, Some(far), Some(thin)] = reasons[..] else {
            panic!("{report:?}")
        };
        assert!(
            far.contains("bps from that of the pair's other pools"),
            "{far}"
        );
        assert_eq!(thin, "it holds 2 SOL, less than the 3 it must hold");
    }
}
