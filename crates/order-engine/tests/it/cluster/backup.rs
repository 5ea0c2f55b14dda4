//! A backup, made and restored by the commands of docs/OPERATIONS.md.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use cluster::e2e::suites::SOL_FOR_USDC;
use cluster::e2e::{Target, load};
use cluster::http::http;
use cluster::{Scratch, Size};
use serde_json::Value;

use super::cluster;
use super::members::follow_all;

const ENDED: usize = 20;
const WAITING: usize = 20;

#[tokio::test]
async fn a_restored_backup_has_every_order_and_goes_on_with_those_that_waited() -> Result<()> {
    let mut cluster = cluster(&[]).await?;
    let target = cluster.target();
    load::run(&target, ENDED, SOL_FOR_USDC).await?;
    operate(&target, "pause").await?;
    let mut waiting = Vec::new();
    for n in 0..WAITING {
        waiting.push(target.accept(n, SOL_FOR_USDC).await?);
    }
    let before = histories(&target).await?;

    let dump = cluster.folder().join("orders.dump");
    let dump = dump.to_str().context("a path in UTF-8")?;
    let url = database(&cluster)?;
    run("pg_dump", &["--format=custom", "--file", dump, &url])?;
    kill_engine(&cluster);
    cluster.ask_postgres("drop schema public cascade; create schema public")?;
    cluster.ask_redis(&["FLUSHDB"])?;
    run("pg_restore", &["--no-owner", "--dbname", &url, dump])?;
    cluster.scale(Size::default()).await?;

    let target = cluster.target();
    ensure!(histories(&target).await? == before, "the histories differ");
    operate(&target, "resume").await?;
    follow_all(&target, &waiting).await
}

/// The events of every order, the newest order first.
async fn histories(target: &Target) -> Result<Vec<Value>> {
    let page = target.get(0, "/api/orders?limit=100").await?;
    let orders = page["orders"].as_array().context("orders")?;
    ensure!(orders.len() == ENDED + WAITING, "{} orders", orders.len());
    let mut events = Vec::new();
    for order in orders {
        let id = order["orderId"].as_str().context("an id")?;
        events.push(target.get(0, &format!("/api/orders/{id}/events")).await?);
    }
    Ok(events)
}

async fn operate(target: &Target, what: &str) -> Result<()> {
    let url = target.url(0, &format!("/api/admin/{what}"));
    let answer = http()
        .post(url)
        .send()
        .await
        .context("call the operators")?;
    ensure!(answer.status().is_success(), "{what}: {}", answer.status());
    Ok(())
}

fn kill_engine(cluster: &Scratch) {
    let state = cluster.state();
    for member in state.gateways.iter().chain(&state.workers) {
        member.kill();
    }
}

fn database(cluster: &Scratch) -> Result<String> {
    let postgres = cluster.state().postgres.as_ref().context("PostgreSQL")?;
    let port = postgres.port();
    Ok(format!("postgres://postgres@127.0.0.1:{port}/postgres"))
}

fn run(program: &str, arguments: &[&str]) -> Result<()> {
    let output = Command::new(program).args(arguments).output();
    let output = output.with_context(|| format!("start {program}"))?;
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{program}: {error}");
    Ok(())
}
