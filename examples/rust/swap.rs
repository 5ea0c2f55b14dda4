//! Hands in one order and follows it to its end, over the typed client.
//!
//! ```sh
//! cargo run --example swap -- SOL USDC 1.5
//! cargo run --example swap -- SOL USDC 1.5 --limit 160
//! cargo run --example swap -- SOL MINT 0.5 --snipe --min-liquidity 20 --require-renounced
//! ```
//!
//! `ORDER_ENGINE_URL` (`http://127.0.0.1:3000`) is the engine, `API_KEY` the key where it wants one. Ends
//! with 0 only where the order was confirmed.
//!
//! The client does what the other examples do by hand: one idempotency key for all tries of a
//! submission, and events that go on behind the last one seen after a cut. Where it ends without knowing
//! whether an order was made, it names that key, and `IDEMPOTENCY_KEY` takes it in the next run.

#![expect(clippy::print_stdout, reason = "what it says is all it is for")]

use std::hash::{BuildHasher, RandomState};
use std::process::ExitCode;

use anyhow::{Context, bail};
use api_types::names::StatusName;
use api_types::submit::{OrderTypeName, SubmitOrder};
use clap::{Args, Parser};
use client::{Client, Settings};

/// What the order waits for; without any of this the swap is made at once.
#[derive(Debug, Args)]
#[group(multiple = false)]
struct Condition {
    /// The price that it must be sold at
    #[arg(long, value_name = "PRICE")]
    limit: Option<String>,
    /// The price that it is sold at once it has fallen to this
    #[arg(long, value_name = "PRICE")]
    stop: Option<String>,
    /// The price that it is sold at once it has risen to this
    #[arg(long, value_name = "PRICE")]
    take_profit: Option<String>,
    /// How far the price must fall from its highest, in basis points
    #[arg(long, value_name = "BPS")]
    trail: Option<u16>,
}

impl Condition {
    fn of_order(&self) -> SubmitOrder {
        let order_type = if self.limit.is_some() {
            OrderTypeName::Limit
        } else if self.stop.is_some() {
            OrderTypeName::Stop
        } else if self.take_profit.is_some() {
            OrderTypeName::TakeProfit
        } else if self.trail.is_some() {
            OrderTypeName::TrailingStop
        } else {
            return SubmitOrder::default();
        };
        SubmitOrder {
            order_type: Some(order_type),
            limit_price: self.limit.clone(),
            trigger_price: self.stop.clone().or_else(|| self.take_profit.clone()),
            trail_bps: self.trail,
            ..SubmitOrder::default()
        }
    }
}

/// Hand in one order and follow it to its end.
#[derive(Debug, Parser)]
struct Swap {
    token_in: String,
    token_out: String,
    amount: String,
    #[command(flatten)]
    waits_for: Condition,
    /// Wait for a pool that passes the gates below; the token must exist, its pool need not
    #[arg(long, conflicts_with = "Condition")]
    snipe: bool,
    #[arg(long, requires = "snipe")]
    min_liquidity: Option<String>,
    #[arg(long, requires = "snipe")]
    max_fee_bps: Option<u16>,
    #[arg(long, requires = "snipe")]
    require_renounced: bool,
    /// Address of the engine
    #[arg(
        long,
        env = "ORDER_ENGINE_URL",
        default_value = "http://127.0.0.1:3000"
    )]
    base_url: String,
    #[arg(long, env = "API_KEY")]
    api_key: Option<String>,
    /// Of a run that ended in doubt
    #[arg(long, env = "IDEMPOTENCY_KEY")]
    idempotency_key: Option<String>,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let swap = Swap::parse();
    let client = Client::new(Settings {
        base_url: swap.base_url,
        api_key: swap.api_key,
        // The standard library seeds each of these by the system.
        random: || RandomState::new().hash_one(()),
    })?;
    let waiting = swap.waits_for.of_order();
    let order = SubmitOrder {
        token_in: Some(swap.token_in.clone()),
        token_out: Some(swap.token_out.clone()),
        amount: Some(swap.amount.clone()),
        order_type: match swap.snipe {
            true => Some(OrderTypeName::Sniper),
            false => waiting.order_type,
        },
        slippage_bps: swap.snipe.then_some(500),
        min_liquidity: swap.min_liquidity.clone(),
        max_fee_bps: swap.max_fee_bps,
        require_renounced: swap.require_renounced.then_some(true),
        ..waiting
    };

    let key = swap.idempotency_key.unwrap_or_else(|| client.fresh_key());
    let accepted = match client.submit_with_key(&order, &key).await {
        Err(client::Error::InDoubt { key, source }) => bail!(
            "the order may have been made ({source}); to find out without making a second one, \
             run this again with IDEMPOTENCY_KEY={key}"
        ),
        answered => answered?,
    };
    println!("order {}", accepted.order_id);

    let mut events = client.follow(accepted.order_id);
    let mut last = None;
    while let Some(event) = events.next().await? {
        let via = event.dex.map(|dex| format!(" {}", dex.name()));
        println!(
            "{} {}{}",
            event.seq,
            event.status.name(),
            via.unwrap_or_default()
        );
        last = Some(event);
    }

    let last = last.context("an order has events")?;
    if last.status != StatusName::Confirmed {
        let why = last.error.or(last.reason).unwrap_or_default();
        println!("not executed: {why}");
        return Ok(ExitCode::FAILURE);
    }
    let (Some(bought), Some(dex), Some(hash)) = (last.amount_out, last.dex, last.tx_hash) else {
        bail!("a confirmed order tells what was bought");
    };
    println!(
        "{} {} -> {bought} {} on {}, transaction {hash}",
        swap.amount,
        swap.token_in,
        swap.token_out,
        dex.name()
    );
    Ok(ExitCode::SUCCESS)
}
