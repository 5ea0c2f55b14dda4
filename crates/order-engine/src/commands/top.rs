//! `order-engine top`: a live view of a running engine in the terminal.

mod screen;
mod view;

use std::collections::VecDeque;
use std::time::Duration;

use anyhow::Context;
use api_types::OrderView;
use api_types::stats::StatsAnswer;
use clap::Args;
use client::{Client, ListQuery};
use tokio::signal::unix::{SignalKind, signal};

use crate::connection::Connection;
use crate::exit::Verdict;
use crate::output::{self, Format};
use screen::Screen;

pub(crate) const EXAMPLES: &str = "\
Examples:
  order-engine top
  order-engine top --once                  one look, for scripts
  order-engine top --json --interval-ms 5000

q or Ctrl-C ends it.";

/// Seconds of history in the small chart.
const HISTORY: usize = 40;
/// Orders listed below the numbers.
const LATEST: u32 = 8;

/// How often to look.
#[derive(Debug, Args)]
pub(crate) struct Top {
    /// Milliseconds between two looks
    #[arg(long, value_name = "MS", default_value = "1000", value_parser = clap::value_parser!(u64).range(100..=60_000))]
    interval_ms: u64,
    /// Look once and end
    #[arg(long)]
    once: bool,
    #[command(flatten)]
    format: Format,
    #[command(flatten)]
    connection: Connection,
}

/// What one look found.
struct Look {
    stats: StatsAnswer,
    latest: Vec<OrderView>,
}

/// Runs the command.
pub(crate) async fn run(top: &Top) -> anyhow::Result<Verdict> {
    let client = top.connection.client()?;
    let interval = Duration::from_millis(top.interval_ms);
    if top.format.is_json() {
        return print_json(&client, top.once, interval).await;
    }
    let mut rates = Rates::default();
    if top.once || !output::is_terminal() {
        let look = look(&client).await?;
        rates.add(&look.stats);
        view::lines(client.base_url(), &look, &rates, width())
            .iter()
            .try_for_each(output::line)?;
        return Ok(Verdict::Good);
    }
    // If nobody answers, say so on the ordinary screen.
    client.health().await?;
    // The terminal must be restored, whoever ends this program.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut screen = Screen::open().context("take over the terminal")?;
    loop {
        match look(&client).await {
            Ok(look) => {
                rates.add(&look.stats);
                let mut lines = view::lines(client.base_url(), &look, &rates, width());
                lines.extend([String::new(), output::faint("q quits")]);
                screen.draw(&lines)?;
            }
            // The last numbers are not shown any more, because they would look current.
            Err(error) => {
                screen.draw(&[format!("{error}"), String::new(), "q quits".to_owned()])?;
            }
        }
        tokio::select! {
            biased;
            () = screen.quit() => return Ok(Verdict::Good),
            _ = terminate.recv() => return Ok(Verdict::Good),
            () = tokio::time::sleep(interval) => {}
        }
    }
}

async fn print_json(client: &Client, once: bool, interval: Duration) -> anyhow::Result<Verdict> {
    loop {
        output::json(&client.stats().await?)?;
        if once {
            return Ok(Verdict::Good);
        }
        tokio::time::sleep(interval).await;
    }
}

async fn look(client: &Client) -> Result<Look, client::Error> {
    let query = ListQuery {
        limit: Some(LATEST),
        ..ListQuery::default()
    };
    let (stats, list) = tokio::try_join!(client.stats(), client.list(&query))?;
    Ok(Look {
        stats,
        latest: list.orders,
    })
}

/// Orders that ended between looks.
#[derive(Debug, Default)]
struct Rates {
    ended: Option<u64>,
    per_look: VecDeque<u64>,
}

impl Rates {
    fn add(&mut self, stats: &StatsAnswer) {
        let by = &stats.by_status;
        let ended = by.confirmed + by.failed + by.cancelled + by.expired;
        if let Some(before) = self.ended.replace(ended) {
            self.per_look.push_back(ended.saturating_sub(before));
        }
        while self.per_look.len() > HISTORY {
            self.per_look.pop_front();
        }
    }

    fn chart(&self) -> String {
        const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
        let most = self.per_look.iter().copied().max().unwrap_or(0).max(1);
        let step = |ended: &u64| {
            let place = usize::try_from(ended * 7 / most).unwrap_or(7);
            STEPS[place.min(7)]
        };
        self.per_look.iter().map(step).collect()
    }
}

/// How wide the view may be: where a program reads it, as wide as it is.
fn width() -> u16 {
    output::terminal_width().unwrap_or(u16::MAX)
}
