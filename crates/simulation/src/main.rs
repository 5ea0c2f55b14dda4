//! The long run: as many schedules as requested, on every core, with one line at the end.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use clap::Parser;
use simulation::{Connections, Doubters, Report, Violated};

/// Schedules between two lines of progress.
const PROGRESS: u64 = 1_000;
/// Results on their way to the counter.
const BUFFERED: usize = 256;
/// After this many violations a further one teaches nothing new.
const VIOLATIONS_MAX: u64 = 5;

/// Runs the engine in simulated worlds until a promise breaks, or all schedules are done.
#[derive(Debug, Parser)]
#[command(name = "simulation", version, about)]
struct Program {
    /// How many schedules to run
    #[arg(long, value_name = "COUNT", default_value = "10000")]
    schedules: u64,
    /// The first one's seed; the others follow it
    #[arg(long, value_name = "SEED", default_value = "0")]
    seed: u64,
    /// Threads, each with schedules of its own [default: one per core]
    #[arg(long, value_name = "COUNT")]
    threads: Option<usize>,
    /// Let every client cancel its order at some moment, not one in three
    #[arg(long)]
    everyone_cancels: bool,
    /// Let clients' connections break under way
    #[arg(long)]
    connections_break: bool,
}

fn main() -> std::io::Result<ExitCode> {
    let program = Program::parse();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = program.threads.unwrap_or(cores).max(1);
    let doubters = if program.everyone_cancels {
        Doubters::Everyone
    } else {
        Doubters::Some
    };
    let connections = if program.connections_break {
        Connections::Break
    } else {
        Connections::Hold
    };
    let clients = (doubters, connections);
    let began = tokio::time::Instant::now();
    let next = AtomicU64::new(program.seed);
    let end = program.seed.saturating_add(program.schedules);
    let (results, received) = mpsc::sync_channel(BUFFERED);
    let total = std::thread::scope(|scope| {
        for _ in 0..threads {
            let (next, results) = (&next, results.clone());
            scope.spawn(move || run_all(next, end, clients, &results));
        }
        drop(results);
        let total = tally(&received, || began.elapsed());
        // Threads that still run stop after their schedule.
        drop(received);
        total
    })?;
    let mut out = std::io::stdout().lock();
    let took = began.elapsed();
    writeln!(out, "{}", total.summary(took))?;
    Ok(match total.violations {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

type Outcome = Result<Report, Violated>;

fn run_all(
    next: &AtomicU64,
    end: u64,
    (doubters, connections): (Doubters, Connections),
    results: &mpsc::SyncSender<Outcome>,
) {
    loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= end
            || results
                .send(simulation::run(seed, doubters, connections))
                .is_err()
        {
            return;
        }
    }
}

#[derive(Debug, Default)]
struct Total {
    schedules: u64,
    sum: Report,
    violations: u64,
}

fn tally(
    results: &mpsc::Receiver<Outcome>,
    elapsed: impl Fn() -> Duration,
) -> std::io::Result<Total> {
    let mut total = Total::default();
    while let Ok(outcome) = results.recv() {
        total.schedules += 1;
        match outcome {
            Ok(report) => total.add(report),
            Err(violated) => {
                total.violations += 1;
                writeln!(std::io::stderr(), "{violated}\n")?;
                if total.violations >= VIOLATIONS_MAX {
                    break;
                }
            }
        }
        if total.schedules.is_multiple_of(PROGRESS) {
            writeln!(std::io::stderr(), "{}", total.summary(elapsed()))?;
        }
    }
    Ok(total)
}

impl Total {
    fn add(&mut self, report: Report) {
        self.sum.orders += report.orders;
        self.sum.confirmed += report.confirmed;
        self.sum.failed += report.failed;
        self.sum.cancelled += report.cancelled;
        self.sum.expired += report.expired;
        self.sum.too_late += report.too_late;
        self.sum.faults += report.faults;
        self.sum.steps += report.steps;
    }

    fn summary(&self, took: Duration) -> String {
        let Self {
            schedules,
            sum,
            violations,
        } = self;
        let Report {
            orders,
            confirmed,
            failed,
            cancelled,
            expired,
            too_late,
            faults,
            steps,
            ..
        } = sum;
        let seconds = took.as_secs();
        format!(
            "{schedules} schedules in {seconds} s: {orders} orders ({confirmed} confirmed, {failed} failed, {cancelled} cancelled, {expired} expired), {too_late} cancelled too late, {faults} faults, {steps} steps, {violations} violations"
        )
    }
}
