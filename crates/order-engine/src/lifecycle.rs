//! Describes an order's life to people, one event at a time.

use std::cmp::Ordering;

use api_types::names::StatusName;
use api_types::quote::{QuoteView, by_size};
use api_types::route::LegView;
use api_types::{EventView, OrderView};

use crate::output::short;

/// What an event says beyond its status, in the fewest words.
pub(crate) fn detail(event: &EventView, token_out: &str) -> String {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    match event.status {
        StatusName::Pending => match &event.error {
            Some(error) => format!("attempt {} follows: {error}", event.attempt),
            None => String::new(),
        },
        StatusName::Routing if event.trigger.is_some() => fired(event),
        StatusName::Routing if event.attempt > 1 => format!("attempt {}", event.attempt),
        StatusName::Routing => String::new(),
        StatusName::Building => why(event),
        StatusName::Submitted => format!("transaction {}", short_hash(&text(&event.tx_hash))),
        StatusName::Confirmed => format!(
            "{} {token_out} {} at {}",
            short(&text(&event.amount_out)),
            match event.route.as_ref().is_some_and(|legs| legs.len() > 1) {
                true => means_of(event),
                false => format!("on {}", means_of(event)),
            },
            short(&text(&event.executed_price)),
        ),
        StatusName::Failed => text(&event.error),
        StatusName::Cancelled | StatusName::Expired => text(&event.reason),
    }
}

/// What fired an order that had waited.
fn fired(event: &EventView) -> String {
    let trigger = event.trigger.as_ref();
    trigger.map_or_else(String::new, |it| {
        format!("fired at {} in slot {}", short(&it.price), it.slot)
    })
}

/// What the chosen route brings, and beside it what each venue offers alone, the best first. The sign is that of the two
/// amounts.
fn why(event: &EventView) -> String {
    let Some(chosen) = event.dex else {
        return String::new();
    };
    let quotes = event.quotes.as_deref().unwrap_or_default();
    let is_single = event.route.as_ref().is_none_or(|legs| legs.len() < 2);
    let (own, mut others): (Vec<_>, Vec<_>) = quotes
        .iter()
        .partition(|quote| is_single && quote.dex == chosen);
    others.sort_by(|one, other| {
        let by_offer = other.against(one);
        by_offer.unwrap_or_else(|| other.amount_out.is_some().cmp(&one.amount_out.is_some()))
    });
    let beside: Vec<String> = others
        .iter()
        .map(|quote| format!("{} {}", quote.dex.name(), offer(quote)))
        .collect();
    let (means, beside) = (means_of(event), beside.join(", "));
    let best_other = others.first().filter(|quote| quote.amount_out.is_some());
    let brought = event.expected_amount_out.as_deref().unwrap_or_default();
    match (own.first(), best_other) {
        (Some(own), None) if beside.is_empty() => format!("{means} {}", offer(own)),
        (Some(own), None) => format!("{means} {}, {beside}", offer(own)),
        (Some(own), Some(other)) => {
            let sign = sign(own, other);
            format!("{means} {} {sign} {beside}", offer(own))
        }
        // What a divided purchase costs stands in its legs alone.
        (None, Some(_)) if event.max_amount_in.is_some() => {
            let gain = event.gain_bps.unwrap_or_default();
            format!("{means}, {gain} bp better than {beside}")
        }
        (None, Some(other)) => {
            let paid = other.amount_out.as_deref().unwrap_or_default();
            let sign = sign_of(by_size(brought, paid));
            format!("{means} {} {sign} {beside}", short(brought))
        }
        (None, None) if beside.is_empty() => format!("{means} {}", short(brought)),
        (None, None) => format!("{means} {}, {beside}", short(brought)),
    }
}

/// Where an order trades: one venue, over other tokens, or over pools side by side.
fn means_of(event: &EventView) -> String {
    let legs = event.route.as_deref().unwrap_or_default();
    let sold = legs.first().map(|leg| &leg.token_in);
    let mut between: Vec<&str> = Vec::new();
    for leg in legs.iter().filter(|leg| Some(&leg.token_in) != sold) {
        if !between.contains(&leg.token_in.as_str()) {
            between.push(&leg.token_in);
        }
    }
    match (legs.len(), between.is_empty()) {
        (0 | 1, _) => event.dex.map_or("", |venue| venue.name()).to_owned(),
        (pools, true) => format!("{pools} pools"),
        (_, false) => format!("over {}", between.join(", ")),
    }
}

/// How two amounts compare: what is paid out, or asked for an exact amount.
fn sign(own: &QuoteView, other: &QuoteView) -> &'static str {
    let order = match (&own.amount_in, &other.amount_in) {
        (Some(own), Some(other)) => by_size(own, other),
        _ => own.against(other).unwrap_or(Ordering::Equal),
    };
    sign_of(order)
}

const fn sign_of(order: Ordering) -> &'static str {
    match order {
        Ordering::Less => "<",
        Ordering::Equal => "=",
        Ordering::Greater => ">",
    }
}

fn offer(quote: &QuoteView) -> String {
    match (
        quote.amount_in.as_ref().or(quote.amount_out.as_ref()),
        &quote.error,
    ) {
        (Some(amount), _) => short(amount),
        (None, Some(error)) => format!("none ({error})"),
        (None, None) => "none".to_owned(),
    }
}

/// Such as `1.5 SOL→USDC`, or `SOL→150 USDC` where it is not known yet what the purchase costs.
pub(crate) fn swap_of(order: &OrderView) -> String {
    let (sold, bought) = (&order.token_in, &order.token_out);
    match (&order.amount_in, &order.amount_out_wanted) {
        (Some(amount), _) => format!("{} {sold}→{bought}", short(amount)),
        (None, Some(wanted)) => format!("{sold}→{} {bought}", short(wanted)),
        (None, None) => format!("{sold}→{bought}"),
    }
}

/// Such as `1.5 SOL → 225 USDC on meteora damm_v2`, and the pool's address where it is known.
pub(crate) fn leg(leg: &LegView) -> String {
    let (paid, got) = (short(&leg.amount_in), short(&leg.amount_out));
    let (dex, pool) = (leg.dex.name(), leg.pool.name());
    let swap = format!("{paid} {} → {got} {}", leg.token_in, leg.token_out);
    match &leg.pool_address {
        Some(address) => format!("{swap} on {dex} {pool} {address}"),
        None => format!("{swap} on {dex} {pool}"),
    }
}

/// The first characters of a signature, enough to find it by.
pub(crate) fn short_hash(hash: &str) -> String {
    match hash.get(..12) {
        Some(start) if hash.len() > 13 => format!("{start}…"),
        _ => hash.to_owned(),
    }
}

/// The time of day of a timestamp.
pub(crate) fn time_of_day(timestamp: &str) -> &str {
    timestamp.get(11..23).unwrap_or(timestamp)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn leg(dex: &str, token_in: &str, token_out: &str) -> Value {
        json!({
            "dex": dex, "pool": "cpmm", "poolAddress": null, "tokenIn": token_in,
            "tokenOut": token_out, "amountIn": "1", "amountOut": "1",
        })
    }

    fn quote(dex: &str, paid: Option<&str>) -> Value {
        let error = paid.is_none().then_some("it is closed");
        json!({
            "dex": dex, "pool": null, "price": null, "fee": null, "amountOut": paid,
            "priceImpact": null, "error": error,
        })
    }

    fn asked(dex: &str, asked: &str) -> Value {
        let mut quote = quote(dex, Some("100"));
        quote["amountIn"] = asked.into();
        quote
    }

    #[track_caller]
    fn check(route: &[Value], quotes: &[Value], more: &Value, said: &str) {
        let mut event = json!({
            "orderId": "0197c3a2-7f7e-7000-8000-5b2f3e8d9c01", "seq": 2, "status": "building",
            "timestamp": "2026-01-31T09:30:00.125Z", "attempt": 1, "dex": "raydium",
            "expectedAmountOut": "160.6", "route": route, "quotes": quotes,
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            event[name] = value.clone();
        }
        let event: EventView = serde_json::from_value(event).expect("an event");
        assert_eq!(detail(&event, "USDC"), said);
    }

    #[test]
    fn what_won_stands_on_the_true_side_of_what_it_is_compared_with() {
        let single = [leg("raydium", "SOL", "USDC")];
        let hop = [
            leg("raydium", "SOL", "USDT"),
            leg("meteora", "USDT", "USDC"),
        ];
        let split = [leg("raydium", "SOL", "USDC"), leg("meteora", "SOL", "USDC")];
        let both = [
            quote("raydium", Some("99.5")),
            quote("meteora", Some("158.9")),
        ];
        let better = [
            quote("raydium", Some("160.6")),
            quote("meteora", Some("99")),
        ];
        let closed = [quote("raydium", Some("160.6")), quote("meteora", None)];
        let same = [quote("raydium", Some("160")), quote("meteora", Some("160"))];
        let asks = [asked("raydium", "1.5"), asked("meteora", "1.25")];
        let none = json!({});
        let purchase = json!({ "maxAmountIn": "2", "gainBps": 12 });

        check(&single, &better, &none, "raydium 160.6 > meteora 99");
        check(&single, &same, &none, "raydium 160 = meteora 160");
        check(
            &single,
            &closed,
            &none,
            "raydium 160.6, meteora none (it is closed)",
        );
        check(
            &hop,
            &both,
            &none,
            "over USDT 160.6 > meteora 158.9, raydium 99.5",
        );
        check(
            &split,
            &both,
            &none,
            "2 pools 160.6 > meteora 158.9, raydium 99.5",
        );
        check(
            &hop,
            &[quote("raydium", None)],
            &none,
            "over USDT 160.6, raydium none (it is closed)",
        );
        check(&single, &asks, &purchase, "raydium 1.5 > meteora 1.25");
        check(
            &split,
            &asks,
            &purchase,
            "2 pools, 12 bp better than meteora 1.25, raydium 1.5",
        );
    }
}
