//! Describes an order's life to people, one event at a time.

use api_types::names::StatusName;
use api_types::quote::QuoteView;
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
            "{} {token_out} on {} at {}",
            short(&text(&event.amount_out)),
            event.dex.map_or("", |venue| venue.name()),
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

/// The chosen venue, and the offers that it beat.
fn why(event: &EventView) -> String {
    let Some(chosen) = event.dex else {
        return String::new();
    };
    let quotes = event.quotes.as_deref().unwrap_or_default();
    let of_chosen = quotes.iter().find(|quote| quote.dex == chosen);
    let best = of_chosen.map(offer).unwrap_or_default();
    let others: Vec<String> = quotes
        .iter()
        .filter(|quote| quote.dex != chosen)
        .map(|quote| format!("{} {}", quote.dex.name(), offer(quote)))
        .collect();
    if others.is_empty() {
        format!("{} {best}", chosen.name())
    } else {
        format!("{} {best} > {}", chosen.name(), others.join(", "))
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
