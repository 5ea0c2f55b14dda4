//! The goals that the figures are compared with: each a ratio within the run, or a plain limit.

use std::fmt::Write;

use load::embedded::{EMBEDDED, LIMITS};
use load::report::{Report, readable};
use serde::Serialize;

use crate::baseline::{EVERY_STEP, TWO_ROWS};
use crate::scale_out::SCALE_OUT;
use crate::waiting::WAITING;

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
    let mut goals = of_accept(report);
    goals.extend(of_pipeline(report));
    goals.extend(of_latency(report));
    goals.extend(of_life(report));
    goals.extend(of_waiting(report));
    goals.extend(of_size(report));
    goals.extend(of_growth(report));
    goals
}

fn at(report: &Report, subject: &str, (scenario, figure): (&str, &str)) -> Option<f64> {
    report.value(subject, scenario, figure)
}

fn ratio(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    Some(a? / b?)
}

fn of_accept(report: &Report) -> Vec<Goal> {
    let echo = at(report, LIMITS, ("accept", "echo"));
    let of_echo = |(engine, wanted)| {
        let measured = ratio(at(report, engine, RATE), echo);
        least(format!("{engine}: accept, of the echo"), wanted, measured)
    };
    let of_baseline = |engine| {
        let measured = ratio(at(report, engine, RATE), at(report, EVERY_STEP, RATE));
        least(
            format!("{engine}: accept, times the baseline"),
            15.0,
            measured,
        )
    };
    let echoes = [(EMBEDDED, 0.6), (SCALE_OUT, 0.3)].map(of_echo);
    let baselines = [EMBEDDED, SCALE_OUT].map(of_baseline);
    echoes.into_iter().chain(baselines).collect()
}

fn of_pipeline(report: &Report) -> Vec<Goal> {
    let of_rows = |(engine, bare)| {
        let rows = at(report, LIMITS, ("pipeline", bare));
        let measured = ratio(at(report, engine, KEPT), rows);
        least(
            format!("{engine}: pipeline, of the bare rows"),
            0.5,
            measured,
        )
    };
    let of_baseline = |(engine, baseline, wanted): (_, &str, _)| {
        let measured = ratio(at(report, engine, KEPT), at(report, baseline, KEPT));
        let rows = baseline.trim_end_matches(" stored");
        least(
            format!("{engine}: pipeline, times {rows}"),
            wanted,
            measured,
        )
    };
    let bare = [
        (EMBEDDED, "bare SQLite rows"),
        (SCALE_OUT, "bare PostgreSQL rows"),
    ];
    let baselines = [
        (EMBEDDED, EVERY_STEP, 20.0),
        (EMBEDDED, TWO_ROWS, 6.0),
        (SCALE_OUT, EVERY_STEP, 8.0),
        (SCALE_OUT, TWO_ROWS, 4.0),
    ];
    let bare = bare.map(of_rows).into_iter();
    bare.chain(baselines.map(of_baseline)).collect()
}

fn of_latency(report: &Report) -> Vec<Goal> {
    let fsync = at(report, LIMITS, ("accept", "fsync, p99"));
    let limit = fsync.map_or(2.0, |fsync| 3.0 * fsync + 2.0);
    let of_engine = |engine| {
        let accept = at(report, engine, ("accept", "at half load, p99"));
        let stream = at(report, engine, ("stream", "1000 sockets, p99"));
        [
            most(
                format!("{engine}: accept p99 at half load, ms"),
                limit,
                accept,
            ),
            most(
                format!("{engine}: stream p99 at 1,000 orders/s, ms"),
                10.0,
                stream,
            ),
        ]
    };
    [EMBEDDED, SCALE_OUT]
        .into_iter()
        .flat_map(of_engine)
        .collect()
}

fn of_life(report: &Report) -> Vec<Goal> {
    let of_rate = |(name, rate, wanted)| {
        let each = at(report, SCALE_OUT, (name, "CPU each"));
        let late = at(report, SCALE_OUT, (name, "event to socket, p99"));
        [
            most(
                format!("scale-out: CPU each at {rate} orders/s, µs"),
                wanted,
                each,
            ),
            most(
                format!("scale-out: event to socket at {rate}/s, p99, ms"),
                50.0,
                late,
            ),
        ]
    };
    [("alone", 10, 10_000.0), ("steady", 300, 3_500.0)]
        .into_iter()
        .flat_map(of_rate)
        .collect()
}

fn of_waiting(report: &Report) -> Vec<Goal> {
    let of = |figure: &str| at(report, SCALE_OUT, (WAITING, figure));
    let moving = |orders: u32| of(&format!("CPU of a worker, 20 pairs move, {orders} orders"));
    vec![
        most(
            "waiting: change to firing, p99, ms".to_owned(),
            // A slot, and 250 ms.
            650.0,
            of("change to firing, p99, 100000 orders"),
        ),
        most(
            "waiting: orders that did not fire".to_owned(),
            0.0,
            of("did not fire, 100000 orders"),
        ),
        most(
            "waiting: CPU of a worker, 20 pairs move, %".to_owned(),
            10.0,
            moving(100_000),
        ),
        most(
            "waiting: the same, 100,000 orders of 1,000".to_owned(),
            1.1,
            ratio(moving(100_000), moving(1_000)),
        ),
        most(
            "waiting: resident each in the watchers, B".to_owned(),
            200.0,
            of("resident each, 100000 orders"),
        ),
        most(
            "waiting: CPU each beside a million of a thousand".to_owned(),
            1.05,
            of("CPU each, a million of a thousand"),
        ),
    ]
}

fn of_size(report: &Report) -> Vec<Goal> {
    let goals = [
        (
            "embedded: resident per socket, 10,000 open, KiB",
            20.0,
            ("stream", "10000 sockets, resident each"),
        ),
        ("embedded: resident idle, MiB", 25.0, ("idle", "resident")),
        ("embedded: ready, ms", 150.0, ("idle", "ready, empty store")),
    ];
    goals
        .map(|(goal, wanted, figure)| most(goal.to_owned(), wanted, at(report, EMBEDDED, figure)))
        .into()
}

fn of_growth(report: &Report) -> Vec<Goal> {
    let of_rate = |what| {
        let stored = |orders: u64| {
            let figure = format!("{what}, {orders} orders stored");
            report.value(EMBEDDED, "growth", &figure)
        };
        let full = stored(1_000_000).or_else(|| stored(100_000));
        let goal = format!("embedded: {what}, full store of an empty one");
        least(goal, 0.9, ratio(full, stored(0)))
    };
    ["accept", "pipeline"].map(of_rate).into()
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
