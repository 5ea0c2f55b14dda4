//! Orders that wait for a price.

use domain::waiting::Trail;
use domain::{Bps, OrderType};

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
