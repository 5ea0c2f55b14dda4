//! The all-in-one engine, each scenario on a store of its own.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::latency::{Latencies, figure, millis};
use crate::orders::Outcome;
use crate::progress::Progress;
use crate::report::Report;
use crate::scenarios::{self, Accept, Lives, Sockets};
use crate::serve::{self, Program, Running};
use crate::target::Target;

/// What the figures of the all-in-one engine stand under.
pub const EMBEDDED: &str = "embedded";
/// What the figures of the parts stand under.
pub const LIMITS: &str = "limits of the parts";
/// An idle engine has settled by then.
const SETTLING: Duration = Duration::from_secs(2);
/// No limit on starts.
const UNLIMITED: u32 = 0;
/// Starts measured for the time to be ready; the median counts.
const STARTS: usize = 5;

/// The limits, idle, accept, pipeline and restart.
const STEPS_BESIDE_SOCKETS: usize = 5;

/// How much to measure.
#[derive(Debug, Clone)]
pub struct Sizes {
    /// Of each part of a scenario.
    pub lasting: Duration,
    /// Orders in execution at once.
    pub concurrency: u32,
    /// Orders started each second while sockets follow them.
    pub stream_rate: u32,
    /// How many sockets follow orders, run by run.
    pub sockets: Vec<usize>,
}

/// The engine's program, and the folder that is measured beside it.
#[derive(Debug, Clone)]
pub struct Embedded {
    pub program: PathBuf,
    pub sizes: Sizes,
}

impl Embedded {
    /// How many steps [`Self::run`] has.
    #[must_use]
    pub fn steps(&self) -> usize {
        STEPS_BESIDE_SOCKETS + self.sizes.sockets.len()
    }

    /// All scenarios, with a step for each.
    pub async fn run(&self, report: &mut Report, progress: &Progress) -> anyhow::Result<()> {
        progress.begin("limits: echo and fsync");
        self.limits(report).await?;
        progress.begin("embedded: idle");
        self.idle(report).await?;
        progress.begin("embedded: accept");
        self.accept(report).await?;
        progress.begin("embedded: pipeline");
        self.pipeline(report).await?;
        for count in &self.sizes.sockets {
            progress.begin(&format!("embedded: stream, {count} sockets"));
            self.stream(report, *count).await?;
        }
        progress.begin("embedded: restart");
        self.restart(report).await
    }

    /// What no engine of these parts can pass.
    pub async fn limits(&self, report: &mut Report) -> anyhow::Result<()> {
        let echo = self.start_echo().await?;
        let target = echo.target()?;
        scenarios::saturate(&target, self.sizes.lasting / 4).await?;
        let before = target.cpu_micros()?;
        let outcome = scenarios::saturate(&target, self.sizes.lasting).await?;
        let cpu = figure(target.cpu_micros()? - before) / figure(outcome.accepted).max(1.0);
        echo.kill().await?;
        report.add(LIMITS, "accept", "echo", outcome.per_second(), "1/s");
        report.add(LIMITS, "accept", "echo, CPU each", cpu, "µs");
        let folder = serve::folder()?;
        let fsync = scenarios::fsync(folder.path(), self.sizes.lasting / 4)?;
        add_quantiles(report, LIMITS, "accept", "fsync", &fsync);
        Ok(())
    }

    async fn start_echo(&self) -> anyhow::Result<Running> {
        let echo = Program {
            path: self.program.clone(),
            args: vec!["echo".to_owned()],
            variables: Vec::new(),
        };
        echo.start().await
    }

    async fn start(&self, folder: &Path, starts_per_minute: u32) -> anyhow::Result<Running> {
        let concurrency = self.sizes.concurrency;
        Program::engine(&self.program, folder, concurrency, starts_per_minute)
            .start()
            .await
    }

    async fn idle(&self, report: &mut Report) -> anyhow::Result<()> {
        let mut ready = Vec::new();
        for _ in 0..STARTS {
            let folder = serve::folder()?;
            let engine = self.start(folder.path(), UNLIMITED).await?;
            ready.push(millis(engine.ready_after));
            if ready.len() == STARTS {
                tokio::time::sleep(SETTLING).await;
                let kib = figure(engine.target()?.resident_kib()?);
                report.add(EMBEDDED, "idle", "resident", kib / 1_024.0, "MiB");
            }
            engine.kill().await?;
        }
        let ready = scenarios::median(ready);
        report.add(EMBEDDED, "idle", "ready, empty store", ready, "ms");
        Ok(())
    }

    async fn accept(&self, report: &mut Report) -> anyhow::Result<()> {
        let folder = serve::folder()?;
        let engine = self.start(folder.path(), UNLIMITED).await?;
        let accept = scenarios::accept(&engine.target()?, self.sizes.lasting).await?;
        add_accept(report, EMBEDDED, &accept);
        engine.kill().await?;
        // How late an answer is that needs no store, on this machine and at this rate.
        let echo = self.start_echo().await?;
        let rate = accept.most.per_second() / 2.0;
        let answered = scenarios::open_loop(&echo.target()?, rate, self.sizes.lasting).await?;
        let what = "echo at embedded's half load";
        add_quantiles(report, LIMITS, "accept", what, &answered.latency);
        echo.kill().await
    }

    async fn pipeline(&self, report: &mut Report) -> anyhow::Result<()> {
        let folder = serve::folder()?;
        let engine = self.start(folder.path(), UNLIMITED).await?;
        let target = engine.target()?;
        add_pipeline(report, EMBEDDED, &target, self.sizes.lasting).await?;
        engine.kill().await
    }

    async fn stream(&self, report: &mut Report, count: usize) -> anyhow::Result<()> {
        let folder = serve::folder()?;
        let engine = self
            .start(folder.path(), self.sizes.stream_rate * 60)
            .await?;
        let sockets = scenarios::sockets(&engine.target()?, count).await?;
        add_sockets(report, EMBEDDED, &sockets);
        engine.kill().await
    }

    /// Killed in the middle of work, started again on the same folder.
    async fn restart(&self, report: &mut Report) -> anyhow::Result<()> {
        let folder = serve::folder()?;
        let engine = self.start(folder.path(), UNLIMITED).await?;
        scenarios::saturate(&engine.target()?, self.sizes.lasting / 4).await?;
        engine.kill().await?;
        let engine = self.start(folder.path(), UNLIMITED).await?;
        let ready = millis(engine.ready_after);
        report.add(EMBEDDED, "restart", "ready after kill -9", ready, "ms");
        let first = scenarios::first_confirmed(&engine.target()?).await?;
        let first = ready + millis(first);
        report.add(EMBEDDED, "restart", "first order confirmed", first, "ms");
        engine.kill().await
    }

    /// The same figures with so many orders in the store.
    pub async fn growth(&self, report: &mut Report, orders: u64) -> anyhow::Result<()> {
        let folder = serve::folder()?;
        let engine = self.start(folder.path(), UNLIMITED).await?;
        let target = engine.target()?;
        scenarios::fill(&target, orders).await?;
        scenarios::written_back()?;
        let (most, lives) = scenarios::both(&target, self.sizes.lasting).await?;
        let place = |figure: &str| format!("{figure}, {orders} orders stored");
        let rate = most.per_second();
        report.add(EMBEDDED, "growth", place("accept"), rate, "orders/s");
        let rate = lives.confirmed;
        report.add(EMBEDDED, "growth", place("pipeline"), rate, "orders/s");
        engine.kill().await
    }
}

/// A median and a 99th percentile.
pub fn add_quantiles(
    report: &mut Report,
    subject: &str,
    scenario: &'static str,
    what: &str,
    latency: &Latencies,
) {
    for (name, quantile) in [("p50", 0.5), ("p99", 0.99)] {
        let millis = latency.millis_at(quantile);
        report.add(subject, scenario, format!("{what}, {name}"), millis, "ms");
    }
}

/// The figures of acceptance.
pub fn add_accept(report: &mut Report, subject: &str, accept: &Accept) {
    let rate = accept.most.per_second();
    report.add(subject, "accept", "rate", rate, "orders/s");
    report.add(subject, "accept", "CPU each", accept.cpu_micros, "µs");
    let half: &Outcome = &accept.half;
    add_quantiles(report, subject, "accept", "at half load", &half.latency);
}

/// The pipeline's search for the highest rate, and what it found.
pub async fn add_pipeline(
    report: &mut Report,
    subject: &str,
    target: &Target,
    lasting: Duration,
) -> anyhow::Result<()> {
    // What it does under far too much tells where to begin to look.
    let burst = scenarios::burst(target, lasting).await?;
    let tried = scenarios::pipeline(target, lasting, burst.confirmed).await?;
    for lives in &tried {
        let at = format!("CPU each at {:.0} orders/s", lives.offered);
        report.add(subject, "pipeline", at, lives.cpu_micros, "µs");
    }
    let best: Option<Lives> = scenarios::best(&tried);
    let rate = best.map_or(0.0, |lives| lives.confirmed);
    report.add(subject, "pipeline", "rate kept up with", rate, "orders/s");
    let share = best.map_or(0.0, |lives| lives.share);
    report.add(subject, "pipeline", "confirmed", share * 100.0, "%");
    let most = burst.confirmed;
    report.add(
        subject,
        "pipeline",
        "rate under a backlog",
        most,
        "orders/s",
    );
    Ok(())
}

/// The figures of many sockets.
pub fn add_sockets(report: &mut Report, subject: &str, sockets: &Sockets) {
    let what = format!("{} sockets", sockets.count);
    add_quantiles(report, subject, "stream", &what, &sockets.followed.latency);
    if sockets.count >= 1_000 {
        let each = format!("{what}, resident each");
        report.add(subject, "stream", each, sockets.kib_each, "KiB");
    }
}
