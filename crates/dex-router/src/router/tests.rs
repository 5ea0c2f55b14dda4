mod anew;
mod bounds;
mod buying;
mod costs;
mod gated;
mod reach;
mod reasons;
mod scripted;
mod sniping;
mod speed;

use amm::token::TransferFee;
use domain::Bps;
use domain::quote::Offer;
use domain::route::PoolRef;
use domain::venue::{Program, VenueSet};

use super::*;
use crate::pools::{FoundPool, MintFacts, PairPools};
use scripted::{
    Answering, SOL, amm_v4, at, cpmm, damm_v2, dlmm, fails, has, holding, opening, pool_ref,
    request, router,
};

async fn route(
    raydium: Answering,
    meteora: Answering,
    request: RouteRequest,
) -> Result<Decision, NoRoute> {
    router(raydium, meteora).route(&request).await
}

fn chosen(decision: &Decision) -> PoolRef {
    decision.choice.route.largest().pool
}

fn offered(answer: &Answer) -> &Offer {
    match answer {
        Answer::Offered(offer) => offer,
        Answer::Declined { reason } => panic!("{reason}"),
    }
}

fn declined(answer: &Answer) -> &str {
    match answer {
        Answer::Declined { reason } => reason,
        Answer::Offered(offer) => panic!("{offer:?}"),
    }
}

/// What a request of so much is answered by a venue with these pools alone.
async fn refusal(raydium: Answering, amount_in: u64) -> NoRoute {
    let mut request = request();
    request.quote.amount_in = BaseUnits::new(amount_in);
    route(raydium, has(Vec::new()), request).await.unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn the_larger_net_output_wins() {
    // Meteora's price is 0.7 % better, and its fee 0.05 % higher.
    let raydium = has(vec![at(1, cpmm(10_000 * SOL, 1_500_000_000_000))]).after_ms(200);
    let meteora = has(vec![at(2, damm_v2(10_000 * SOL, 1_510_000_000_000))]).after_ms(250);
    let began = tokio::time::Instant::now();

    let route = route(raydium, meteora, request()).await.unwrap();

    assert_eq!(chosen(&route), pool_ref(Program::DammV2, 2));
    let [raydium, meteora] = &route.quotes[..] else {
        panic!("{:?}", route.quotes)
    };
    let (raydium, meteora) = (offered(&raydium.answer), offered(&meteora.answer));
    assert!(raydium.amount_out < meteora.amount_out);
    assert_eq!(route.choice.expected_amount_out, meteora.amount_out);
    let floor = meteora.amount_out.less_bps_rounded_up(Bps::DEFAULT);
    assert_eq!(route.choice.min_amount_out, floor);
    // Side by side: the slower one's time, not the sum.
    assert_eq!(began.elapsed(), Duration::from_millis(250));
}

#[tokio::test(start_paused = true)]
async fn pools_of_all_four_programs_compete() {
    let pools = |best: usize| {
        let usdc = |number: usize| {
            let better = if number == best { 10 } else { 0 };
            // The third and the fourth take other fees than the first two.
            (990 + better) * 1_000_000_000
        };
        let raydium = vec![
            at(1, cpmm(1_000 * SOL, usdc(0))),
            at(2, amm_v4(1_000 * SOL, usdc(1))),
        ];
        let bin = if best == 3 { usdc(3) } else { 1_000 };
        let meteora = vec![at(3, damm_v2(1_000 * SOL, usdc(2))), at(4, dlmm(bin))];
        (has(raydium), has(meteora))
    };
    let programs = [
        Program::Cpmm,
        Program::AmmV4,
        Program::DammV2,
        Program::Dlmm,
    ];
    for (best, program) in programs.into_iter().enumerate() {
        let (raydium, meteora) = pools(best);

        let route = route(raydium, meteora, request()).await.unwrap();

        assert_eq!(chosen(&route).program, program);
        let competed: Vec<Program> = route.pools.iter().map(|it| it.pool.program).collect();
        assert_eq!(competed, programs);
        let best_of_venue = offered(&route.quotes[best / 2].answer);
        assert_eq!(best_of_venue.pool, chosen(&route));
        assert_eq!(offered(&route.pools[best].answer), best_of_venue);
    }
}

#[tokio::test(start_paused = true)]
async fn a_choice_names_its_pool_its_amounts_and_the_slot_it_was_quoted_at() {
    let raydium = has(vec![at(7, cpmm(1_000 * SOL, 150_000_000_000))]).in_slot(2_000);
    let meteora = has(vec![at(8, damm_v2(1_000 * SOL, 140_000_000_000))]).in_slot(3_000);

    let Choice {
        route, quoted_at, ..
    } = route(raydium, meteora, request()).await.unwrap().choice;

    let [leg] = route.legs() else {
        panic!("{route:?}")
    };
    assert_eq!(leg.pool, pool_ref(Program::Cpmm, 7));
    assert_eq!((leg.asset_in, leg.asset_out), (Asset::SOL, Asset::USDC));
    // 0.9975 of a SOL into 1,000 of them, against 150,000 USDC.
    assert_eq!(leg.amount_in.get(), SOL);
    assert_eq!(leg.amount_out.get(), 149_475_897);
    assert_eq!(quoted_at, 2_000);
}

#[tokio::test(start_paused = true)]
async fn an_offer_tells_its_fee_and_how_far_it_is_from_the_price_before() {
    let raydium = has(vec![at(7, cpmm(1_000 * SOL, 150_000_000_000))]);
    let meteora = has(vec![
        at(8, damm_v2(1_000 * SOL, 150_000_000_000)),
        at(9, dlmm(5 * SOL)),
    ]);

    let route = route(raydium, meteora, request()).await.unwrap();

    let told: Vec<_> = route
        .pools
        .iter()
        .map(|it| offered(&it.answer))
        .map(|it| (it.fee_ppm, it.impact_ppm))
        .collect();
    // The sale's share of the reserve after it; DAMM v2 takes its fee of what it pays. Within a bin no price moves.
    assert_eq!(told, [(2_500, 996), (3_000, 999), (2_000, 0)]);
}

#[tokio::test(start_paused = true)]
async fn what_token_programs_keep_is_counted_as_no_fee_of_the_pools() {
    let percent = MintFacts {
        transfer_fee: TransferFee {
            basis_points: 100,
            maximum: u64::MAX,
        },
        ..MintFacts::default()
    };
    let raydium = || has(vec![at(7, cpmm(1_000 * SOL, 150_000_000_000))]);
    let taxed = raydium().with_mints((MintFacts::default(), percent));

    let plain = route(raydium(), has(Vec::new()), request()).await.unwrap();
    let taxed = route(taxed, has(Vec::new()), request()).await.unwrap();

    let (plain, taxed) = (
        offered(&plain.pools[0].answer),
        offered(&taxed.pools[0].answer),
    );
    let kept = plain.amount_out.get().div_ceil(100);
    assert_eq!(taxed.amount_out.get(), plain.amount_out.get() - kept);
    assert_eq!(
        (taxed.fee_ppm, taxed.impact_ppm),
        (plain.fee_ppm, plain.impact_ppm)
    );
}

#[tokio::test(start_paused = true)]
async fn equal_offers_are_told_apart_in_an_order_that_is_always_the_same() {
    let pool = || cpmm(1_000 * SOL, 150_000_000_000);
    let twins = |numbers: [u8; 2]| has(numbers.map(|number| at(number, pool())).into());

    for order in [[4, 5], [5, 4]] {
        let route = route(twins(order), has(Vec::new()), request())
            .await
            .unwrap();

        assert_eq!(chosen(&route), pool_ref(Program::Cpmm, 4));
    }
}

#[tokio::test(start_paused = true)]
async fn a_venue_that_the_order_excludes_is_not_asked() {
    let only = RouteRequest {
        venues: VenueSet::of(&[Venue::Raydium], &[]).unwrap(),
        ..request()
    };
    let raydium = has(vec![at(1, cpmm(1_000 * SOL, 1_000_000_000))]);
    let meteora = has(vec![at(2, damm_v2(1_000 * SOL, 150_000_000_000))]).after_ms(300);
    let began = tokio::time::Instant::now();

    let route = route(raydium, meteora, only).await.unwrap();

    assert_eq!(chosen(&route).program, Program::Cpmm);
    assert_eq!((route.quotes.len(), route.pools.len()), (1, 1));
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_venue_that_is_late_is_left_out_and_said_so() {
    let raydium = has(vec![at(1, cpmm(1_000 * SOL, 150_000_000_000))]).after_ms(200);
    let meteora = has(vec![at(2, damm_v2(1_000 * SOL, 999_000_000_000))]).after_ms(5_000);

    let route = route(raydium, meteora, request()).await.unwrap();

    assert_eq!(route.choice.route.largest().venue(), Venue::Raydium);
    assert_eq!(
        declined(&route.quotes[1].answer),
        "no answer within 1000 ms"
    );
    assert_eq!(route.pools.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_pool_that_would_pay_nothing_makes_no_offer() {
    // A SOL is worth less than the least amount there.
    let raydium = has(vec![at(1, cpmm(10_000 * SOL, 5_000))]);
    let meteora = has(vec![at(2, damm_v2(10_000 * SOL, 80_000))]);

    let route = route(raydium, meteora, request()).await.unwrap();

    assert_eq!(route.choice.route.largest().venue(), Venue::Meteora);
    // Eight at its price, less the sale's own effect and the fee, each rounded against the trader.
    assert_eq!(route.choice.expected_amount_out.get(), 6);
    let reason = "the amount is too small to buy anything";
    assert_eq!(declined(&route.quotes[0].answer), reason);
    assert_eq!(declined(&route.pools[0].answer), reason);
}

#[tokio::test(start_paused = true)]
async fn the_clients_own_floor_counts_where_it_is_higher() {
    let own = |floor| RouteRequest {
        min_amount_out: Some(BaseUnits::new(floor)),
        ..request()
    };
    let raydium = || has(vec![at(7, cpmm(1_000 * SOL, 150_000_000_000))]);

    let met = route(raydium(), has(Vec::new()), own(149_475_897))
        .await
        .unwrap();
    let missed = route(raydium(), has(Vec::new()), own(149_475_898))
        .await
        .unwrap_err();

    assert_eq!(met.choice.min_amount_out.get(), 149_475_897);
    assert!(missed.may_pass());
    assert_eq!(
        missed.to_string(),
        "the best offer, 149.475897 USDC, is below the order's minimum of 149.475898"
    );
}

#[tokio::test(start_paused = true)]
async fn an_offer_that_moves_the_price_too_far_is_not_taken() {
    // The shallow pool pays more and is moved by some 10 %.
    let raydium = || has(vec![at(7, cpmm(10 * SOL, 1_800_000_000))]);
    let meteora = || has(vec![at(2, damm_v2(1_000 * SOL, 150_000_000_000))]);
    let limited = |bps| RouteRequest {
        max_impact: MaxImpact::new(bps),
        ..request()
    };

    let free = route(raydium(), meteora(), request()).await.unwrap();
    let gentle = route(raydium(), meteora(), limited(100)).await.unwrap();
    let none = route(raydium(), meteora(), limited(1)).await.unwrap_err();

    assert_eq!(free.choice.route.largest().venue(), Venue::Raydium);
    assert_eq!(gentle.choice.route.largest().venue(), Venue::Meteora);
    assert!(matches!(none, NoRoute::PriceImpact { .. }), "{none:?}");
    assert!(!none.may_pass());
    assert_eq!(
        none.to_string(),
        "every offer would move its pool's price by 9.99 bps or more, and 1 bps are allowed"
    );
}

#[tokio::test(start_paused = true)]
async fn a_venues_second_offer_is_taken_where_its_best_moves_the_price_too_far() {
    let meteora = has(vec![
        at(7, damm_v2(10 * SOL, 1_800_000_000)),
        at(2, damm_v2(1_000 * SOL, 150_000_000_000)),
    ]);
    let limited = RouteRequest {
        max_impact: MaxImpact::new(100),
        ..request()
    };

    let decision = route(has(Vec::new()), meteora, limited).await.unwrap();

    assert_eq!(chosen(&decision), pool_ref(Program::DammV2, 2));
    assert_eq!(decision.pools.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_reason_is_final_only_where_every_venue_says_so() {
    let dry = || has(vec![at(1, cpmm(0, 0))]);

    let final_reason = route(dry(), dry(), request()).await.unwrap_err();
    let passing = route(dry(), fails("refused"), request()).await.unwrap_err();

    assert_eq!(final_reason, NoRoute::InsufficientLiquidity);
    assert!(!final_reason.may_pass() && passing.may_pass());
    let why =
        "no venue made an offer: raydium: not enough liquidity for this amount; meteora: refused";
    assert_eq!(passing.to_string(), why);
}

#[tokio::test(start_paused = true)]
async fn where_there_is_no_route_each_venues_answer_is_told_of_the_same_question() {
    let dry = has(vec![at(1, cpmm(0, 0))]).after_ms(200);
    let late = has(vec![at(2, damm_v2(1_000 * SOL, 150_000_000_000))]).after_ms(5_000);
    let began = tokio::time::Instant::now();

    let unrouted = router(dry, late).decide(&request()).await.unwrap_err();

    assert!(unrouted.why.may_pass());
    let told = unrouted.quotes.iter();
    let told: Vec<_> = told.map(|it| (it.venue, declined(&it.answer))).collect();
    let expected = [
        (Venue::Raydium, "not enough liquidity for this amount"),
        (Venue::Meteora, "no answer within 1000 ms"),
    ];
    assert_eq!(told, expected);
    // Nobody was asked twice.
    assert_eq!(began.elapsed(), Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_pair_that_no_venue_has_a_pool_of_has_no_route() {
    let none = || has(Vec::new());

    let nowhere = route(none(), none(), request()).await.unwrap_err();
    let unheard = route(none(), fails("refused"), request())
        .await
        .unwrap_err();

    assert!(matches!(nowhere, NoRoute::NoPool(_)) && !nowhere.may_pass());
    let why = "no pool of this pair can be used: raydium: it has no pool of this pair; meteora: it has no pool of this \
               pair";
    assert_eq!(nowhere.to_string(), why);
    assert!(unheard.may_pass());
}

#[tokio::test(start_paused = true)]
async fn a_pools_refusal_is_told_by_what_can_be_done_about_it() {
    let live = || cpmm(10_000 * SOL, 1_000);
    let dead = FoundPool {
        pool: pool_ref(Program::AmmV4, 9),
        state: Err("account 9 is missing".to_owned()),
        holds: None,
    };
    let closed = || at(2, opening(1_000 * SOL, 150_000_000_000));

    // Too small for the pool that trades, whatever the others say.
    let pools = has(vec![
        at(3, cpmm(0, 0)),
        dead.clone(),
        closed(),
        at(1, live()),
    ]);
    assert_eq!(refusal(pools, SOL).await, NoRoute::AmountTooSmall);
    // On AMM v4 nobody knows what so little costs.
    let v4 = || has(vec![at(4, amm_v4(1_000, 1_000_000))]);
    assert_eq!(refusal(v4(), 399).await, NoRoute::AmountTooSmall);
    // A pool that will open, and one that cannot be read, may make an offer yet.
    let passing = refusal(has(vec![closed()]), SOL).await;
    assert!(passing.may_pass());
    assert!(passing.to_string().contains("has not opened yet"));
    let passing = refusal(has(vec![dead]), SOL).await;
    assert!(passing.may_pass() && passing.to_string().contains("account 9 is missing"));
}

#[tokio::test(start_paused = true)]
async fn a_report_tells_of_every_pool_used_or_not() {
    let meteora = vec![
        holding(
            at(3, damm_v2(1_000 * SOL, 150_000_000_000)),
            1_000 * SOL,
            150_000_000_000,
        ),
        at(4, opening(1_000 * SOL, 150_000_000_000)),
    ];
    let raydium = has(vec![at(1, cpmm(3 * SOL, 2_000_000))]);
    let router = router(raydium, has(meteora).in_slot(1_001));

    let report = router.pools(Asset::USDC, Asset::SOL).await.unwrap();

    let [cpmm, damm_v2, closed] = &report.pools[..] else {
        panic!("{report:?}")
    };
    assert_eq!(report.mints, Some(<(MintFacts, MintFacts)>::default()));
    assert_eq!(cpmm.pool, pool_ref(Program::Cpmm, 1));
    assert_eq!(cpmm.price.as_deref(), Some("1.5"));
    assert_eq!((cpmm.fee_ppm, &cpmm.unusable), (Some(2_500), &None));
    assert_eq!((cpmm.slot, closed.slot), (1_000, 1_001));
    assert_eq!(damm_v2.depth_in, Some(BaseUnits::new(150_000_000_000)));
    assert_eq!(damm_v2.depth_out, Some(BaseUnits::new(1_000 * SOL)));
    assert!(damm_v2.fee_ppm.is_some());
    assert_eq!(closed.depth_in, None);
    let reason = "the pool is closed or has not opened yet";
    assert_eq!(closed.unusable.as_deref(), Some(reason));
}

#[tokio::test(start_paused = true)]
async fn a_report_is_whole_or_there_is_none() {
    let raydium = has(vec![at(1, cpmm(1_000 * SOL, 150_000_000_000))]);

    let report = router(raydium, fails("refused"))
        .pools(Asset::SOL, Asset::USDC)
        .await;

    assert_eq!(report, Err(Unavailable("meteora: refused".to_owned())));
}
