//! Orders that wait for a price.

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
