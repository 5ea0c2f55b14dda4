//! `order-engine orders`: list, show, cancel, and an operator's word that a transaction is dead.

use api_types::OrderView;
use api_types::names::FeeLevelName;
use api_types::receipt::ReceiptView;
use api_types::submit::{ChangeOrder, TriggerName};
use clap::{Args, Subcommand};
use client::{Client, ListQuery};
use comfy_table::{Cell, Table};
use domain::Status;
use uuid::Uuid;

use crate::arguments::{Page, one_of};
use crate::competition;
use crate::connection::{Connection, order_id};
use crate::exit::Verdict;
use crate::lifecycle::{detail, leg, swap_of, time_of_day};
use crate::output::{self, Format, short, status};
use crate::waits;

pub(crate) const EXAMPLES: &str = "\
Examples:
  order-engine orders list --status failed
  order-engine orders list --token-in SOL --limit 200 --json
  order-engine orders show 0197c3a2-7f7e-7000-8000-5b2f3e8d9c01
  order-engine orders list --waiting
  order-engine orders change 0197c3a2-7f7e-7000-8000-5b2f3e8d9c01 --limit 165
  order-engine orders cancel 0197c3a2-7f7e-7000-8000-5b2f3e8d9c01
  order-engine orders dead 0197c3a2-7f7e-7000-8000-5b2f3e8d9c01 --reason gone";

const LIST_EXAMPLES: &str = "\
Examples:
  order-engine orders list --status failed
  order-engine orders list --waiting
  order-engine orders list --token-in SOL --limit 200 --json";
const SHOW_EXAMPLE: &str = "\
Example:
  order-engine orders show 0197c3a2-7f7e-7000-8000-5b2f3e8d9c01";
const CHANGE_EXAMPLE: &str = "\
Example:
  order-engine orders change 0197c3a2-7f7e-7000-8000-5b2f3e8d9c01 --limit 165";
const CANCEL_EXAMPLE: &str = "\
Example:
  order-engine orders cancel 0197c3a2-7f7e-7000-8000-5b2f3e8d9c01";

const DEAD_EXAMPLE: &str = "\
Example:
  order-engine orders dead 0197c3a2-7f7e-7000-8000-5b2f3e8d9c01 --reason gone";

/// What to do with orders.
#[derive(Debug, Subcommand)]
pub(crate) enum Orders {
    /// Orders, newest first
    #[command(after_help = LIST_EXAMPLES)]
    List(List),
    /// One order with its events
    #[command(after_help = SHOW_EXAMPLE)]
    Show(One),
    /// Change an order that waits for its condition
    #[command(after_help = CHANGE_EXAMPLE)]
    Change(Change),
    /// Cancel an order before it is submitted
    #[command(after_help = CANCEL_EXAMPLE)]
    Cancel(One),
    /// Say that a submitted order's transaction is dead, where no endpoint can prove it (operators)
    #[command(after_help = DEAD_EXAMPLE)]
    Dead(Dead),
}

/// Which orders.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only orders with this status
    #[arg(long, value_parser = one_of(Status::ALL.map(Status::name), Status::parse))]
    status: Option<Status>,
    /// Only orders that sell this token
    #[arg(long, value_name = "TOKEN")]
    token_in: Option<String>,
    /// Only orders that buy this token
    #[arg(long, value_name = "TOKEN")]
    token_out: Option<String>,
    /// Only orders that this wallet pays for, by its name or address
    #[arg(long)]
    wallet: Option<String>,
    /// Only orders that wait for their condition
    #[arg(long)]
    waiting: bool,
    /// Only orders of this group
    #[arg(long, value_name = "NAME")]
    oco_group: Option<String>,
    #[command(flatten)]
    page: Page,
    #[command(flatten)]
    format: Format,
    #[command(flatten)]
    connection: Connection,
}

/// Which order.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// The order
    #[arg(value_parser = order_id)]
    order_id: Uuid,
    #[command(flatten)]
    format: Format,
    #[command(flatten)]
    connection: Connection,
}

/// Which order, and what of it.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("what").required(true).multiple(true)))]
pub(crate) struct Change {
    #[command(flatten)]
    one: One,
    /// The price of a limit order
    #[arg(long, value_name = "PRICE", group = "what")]
    limit: Option<String>,
    /// The price that fires a stop or a take-profit order
    #[arg(long, value_name = "PRICE", group = "what")]
    trigger: Option<String>,
    /// How far below its highest the spot price must fall for a trailing stop, in basis points
    #[arg(long, value_name = "BPS", group = "what", value_parser = clap::value_parser!(u16).range(1..=5000))]
    trail: Option<u16>,
    /// The spot price from which on a trailing stop trails
    #[arg(long, value_name = "PRICE", group = "what")]
    activation: Option<String>,
    /// The value that fires a sniper: a price, or how many times the mean volume
    #[arg(long, value_name = "VALUE", group = "what")]
    trigger_value: Option<String>,
    /// What a sniper's pool must hold of the token sold
    #[arg(long, value_name = "AMOUNT", group = "what")]
    min_liquidity: Option<String>,
    /// What a sniper's pool may charge, in basis points
    #[arg(long, value_name = "BPS", group = "what", value_parser = clap::value_parser!(u16).range(0..=10_000))]
    max_fee_bps: Option<u16>,
    /// Whether nobody may be able to mint or freeze what a sniper buys
    #[arg(long, value_name = "BOOL", group = "what")]
    require_renounced: Option<bool>,
    /// The least to buy
    #[arg(long, value_name = "AMOUNT", group = "what")]
    min_amount_out: Option<String>,
    /// Seconds, counted from its acceptance, after which the order expires
    #[arg(long, value_name = "SECONDS", group = "what")]
    valid_for: Option<u32>,
}

/// Which order, and why its transaction is dead.
#[derive(Debug, Args)]
pub(crate) struct Dead {
    #[command(flatten)]
    one: One,
    /// Why it is sure, for the audit log and the order
    #[arg(long)]
    reason: String,
}

/// Runs the command.
pub(crate) async fn run(orders: &Orders) -> anyhow::Result<Verdict> {
    match orders {
        Orders::List(list) => run_list(list).await,
        Orders::Show(one) => run_show(&one.connection.client()?, one).await,
        Orders::Cancel(one) => run_cancel(&one.connection.client()?, one).await,
        Orders::Change(change) => run_change(&change.one.connection.client()?, change).await,
        Orders::Dead(dead) => run_dead(&dead.one.connection.client()?, dead).await,
    }
}

async fn run_list(list: &List) -> anyhow::Result<Verdict> {
    let query = ListQuery {
        status: list.status.map(Into::into),
        token_in: list.token_in.clone(),
        token_out: list.token_out.clone(),
        wallet: list.wallet.clone(),
        order_type: None,
        waiting: list.waiting.then_some(true),
        oco_group: list.oco_group.clone(),
        limit: Some(list.page.limit),
        cursor: list.page.cursor.clone(),
    };
    let answer = list.connection.client()?.list(&query).await?;
    if list.format.is_json() {
        output::json(&answer)?;
        return Ok(Verdict::Good);
    }
    if !answer.orders.is_empty() {
        let table = match list.waiting {
            true => waits::table_of(&answer.orders),
            false => table_of(&answer.orders, |id| id.to_string()),
        };
        output::print_table(&table)?;
    } else if answer.next_cursor.is_some() {
        output::line("none among the orders looked at so far")?;
    } else {
        output::line("no orders")?;
    }
    output::more(answer.next_cursor.as_deref())?;
    Ok(Verdict::Good)
}

/// A table of orders, their ids written in this way.
pub(crate) fn table_of(orders: &[OrderView], id: fn(Uuid) -> String) -> Table {
    let mut table = output::table(["order", "swap", "got", "status"]);
    for order in orders {
        let got = order.amount_out.as_deref().map(short).unwrap_or_default();
        table.add_row([
            Cell::new(id(order.order_id)),
            Cell::new(swap_of(order)),
            Cell::new(got),
            Cell::new(order.status.name()),
        ]);
    }
    output::align_right(&mut table, &[2]);
    table
}

async fn run_show(client: &Client, one: &One) -> anyhow::Result<Verdict> {
    let order = client.order(one.order_id).await?;
    if one.format.is_json() {
        output::json(&order)?;
        return Ok(Verdict::Good);
    }
    let events = client.events(one.order_id, None).await?;
    print_order(&order)?;
    output::line("")?;
    for event in &events.events {
        let told = detail(event, &order.token_out);
        let name = event.status.name();
        output::line(format!("  {}  {name:<10} {told}", time_of_day(&event.timestamp)).trim_end())?;
    }
    Ok(Verdict::Good)
}

fn print_order(order: &OrderView) -> anyhow::Result<()> {
    let some = |value: &Option<String>| value.clone().unwrap_or_default();
    let sold = |amount: &Option<String>| match amount {
        Some(amount) => format!("{amount} {}", order.token_in),
        None => String::new(),
    };
    let bought = |amount: &Option<String>| match amount {
        Some(amount) => format!("{amount} {}", order.token_out),
        None => String::new(),
    };
    let waiting = order.waiting.as_ref().map(waits::in_words);
    let venue = order.dex.map_or("", |venue| venue.name());
    let receipt = |of: fn(&ReceiptView) -> Option<String>| {
        order.receipt.as_ref().and_then(of).unwrap_or_default()
    };
    let rows = [
        ("order", order.order_id.to_string()),
        ("client id", some(&order.client_order_id)),
        ("status", status(order.status)),
        ("swap", swap_of(order)),
        ("buys", bought(&order.amount_out_wanted)),
        ("at most", sold(&order.max_amount_in)),
        ("type", kind(order)),
        ("limit price", some(&order.limit_price)),
        ("trigger", some(&order.trigger_price)),
        (
            "trail",
            order
                .trail_bps
                .map_or(String::new(), |bps| format!("{bps} bps")),
        ),
        ("activation", some(&order.activation_price)),
        ("snipes at", trigger(order)),
        ("gates", gates(order)),
        ("group", some(&order.oco_group)),
        (
            "slippage",
            order
                .slippage_bps
                .map_or(String::new(), |bps| format!("{bps} bps")),
        ),
        ("at least", bought(&order.min_amount_out)),
        (
            "fee level",
            order.fee_level.map_or(String::new(), fee_level),
        ),
        (
            "impact",
            order
                .max_price_impact_bps
                .map_or(String::new(), |bps| format!("at most {bps} bps")),
        ),
        ("wallet", some(&order.wallet)),
        ("venue", venue.to_owned()),
        ("got", bought(&order.amount_out)),
        ("price", some(&order.executed_price)),
        ("transaction", some(&order.tx_hash)),
        ("fee", receipt(|it| Some(fee(it)))),
        ("rent", receipt(rent)),
        ("confirmed", receipt(|it| Some(it.confirmed_at.clone()))),
        ("final", receipt(|it| it.finalized_at.clone())),
        ("vanished", receipt(|it| it.vanished_at.clone())),
        ("never lands", receipt(|it| it.died_at.clone())),
        ("slow", slow(order)),
        ("waits for", waiting.unwrap_or_default()),
        ("unprovable", unprovable(order)),
        ("said dead", said_dead(order)),
        ("failed with", some(&order.error_reason)),
        ("error code", some(&order.error_code)),
        ("last error", some(&order.last_error)),
        ("because", some(&order.reason)),
        ("attempts", order.attempts.to_string()),
        ("created", order.created_at.clone()),
        ("updated", order.updated_at.clone()),
        ("expires", some(&order.expires_at)),
    ];
    for (name, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
        output::line(format!("{name:<12} {value}"))?;
    }
    for one in order.route.iter().flatten() {
        output::line(format!("{:<12} {}", "route", leg(one)))?;
    }
    let Some(quality) = &order.quality else {
        return Ok(());
    };
    let compared = competition::compared(quality, (&order.token_in, &order.token_out));
    for (name, value) in compared.iter().filter(|(_, value)| !value.is_empty()) {
        output::line(format!("{name:<12} {value}"))?;
    }
    if !quality.quotes.is_empty() {
        output::line("")?;
        let route = order.route.as_deref().unwrap_or_default();
        output::print_table(&competition::table_of(&quality.quotes, route))?;
    }
    Ok(())
}

/// The type of an order that waits for a condition, or has waited.
fn kind(order: &OrderView) -> String {
    match order.order_type.as_str() {
        "market" => String::new(),
        kind => kind.to_owned(),
    }
}

/// What fires a sniper.
fn trigger(order: &OrderView) -> String {
    let Some(trigger) = order.trigger_condition else {
        return String::new();
    };
    let value = order.trigger_value.as_deref().unwrap_or_default();
    match trigger {
        TriggerName::PoolCreated => "a pool".to_owned(),
        TriggerName::PriceAbove => format!("a price of {value} or more"),
        TriggerName::PriceBelow => format!("a price of {value} or less"),
        TriggerName::VolumeSpike => format!("{value} times the mean volume"),
    }
}

/// What a sniper's pool must be like.
fn gates(order: &OrderView) -> String {
    let liquidity = order.min_liquidity.as_ref();
    let gates = [
        liquidity.map(|least| format!("holds {least} {}", order.token_in)),
        order
            .max_fee_bps
            .map(|most| format!("charges {most} bps at most")),
        (order.require_renounced == Some(true)).then(|| "token renounced".to_owned()),
    ];
    gates.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn fee_level(level: FeeLevelName) -> String {
    match level {
        FeeLevelName::Level(rank) => rank.name().to_owned(),
        FeeLevelName::Price(price) => format!("{price} micro-lamports per unit"),
    }
}

/// What a transaction paid in fees.
fn fee(receipt: &ReceiptView) -> String {
    let all = receipt.fee_lamports;
    match receipt.priority_fee_lamports {
        0 => format!("{all} lamports"),
        priority => format!("{all} lamports, {priority} of it for priority"),
    }
}

/// The deposits that it paid and got back; none where it moved none.
fn rent(receipt: &ReceiptView) -> Option<String> {
    let (paid, returned) = (receipt.rent_paid_lamports, receipt.rent_returned_lamports);
    match (paid, returned) {
        (0, 0) => None,
        (paid, 0) => Some(format!("{paid} lamports paid")),
        (0, returned) => Some(format!("{returned} lamports returned")),
        (paid, returned) => Some(format!("{paid} lamports paid, {returned} returned")),
    }
}

/// How a transaction fares that has not landed yet.
fn slow(order: &OrderView) -> String {
    let is_under_way = order.status.name() == Status::Submitted.name();
    let landing = order.landing.as_ref().filter(|_| is_under_way);
    landing.map_or_else(String::new, |it| it.in_words())
}

fn unprovable(order: &OrderView) -> String {
    let doubt = order.doubt.as_ref();
    let unprovable = doubt.and_then(|doubt| doubt.unprovable.as_ref());
    unprovable.map_or_else(String::new, |it| {
        format!("since {}: {}", it.since, it.reason)
    })
}

fn said_dead(order: &OrderView) -> String {
    let doubt = order.doubt.as_ref();
    let word = doubt.and_then(|doubt| doubt.declared_dead.as_ref());
    word.map_or_else(String::new, |it| format!("at {}: {}", it.at, it.reason))
}

async fn run_dead(client: &Client, dead: &Dead) -> anyhow::Result<Verdict> {
    let answer = client.declare_dead(dead.one.order_id, &dead.reason).await?;
    if dead.one.format.is_json() {
        output::json(&answer)?;
    } else {
        let id = answer.order_id;
        output::line(format!(
            "the transaction of order {id} counts as dead once it can no longer land"
        ))?;
    }
    Ok(Verdict::Good)
}

async fn run_change(client: &Client, change: &Change) -> anyhow::Result<Verdict> {
    let wish = ChangeOrder {
        limit_price: change.limit.clone(),
        trigger_price: change.trigger.clone(),
        trail_bps: change.trail,
        activation_price: change.activation.clone(),
        trigger_value: change.trigger_value.clone(),
        min_liquidity: change.min_liquidity.clone(),
        max_fee_bps: change.max_fee_bps,
        require_renounced: change.require_renounced,
        min_amount_out: change.min_amount_out.clone(),
        valid_for_seconds: change.valid_for,
    };
    let order = client.change(change.one.order_id, &wish).await?;
    if change.one.format.is_json() {
        output::json(&order)?;
    } else {
        print_order(&order)?;
    }
    Ok(Verdict::Good)
}

async fn run_cancel(client: &Client, one: &One) -> anyhow::Result<Verdict> {
    let answer = client.cancel(one.order_id).await?;
    if one.format.is_json() {
        output::json(&answer)?;
    } else {
        output::line(format!("order {} cancelled", answer.order_id))?;
    }
    Ok(Verdict::Good)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_says_fee_and_rent() {
        let mut receipt = ReceiptView {
            fee_lamports: 6_200,
            priority_fee_lamports: 1_200,
            rent_paid_lamports: 2_039_280,
            rent_returned_lamports: 0,
            compute_units: None,
            slot: 1,
            confirmed_at: String::new(),
            finalized_at: None,
            vanished_at: None,
            died_at: None,
            leftover: Vec::new(),
        };

        let paid = "2039280 lamports paid";
        assert_eq!(fee(&receipt), "6200 lamports, 1200 of it for priority");
        assert_eq!(rent(&receipt).as_deref(), Some(paid));
        receipt.priority_fee_lamports = 0;
        assert_eq!(fee(&receipt), "6200 lamports");
        receipt.rent_returned_lamports = 5;
        let both = "2039280 lamports paid, 5 returned";
        assert_eq!(rent(&receipt).as_deref(), Some(both));
        receipt.rent_paid_lamports = 0;
        let back = "5 lamports returned";
        assert_eq!(rent(&receipt).as_deref(), Some(back));
        receipt.rent_returned_lamports = 0;
        assert_eq!(rent(&receipt), None);
    }
}
