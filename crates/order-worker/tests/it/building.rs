//! What is looked at before a transaction is signed, and what is said of one that did not land.

use domain::event::FailureCode;
use domain::fee::FeeRank;
use domain::landing::LandingReport;
use domain::{Event, EventData, FeeLevel, MaxImpact, Status};
use testkit::contract::eventually;

use crate::world::{Mood, Plan, World, chain, settings};

#[tokio::test(start_paused = true)]
async fn a_route_that_pays_something_else_than_quoted_is_chosen_anew_in_the_same_execution() {
    let world = World::new().await;
    world.chain.plan([Plan::Mismatch, Plan::Mismatch]);
    let _running = world.start(settings());

    let order = world.order().await;

    let confirmed = world.until(order, Status::Confirmed).await;
    assert_eq!((confirmed.executions, world.chain.built(order)), (1, 1));
}

fn legs_routed(events: &[Event]) -> Option<usize> {
    events.iter().find_map(|event| match &event.data {
        EventData::Routed { decision } => Some(decision.choice.route.legs().len()),
        _ => None,
    })
}

#[tokio::test(start_paused = true)]
async fn an_order_that_gains_by_it_is_built_over_two_pools_each_held_to_its_part() {
    let world = World::new().await;
    world.venue.set(Mood::Two);
    let _running = world.start(settings());

    let order = world.order().await;

    let confirmed = world.until(order, Status::Confirmed).await;
    let [built] = &world.chain.executions(order)[..] else {
        panic!("one execution")
    };
    assert_eq!(built.legs.len(), 2);
    let sold: u64 = built.legs.iter().map(|leg| leg.amount_in.get()).sum();
    assert_eq!(sold, confirmed.terms.amount_in.get());
    let events = world.events(order).await;
    let Some(EventData::Submitted { choice, .. }) = events
        .iter()
        .map(|event| &event.data)
        .find(|data| matches!(data, EventData::Submitted { .. }))
    else {
        panic!("{events:?}")
    };
    let least: u64 = built.legs.iter().map(|leg| leg.min_amount_out.get()).sum();
    assert!(least >= choice.min_amount_out.get());
}

#[tokio::test(start_paused = true)]
async fn what_does_not_fit_into_one_packet_is_routed_over_fewer_pools_before_anything_is_stored() {
    let world = World::new().await;
    world.venue.set(Mood::Two);
    world.chain.plan([Plan::TooLarge]);
    let _running = world.start(settings());

    let order = world.order().await;

    let confirmed = world.until(order, Status::Confirmed).await;
    assert_eq!((confirmed.executions, world.chain.built(order)), (1, 1));
    assert_eq!(legs_routed(&world.events(order).await), Some(2));
    assert_eq!(world.chain.executions(order)[0].legs.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_order_all_of_whose_routes_pay_something_else_is_repeated_and_then_says_so() {
    let world = World::new().await;
    world.chain.plan([Plan::Mismatch; 12]);
    let _running = world.start(settings());

    let order = world.order().await;

    let failure = world.failure(order).await;
    assert_eq!(failure.code, FailureCode::QuoteMismatch);
    assert_eq!(
        failure.reason,
        "simulated, the swap pays 223 USDC, and 224 USDC were quoted (3 of 3 attempts)"
    );
    assert_eq!(world.chain.built(order), 0);
}

#[tokio::test(start_paused = true)]
async fn an_order_that_the_wallet_cannot_pay_for_fails_at_once_and_others_go_on() {
    let world = World::new().await;
    world.chain.plan([Plan::TooDear]);
    let _running = world.start(settings());

    let order = world.order().await;
    let failure = world.failure(order).await;
    let next = world.order().await;

    assert_eq!(failure.code, FailureCode::InsufficientFunds);
    assert_eq!(
        failure.reason,
        "the wallet holds 0.25 SOL, and the transaction needs 1.502 SOL with its fees and deposits"
    );
    assert_eq!(world.get(order).await.executions_ended(), 1);
    world.until(next, Status::Confirmed).await;
}

#[tokio::test(start_paused = true)]
async fn a_transaction_that_went_by_says_how_it_fared_and_raises_the_next_one() {
    let world = World::new().await;
    world.chain.plan([Plan::Forget, Plan::Land]);
    let _running = world.start(settings());
    let mut order = world.given.order();
    order.terms.fee_level = Some(FeeLevel::Ranked(FeeRank::Low));
    let order = world.order_like(order).await;
    world.until(order, Status::Submitted).await;

    world.chain.advance(1_000);
    world.until(order, Status::Confirmed).await;

    let executions = world.chain.executions(order);
    let offered: Vec<_> = executions
        .iter()
        .map(|it| (it.fee_level, it.deaths))
        .collect();
    let low = Some(FeeLevel::Ranked(FeeRank::Low));
    assert_eq!(offered, [(low, 0), (low, 1)]);
    let events = world.events(order).await;
    let failures = events.into_iter().filter_map(|event| match event.data {
        EventData::RetryScheduled { failure, .. } => Some(failure),
        _ => None,
    });
    let failures: Vec<_> = failures.collect();
    assert_eq!(failures.len(), 1);
    assert_eq!(failures[0].code, FailureCode::TransactionExpired);
    assert_eq!(failures[0].landing.as_deref(), Some(&chain::landing()));
    let words = chain::landing().in_words();
    assert!(
        failures[0].reason.ends_with(&words),
        "{}",
        failures[0].reason
    );
}

#[tokio::test(start_paused = true)]
async fn an_order_that_is_slow_to_land_says_how_its_transaction_fares() {
    let world = World::new().await;
    world.chain.plan([Plan::Hold]);
    let _running = world.start(settings());
    let order = world.order().await;
    world.until(order, Status::Submitted).await;
    let signature = world.chain.signature_of(order).unwrap();

    let told = eventually("it to be told", || async {
        world.standing(order).await.landing
    });

    assert_eq!(told.await, chain::landing());
    assert_eq!(world.get(order).await.status(), Status::Submitted);
    world.chain.land(&signature);
    world.until(order, Status::Confirmed).await;
}

#[tokio::test(start_paused = true)]
async fn an_order_whose_revert_is_not_final_says_the_programs_error() {
    let world = World::new().await;
    world.chain.plan([Plan::RevertForNow, Plan::Land]);
    let _running = world.start(settings());
    let order = world.order().await;
    world.until(order, Status::Submitted).await;

    let told = eventually("it to be told", || async {
        world.standing(order).await.landing
    });

    let rolled_back = Some(FailureCode::SlippageExceeded);
    let expected = LandingReport {
        rolled_back,
        ..chain::landing()
    };
    assert_eq!(told.await, expected);
    assert_eq!(world.get(order).await.status(), Status::Submitted);
    // In another block it lands after all, or it ends for good: then the order says so itself.
    let signature = world.chain.signature_of(order).unwrap();
    world.chain.finalize(&signature);
    world.until(order, Status::Confirmed).await;
    assert_eq!(world.standing(order).await.landing, None);
}

/// A revert is no death: the next one offers no more.
#[tokio::test(start_paused = true)]
async fn a_transaction_that_was_rolled_back_raises_nothing() {
    let world = World::new().await;
    world.chain.plan([Plan::Revert, Plan::Land]);
    let _running = world.start(settings());

    let order = world.order().await;
    world.until(order, Status::Confirmed).await;

    let executions = world.chain.executions(order);
    let deaths: Vec<_> = executions.iter().map(|it| it.deaths).collect();
    assert_eq!(deaths, [0, 0]);
}

#[tokio::test(start_paused = true)]
async fn an_order_that_would_move_the_price_further_than_allowed_fails_at_once() {
    let world = World::new().await;
    let limit = |max_impact| order_worker::Settings {
        max_impact,
        ..settings()
    };
    let mut narrow = world.given.order();
    narrow.terms.amount_in = domain::BaseUnits::new(100_000_000_000_000);
    narrow.terms.max_impact = MaxImpact::new(1);
    let mut wide = world.given.order();
    wide.terms.amount_in = narrow.terms.amount_in;
    wide.terms.max_impact = MaxImpact::new(10_000);

    // A tenth of what the pool holds moves its price by more than a twentieth; the worker allows that.
    let running = world.start(limit(MaxImpact::new(2_500)));
    let narrow = world.order_like(narrow).await;
    let wide = world.order_like(wide).await;
    assert_eq!(world.failure(narrow).await.code, FailureCode::PriceImpact);
    assert_eq!(world.get(narrow).await.executions_ended(), 1);
    world.until(wide, Status::Confirmed).await;
    drop(running);

    // The worker's own limit holds for orders that name none, or a wider one.
    let world = World::new().await;
    let _running = world.start(limit(MaxImpact::new(1)));
    let mut order = world.given.order();
    order.terms.amount_in = domain::BaseUnits::new(100_000_000_000_000);
    order.terms.max_impact = MaxImpact::new(10_000);
    let order = world.order_like(order).await;
    assert_eq!(world.failure(order).await.code, FailureCode::PriceImpact);
}

#[tokio::test(start_paused = true)]
async fn orders_wait_outside_their_slots_for_a_signer_that_is_away() {
    let world = World::new().await;
    world.chain.plan([Plan::SignerAway; 10]);
    let _running = world.start(order_worker::Settings {
        concurrency: 1,
        ..settings()
    });

    let first = world.order().await;
    let second = world.order().await;

    // With one slot, the second one comes so far because the first one left it; both try far more often than they may
    // fail.
    for order in [first, second] {
        let confirmed = world.until(order, Status::Confirmed).await;
        assert_eq!((confirmed.executions, world.chain.built(order)), (1, 1));
    }
    let starts = world.events(first).await.into_iter();
    let starts = starts.filter(|event| event.data == EventData::RoutingStarted);
    assert_eq!(starts.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_order_that_waits_for_a_signer_expires_in_its_time() {
    let world = World::new().await;
    world.chain.plan([Plan::SignerAway; 1_000]);
    let _running = world.start(settings());
    let mut short = world.given.order();
    short.terms.valid_for_seconds = Some(5);

    let short = world.order_like(short).await;

    world.until(short, Status::Expired).await;
    assert_eq!(world.chain.built(short), 0);
}

#[tokio::test(start_paused = true)]
async fn what_the_signer_refuses_fails_for_good_and_is_in_the_audit_log() {
    let cases = [
        (
            Plan::SignerRefuses,
            FailureCode::SignerRefused,
            "pools: 111 is not listed",
        ),
        (
            Plan::SignerLimits,
            FailureCode::SignerLimit,
            "limits: too much a day",
        ),
    ];
    let world = World::new().await;
    let _running = world.start(settings());
    for (plan, code, rule) in cases {
        world.chain.plan([plan]);

        let order = world.order().await;
        let failure = world.failure(order).await;

        let reason = format!("the signer refuses the transaction: {rule}");
        assert_eq!((failure.code, failure.reason), (code, reason));
        assert_eq!(world.get(order).await.executions_ended(), 1);
        let audit = world.ports.store.audit(None, 1).await.unwrap();
        assert_eq!(
            (audit[0].actor.as_str(), audit[0].action.as_str()),
            ("signer", code.name())
        );
        let detail = format!("order {order}: {rule}");
        assert_eq!(audit[0].detail.as_deref(), Some(detail.as_str()));
    }
}
