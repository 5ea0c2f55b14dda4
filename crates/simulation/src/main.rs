//! The long run: as many schedules as requested, on every core, with one line at the end.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use clap::Parser;
use simulation::{Connections, Doubters, Hour, Report, Violated};

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
    /// Instead of schedules: so many hours at the pace of life, in which orders wait
    #[arg(long, value_name = "COUNT")]
    hours: Option<u64>,
    /// Orders that wait in each of those hours
    #[arg(long, value_name = "COUNT", default_value = "101", requires = "hours")]
    orders: u64,
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
    if let Some(hours) = program.hours {
        return pass_hours(program.seed, hours, program.orders, threads);
    }
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

/// Lets hours pass on every core, with one line at the end.
fn pass_hours(seed: u64, hours: u64, orders: u64, threads: usize) -> std::io::Result<ExitCode> {
    let began = tokio::time::Instant::now();
    let next = AtomicU64::new(seed);
    let (results, received) = mpsc::sync_channel(BUFFERED);
    let (mut sum, mut passed, mut violations) = (Hour::default(), 0_u64, 0_u64);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let (next, results) = (&next, results.clone());
            scope.spawn(move || {
                loop {
                    let seed_of_hour = next.fetch_add(1, Ordering::Relaxed);
                    let is_over = seed_of_hour >= seed.saturating_add(hours);
                    if is_over
                        || results
                            .send(simulation::pass(seed_of_hour, orders))
                            .is_err()
                    {
                        return;
                    }
                }
            });
        }
        drop(results);
        while let Ok(outcome) = received.recv() {
            passed += 1;
            match outcome {
                Ok(hour) => add(&mut sum, hour),
                Err(violated) => {
                    violations += 1;
                    writeln!(std::io::stderr(), "{violated}\n")?;
                    if violations >= VIOLATIONS_MAX {
                        break;
                    }
                }
            }
        }
        // Threads that still run stop after their hour.
        drop(received);
        std::io::Result::Ok(())
    })?;
    let mut out = std::io::stdout().lock();
    let seconds = began.elapsed().as_secs();
    sum.late_ms.sort_unstable();
    let late = |permille: usize| {
        let last = sum.late_ms.len().saturating_sub(1);
        sum.late_ms
            .get(last * permille / 1_000)
            .copied()
            .unwrap_or(0)
    };
    writeln!(
        out,
        "{passed} hours ({} blocks) in {seconds} s: {} orders waited, {} firings ({} confirmed, {} failed, {} cancelled, {} expired), {} held for two slots, fired {} / {} / {} ms after (p50 / p99 / most of {}), workers lost {} times, {violations} hours with violations",
        sum.blocks,
        sum.orders,
        sum.fired,
        sum.confirmed,
        sum.failed,
        sum.cancelled,
        sum.expired,
        sum.held,
        late(500),
        late(990),
        late(1_000),
        sum.late_ms.len(),
        sum.workers_gone,
    )?;
    Ok(match violations {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

fn add(sum: &mut Hour, hour: Hour) {
    sum.orders += hour.orders;
    sum.confirmed += hour.confirmed;
    sum.cancelled += hour.cancelled;
    sum.expired += hour.expired;
    sum.failed += hour.failed;
    sum.fired += hour.fired;
    sum.held += hour.held;
    sum.blocks += hour.blocks;
    sum.workers_gone += hour.workers_gone;
    sum.late_ms.extend(hour.late_ms);
}
