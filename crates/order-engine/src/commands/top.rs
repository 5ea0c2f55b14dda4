//! `order-engine top`: a live view of a running engine in the terminal.

mod screen;

use std::collections::VecDeque;
use std::time::Duration;

use anyhow::Context;
use api_types::OrderView;
use api_types::stats::{StatsAnswer, WorkerView};
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
        render(client.base_url(), &look, &rates)
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
                let mut lines = render(client.base_url(), &look, &rates);
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

fn render(base_url: &str, look: &Look, rates: &Rates) -> Vec<String> {
    let StatsAnswer {
        by_status: by,
        queue,
        throughput,
        latency_ms,
        workers,
        paused,
        ..
    } = &look.stats;
    let state = if *paused { "  paused" } else { "" };
    let millis = |value: Option<u64>| value.map_or("–".to_owned(), |ms| format!("{ms} ms"));
    let mut lines = vec![
        format!("order-engine at {base_url}"),
        String::new(),
        format!(
            "open      pending {}  routing {}  building {}  submitted {}",
            by.pending, by.routing, by.building, by.submitted
        ),
        format!(
            "ended     confirmed {}  failed {}  cancelled {}  expired {}",
            by.confirmed, by.failed, by.cancelled, by.expired
        ),
        format!(
            "queue     waiting {} (oldest {} ms)  delayed {}  in execution {}{state}",
            queue.waiting, queue.oldest_ms, queue.delayed, queue.running
        ),
        format!(
            "latency   p50 {}  p99 {}",
            millis(latency_ms.p50),
            millis(latency_ms.p99)
        ),
        format!(
            "rate      {} ended in the last minute  {}",
            throughput.last_minute,
            rates.chart()
        ),
        String::new(),
    ];
    lines.extend(lines_of_workers(workers));
    lines.push(String::new());
    lines.extend(output::lines(&super::orders::table_of(&look.latest)));
    lines
}

fn lines_of_workers(workers: &[WorkerView]) -> Vec<String> {
    if workers.is_empty() {
        return vec!["no worker is alive: orders are accepted and wait".to_owned()];
    }
    let mut table = output::table(["worker", "host", "running", "slots", "since"]);
    for worker in workers {
        let id = worker.id.to_string();
        table.add_row([
            id.get(id.len() - 12..).unwrap_or(&id).to_owned(),
            worker.host.clone(),
            worker.running.to_string(),
            worker.slots.to_string(),
            worker.started_at.clone(),
        ]);
    }
    output::align_right(&mut table, &[2, 3]);
    output::lines(&table)
}
