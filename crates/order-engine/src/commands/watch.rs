//! `order-engine watch`: follow one order from its first event, or all orders from now on.

use api_types::EventView;
use api_types::names::StatusName;
use clap::Args;
use client::{Client, Follow, Streamed};
use uuid::Uuid;

use crate::cli::Connection;
use crate::exit::Verdict;
use crate::lifecycle::{detail, time_of_day};
use crate::output::{self, Format, faint};

pub(crate) const EXAMPLES: &str = "\
Examples:
  order-engine watch 0197c3a2-7f7e-7000-8000-5b2f3e8d9c01
  order-engine watch                       every order, until Ctrl-C
  order-engine watch --json | jq .status

One order: ends with 0 where it was confirmed, 1 where it ended otherwise.";

/// What to follow.
#[derive(Debug, Args)]
pub(crate) struct Watch {
    /// The order; all of them where none is named
    order_id: Option<Uuid>,
    /// Begin after this event of the order
    #[arg(long, value_name = "SEQ", requires = "order_id")]
    since: Option<u32>,
    #[command(flatten)]
    format: Format,
    #[command(flatten)]
    connection: Connection,
}

/// Runs the command.
pub(crate) async fn run(watch: &Watch) -> anyhow::Result<Verdict> {
    let client = watch.connection.client()?;
    let Some(id) = watch.order_id else {
        return watch_all(&client, watch.format).await;
    };
    let order = client.order(id).await?;
    let follow = match watch.since {
        Some(seq) => client.follow(id).since(seq),
        None => client.follow(id),
    };
    let last = show_order(follow, &order.token_out, watch.format).await?;
    // Nothing was left to follow where the order had ended by then.
    let status = last.map_or(order.status, |event| event.status);
    Ok(if status == StatusName::Confirmed {
        Verdict::Good
    } else {
        Verdict::Bad
    })
}

/// Prints an order's events until it has ended; returns the last one.
pub(crate) async fn show_order(
    mut follow: Follow,
    token_out: &str,
    format: Format,
) -> anyhow::Result<Option<EventView>> {
    let mut last = None;
    while let Some(event) = follow.next().await? {
        if format.is_json() {
            output::json(&event)?;
        } else {
            print_event(&event, token_out)?;
        }
        last = Some(event);
    }
    Ok(last)
}

fn print_event(event: &EventView, token_out: &str) -> anyhow::Result<()> {
    let time = faint(time_of_day(&event.timestamp));
    // Padded before it is coloured: escape codes have no width.
    let padding = " ".repeat(10_usize.saturating_sub(event.status.name().len()));
    let status = output::status(event.status);
    let detail = detail(event, token_out);
    output::line(format!("{time}  {status}{padding}  {detail}").trim_end())?;
    Ok(())
}

async fn watch_all(client: &Client, format: Format) -> anyhow::Result<Verdict> {
    let mut stream = client.stream();
    stream.open().await?;
    loop {
        match stream.next().await? {
            Streamed::Event(event) if format.is_json() => output::json(&event)?,
            Streamed::Event(event) => {
                let status = output::status(event.status);
                let detail = detail(&event, "");
                let time = faint(time_of_day(&event.timestamp));
                output::line(format!("{time}  {}  {status}  {detail}", event.order_id).trim_end())?;
            }
            Streamed::Resync => {
                eprintln!("events may be missing here; see `order-engine orders list`");
            }
        }
    }
}
