//! A halt by signal, and over a restart.

use anyhow::{Context, Result, ensure};
use cluster::e2e::Target;
use cluster::engine::Engine;
use cluster::http::http;
use nix::sys::signal::Signal;
use serde_json::Value;
use testkit::contract::eventually;

use crate::run::run;

async fn queue(target: &Target) -> Result<Value> {
    target.get(0, "/api/admin/queue").await
}

fn target(engine: &Engine) -> Target {
    Target::new(vec![engine.url("")])
}

#[tokio::test]
async fn a_signal_halts_the_engine_and_the_command_line_resumes_it() -> Result<()> {
    let mut engine = Engine::start(&[]).await?;
    engine.program().signal(Signal::SIGQUIT)?;
    eventually("the halt to be stored", async || {
        let queue = queue(&target(&engine)).await.ok()?;
        (queue["halted"]["by"] == "signal").then_some(())
    })
    .await;

    engine.kill()?;
    engine.restart().await?;

    let after = queue(&target(&engine)).await?;
    ensure!(after["halted"]["reason"] == "SIGQUIT", "{after}");
    let metrics = http().get(engine.url("/metrics")).send().await?;
    let metrics = metrics.text().await.context("the metrics")?;
    ensure!(metrics.contains("engine_halted 1"), "{metrics}");
    let base = engine.url("");
    let state = run(
        &std::env::temp_dir(),
        &["queue", "state", "--base-url", &base],
        &[],
    )
    .await;
    ensure!(state.stdout.contains("halted by signal"), "{state:?}");
    let folder = engine.data_dir().display().to_string();
    let doctor = run(
        &std::env::temp_dir(),
        &["doctor"],
        &[("DATA_DIR", folder.as_str())],
    )
    .await;
    ensure!(
        doctor.code == Some(1) && doctor.stdout.contains("engine: halted by signal"),
        "{doctor:?}"
    );
    for (command, said) in [("halt", "halted: nothing"), ("resume", "resumed")] {
        let ran = run(
            &std::env::temp_dir(),
            &["queue", command, "--base-url", &base],
            &[],
        )
        .await;
        ensure!(ran.code == Some(0) && ran.stdout.contains(said), "{ran:?}");
    }
    let after = queue(&target(&engine)).await?;
    ensure!(
        after["halted"].is_null() && after["paused"] == false,
        "{after}"
    );
    let reconciled = run(
        &std::env::temp_dir(),
        &["wallet", "--reconcile", "--base-url", &base],
        &[],
    )
    .await;
    ensure!(reconciled.code == Some(0), "{reconciled:?}");
    Ok(())
}
