//! Compares what operators look at, and what alerts them, with the engine's metrics.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use cluster::e2e::{Target, socket};
use cluster::http::http;
use serde_json::Value;

use crate::world::caller::{PATIENCE, POLL};
use crate::world::{Part, STILL, Settings, World};

const ALERTS: &str = include_str!("../../../../deploy/prometheus/alerts.yml");
const BOARD: &str = include_str!("../../../../deploy/grafana/dashboards/order-engine.json");
const RUNBOOK: &str = include_str!("../../../../docs/OPERATIONS.md");

/// Endings of the engine's own metrics: other names belong to PromQL.
const ENDINGS: [&str; 8] = [
    "_total", "_seconds", "_orders", "_open", "_size", "_slots", "_used", "_bucket",
];

async fn every_series_that_boards_and_alerts_name_is_told_from_the_start(
    world: &mut World,
) -> Result<()> {
    let told = world.metrics().await?;

    let board: Value = serde_json::from_str(BOARD)?;
    let panels = board["panels"].as_array().context("a board has panels")?;
    let targets = panels
        .iter()
        .filter_map(|panel| panel["targets"].as_array());
    let asked = targets
        .flatten()
        .filter_map(|target| target["expr"].as_str());
    let names: BTreeSet<&str> = asked.chain([ALERTS]).flat_map(series).collect();

    ensure!(names.len() > 20, "only {names:?} were found");
    for name in names {
        let described = told.contains(&format!("# TYPE {} ", name.trim_end_matches("_bucket")));
        ensure!(described, "`{name}` is not in /metrics");
    }
    Ok(())
}

/// The metrics of all processes of an engine.
struct Told(String);

impl Told {
    async fn by(world: &World) -> Result<Self> {
        Ok(Self(world.metrics().await?))
    }

    /// Waits until the metrics are as wanted: a worker counts an order a moment after its end is
    /// visible.
    async fn until(world: &World, wanted: impl Fn(&Self) -> Result<()>) -> Result<()> {
        let mut verdict = Ok(());
        let looking = async {
            loop {
                verdict = wanted(&Self::by(world).await?);
                if verdict.is_ok() {
                    return anyhow::Ok(());
                }
                tokio::time::sleep(POLL).await;
            }
        };
        match tokio::time::timeout(PATIENCE, looking).await {
            Ok(looked) => looked,
            Err(_) => verdict,
        }
    }

    /// The sum of a series over all processes, and all its labels but these.
    fn sum(&self, name: &str, labels: &[(&str, &str)]) -> Result<f64> {
        let mut found = None;
        for line in self.0.lines() {
            let (series, value) = line.rsplit_once(' ').unwrap_or_default();
            let (named, of) = series.split_once('{').unwrap_or((series, ""));
            let has = |(label, value): &(&str, &str)| of.contains(&format!("{label}=\"{value}\""));
            if named == name && labels.iter().all(has) {
                let value: f64 = value.parse().with_context(|| line.to_owned())?;
                found = Some(found.unwrap_or(0.0) + value);
            }
        }
        found.with_context(|| format!("{name} with {labels:?} is not told:\n{}", self.0))
    }

    #[track_caller]
    fn check(
        &self,
        name: &str,
        labels: &[(&str, &str)],
        plausible: impl Fn(f64) -> bool,
    ) -> Result<()> {
        let value = self.sum(name, labels)?;
        ensure!(plausible(value), "{name} with {labels:?} is {value}");
        Ok(())
    }
}

const MODEST: &str = r#"{"tokenIn":"SOL","tokenOut":"USDC","amount":"1.5"}"#;
const HOPELESS: &str =
    r#"{"tokenIn":"SOL","tokenOut":"USDC","amount":"1","minAmountOut":"99999999"}"#;

/// Submits an order at one gateway and follows it, on the next, to its end.
async fn ended(target: &Target, n: usize, order: &str) -> Result<()> {
    let id = target.accept(n, order).await?;
    socket::follow(&target.ws_url(n + 1, &format!("/ws/orders/{id}"))).await?;
    Ok(())
}

/// One start at once, so that the limiter has something to tell. Retries are counted, and on a slow machine a market
/// that moves with every block of 20 ms makes more of them.
const LIMITED: Settings = &[
    STILL,
    ("QUEUE_RATE_LIMIT_PER_MINUTE", "1200"),
    ("QUEUE_RATE_LIMIT_BURST", "1"),
    ("RETRY_MAX_ATTEMPTS", "2"),
];

async fn the_series_say_what_happened_to_the_orders(world: &mut World) -> Result<()> {
    let target = world.target();
    for n in 0..3 {
        ended(&target, n, MODEST).await?;
    }
    ended(&target, 3, HOPELESS).await?;
    for n in 0..2 {
        let order = http().post(target.url(n, "/api/orders/execute"));
        let order = order.header("content-type", "application/json");
        let answer = order.header("idempotency-key", "k").body(MODEST).send();
        ensure!(answer.await?.status() == 201);
    }
    let (refused, _) = target.post_order(0, r#"{"amount":"-1"}"#).await?;
    ensure!(refused == 422);

    let slots = 50.0 * f64::from(u32::try_from(world.workers())?);
    Told::until(world, |told| check_every_series(told, slots)).await
}

fn check_every_series(told: &Told, slots: f64) -> Result<()> {
    let is = |wanted: f64| move |value: f64| (value - wanted).abs() < f64::EPSILON;
    let least = |wanted: f64| move |value: f64| value >= wanted;
    told.check("orders_accepted_total", &[], is(5.0))?;
    told.check("orders_replayed_total", &[], is(1.0))?;
    told.check(
        "orders_refused_total",
        &[("code", "invalid_order")],
        is(1.0),
    )?;
    told.check(
        "orders_ended_total",
        &[("outcome", "confirmed")],
        least(3.0),
    )?;
    let failed = [("outcome", "failed"), ("venue", "none")];
    told.check("orders_ended_total", &failed, is(1.0))?;
    told.check("orders_ended_total", &[("outcome", "expired")], is(0.0))?;
    told.check("orders_retried_total", &[], is(1.0))?;
    told.check("orders_rescued_total", &[], is(0.0))?;
    for (stage, count) in [("route", 5.0), ("build", 3.0), ("settle", 3.0)] {
        let stage = [("stage", stage)];
        told.check("stage_duration_seconds_count", &stage, least(count))?;
        told.check("stage_duration_seconds_sum", &stage, |sum| {
            sum > 0.0 && sum < 60.0
        })?;
    }
    told.check("limiter_wait_seconds_count", &[], least(1.0))?;
    told.check("queue_waiting_orders", &[], least(0.0))?;
    told.check("queue_oldest_age_seconds", &[], |age| {
        (0.0..60.0).contains(&age)
    })?;
    told.check("queue_claims_total", &[], least(5.0))?;
    told.check("worker_slots", &[], is(slots))?;
    told.check("ws_events_sent_total", &[], least(15.0))?;
    told.check("ws_closed_total", &[("code", "1000")], is(4.0))?;
    told.check("ws_sockets_open", &[], is(0.0))?;
    told.check("feed_lag_seconds", &[], |lag| (0.0..60.0).contains(&lag))?;
    told.check("http_requests_total", &[("class", "2xx")], least(2.0))?;
    told.check("http_requests_total", &[("class", "5xx")], is(0.0))?;
    told.check("http_request_duration_seconds_count", &[], least(3.0))?;
    told.check("store_commit_seconds_count", &[], least(5.0))?;
    let batches = told.sum("store_batch_size_count", &[])?;
    told.check("store_batch_size_sum", &[], least(batches))?;
    for quiet in [
        "feed_dropped_total",
        "queue_push_dropped_total",
        "events_not_looked_for_total",
        "log_lines_dropped_total",
        "lease_lost_total",
        "poison_total",
        "order_panics_total",
        "store_failures_total",
        "queue_failures_total",
        "workers_buried_total",
    ] {
        told.check(quiet, &[], is(0.0))?;
    }
    Ok(())
}

/// Workers are killed in the middle of an order, and soon declared dead.
const SLOW: Settings = &[
    ("SIM_LATENCY_SCALE", "1"),
    ("LEASE_MS", "1500"),
    ("HEARTBEAT_MS", "500"),
];

async fn an_order_that_outlives_its_worker_is_counted_as_rescued(world: &mut World) -> Result<()> {
    let target = world.target();
    let id = target.accept(0, MODEST).await?;
    let path = format!("/ws/orders/{id}");
    let mut socket = socket::Socket::open(&target.ws_url(0, &path)).await?;
    while socket.next().await?.context("the order goes on")?["status"] != "submitted" {}

    world.kill(Part::Workers)?;
    world.restart().await?;

    socket::follow(&target.ws_url(0, &path)).await?;
    Told::until(world, |told| {
        told.check("orders_rescued_total", &[], |rescued| rescued >= 1.0)
    })
    .await
}

/// One process has none of these metrics: its store and its queue are its own.
async fn gateways_of_a_cluster_tell_what_only_a_cluster_has(world: &mut World) -> Result<()> {
    let target = world.target();
    let gateway = async || {
        let answer = http().get(target.url(0, "/metrics")).send().await?;
        anyhow::Ok(Told(answer.text().await?))
    };
    let fresh = gateway().await?;
    target.accept(0, MODEST).await?;
    let told = gateway().await?;

    for quiet in ["queue_dead_entries_total", "feed_unreadable_total"] {
        fresh.check(quiet, &[], |count| count == 0.0)?;
    }
    for series in ["store_commit_seconds_count", "store_batch_size_count"] {
        told.check(series, &[], |count| count >= 1.0)?;
    }
    Ok(())
}

mod process {
    use crate::operators_view;
    use crate::world::{NONE, World, over_process};

    over_process! { World:
        operators_view::every_series_that_boards_and_alerts_name_is_told_from_the_start(NONE),
        operators_view::the_series_say_what_happened_to_the_orders(operators_view::LIMITED),
        operators_view::an_order_that_outlives_its_worker_is_counted_as_rescued(operators_view::SLOW),
    }
}

mod clustered {
    use crate::operators_view;
    use crate::world::{STILL, Settings, World, over_cluster};

    const LIMITED_TOGETHER: Settings = &[
        STILL,
        ("QUEUE_RATE_LIMIT_SCOPE", "queue"),
        ("QUEUE_RATE_LIMIT_PER_MINUTE", "1200"),
        ("QUEUE_RATE_LIMIT_BURST", "1"),
        ("RETRY_MAX_ATTEMPTS", "2"),
    ];

    over_cluster! { World: all_processes_of_a_cluster_together_tell_what_happened(LIMITED_TOGETHER):
        operators_view::every_series_that_boards_and_alerts_name_is_told_from_the_start,
        operators_view::the_series_say_what_happened_to_the_orders,
        operators_view::gateways_of_a_cluster_tell_what_only_a_cluster_has,
    }

    over_cluster! { World: an_order_that_outlives_every_worker_is_counted_as_rescued(operators_view::SLOW):
        operators_view::an_order_that_outlives_its_worker_is_counted_as_rescued,
    }
}

#[test]
fn every_alert_has_its_paragraph() -> Result<()> {
    let alerts = ALERTS
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "));
    let mut count = 0;
    for alert in alerts {
        ensure!(
            RUNBOOK.contains(&format!("\n### {alert}\n\n")),
            "no paragraph for {alert}"
        );
        let link = format!("docs/OPERATIONS.md#{}\n", alert.to_lowercase());
        ensure!(
            ALERTS.contains(&link),
            "{alert} does not say where its paragraph is"
        );
        count += 1;
    }
    ensure!(count > 0, "there are no alerts");
    Ok(())
}

fn series(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| word.contains('_') && ENDINGS.iter().any(|end| word.ends_with(end)))
}
