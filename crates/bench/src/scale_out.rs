//! The scale-out engine: gateways and workers over a private PostgreSQL and Redis, and the
//! simulated Solana cluster as a process of its own. Each scenario gets a new, empty cluster.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use cluster::{Cluster, Member, Size, State};
use load::embedded::{Sizes, add_accept, add_pipeline, add_quantiles, add_sockets};
use load::latency::figure;
use load::progress::Progress;
use load::report::Report;
use load::sockets::follow_at;
use load::target::Target;
use load::{process, scenarios};

use crate::parts;

/// What the figures stand under.
pub(crate) const SCALE_OUT: &str = "scale-out";
/// On two cores more of either only wake each other up; [`cpu_of_parts`] looks at the first.
const USUAL: Size = Size {
    gateways: 1,
    workers: 1,
};
/// Sockets in a run that is not a full one.
const SOCKETS: [usize; 1] = [1_000];

/// Workers that share a backlog, run by run.
const WORKERS: [usize; 3] = [1, 2, 4];
/// Orders as they come in life, one by one, each on a socket of its own, with the venues' and the chain's
/// delays as shipped: name and rate a second.
pub(crate) const IN_LIFE: [(&str, u32); 2] = [("alone", 10), ("steady", 300)];
/// With these delays an order takes some four seconds.
const SLOTS_IN_LIFE: u32 = 2_000;
/// What the first orders of all need once is not the price of each.
const WARMING: Duration = Duration::from_secs(2);
/// Accept, pipeline and the bare rows.
const STEPS_BESIDE_LISTS: usize = 3;

/// How many steps [`run`] has.
pub(crate) fn steps(sizes: &Sizes, full: bool) -> usize {
    STEPS_BESIDE_LISTS + sockets(sizes, full).len() + WORKERS.len()
}

fn sockets(sizes: &Sizes, full: bool) -> &[usize] {
    if full { &sizes.sockets } else { &SOCKETS }
}

/// All scenarios.
pub(crate) async fn run(
    sizes: &Sizes,
    full: bool,
    report: &mut Report,
    progress: &Progress,
) -> Result<()> {
    progress.begin("scale-out: accept");
    accept(sizes, report).await?;
    progress.begin("scale-out: pipeline");
    pipeline(sizes, report).await?;
    progress.begin("limits: bare PostgreSQL");
    bare_postgres(sizes, report).await?;
    for count in sockets(sizes, full) {
        progress.begin(&format!("scale-out: stream, {count} sockets"));
        on_a_cluster(USUAL, sizes, sizes.stream_rate * 60, async |_, target| {
            let streamed = scenarios::sockets(target, *count).await?;
            add_sockets(report, SCALE_OUT, &streamed);
            Ok(())
        })
        .await?;
    }
    for workers in WORKERS {
        progress.begin(&format!("scale-out: scale, {workers} workers"));
        backlog(workers, sizes, report).await?;
    }
    Ok(())
}

async fn accept(sizes: &Sizes, report: &mut Report) -> Result<()> {
    on_a_cluster(USUAL, sizes, 0, async |state, target| {
        let accept = scenarios::accept(target, sizes.lasting).await?;
        add_accept(report, SCALE_OUT, &accept);
        let url = state.redis.as_ref().context("no Redis")?;
        parts::redis(report, url.port()).await
    })
    .await
}

async fn pipeline(sizes: &Sizes, report: &mut Report) -> Result<()> {
    on_a_cluster(USUAL, sizes, 0, async |state, target| {
        let before = cpu_of_parts(state)?;
        add_pipeline(report, SCALE_OUT, target, sizes.lasting).await?;
        let orders = figure(target.confirmed().await?).max(1.0);
        for ((part, before), (_, after)) in before.into_iter().zip(cpu_of_parts(state)?) {
            let each = figure(after.saturating_sub(before)) / orders;
            let what = format!("CPU each, {part}");
            report.add(SCALE_OUT, "pipeline", what, each, "µs");
        }
        Ok(())
    })
    .await
}

async fn bare_postgres(sizes: &Sizes, report: &mut Report) -> Result<()> {
    let empty = Size {
        gateways: 1,
        workers: 0,
    };
    on_a_cluster(empty, sizes, 0, async |state, _| {
        let postgres = state.postgres.as_ref().context("no PostgreSQL")?;
        parts::postgres(report, postgres.port(), sizes.lasting).await
    })
    .await
}

/// How fast this many workers work off what has gathered.
async fn backlog(workers: usize, sizes: &Sizes, report: &mut Report) -> Result<()> {
    let size = Size {
        gateways: 1,
        workers,
    };
    on_a_cluster(size, sizes, 0, async |_, target| {
        let lives = scenarios::burst(target, sizes.lasting / 2).await?;
        let what = format!("backlog, {workers} workers");
        report.add(SCALE_OUT, "scale", what, lives.confirmed, "orders/s");
        Ok(())
    })
    .await
}

/// Each rate of life.
pub(crate) async fn live(
    lasting: Duration,
    report: &mut Report,
    progress: &Progress,
) -> Result<()> {
    for (name, rate) in IN_LIFE {
        progress.begin(&format!("scale-out: {name}, {rate} orders/s"));
        let cluster = on_a_cluster_with(USUAL, in_life(), async |state, target| {
            live_at(report, (name, rate), state, target, lasting).await
        });
        cluster.await?;
    }
    Ok(())
}

/// One of the rates of life: what each order costs all processes together, and how late its events come.
async fn live_at(
    report: &mut Report,
    (name, rate): (&'static str, u32),
    state: &State,
    target: &Target,
    lasting: Duration,
) -> Result<()> {
    let rate = f64::from(rate);
    follow_at(&target.gateways, rate, WARMING).await?;
    let before = cpu_of_parts(state)?;
    let followed = follow_at(&target.gateways, rate, lasting * 3).await?;
    let orders = figure(followed.confirmed).max(1.0);
    let mut sum = 0.0;
    for ((part, before), (_, after)) in before.into_iter().zip(cpu_of_parts(state)?) {
        let each = figure(after.saturating_sub(before)) / orders;
        sum += each;
        report.add(SCALE_OUT, name, format!("CPU each, {part}"), each, "µs");
    }
    report.add(SCALE_OUT, name, "CPU each", sum, "µs");
    add_quantiles(
        report,
        SCALE_OUT,
        name,
        "event to socket",
        &followed.latency,
    );
    Ok(())
}

/// The CPU time of everything that an order passes through, at all rates together.
pub(crate) fn cpu_of_parts(state: &State) -> Result<Vec<(&'static str, u64)>> {
    let parts = [
        ("gateway", state.gateways.first()),
        ("worker", state.workers.first()),
        ("PostgreSQL", state.postgres.as_ref()),
        ("Redis", state.redis.as_ref()),
        ("simulated chain", state.sim.as_ref()),
    ];
    parts
        .into_iter()
        .map(|(name, member)| {
            let member = member.with_context(|| format!("no {name}"))?;
            Ok((name, process::family_cpu_micros(member.pid)?))
        })
        .collect()
}

async fn on_a_cluster(
    size: Size,
    sizes: &Sizes,
    starts_per_minute: u32,
    scenario: impl AsyncFnOnce(&State, &Target) -> Result<()>,
) -> Result<()> {
    let variables = [
        ("SIM_LATENCY_SCALE", "0".to_owned()),
        ("QUEUE_MAX_CONCURRENCY", sizes.concurrency.to_string()),
        ("QUEUE_RATE_LIMIT_PER_MINUTE", starts_per_minute.to_string()),
    ];
    on_a_cluster_with(size, variables, scenario).await
}

/// The delays as shipped, and no limit.
fn in_life() -> [(&'static str, String); 3] {
    [
        ("SIM_LATENCY_SCALE", "1".to_owned()),
        ("QUEUE_MAX_CONCURRENCY", SLOTS_IN_LIFE.to_string()),
        ("QUEUE_RATE_LIMIT_PER_MINUTE", "0".to_owned()),
    ]
}

pub(crate) async fn on_a_cluster_with(
    size: Size,
    variables: impl IntoIterator<Item = (&'static str, String)>,
    scenario: impl AsyncFnOnce(&State, &Target) -> Result<()>,
) -> Result<()> {
    let folder = tempfile::Builder::new().prefix(&prefix()).tempdir()?;
    let cluster = Cluster::at(folder.path());
    let always = [
        ("SIM_SEED", "7".to_owned()),
        ("RUST_LOG", "warn".to_owned()),
    ];
    let variables = always.into_iter().chain(variables);
    let variables = variables.map(|(name, value)| (name.to_owned(), value));
    let variables = BTreeMap::from_iter(variables);
    let measured = match cluster.up(size, variables).await {
        Ok(state) => match target(&state) {
            Ok(target) => scenario(&state, &target).await,
            Err(error) => Err(error),
        },
        Err(error) => Err(error),
    };
    cluster.down().await?;
    measured
}

/// Of the folders of this process.
fn prefix() -> String {
    format!("bench-cluster-{}-", std::process::id())
}

/// Ends the cluster that is up, if any.
pub(crate) async fn end_cluster() -> Result<()> {
    for entry in std::fs::read_dir(std::env::temp_dir()).context("look for clusters")? {
        let folder = entry.context("look for clusters")?.path();
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with(&prefix()) {
            Cluster::at(&folder).down().await?;
        }
    }
    Ok(())
}

fn target(state: &State) -> Result<Target> {
    let addresses = |members: &[Member]| -> Result<Vec<SocketAddr>> {
        let addresses = members
            .iter()
            .map(|member| member.url.trim_start_matches("http://").parse());
        addresses
            .collect::<Result<_, _>>()
            .context("read an address")
    };
    let own = state.gateways.iter().chain(&state.workers);
    Ok(Target {
        gateways: addresses(&state.gateways)?,
        counting: addresses(&state.workers)?,
        pids: own.map(|member| member.pid).collect(),
    })
}
