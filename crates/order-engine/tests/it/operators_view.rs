//! What operators look at and are woken by, held to what the engine tells.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use testkit::cluster::{Scratch, Size};
use testkit::e2e::{Target, socket};
use testkit::engine::Engine;

const ALERTS: &str = include_str!("../../../../deploy/prometheus/alerts.yml");
const BOARD: &str = include_str!("../../../../deploy/grafana/dashboards/order-engine.json");
const RUNBOOK: &str = include_str!("../../../../docs/OPERATIONS.md");

/// Endings of the engine's own series: what else looks like a name is PromQL's.
const ENDINGS: [&str; 8] = [
    "_total", "_seconds", "_orders", "_open", "_size", "_slots", "_used", "_bucket",
];

#[tokio::test]
async fn every_series_that_boards_and_alerts_name_is_told_from_the_start() -> Result<()> {
    let engine = Engine::start(&[]).await?;
    let answer = testkit::http::http().get(engine.url("/metrics")).send();
    let told = answer.await?.text().await?;

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

/// What a process tells at `/metrics`.
struct Told(String);

impl Told {
    async fn by(target: &Target) -> Result<Self> {
        let answer = testkit::http::http().get(target.url(0, "/metrics"));
        Ok(Self(answer.send().await?.text().await?))
    }

    /// The sum of a series over all its labels but these.
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

async fn ended(target: &Target, order: &str) -> Result<String> {
    let id = target.accept(0, order).await?;
    socket::follow(&target.ws_url(0, &format!("/ws/orders/{id}"))).await?;
    Ok(id)
}

#[tokio::test]
async fn the_series_say_what_happened_to_the_orders() -> Result<()> {
    // One start at once, so that the limiter has something to tell.
    let engine = Engine::start(&[
        ("QUEUE_RATE_LIMIT_PER_MINUTE", "1200"),
        ("QUEUE_RATE_LIMIT_BURST", "1"),
        ("RETRY_MAX_ATTEMPTS", "2"),
    ])
    .await?;
    let target = Target::new(vec![engine.url("")]);
    for _ in 0..3 {
        ended(&target, MODEST).await?;
    }
    ended(&target, HOPELESS).await?;
    for _ in 0..2 {
        let order = testkit::http::http().post(target.url(0, "/api/orders/execute"));
        let order = order.header("content-type", "application/json");
        let answer = order.header("idempotency-key", "k").body(MODEST).send();
        ensure!(answer.await?.status() == 201);
    }
    let (refused, _) = target.post_order(0, r#"{"amount":"-1"}"#).await?;
    ensure!(refused == 422);

    let told = Told::by(&target).await?;

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
    told.check("worker_slots", &[], is(50.0))?;
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

#[tokio::test]
async fn an_order_that_outlives_its_worker_is_counted_as_rescued() -> Result<()> {
    let mut engine = Engine::start(&[
        ("SIM_LATENCY_SCALE", "1"),
        ("LEASE_MS", "1500"),
        ("HEARTBEAT_MS", "500"),
    ])
    .await?;
    let target = Target::new(vec![engine.url("")]);
    let id = target.accept(0, MODEST).await?;
    let mut socket = socket::Socket::open(&target.ws_url(0, &format!("/ws/orders/{id}"))).await?;
    while socket.next().await?.context("the order goes on")?["status"] != "submitted" {}

    engine.kill()?;
    engine.restart().await?;

    socket::follow(&target.ws_url(0, &format!("/ws/orders/{id}"))).await?;
    let told = Told::by(&target).await?;
    told.check("orders_rescued_total", &[], |rescued| rescued >= 1.0)
}

#[tokio::test]
async fn gateways_of_a_cluster_tell_what_only_a_cluster_has() -> Result<()> {
    let cluster = Scratch::start(Size::default(), &[]).await?;
    let target = cluster.target();

    let fresh = Told::by(&target).await?;
    target.accept(0, MODEST).await?;
    let told = Told::by(&target).await?;

    for quiet in ["queue_dead_entries_total", "feed_unreadable_total"] {
        fresh.check(quiet, &[], |count| count == 0.0)?;
    }
    for series in ["store_commit_seconds_count", "store_batch_size_count"] {
        told.check(series, &[], |count| count >= 1.0)?;
    }
    Ok(())
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
