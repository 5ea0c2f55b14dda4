//! What operators look at and are woken by, held to what the engine tells.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
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
