//! What orders wait for, for people.

use api_types::OrderView;
use api_types::order::{ConditionName, WaitingView};
use api_types::submit::TriggerName;
use comfy_table::Table;

use crate::lifecycle::swap_of;
use crate::output::{self, short};

/// Orders that wait for a condition: for which, and how far it is.
pub(crate) fn table_of(orders: &[OrderView]) -> Table {
    let mut table = output::table(["order", "swap", "waits for", "away"]);
    for order in orders {
        table.add_row([
            order.order_id.to_string(),
            swap_of(order),
            condition(order),
            away(order.waiting.as_ref()),
        ]);
    }
    output::align_right(&mut table, &[3]);
    table
}

/// The order's type and the price that fires it, in the fewest words.
fn condition(order: &OrderView) -> String {
    let waiting = order.waiting.as_ref();
    let own = order.limit_price.as_ref().or(order.trigger_price.as_ref());
    let price = waiting.and_then(|it| it.price.as_ref()).or(own);
    let sign = match waiting.and_then(|it| it.condition) {
        Some(ConditionName::AtOrAbove) => "≥",
        Some(ConditionName::AtOrBelow) => "≤",
        None => "",
    };
    let at = price.map_or_else(String::new, |price| format!(" {sign}{}", short(price)));
    match (order.order_type.as_str(), order.trigger_condition) {
        (_, Some(TriggerName::PoolCreated)) => "snipe a pool".to_owned(),
        (_, Some(TriggerName::VolumeSpike)) => {
            let times = order.trigger_value.as_deref().unwrap_or_default();
            format!("snipe {times}× volume")
        }
        (_, Some(TriggerName::PriceAbove | TriggerName::PriceBelow)) => format!("snipe{at}"),
        ("take_profit", None) => format!("profit{at}"),
        ("trailing_stop", None) => format!("trail{at}"),
        (kind, None) => format!("{kind}{at}"),
    }
}

fn away(waiting: Option<&WaitingView>) -> String {
    let Some(waiting) = waiting else {
        return String::new();
    };
    match waiting.distance_bps {
        Some(bps) if bps > 0 => format!("{bps} bp"),
        Some(_) => "there".to_owned(),
        None if waiting.needs.is_some() => "no mean yet".to_owned(),
        None => String::new(),
    }
}

/// One order's waiting, in a sentence.
pub(crate) fn in_words(waiting: &WaitingView) -> String {
    let detail = &waiting.detail;
    match (&waiting.needs, &waiting.best, waiting.distance_bps) {
        (Some(needs), ..) => format!("{detail}; needs {needs}"),
        (None, Some(best), Some(bps)) => format!("{detail}; now {best}, {bps} bps away"),
        _ => detail.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn order(of: &Value) -> OrderView {
        let mut order = json!({
            "orderId": "0197c3a2-7f7e-7000-8000-5b2f3e8d9c01", "clientOrderId": null,
            "tokenIn": "SOL", "tokenOut": "USDC", "amountIn": "2", "status": "pending",
            "slippageBps": 200, "attempts": 0, "createdAt": "2026-01-31T09:30:00.125Z",
            "updatedAt": "2026-01-31T09:30:00.125Z", "tokenInMint": "", "tokenOutMint": "", "venues": [], "seq": 0,
        });
        for (name, value) in of.as_object().into_iter().flatten() {
            order[name] = value.clone();
        }
        serde_json::from_value(order).expect("an order")
    }

    fn price(condition: &str, price: &str, bps: i64) -> Value {
        json!({ "for": "price", "detail": "it waits", "condition": condition, "price": price, "best": "150", "distanceBps": bps })
    }

    #[test]
    fn each_order_that_waits_says_for_what_and_how_far_it_is() {
        let orders = [
            order(
                &json!({ "orderType": "limit", "limitPrice": "160", "waiting": price("at_or_above", "160", 667) }),
            ),
            order(
                &json!({ "orderType": "take_profit", "triggerPrice": "180.1234", "waiting": price("at_or_above", "180.1234", 1_981) }),
            ),
            order(
                &json!({ "orderType": "stop", "triggerPrice": "120", "waiting": price("at_or_below", "120", 0) }),
            ),
            order(
                &json!({ "orderType": "trailing_stop", "trailBps": 500, "waiting": price("at_or_below", "142.5", 526) }),
            ),
            order(&json!({ "orderType": "stop", "triggerPrice": "120" })),
            order(
                &json!({ "orderType": "sniper", "triggerCondition": "pool_created", "waiting": { "for": "pool", "detail": "it waits" } }),
            ),
            order(
                &json!({ "orderType": "sniper", "triggerCondition": "volume_spike", "triggerValue": "3", "waiting": {
                "for": "volume", "detail": "it waits", "needs": "6 more minutes of volume" } }),
            ),
        ];

        let lines = output::lines(&table_of(&orders));

        let said: Vec<&str> = lines[1..].iter().map(|line| line[36..].trim()).collect();
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        let said: Vec<String> = said.into_iter().map(words).collect();
        assert_eq!(
            said,
            [
                "2 SOL→USDC limit ≥160 667 bp",
                "2 SOL→USDC profit ≥180.1234 1981 bp",
                "2 SOL→USDC stop ≤120 there",
                "2 SOL→USDC trail ≤142.5 526 bp",
                "2 SOL→USDC stop 120",
                "2 SOL→USDC snipe a pool",
                "2 SOL→USDC snipe 3× volume no mean yet",
            ]
        );
        for line in lines {
            assert!(line.chars().count() <= 80, "{line}");
        }
        let volume = in_words(orders[6].waiting.as_ref().expect("it waits"));
        assert_eq!(volume, "it waits; needs 6 more minutes of volume");
    }
}
