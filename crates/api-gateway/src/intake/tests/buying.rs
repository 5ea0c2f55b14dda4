//! Orders that buy an exact amount.

use super::*;

#[test]
fn an_exact_amount_may_be_bought_for_so_much_at_most() {
    let open = accepted(r#"{"amountOut":"150.5"}"#);
    let named = accepted(r#"{"amountOut":150.5,"maxAmountIn":"1.25","slippageBps":10}"#);

    assert_eq!(open.amount_out, Some(BaseUnits::new(150_500_000)));
    assert_eq!((open.amount_in.get(), open.max_amount_in()), (0, None));
    assert_eq!(named.amount_out, Some(BaseUnits::new(150_500_000)));
    assert_eq!(named.max_amount_in(), Some(BaseUnits::new(1_250_000_000)));
    let sold = accepted(r#"{"amount":1}"#);
    assert_eq!((sold.amount_out, sold.max_amount_in()), (None, None));
}

#[test]
fn what_does_not_fit_a_purchase_is_refused_by_name() {
    for (body, field) in [
        (r#"{"amountOut":1,"amount":1}"#, "amount"),
        (r#"{"amountOut":1,"amountIn":1}"#, "amountIn"),
        (r#"{"amountOut":1,"minAmountOut":1}"#, "minAmountOut"),
        (r#"{"amount":1,"maxAmountIn":1}"#, "maxAmountIn"),
        (r#"{"maxAmountIn":1}"#, "maxAmountIn"),
        (r#"{"amountOut":0}"#, "amountOut"),
        (r#"{"amountOut":"1.0000001"}"#, "amountOut"),
        (r#"{"amountOut":null}"#, "amountOut"),
        (r#"{"amountOut":1,"maxAmountIn":0}"#, "maxAmountIn"),
        (
            r#"{"amountOut":1,"orderType":"limit","limitPrice":1}"#,
            "amountOut",
        ),
    ] {
        refused(body, Code::InvalidOrder, field);
    }
}
