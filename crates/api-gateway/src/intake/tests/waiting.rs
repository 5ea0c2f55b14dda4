//! Orders that wait for a condition.

use domain::order::{PoolGates, Sniper, Trigger, VolumeFactor};
use domain::waiting::Trail;
use domain::{BaseUnits, Bps, OrderType};

use super::{accepted, refused};
use crate::error::Code;

#[test]
fn an_order_that_waits_has_its_price_exactly_and_a_slippage_of_its_own() {
    let limit = accepted(r#"{"amount":1,"orderType":"limit","limitPrice":150.250}"#);
    let stop = accepted(r#"{"amount":1,"type":"stop","triggerPrice":"100"}"#);
    let profit =
        accepted(r#"{"amount":1,"orderType":"take_profit","triggerPrice":2e2,"ocoGroup":"a b"}"#);
    let own = accepted(r#"{"amount":1,"orderType":"limit","limitPrice":150,"slippageBps":10}"#);

    let price = |text: &str| domain::Price::parse(text).unwrap();
    assert_eq!(
        limit.order_type,
        OrderType::Limit {
            price: price("150.25")
        }
    );
    assert_eq!(
        stop.order_type,
        OrderType::Stop {
            price: price("100")
        }
    );
    assert_eq!(
        profit.order_type,
        OrderType::TakeProfit {
            price: price("200")
        }
    );
    assert_eq!(
        profit.oco_group.map(|it| it.to_string()).as_deref(),
        Some("a b")
    );
    let slippages = [limit.slippage, stop.slippage, profit.slippage, own.slippage];
    assert_eq!(slippages.map(Bps::get), [10_000, 200, 50, 10]);
}

#[test]
fn a_trailing_stop_has_its_trail_and_may_have_an_activation_price() {
    let plain = accepted(r#"{"amount":1,"orderType":"trailing_stop","trailBps":250}"#);
    let later = accepted(
        r#"{"amount":1,"type":"trailing_stop","trailBps":5000,"activationPrice":"160.50"}"#,
    );

    let trailing = |bps, activation: Option<&str>| OrderType::TrailingStop {
        trail: Trail::new(bps).unwrap(),
        activation: activation.map(|text| domain::Price::parse(text).unwrap()),
    };
    assert_eq!(plain.order_type, trailing(250, None));
    assert_eq!(later.order_type, trailing(5_000, Some("160.5")));
    assert_eq!(plain.slippage.get(), 200);
    for (body, field) in [
        (r#"{"amount":1,"orderType":"trailing_stop"}"#, "trailBps"),
        (
            r#"{"amount":1,"orderType":"trailing_stop","trailBps":0}"#,
            "trailBps",
        ),
        (
            r#"{"amount":1,"orderType":"trailing_stop","trailBps":5001}"#,
            "trailBps",
        ),
        (
            r#"{"amount":1,"orderType":"trailing_stop","trailBps":"100"}"#,
            "trailBps",
        ),
        (
            r#"{"amount":1,"orderType":"trailing_stop","trailBps":1.5}"#,
            "trailBps",
        ),
        (
            r#"{"amount":1,"orderType":"trailing_stop","trailBps":1,"triggerPrice":1}"#,
            "triggerPrice",
        ),
        (
            r#"{"amount":1,"orderType":"trailing_stop","trailBps":1,"activationPrice":0}"#,
            "activationPrice",
        ),
        (
            r#"{"amount":1,"orderType":"stop","triggerPrice":1,"activationPrice":1}"#,
            "activationPrice",
        ),
        (r#"{"amount":1,"trailBps":100}"#, "trailBps"),
    ] {
        refused(body, Code::InvalidOrder, field);
    }
}

#[test]
fn fields_of_another_order_type_and_prices_that_say_nothing_are_refused() {
    for (body, field) in [
        (r#"{"amount":1,"orderType":"limit"}"#, "limitPrice"),
        (
            r#"{"amount":1,"orderType":"stop","limitPrice":1,"triggerPrice":1}"#,
            "limitPrice",
        ),
        (r#"{"amount":1,"limitPrice":"150"}"#, "limitPrice"),
        (r#"{"amount":1,"ocoGroup":"a"}"#, "ocoGroup"),
        (
            r#"{"amount":1,"orderType":"limit","limitPrice":"0.0000009"}"#,
            "limitPrice",
        ),
        (
            r#"{"amount":1,"orderType":"limit","limitPrice":1e17}"#,
            "limitPrice",
        ),
        (
            r#"{"amount":1,"orderType":"limit","limitPrice":"1e3"}"#,
            "limitPrice",
        ),
        (
            r#"{"amount":1,"orderType":"limit","limitPrice":true}"#,
            "limitPrice",
        ),
    ] {
        refused(body, Code::InvalidOrder, field);
    }
}

#[track_caller]
fn sniper(body: &str) -> Sniper {
    accepted(body).order_type.sniper().unwrap()
}

#[test]
fn a_sniper_waits_for_a_pool_where_nothing_else_is_said_and_has_no_gates() {
    let least = sniper(r#"{"amount":1,"orderType":"sniper"}"#);

    assert_eq!(least.trigger, Trigger::PoolCreated);
    assert_eq!(least.gates, PoolGates::default());
    let terms = accepted(r#"{"amount":1,"orderType":"sniper","ocoGroup":"a"}"#);
    assert_eq!(terms.slippage, Bps::DEFAULT);
}

#[test]
fn a_sniper_has_its_trigger_and_its_gates_exactly() {
    let price = |text: &str| domain::Price::parse(text).unwrap();
    let above = sniper(
        r#"{"amount":1,"type":"sniper","triggerCondition":"price_above","triggerValue":"0.50",
            "minLiquidity":"12.5","maxFeeBps":0,"requireRenounced":true}"#,
    );
    let below = sniper(
        r#"{"amount":1,"type":"sniper","triggerCondition":"price_below","triggerValue":2e3,"maxFeeBps":300}"#,
    );
    let spike = sniper(
        r#"{"amount":1,"type":"sniper","triggerCondition":"volume_spike","triggerValue":3.5}"#,
    );

    assert_eq!(
        above.trigger,
        Trigger::PriceAbove {
            price: price("0.5")
        }
    );
    assert_eq!(
        above.gates,
        PoolGates {
            min_liquidity: Some(BaseUnits::new(12_500_000_000)),
            max_fee_bps: Some(0),
            require_renounced: true,
        }
    );
    assert_eq!(
        below.trigger,
        Trigger::PriceBelow {
            price: price("2000")
        }
    );
    assert_eq!(below.gates.max_fee_bps, Some(300));
    assert_eq!(
        spike.trigger,
        Trigger::VolumeSpike {
            factor: VolumeFactor::parse("3.5").unwrap()
        }
    );
}

#[test]
fn a_sniper_that_makes_no_sense_is_refused() {
    for (rest, field) in [
        (r#","triggerValue":1"#, "triggerValue"),
        (r#","triggerCondition":"moon""#, "triggerCondition"),
        (r#","triggerCondition":1"#, "triggerCondition"),
        (r#","triggerCondition":"price_above""#, "triggerValue"),
        (
            r#","triggerCondition":"price_above","triggerValue":"x""#,
            "triggerValue",
        ),
        (
            r#","triggerCondition":"price_above","triggerValue":"0.0000001""#,
            "triggerValue",
        ),
        (
            r#","triggerCondition":"volume_spike","triggerValue":0"#,
            "triggerValue",
        ),
        (
            r#","triggerCondition":"volume_spike","triggerValue":true"#,
            "triggerValue",
        ),
        (r#","triggerPrice":1"#, "triggerPrice"),
        (r#","limitPrice":1"#, "limitPrice"),
        (r#","minLiquidity":0"#, "minLiquidity"),
        (r#","minLiquidity":"1.0000000001""#, "minLiquidity"),
        (r#","maxFeeBps":10001"#, "maxFeeBps"),
        (r#","maxFeeBps":"3""#, "maxFeeBps"),
        (r#","requireRenounced":"yes""#, "requireRenounced"),
    ] {
        let body = format!(r#"{{"amount":1,"orderType":"sniper"{rest}}}"#);
        refused(&body, Code::InvalidOrder, field);
    }
    for field in [
        r#""triggerCondition":"pool_created""#,
        r#""triggerValue":1"#,
        r#""minLiquidity":1"#,
        r#""maxFeeBps":1"#,
        r#""requireRenounced":false"#,
    ] {
        let name = field.split('"').nth(1).unwrap();
        for own in [
            r#""orderType":"market""#,
            r#""orderType":"limit","limitPrice":1"#,
        ] {
            let body = format!(r#"{{"amount":1,{own},{field}}}"#);
            refused(&body, Code::InvalidOrder, name);
        }
    }
}
