//! The client programs of `examples/`, over a real engine and a bad network.

mod network;

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use testkit::e2e::Target;
use testkit::engine::Engine;
use testkit::program::binary;
use tokio::process::Command;

use network::Network;

/// No order of these tests needs longer, also on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../examples")
        .join(path)
}

fn javascript() -> Command {
    let mut command = Command::new("node");
    command.arg(source("javascript/swap.mjs"));
    command
}

fn python() -> Command {
    let mut command = Command::new("python3");
    command.arg(source("python/swap.py"));
    command
}

fn rust() -> Command {
    Command::new(binary("examples/swap"))
}

async fn run(mut program: Command, base_url: &str, order: [&str; 3]) -> Result<Output> {
    program
        .args(order)
        .env("ORDER_ENGINE_URL", base_url)
        .env_remove("API_KEY")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = tokio::time::timeout(LIMIT, program.output())
        .await
        .with_context(|| format!("{program:?} does not end"))?;
    output.with_context(|| format!("start {program:?}"))
}

/// One order comes of it, and each of its events is told once, whatever the network does.
async fn check(program: fn() -> Command) -> Result<()> {
    let engine = Engine::start(&[]).await?;
    let network = Network::before(engine.address()).await?;
    let target = Target::new(vec![engine.url("")]);

    let output = run(program(), &network.url(), ["SOL", "USDC", "1.5"]).await?;

    ensure!(output.status.success(), "{output:?}");
    ensure!(network.has_hurt(), "the network was too good");
    let listed = target.get(0, "/api/orders").await?;
    let orders = listed["orders"].as_array().context("a list")?;
    ensure!(orders.len() == 1, "{} orders were made", orders.len());
    let told = String::from_utf8(output.stdout)?;
    let told: Vec<&str> = told.lines().collect();
    let expected = story(&target, &orders[0]).await?;
    ensure!(told == expected, "{told:#?} instead of {expected:#?}");

    let refused = run(program(), &engine.url(""), ["SOL", "NOPE", "1"]).await?;
    let said = String::from_utf8(refused.stderr)?;
    ensure!(refused.status.code() == Some(1), "{said}");
    ensure!(said.contains("tokenOut"), "{said}");
    Ok(())
}

/// What a program has to say of an order, by what the engine has stored.
async fn story(target: &Target, order: &Value) -> Result<Vec<String>> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let id = text(&order["orderId"]);
    let history = target.get(0, &format!("/api/orders/{id}/events")).await?;
    let events = history["events"].as_array().context("events")?;
    let mut lines = vec![format!("order {id}")];
    for event in events {
        let via = event["dex"].as_str().map(|dex| format!(" {dex}"));
        let status = text(&event["status"]);
        lines.push(format!(
            "{} {status}{}",
            event["seq"],
            via.unwrap_or_default()
        ));
    }
    lines.push(format!(
        "1.5 SOL -> {} USDC on {}, transaction {}",
        text(&order["amountOut"]),
        text(&order["dex"]),
        text(&order["txHash"])
    ));
    Ok(lines)
}

#[tokio::test]
async fn the_javascript_client_makes_one_order_over_a_bad_network() -> Result<()> {
    check(javascript).await
}

#[tokio::test]
async fn the_python_client_makes_one_order_over_a_bad_network() -> Result<()> {
    check(python).await
}

#[tokio::test]
async fn the_rust_client_makes_one_order_over_a_bad_network() -> Result<()> {
    check(rust).await
}
