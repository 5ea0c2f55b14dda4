//! What the live view shows, laid out for a terminal of some width: from 60 columns on no line is longer.

#[cfg(test)]
mod tests;

use api_types::OrderView;
use api_types::stats::{StatsAnswer, WorkerView};
use comfy_table::Table;

use super::{Look, Rates};
use crate::commands::orders::table_of;
use crate::output::{self, short_id};

/// Columns of what a line of numbers is about.
const LABEL: usize = 10;
/// The end of a worker's id that tells it apart.
const WORKER_ID: usize = 12;
/// The end of a host's name that is shown where the whole has no room: pods differ there.
const HOST: usize = 10;

/// The lines of one look.
pub(super) fn lines(base_url: &str, look: &Look, rates: &Rates, width: u16) -> Vec<String> {
    let mut lines = vec![format!("order-engine at {base_url}"), String::new()];
    for (label, numbers) in numbers(&look.stats, rates) {
        lines.extend(folded(label, &numbers, width.into()));
    }
    lines.push(String::new());
    lines.extend(workers(&look.stats.workers, width));
    lines.push(String::new());
    lines.extend(orders(&look.latest, width));
    lines
}

fn numbers(stats: &StatsAnswer, rates: &Rates) -> [(&'static str, Vec<String>); 5] {
    let StatsAnswer {
        by_status: by,
        queue,
        throughput,
        latency_ms,
        paused,
        halted,
        ..
    } = stats;
    let millis = |value: Option<u64>| value.map_or("–".to_owned(), |ms| format!("{ms} ms"));
    let mut in_queue = vec![
        format!("waiting {} (oldest {} ms)", queue.waiting, queue.oldest_ms),
        format!("delayed {}", queue.delayed),
        format!("in execution {}", queue.running),
    ];
    match halted {
        Some(halt) => in_queue.push(format!("halted by {}", halt.by)),
        None if *paused => in_queue.push("paused".to_owned()),
        None => {}
    }
    let open = vec![
        format!("pending {}", by.pending),
        format!("routing {}", by.routing),
        format!("building {}", by.building),
        format!("submitted {}", by.submitted),
    ];
    let ended = vec![
        format!("confirmed {}", by.confirmed),
        format!("failed {}", by.failed),
        format!("cancelled {}", by.cancelled),
        format!("expired {}", by.expired),
    ];
    let latency = vec![
        format!("p50 {}", millis(latency_ms.p50)),
        format!("p99 {}", millis(latency_ms.p99)),
    ];
    let rate = vec![
        format!("{} ended in the last minute", throughput.last_minute),
        rates.chart(),
    ];
    [
        ("open", open),
        ("ended", ended),
        ("queue", in_queue),
        ("latency", latency),
        ("rate", rate),
    ]
}

/// A line of parts, which goes on below itself where the next part has no room.
fn folded(label: &str, parts: &[String], width: usize) -> Vec<String> {
    let mut lines = vec![format!("{label:<LABEL$}")];
    for part in parts {
        let line = lines.last_mut().expect("invariant: there is a first line");
        let taken = line.chars().count();
        if taken == LABEL {
            line.push_str(part);
        } else if taken + 2 + part.chars().count() <= width {
            line.push_str("  ");
            line.push_str(part);
        } else {
            lines.push(format!("{:LABEL$}{part}", ""));
        }
    }
    lines
        .iter()
        .map(|line| line.trim_end().to_owned())
        .collect()
}

fn workers(workers: &[WorkerView], width: u16) -> Vec<String> {
    if workers.is_empty() {
        return vec!["no worker is alive: orders are accepted and wait".to_owned()];
    }
    let table_of = |host: fn(&str) -> String, since: fn(&str) -> String| {
        let mut table = output::table(["worker", "host", "running", "slots", "since"]);
        for worker in workers {
            table.add_row([
                output::end_of(&worker.id.to_string(), WORKER_ID),
                host(&worker.host),
                worker.running.to_string(),
                worker.slots.to_string(),
                since(&worker.started_at),
            ]);
        }
        output::align_right(&mut table, &[2, 3]);
        table
    };
    let mut table = table_of(str::to_owned, str::to_owned);
    if !output::fits(&table, width) {
        table = table_of(|host| output::end_of(host, HOST), to_the_minute);
    }
    lines_of(table, width)
}

/// A terminal below 60 columns has what is too long on more lines.
fn lines_of(mut table: Table, width: u16) -> Vec<String> {
    output::keep_to(&mut table, width);
    output::lines(&table)
}

/// Such as `2026-11-28 01:21`.
fn to_the_minute(time: &str) -> String {
    time.get(..16).unwrap_or(time).replace('T', " ")
}

fn orders(orders: &[OrderView], width: u16) -> Vec<String> {
    let mut table = table_of(orders, |id| id.to_string());
    if !output::fits(&table, width) {
        table = table_of(orders, short_id);
    }
    lines_of(table, width)
}
