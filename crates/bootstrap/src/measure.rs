//! The process' only metrics recorder. Its handle renders the text that `/metrics` serves.

use std::time::Duration;

use anyhow::Context;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use ports::Shutdown;

/// Quick steps take less than a millisecond, an order a few seconds, a retried one minutes.
const SECONDS: [f64; 15] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0,
];
/// Buckets for the batches of a store or a queue.
const SIZES: [f64; 11] = [
    1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0,
];
/// How often raw samples are moved into the histograms' buckets; until then they take memory.
const UPKEEP: Duration = Duration::from_secs(5);

/// Installs the recorder and keeps its memory bounded until the process stops.
pub fn start(shutdown: &Shutdown) -> anyhow::Result<PrometheusHandle> {
    let millis = SECONDS.map(|seconds| seconds * 1_000.0);
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
        .and_then(|builder| {
            builder.set_buckets_for_metric(Matcher::Suffix("_ms".to_owned()), &millis)
        })
        .and_then(|builder| {
            builder.set_buckets_for_metric(Matcher::Suffix("_size".to_owned()), &SIZES)
        })
        .and_then(PrometheusBuilder::install_recorder)
        .context("could not install the metrics recorder")?;
    metrics::describe_counter!(
        "log_lines_dropped_total",
        "Log lines dropped because nobody read the log in time"
    );
    metrics::counter!("log_lines_dropped_total").increment(0);
    let (upkeep, stop) = (handle.clone(), shutdown.clone());
    shutdown.spawn(async move {
        while tokio::time::timeout(UPKEEP, stop.soft()).await.is_err() {
            upkeep.run_upkeep();
        }
    });
    Ok(handle)
}
