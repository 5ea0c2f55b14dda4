//! The limits of the parts: what the same rows cost without an engine.

use std::process::Output;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use cluster::program::binary;
use load::embedded::LIMITS;
use load::report::Report;
use tokio::process::Command;

/// Lives in one batch of bare SQL, every step of the batch a commit of its own.
const LIVES_PER_BATCH: f64 = 100.0;
/// Batches in flight: one waits for the disk while another computes.
const CLIENTS: &str = "4";
/// The rows of a life, by statements of many rows.
const LIVES: &str = include_str!("../sql/lives.pgbench");

/// A life's rows in SQLite, and the rows of an acceptance.
pub(crate) async fn sqlite(report: &mut Report, lasting: Duration) -> Result<()> {
    let mut program = binary("order-engine");
    program.pop();
    let program = program.join("examples").join("bare_rows");
    let seconds = lasting.as_secs().max(1).to_string();
    let output = run(Command::new(program).arg(seconds)).await?;
    for (line, scenario) in output.lines().zip(["accept", "pipeline"]) {
        let rate: f64 = line.trim().parse().context("read its figures")?;
        report.add(LIMITS, scenario, "bare SQLite rows", rate, "orders/s");
    }
    Ok(())
}

/// A life's rows in PostgreSQL, in the engine's own tables.
pub(crate) async fn postgres(report: &mut Report, port: u16, lasting: Duration) -> Result<()> {
    let folder = tempfile::tempdir().context("make a folder")?;
    let script = folder.path().join("lives.pgbench");
    std::fs::write(&script, LIVES).context("write the script")?;
    let mut command = Command::new("pgbench");
    command
        .args(["-n", "-h", "127.0.0.1", "-U", "postgres", "-p"])
        .arg(port.to_string())
        .args([
            "-c", CLIENTS, "-j", "1", "-M", "prepared", "-D", "n=0", "-T",
        ])
        .arg(lasting.as_secs().max(1).to_string())
        .arg("-f")
        .arg(&script)
        .arg("postgres");
    let output = run(&mut command).await?;
    let rate = output
        .lines()
        .find_map(|line| line.strip_prefix("tps = "))
        .and_then(|rest| rest.split_whitespace().next())
        .context("pgbench told no rate")?;
    let lives = rate.parse::<f64>()? * LIVES_PER_BATCH;
    report.add(
        LIMITS,
        "pipeline",
        "bare PostgreSQL rows",
        lives,
        "orders/s",
    );
    Ok(())
}

/// Pushes to a list, pipelined.
pub(crate) async fn redis(report: &mut Report, port: u16) -> Result<()> {
    let mut command = Command::new("redis-benchmark");
    command
        .args([
            "--csv", "-t", "lpush", "-n", "300000", "-P", "64", "-c", "4", "-p",
        ])
        .arg(port.to_string());
    let output = run(&mut command).await?;
    let line = output
        .lines()
        .find(|line| line.starts_with("\"LPUSH\""))
        .context("redis-benchmark told no rate")?;
    let rate = line.split(',').nth(1).unwrap_or_default();
    let rate: f64 = rate.trim_matches('"').parse().context("read its rate")?;
    report.add(LIMITS, "pipeline", "bare Redis pushes", rate, "1/s");
    Ok(())
}

async fn run(command: &mut Command) -> Result<String> {
    let Output {
        status,
        stdout,
        stderr,
    } = command
        .output()
        .await
        .with_context(|| format!("start {command:?}"))?;
    let stderr = String::from_utf8_lossy(&stderr);
    ensure!(status.success(), "{command:?} failed: {stderr}");
    Ok(String::from_utf8_lossy(&stdout).into_owned())
}
