use domain::quote::{Answer, Choice, PoolQuote, Quote, Receipt};
use domain::route::{Leg, PoolRef, Route};
use domain::transaction::Signature;
use domain::venue::{Program, Venue};
use domain::{Asset, BaseUnits};
use serde_json::{Value, json};

use super::*;

const SOL: u64 = 1_000_000_000;

fn leg(program: Program, sol: u64, usdc: u64) -> Leg {
    Leg {
        pool: PoolRef::unaddressed(program),
        asset_in: Asset::SOL,
        asset_out: Asset::USDC,
        amount_in: BaseUnits::new(sol),
        amount_out: BaseUnits::new(usdc),
    }
}

fn offer(program: Program, usdc: u64) -> Offer {
    Offer {
        pool: PoolRef::unaddressed(program),
        amount_out: BaseUnits::new(usdc),
        fee_ppm: 2_500,
        impact_ppm: 10_000,
        amount_in: None,
    }
}

/// Ten SOL over two pools for 1,500 USDC, where the better of them alone would pay 1,485.
fn split() -> Decision {
    let offers = [
        offer(Program::Cpmm, 1_485_000_000),
        offer(Program::Dlmm, 1_400_000_000),
    ];
    let venues = [Venue::Raydium, Venue::Meteora].into_iter().zip(&offers);
    let pools = offers.iter().map(|offer| PoolQuote {
        pool: offer.pool,
        answer: Answer::Offered(offer.clone()),
    });
    Decision {
        choice: Choice {
            route: Route::try_from(vec![
                leg(Program::Cpmm, 7 * SOL, 1_050_000_000),
                leg(Program::Dlmm, 3 * SOL, 450_000_000),
            ])
            .unwrap(),
            expected_amount_out: BaseUnits::new(1_500_000_000),
            min_amount_out: BaseUnits::new(1_492_500_000),
            max_amount_in: None,
            quoted_at: 9,
        },
        pools: pools.collect(),
        quotes: venues
            .map(|(venue, offer)| Quote {
                venue,
                answer: Answer::Offered(offer.clone()),
            })
            .collect(),
    }
}

fn fill(decision: &Decision, usdc: u64) -> Fill {
    let receipt = Receipt {
        fee_lamports: 5_000,
        priority_fee_lamports: 0,
        rent_paid_lamports: 0,
        rent_returned_lamports: 0,
        compute_units: None,
        slot: 9,
        is_final: false,
        leftover: Vec::new(),
    };
    let amounts = (BaseUnits::new(10 * SOL), BaseUnits::new(usdc));
    let signature = Signature::from_bytes(&[1; 64]);
    decision.choice.filled(signature, amounts, receipt)
}

fn shown(decision: &Decision, fill: Option<&Fill>) -> Value {
    let view = QualityView::new(Timestamp::from_millis(0), decision, fill);
    serde_json::to_value(view).unwrap()
}

#[test]
fn a_fill_is_compared_with_its_quote_the_best_pool_alone_and_the_mid_price() {
    let decision = split();

    let shown = shown(&decision, Some(&fill(&decision, 1_499_000_000)));

    assert_eq!(shown["decidedAt"], "1970-01-01T00:00:00.000Z");
    assert_eq!(shown["expectedAmountOut"], "1500");
    assert_eq!(shown["gainBps"], 101);
    let single =
        json!({"dex": "raydium", "pool": "cpmm", "poolAddress": null, "amountOut": "1485"});
    assert_eq!(shown["bestSingle"], single);
    // 148.5 / (0.9975 × 0.99)
    assert_eq!(shown["midPrice"], "150.376");
    assert_eq!(shown["againstQuotedBps"], -7);
    assert_eq!(shown["againstBestSingleBps"], 94);
    assert_eq!(shown["againstMidBps"], -32);
    assert_eq!(shown["quotes"].as_array().unwrap().len(), 2);
}

#[test]
fn a_fill_that_pays_its_quote_gains_what_was_said() {
    let mut decision = split();
    // 0.626 % more than 1485.
    let paid = 1_494_300_000;
    decision.choice.expected_amount_out = BaseUnits::new(paid);

    let shown = shown(&decision, Some(&fill(&decision, paid)));

    assert_eq!(shown["againstQuotedBps"], 0);
    assert_eq!(
        (&shown["gainBps"], &shown["againstBestSingleBps"]),
        (&json!(63), &json!(63))
    );
}

#[test]
fn a_divided_purchase_is_compared_by_what_it_costs() {
    let mut decision = split();
    let asked = |offer: &mut Offer, sol: u64| {
        offer.amount_out = BaseUnits::new(1_500_000_000);
        offer.amount_in = Some(BaseUnits::new(sol));
    };
    for (quote, sol) in decision.quotes.iter_mut().zip([10_200_000_000, 11 * SOL]) {
        let Answer::Offered(offer) = &mut quote.answer else {
            panic!("{quote:?}")
        };
        asked(offer, sol);
    }
    decision.choice.max_amount_in = Some(BaseUnits::new(10_500_000_000));

    let shown = shown(&decision, Some(&fill(&decision, 1_500_000_000)));

    // Ten SOL where the best pool alone asks 10.2: each brings 2 % more.
    assert_eq!(shown["gainBps"], 200);
    assert_eq!(shown["bestSingle"]["amountIn"], "10.2");
    assert_eq!(shown["againstQuotedBps"], 0);
    assert_eq!(shown["againstBestSingleBps"], 200);
    // 147.0588 / (0.9975 × 0.99)
    assert_eq!(shown["midPrice"], "148.917");
    assert_eq!(shown["againstMidBps"], 73);
}

#[test]
fn what_is_not_filled_is_compared_with_nothing() {
    let shown = shown(&split(), None);

    assert_eq!(shown["bestSingle"]["amountOut"], "1485");
    for field in ["againstQuotedBps", "againstBestSingleBps", "againstMidBps"] {
        assert_eq!(shown.get(field), Some(&Value::Null), "{field}");
    }
}

#[test]
fn where_no_single_pool_made_an_offer_there_is_no_mid_price() {
    let mut decision = split();
    decision.quotes.clear();

    let shown = shown(&decision, Some(&fill(&decision, 1_499_000_000)));

    assert_eq!(shown["againstQuotedBps"], -7);
    for field in [
        "bestSingle",
        "midPrice",
        "againstBestSingleBps",
        "againstMidBps",
    ] {
        assert_eq!(shown.get(field), Some(&Value::Null), "{field}");
    }
}

#[test]
fn a_route_says_what_it_is_expected_to_pay_against_the_mid_price() {
    let beside = Benchmarks::of(&split());

    assert_eq!(beside.against_mid_bps, Some(-25));
    assert_eq!(beside.mid_price.as_deref(), Some("150.376"));
}
