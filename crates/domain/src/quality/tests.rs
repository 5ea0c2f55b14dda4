use super::*;
use crate::asset::Asset;
use crate::event::{Event, EventData, Failure, FailureCode};
use crate::ids::{OrderId, Seq};
use crate::quote::{Answer, Choice, PoolQuote, Quote, Receipt};
use crate::route::{Leg, PoolRef, Route};
use crate::time::Timestamp;
use crate::transaction::Signature;
use crate::venue::{Program, Venue};

const SOLD: u64 = 1_000;

fn units(amount: u64) -> BaseUnits {
    BaseUnits::new(amount)
}

fn exchange(amount_in: u64, amount_out: u64) -> Exchange {
    Exchange {
        amount_in: units(amount_in),
        amount_out: units(amount_out),
    }
}

fn offer(program: Program, amount_out: u64) -> Offer {
    Offer {
        pool: PoolRef::unaddressed(program),
        amount_out: units(amount_out),
        fee_ppm: 2_500,
        impact_ppm: 1_000,
        amount_in: None,
    }
}

fn choice(programs: &[Program], expected: u64) -> Choice {
    let of = u64::try_from(programs.len()).unwrap();
    let leg = |program: &Program| Leg {
        pool: PoolRef::unaddressed(*program),
        asset_in: Asset::SOL,
        asset_out: Asset::USDC,
        amount_in: units(SOLD / of),
        amount_out: units(expected / of),
    };
    let legs: Vec<Leg> = programs.iter().map(leg).collect();
    Choice {
        route: Route::try_from(legs).unwrap(),
        expected_amount_out: units(expected),
        min_amount_out: units(1),
        max_amount_in: None,
        quoted_at: 7,
    }
}

/// An order's events from its first on, a second apart.
fn life(order: u128, data: Vec<EventData>) -> Vec<Event> {
    let order_id = OrderId::new(uuid::Uuid::from_u128(order));
    let events = data.into_iter().zip(0..);
    events
        .map(|(data, seq)| Event {
            order_id,
            seq: Seq::new(seq),
            at: Timestamp::from_millis(i64::from(seq) * 1_000),
            executions: 1,
            data,
        })
        .collect()
}

fn routed(choice: &Choice, offers: &[Offer]) -> EventData {
    let pools = offers.iter().map(|offer| PoolQuote {
        pool: offer.pool,
        answer: Answer::Offered(offer.clone()),
    });
    let best = offers.iter().max_by_key(|offer| offer.amount_out).unwrap();
    EventData::Routed {
        decision: Decision {
            choice: choice.clone(),
            quotes: vec![Quote {
                venue: Venue::Raydium,
                answer: Answer::Offered(best.clone()),
            }],
            pools: pools.collect(),
        },
    }
}

fn submitted(choice: &Choice) -> EventData {
    EventData::Submitted {
        choice: choice.clone(),
        signature: Signature::from_bytes(&[1; 64]),
    }
}

fn filled(choice: &Choice, amount_out: u64) -> EventData {
    let receipt = Receipt {
        fee_lamports: 5_100,
        priority_fee_lamports: 100,
        rent_paid_lamports: 0,
        rent_returned_lamports: 0,
        compute_units: None,
        slot: 9,
        is_final: false,
        leftover: Vec::new(),
    };
    let amounts = (units(SOLD), units(amount_out));
    let signature = Signature::from_bytes(&[1; 64]);
    EventData::Confirmed {
        fill: choice.filled(signature, amounts, receipt),
    }
}

fn reverted(paid_lamports: Option<u64>) -> EventData {
    EventData::RetryScheduled {
        failure: Failure {
            code: FailureCode::SlippageExceeded,
            reason: "moved".to_owned(),
            landing: None,
            paid_lamports,
        },
        delay_ms: 1,
    }
}

#[test]
fn a_price_is_compared_with_another_one_exactly() {
    let check = |one, other, expected| assert_eq!(exchange_ppm(one, other), expected);
    fn exchange_ppm(one: (u64, u64), other: (u64, u64)) -> Option<i64> {
        exchange(one.0, one.1).ppm_above(exchange(other.0, other.1))
    }

    check((100, 101), (100, 100), Some(10_000));
    check((100, 99), (100, 100), Some(-10_000));
    check((200, 202), (100, 100), Some(10_000));
    check((100, 100), (100, 0), None);
    let all = u64::MAX;
    check((all, all), (all, all), Some(0));
    check((all, all), (all, all / 2), Some(1_000_000));
    check((1, all), (all, 1), None);
    check((1, all), (1 << 20, 1 << 22), Some(i64::MAX));
}

#[test]
fn millionths_are_rounded_to_the_nearest_hundredth_of_a_percent() {
    for (ppm, expected) in [(149, 1), (150, 2), (-149, -1), (-150, -2), (49, 0)] {
        assert_eq!(bps(ppm), expected, "{ppm}");
    }
}

#[test]
fn gains_and_losses_are_told_to_the_nearest_whole_basis_point() {
    // Up and down alike.
    let told = |amount_out| exchange(1, amount_out).bps_above(exchange(1, 1_000_000));
    let more = [
        (1_000_049, 0),
        (1_000_050, 1),
        (1_006_260, 63),
        (1_006_249, 62),
    ];
    for (amount_out, expected) in more {
        assert_eq!(told(amount_out), Some(expected), "{amount_out}");
        assert_eq!(
            told(2_000_000 - amount_out),
            Some(-expected),
            "{amount_out}"
        );
    }
    assert_eq!(exchange(1, 1).bps_above(exchange(1, 0)), None);
}

#[test]
fn the_price_before_a_trade_has_neither_its_fee_nor_its_impact() {
    // 1 000 000 at a price of 1: 2500 ppm are kept, and the rest buys 1000 ppm less.
    let amount_out = 1_000_000 * (1_000_000 - 2_500) / 1_000_000 * (1_000_000 - 1_000) / 1_000_000;
    let offer = offer(Program::Cpmm, amount_out);

    let mid = at_mid(&offer).unwrap().get();

    assert!((999_999..=1_000_000).contains(&mid), "{mid}");
    let nothing = Offer {
        fee_ppm: 1_000_000,
        ..offer
    };
    assert_eq!(at_mid(&nothing), None);
}

#[test]
fn a_mid_price_has_six_digits_to_the_nearest() {
    let price = |sold, paid| mid_price((Asset::SOL, units(sold)), (Asset::USDC, units(paid)));
    let sol = 1_000_000_000;

    for (sold, paid, expected) in [
        (sol, 149_999_923, Some("150")),
        (sol, 149_987_654, Some("149.988")),
        (3 * sol, 100_000_000, Some("33.3333")),
        (1, u64::MAX, Some("18446700000000000000000")),
        (u64::MAX, 1, Some("0.0000000000000000542101")),
        (sol, 0, None),
        (0, 1, None),
    ] {
        assert_eq!(price(sold, paid).as_deref(), expected, "{paid} for {sold}");
    }
}

#[test]
fn fills_are_counted_for_every_kind_of_pool_that_they_used() {
    let offers = [offer(Program::Cpmm, 90), offer(Program::Dlmm, 95)];
    let split = choice(&[Program::Cpmm, Program::Dlmm], 100);
    let mut tally = Tally::default();

    tally.add(&life(
        1,
        vec![
            EventData::Accepted,
            EventData::RoutingStarted,
            routed(&split, &offers),
            submitted(&split),
            filled(&split, 99),
        ],
    ));

    let expected = Figures {
        quotes: 1,
        wins: 1,
        sent: 1,
        fills: 1,
        against_quoted: Some(Spread {
            mean_bps: -100,
            p50_bps: -100,
            p95_bps: -100,
        }),
        // 99 instead of 95.
        against_best_single: Some(Spread {
            mean_bps: 421,
            p50_bps: 421,
            p95_bps: 421,
        }),
        landing_p50_ms: Some(1_000),
        landing_p99_ms: Some(1_000),
        fee_lamports: 5_100,
        priority_fee_lamports: 100,
        ..Figures::default()
    };
    assert_eq!(tally.of(Program::Cpmm), expected);
    assert_eq!(tally.of(Program::Dlmm), expected);
    assert_eq!(tally.of(Program::DammV2), Figures::default());
    let total = Figures {
        quotes: 2,
        ..expected
    };
    assert_eq!(tally.total(), total);
    assert_eq!(tally.orders(), 1);
}

#[test]
fn a_revert_is_counted_with_its_fee_and_a_death_is_not() {
    let offers = [offer(Program::Cpmm, 100)];
    let single = choice(&[Program::Cpmm], 100);
    let mut tally = Tally::default();
    let tried = |end| {
        vec![
            EventData::RoutingStarted,
            routed(&single, &offers),
            submitted(&single),
            end,
        ]
    };

    let mut twice = tried(reverted(Some(5_000)));
    twice.extend(tried(filled(&single, 103)));
    let mut events = life(1, twice);
    events.extend(life(2, tried(reverted(None))));
    tally.add(&events);

    let total = tally.total();
    assert_eq!((total.sent, total.fills, total.reverts), (3, 1, 1));
    assert_eq!((total.quotes, total.wins), (3, 3));
    assert_eq!(total.fee_lamports, 5_000 + 5_100);
    assert_eq!((total.improved, total.improvement_bps), (1, Some(300)));
    assert_eq!(tally.orders(), 2);
}

#[test]
fn ninety_five_of_a_hundred_fills_are_as_good_as_told_or_better() {
    let offers = [offer(Program::Cpmm, 10_000)];
    let single = choice(&[Program::Cpmm], 10_000);
    let mut tally = Tally::default();
    for order in 0_u32..100 {
        let paid = 10_000 - u64::from(order);
        let events = vec![
            routed(&single, &offers),
            submitted(&single),
            filled(&single, paid),
        ];
        tally.add(&life(order.into(), events));
    }

    let spread = tally.total().against_quoted.unwrap();

    let expected = Spread {
        mean_bps: -50,
        p50_bps: -49,
        p95_bps: -94,
    };
    assert_eq!(spread, expected);
}
