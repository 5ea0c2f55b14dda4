//! What the figures are held against: each goal a ratio within the run, or a plain limit.

use std::fmt::Write;

use load::embedded::{EMBEDDED, LIMITS};
use load::report::{Report, readable};
use serde::Serialize;

use crate::baseline::{EVERY_STEP, TWO_ROWS};
use crate::scale_out::SCALE_OUT;

/// One goal and what came of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Goal {
    goal: String,
    wanted: f64,
    at_most: bool,
    measured: Option<f64>,
    reached: Option<bool>,
}

const RATE: (&str, &str) = ("accept", "rate");
const KEPT: (&str, &str) = ("pipeline", "rate kept up with");

/// All goals, in the order of the README.
pub(crate) fn of(report: &Report) -> Vec<Goal> {
    let at =
        |subject: &str, (scenario, figure): (&str, &str)| report.value(subject, scenario, figure);
    let ratio = |a: Option<f64>, b: Option<f64>| Some(a? / b?);
    let echo = at(LIMITS, ("accept", "echo"));
    let mut goals = Vec::new();
    for (engine, wanted) in [(EMBEDDED, 0.6), (SCALE_OUT, 0.3)] {
        let measured = ratio(at(engine, RATE), echo);
        goals.push(least(
            format!("{engine}: accept, of the echo"),
            wanted,
            measured,
        ));
    }
    for engine in [EMBEDDED, SCALE_OUT] {
        let measured = ratio(at(engine, RATE), at(EVERY_STEP, RATE));
        goals.push(least(
            format!("{engine}: accept, times the baseline"),
            15.0,
            measured,
        ));
    }
    for (engine, bare) in [
        (EMBEDDED, "bare SQLite rows"),
        (SCALE_OUT, "bare PostgreSQL rows"),
    ] {
        let measured = ratio(at(engine, KEPT), at(LIMITS, ("pipeline", bare)));
        goals.push(least(
            format!("{engine}: pipeline, of the bare rows"),
            0.5,
            measured,
        ));
    }
    for (engine, baseline, wanted) in [
        (EMBEDDED, EVERY_STEP, 20.0),
        (EMBEDDED, TWO_ROWS, 6.0),
        (SCALE_OUT, EVERY_STEP, 8.0),
        (SCALE_OUT, TWO_ROWS, 4.0),
    ] {
        let measured = ratio(at(engine, KEPT), at(baseline, KEPT));
        let rows = baseline.trim_end_matches(" stored");
        goals.push(least(
            format!("{engine}: pipeline, times {rows}"),
            wanted,
            measured,
        ));
    }
    for engine in [EMBEDDED, SCALE_OUT] {
        let limit = at(LIMITS, ("accept", "fsync, p99")).map_or(2.0, |fsync| 3.0 * fsync + 2.0);
        let measured = at(engine, ("accept", "at half load, p99"));
        goals.push(most(
            format!("{engine}: accept p99 at half load, ms"),
            limit,
            measured,
        ));
        let measured = at(engine, ("stream", "1000 sockets, p99"));
        goals.push(most(
            format!("{engine}: stream p99 at 1,000 orders/s, ms"),
            10.0,
            measured,
        ));
    }
    for (name, rate, wanted) in [("alone", 10, 10_000.0), ("steady", 300, 3_500.0)] {
        let each = at(SCALE_OUT, (name, "CPU each"));
        let goal = format!("scale-out: CPU each at {rate} orders/s, µs");
        goals.push(most(goal, wanted, each));
        let late = at(SCALE_OUT, (name, "event to socket, p99"));
        let goal = format!("scale-out: event to socket at {rate}/s, p99, ms");
        goals.push(most(goal, 50.0, late));
    }
    let each = at(EMBEDDED, ("stream", "10000 sockets, resident each"));
    goals.push(most(
        "embedded: resident per socket, 10,000 open, KiB".to_owned(),
        20.0,
        each,
    ));
    let idle = at(EMBEDDED, ("idle", "resident"));
    goals.push(most("embedded: resident idle, MiB".to_owned(), 25.0, idle));
    let ready = at(EMBEDDED, ("idle", "ready, empty store"));
    goals.push(most("embedded: ready, ms".to_owned(), 150.0, ready));
    for what in ["accept", "pipeline"] {
        let stored = |orders: u64| {
            report.value(
                EMBEDDED,
                "growth",
                &format!("{what}, {orders} orders stored"),
            )
        };
        let full = stored(1_000_000).or_else(|| stored(100_000));
        let measured = ratio(full, stored(0));
        goals.push(least(
            format!("embedded: {what}, full store of an empty one"),
            0.9,
            measured,
        ));
    }
    goals
}

fn least(goal: String, wanted: f64, measured: Option<f64>) -> Goal {
    Goal {
        goal,
        wanted,
        at_most: false,
        measured,
        reached: measured.map(|value| value >= wanted),
    }
}

fn most(goal: String, wanted: f64, measured: Option<f64>) -> Goal {
    Goal {
        goal,
        wanted,
        at_most: true,
        measured,
        reached: measured.map(|value| value <= wanted),
    }
}

/// The goals as a table of 80 columns.
pub(crate) fn table(goals: &[Goal]) -> String {
    let mut text = String::from("\ngoals\n");
    for goal in goals {
        let sign = if goal.at_most { "≤" } else { "≥" };
        let measured = goal.measured.map_or_else(|| "-".to_owned(), readable);
        let verdict = match goal.reached {
            Some(true) => "reached",
            Some(false) => "not yet",
            None => "",
        };
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "  {:<52} {:>6} {sign} {:<5} {verdict}",
            goal.goal,
            measured,
            readable(goal.wanted)
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_a_ratio_of_one_run() {
        let mut report = Report::default();
        report.add(LIMITS, "accept", "echo", 100.0, "1/s");
        report.add(EMBEDDED, "accept", "rate", 70.0, "orders/s");

        let goals = of(&report);

        assert_eq!(goals[0].measured, Some(0.7));
        assert_eq!(goals[0].reached, Some(true));
        assert_eq!(goals[1].measured, None, "nothing was measured");
    }

    #[test]
    fn the_table_fits_80_columns() {
        let mut goals = of(&Report::default());
        for goal in &mut goals {
            goal.measured = Some(1_234.0);
            goal.reached = Some(true);
        }
        let text = table(&goals);

        assert!(
            text.lines().all(|line| line.chars().count() <= 80),
            "{text}"
        );
    }
}
