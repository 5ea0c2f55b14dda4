//! `order-engine submit`: submits an order and follows it to its end.

use anyhow::Context;
use api_types::names::{FeeLevelName, StatusName, VenueName};
use api_types::quote::{QuoteView, QuotesAnswer};
use api_types::submit::{OrderTypeName, SubmitOrder, TriggerName};
use clap::Args;
use domain::{FeeLevel, Venue};

use crate::arguments::one_of;
use crate::competition;
use crate::connection::Connection;
use crate::exit::Verdict;
use crate::lifecycle::leg;
use crate::output::{self, Format, basis_points, short};

pub(crate) const EXAMPLES: &str = "\
Examples:
  order-engine submit SOL USDC 1.5
  order-engine submit USDC BONK 100 --slippage-bps 30 --venue raydium
  order-engine submit SOL USDC 5 --fee-level urgent --max-price-impact-bps 100
  order-engine submit SOL USDC --out 150 --max-in 1 buys exactly 150 USDC
  order-engine submit SOL USDC 2 --limit 160 --valid-for 86400 --detach
  order-engine submit SOL USDC 2 --stop 120 --oco-group exit --detach
  order-engine submit SOL USDC 2 --take-profit 180 --oco-group exit --detach
  order-engine submit SOL USDC 2 --trail 500 --activation 170 --detach
  order-engine submit SOL 9BB6NFEcjBCtnNLFko2FqVQBq8HHM13kCyYcdQbgpump 0.1 \\
      --snipe --min-liquidity 20 --max-fee-bps 300 --require-renounced
  order-engine submit SOL USDC 10 --dry-run         quotes, nothing is stored
  order-engine submit SOL 9BB6NFEcjBCtnNLFko2FqVQBq8HHM13kCyYcdQbgpump 0.1
  order-engine submit SOL USDC 1 --detach --json    the answer, for programs

Ends with 0 only where the order was confirmed (with --detach: accepted).";

/// The order, and what to do after it was accepted.
#[derive(Debug, Args)]
pub(crate) struct Submit {
    /// Token to sell: symbol or mint address
    token_in: String,
    /// Token to buy: symbol or mint address
    token_out: String,
    /// How much to sell, a plain decimal
    #[arg(
        allow_negative_numbers = true,
        required_unless_present = "out",
        conflicts_with = "out"
    )]
    amount: Option<String>,
    /// Instead of an amount to sell: how much to buy, to the unit
    #[arg(
        long,
        value_name = "AMOUNT",
        conflicts_with_all = ["condition", "min_amount_out"],
        allow_negative_numbers = true
    )]
    out: Option<String>,
    /// The most that --out may cost [default: what the slippage allows of the quote]
    #[arg(
        long,
        value_name = "AMOUNT",
        requires = "out",
        conflicts_with = "amount",
        allow_negative_numbers = true
    )]
    max_in: Option<String>,
    /// How much worse than quoted the price may become, in basis points [default: 50; of stops 200, of a
    /// limit none]
    #[arg(long, value_name = "BPS", value_parser = clap::value_parser!(u16).range(0..=5000))]
    slippage_bps: Option<u16>,
    /// The least to buy; the minimum that follows from slippage holds as well
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true)]
    min_amount_out: Option<String>,
    /// Wait until the swap pays this price or a better one, and never take a worse one
    #[arg(
        long,
        value_name = "PRICE",
        group = "condition",
        allow_negative_numbers = true
    )]
    limit: Option<String>,
    /// Wait until the price has fallen to this one, and sell then
    #[arg(
        long,
        value_name = "PRICE",
        group = "condition",
        allow_negative_numbers = true
    )]
    stop: Option<String>,
    /// Wait until the price has risen to this one, and sell then
    #[arg(
        long,
        value_name = "PRICE",
        group = "condition",
        allow_negative_numbers = true
    )]
    take_profit: Option<String>,
    /// Wait until the spot price has fallen so far below its highest, in basis points, and sell then
    #[arg(
        long,
        value_name = "BPS",
        group = "condition",
        value_parser = clap::value_parser!(u16).range(1..=5000)
    )]
    trail: Option<u16>,
    /// Trail only once the spot price has risen to this one
    #[arg(
        long,
        value_name = "PRICE",
        requires = "trail",
        allow_negative_numbers = true
    )]
    activation: Option<String>,
    /// Wait until a pool can be used that passes the gates below, and buy then. The token must exist, its pool need not
    #[arg(long, group = "condition")]
    snipe: bool,
    /// Snipe only once the price has risen to this one
    #[arg(long, value_name = "PRICE", requires = "snipe", group = "trigger")]
    price_above: Option<String>,
    /// Snipe only once the price has fallen to this one
    #[arg(long, value_name = "PRICE", requires = "snipe", group = "trigger")]
    price_below: Option<String>,
    /// Snipe only once a minute has so many times the mean volume of the last hour's
    #[arg(long, value_name = "FACTOR", requires = "snipe", group = "trigger")]
    volume_spike: Option<String>,
    /// Gate: what a pool must hold of the token sold
    #[arg(long, value_name = "AMOUNT", requires = "snipe")]
    min_liquidity: Option<String>,
    /// Gate: what a pool may charge for the amount, in basis points
    #[arg(long, value_name = "BPS", requires = "snipe", value_parser = clap::value_parser!(u16).range(0..=10_000))]
    max_fee_bps: Option<u16>,
    /// Gate: nobody can mint or freeze the token bought any more
    #[arg(long, requires = "snipe")]
    require_renounced: bool,
    /// A group of waiting orders of which one at most executes: once it is confirmed the others are cancelled
    #[arg(long, value_name = "NAME", requires = "condition")]
    oco_group: Option<String>,
    /// What to offer for the place in a block: low, medium, high, urgent, or a number of
    /// micro-lamports per compute unit [default: the engine's]
    #[arg(long, value_name = "LEVEL", value_parser = FeeLevel::parse)]
    fee_level: Option<FeeLevel>,
    /// How far the swap may move its pool's price, in basis points [default: the engine's limit]
    #[arg(long, value_name = "BPS", value_parser = clap::value_parser!(u16).range(1..=10_000))]
    max_price_impact_bps: Option<u16>,
    /// The wallet that pays, by its name or address [default: the client's own, or the engine's]
    #[arg(long)]
    wallet: Option<String>,
    /// Use only this venue; may be repeated
    #[arg(long, value_parser = one_of(Venue::ALL.map(Venue::name), Venue::parse))]
    venue: Vec<Venue>,
    /// Do not use this venue; may be repeated
    #[arg(long, value_parser = one_of(Venue::ALL.map(Venue::name), Venue::parse))]
    exclude_venue: Vec<Venue>,
    /// Your own name for the order, unique for ever
    #[arg(long, value_name = "NAME")]
    client_order_id: Option<String>,
    /// Seconds after which the order expires if no transaction was submitted
    #[arg(long, value_name = "SECONDS")]
    valid_for: Option<u32>,
    /// Makes repeating this command harmless: the same key is the same order
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    /// Show what the venues offer and store nothing
    #[arg(long, conflicts_with = "detach")]
    dry_run: bool,
    /// Do not follow the order
    #[arg(long)]
    detach: bool,
    #[command(flatten)]
    format: Format,
    #[command(flatten)]
    connection: Connection,
}

impl Submit {
    fn order_type(&self) -> Option<OrderTypeName> {
        let named = [
            (self.limit.is_some(), OrderTypeName::Limit),
            (self.stop.is_some(), OrderTypeName::Stop),
            (self.take_profit.is_some(), OrderTypeName::TakeProfit),
            (self.trail.is_some(), OrderTypeName::TrailingStop),
            (self.snipe, OrderTypeName::Sniper),
        ];
        let mut named = named.into_iter().filter(|(is_named, _)| *is_named);
        named.next().map(|(_, order_type)| order_type)
    }

    /// What fires a sniper, with its value; nothing where a pool is enough.
    fn trigger(&self) -> Option<(TriggerName, &String)> {
        let named = [
            (TriggerName::PriceAbove, &self.price_above),
            (TriggerName::PriceBelow, &self.price_below),
            (TriggerName::VolumeSpike, &self.volume_spike),
        ];
        let mut named = named.into_iter();
        named.find_map(|(name, value)| Some((name, value.as_ref()?)))
    }

    fn order(&self) -> SubmitOrder {
        let trigger = self.trigger();
        let names = |venues: &[Venue]| {
            (!venues.is_empty()).then(|| venues.iter().copied().map(VenueName::from).collect())
        };
        SubmitOrder {
            token_in: Some(self.token_in.clone()),
            token_out: Some(self.token_out.clone()),
            amount: self.amount.clone(),
            amount_out: self.out.clone(),
            max_amount_in: self.max_in.clone(),
            order_type: self.order_type(),
            limit_price: self.limit.clone(),
            trigger_price: self.stop.clone().or_else(|| self.take_profit.clone()),
            trail_bps: self.trail,
            activation_price: self.activation.clone(),
            trigger_condition: trigger.map(|(name, _)| name),
            trigger_value: trigger.map(|(_, value)| value.clone()),
            min_liquidity: self.min_liquidity.clone(),
            max_fee_bps: self.max_fee_bps,
            require_renounced: self.require_renounced.then_some(true),
            oco_group: self.oco_group.clone(),
            slippage_bps: self.slippage_bps,
            min_amount_out: self.min_amount_out.clone(),
            client_order_id: self.client_order_id.clone(),
            valid_for_seconds: self.valid_for,
            fee_level: self.fee_level.map(FeeLevelName::from),
            max_price_impact_bps: self.max_price_impact_bps,
            wallet: self.wallet.clone(),
            venues: names(&self.venue),
            exclude_venues: names(&self.exclude_venue),
            ..SubmitOrder::default()
        }
    }
}

/// Runs the command.
pub(crate) async fn run(submit: &Submit) -> anyhow::Result<Verdict> {
    let client = submit.connection.client()?;
    let order = submit.order();
    if submit.dry_run {
        let answer = client.dry_run(&order).await?;
        print_quotes(&answer, submit.format)?;
        return Ok(Verdict::good_if(answer.best.is_some()));
    }
    let key = submit.idempotency_key.clone();
    let key = key.unwrap_or_else(|| client.fresh_key());
    let accepted = client.submit_reporting(&order, &key, say_in_doubt).await?;
    if submit.format.is_json() {
        output::json(&accepted)?;
    } else {
        output::line(format!("order {} accepted", accepted.order_id))?;
    }
    if submit.detach {
        return Ok(Verdict::Good);
    }
    let token_out = name_of(&submit.token_out);
    let follow = client.follow(accepted.order_id);
    let last = super::watch::show_order(follow, &token_out, submit.format).await?;
    let last = last.context("the order has no events")?;
    Ok(Verdict::good_if(last.status == StatusName::Confirmed))
}

/// A symbol as people write it, or an address as it is.
fn name_of(token: &str) -> String {
    match token.parse::<domain::Address>() {
        Ok(_) => token.to_owned(),
        Err(_) => token.to_uppercase(),
    }
}

/// On standard error, apart from the output that programs read: a person who stops the command now
/// needs the key.
fn say_in_doubt(doubt: &client::Error) {
    eprintln!("{doubt}; asking again under it");
}

fn print_quotes(answer: &QuotesAnswer, format: Format) -> anyhow::Result<()> {
    if format.is_json() {
        return Ok(output::json(answer)?);
    }
    let buys = answer.max_amount_in.is_some();
    let amount = if buys { "you pay" } else { "you get" };
    let share = |value: &Option<String>| value.as_deref().map(basis_points).unwrap_or_default();
    let best = QuoteView::best_of(&answer.quotes).map(|quote| quote.dex);
    let mut table = output::table(["venue", amount, "price", "fee", "impact", ""]);
    for quote in &answer.quotes {
        let of = |value: &Option<String>| value.as_deref().map(short).unwrap_or_default();
        let note = match &quote.error {
            Some(error) => error.clone(),
            None if best == Some(quote.dex) => "best".to_owned(),
            None => String::new(),
        };
        table.add_row([
            quote.dex.name().to_owned(),
            of(if buys {
                &quote.amount_in
            } else {
                &quote.amount_out
            }),
            of(&quote.price),
            share(&quote.fee),
            share(&quote.price_impact),
            note,
        ]);
    }
    output::align_right(&mut table, &[1, 2, 3, 4]);
    output::print_table(&table)?;
    if !answer.pools.is_empty() {
        output::line("")?;
        output::print_table(&competition::table_of(&answer.pools, &answer.route))?;
        output::line("")?;
    }
    for one in answer.route.iter().filter(|_| answer.route.len() > 1) {
        output::line(leg(one))?;
    }
    if let Some(gain) = competition::gain_of(answer) {
        output::line(gain)?;
    }
    if let Some((mid, bps)) = answer.mid_price.as_ref().zip(answer.against_mid_bps) {
        let against = competition::signed(bps);
        output::line(format!("{against} bp against the mid price of {mid}"))?;
    }
    if let Some(most) = &answer.max_amount_in {
        output::line(format!("at most {} for exactly that", short(most)))?;
    } else if let Some(floor) = &answer.min_amount_out {
        output::line(format!("at least {} after slippage", short(floor)))?;
    }
    for issue in &answer.issues {
        output::line(format!(
            "would stop it now: {} ({})",
            issue.detail, issue.code
        ))?;
    }
    Ok(())
}
