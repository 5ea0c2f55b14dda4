//! `order-engine watch`: follow one order from its first event, or all orders from now on.

use std::collections::HashMap;
use std::time::Duration;

use api_types::names::StatusName;
use api_types::{EventView, OrderView};
use clap::Args;
use client::{Client, Follow, Streamed};
use tokio::time::Instant;
use uuid::Uuid;

use crate::connection::{Connection, order_id};
use crate::exit::Verdict;
use crate::lifecycle::{detail, leg, swap_of, time_of_day};
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
    /// The order; all of them if none is named
    #[arg(value_parser = order_id)]
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
    // If the order had ended by then, there is no event left to follow.
    let status = last.map_or(order.status, |event| event.status);
    Ok(Verdict::good_if(status == StatusName::Confirmed))
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
            print_event(&event, "", token_out)?;
            for one in event.route.iter().flatten() {
                output::line(format!("{:DETAIL_COLUMN$}{}", "", faint(leg(one))))?;
            }
        }
        last = Some(event);
    }
    Ok(last)
}

/// Where an event's detail begins.
const DETAIL_COLUMN: usize = 26;

fn print_event(event: &EventView, prefix: &str, token_out: &str) -> anyhow::Result<()> {
    let time = faint(time_of_day(&event.timestamp));
    // Padded before it is coloured, because escape codes have no width.
    let padding = " ".repeat(10_usize.saturating_sub(event.status.name().len()));
    let status = output::status(event.status);
    let detail = detail(event, token_out);
    output::line(format!("{time}  {prefix}{status}{padding}  {detail}").trim_end())?;
    Ok(())
}

async fn watch_all(client: &Client, format: Format) -> anyhow::Result<Verdict> {
    let mut stream = client.stream();
    stream.open().await?;
    let mut swaps = Swaps::default();
    loop {
        match stream.next().await? {
            Streamed::Event(event) if format.is_json() => output::json(&event)?,
            Streamed::Event(event) => {
                let swap = swaps.of(client, &event).await;
                let prefix = format!("{}  {:<SWAP_WIDTH$}  ", event.order_id, swap.label);
                print_event(&event, &prefix, &swap.token_out)?;
            }
            Streamed::Resync => {
                eprintln!("events may be missing here; see `order-engine orders list`");
            }
        }
    }
}

/// Orders whose swap is cached; with more, the cache begins anew.
const SWAPS_MAX: usize = 4_096;
/// Such as `1.5 SOL→USDC`.
const SWAP_WIDTH: usize = 20;
/// A look-up that takes longer is given up, because the events matter more.
const LOOK_UP_LIMIT: Duration = Duration::from_millis(100);
/// After a look-up that takes longer than this, none follows for as long as it took.
const LOOK_UP_QUICK: Duration = Duration::from_millis(10);

/// The swap of an order, for people.
#[derive(Debug, Clone, Default)]
struct Swap {
    label: String,
    token_out: String,
}

/// The swaps of the orders seen so far: events do not repeat them.
#[derive(Debug, Default)]
struct Swaps {
    known: HashMap<Uuid, Swap>,
    /// No look-up before this time.
    resting_until: Option<Instant>,
}

impl Swaps {
    /// Empty if it cannot be found without delaying the events.
    async fn of(&mut self, client: &Client, event: &EventView) -> Swap {
        let id = event.order_id;
        if !self.known.contains_key(&id) {
            self.look_up(client, id).await;
        }
        let swap = match event.status.is_terminal() {
            true => self.known.remove(&id),
            false => self.known.get(&id).cloned(),
        };
        swap.unwrap_or_default()
    }

    async fn look_up(&mut self, client: &Client, id: Uuid) {
        let began = Instant::now();
        if self.resting_until.is_some_and(|until| began < until) {
            return;
        }
        let asked = tokio::time::timeout(LOOK_UP_LIMIT, client.order(id)).await;
        let took = began.elapsed();
        if took > LOOK_UP_QUICK {
            self.resting_until = Some(Instant::now() + took);
        }
        if let Ok(Ok(order)) = asked {
            if self.known.len() >= SWAPS_MAX {
                self.known.clear();
            }
            self.known.insert(id, Swap::of(&order));
        }
    }
}

impl Swap {
    fn of(order: &OrderView) -> Self {
        Self {
            label: swap_of(order),
            token_out: order.token_out.clone(),
        }
    }
}
