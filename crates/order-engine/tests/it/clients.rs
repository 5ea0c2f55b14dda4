//! The packages of `clients/`: their types are those of the documents, they pass their own tests, and over a
//! real engine and a rough network they submit each order once and miss none of its events.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::examples::network::Network;
use crate::examples::{check, run};
use crate::world::World;

/// Nobody answers there: the packages go on to the next gateway.
const NOWHERE: &str = "http://127.0.0.1:999";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn node(file: &str) -> Command {
    let mut command = Command::new("node");
    command.arg(root().join("clients/typescript").join(file));
    command
}

fn python(file: &Path) -> Command {
    let package = root().join("clients/python");
    let mut command = Command::new("python3");
    command
        .arg(package.join(file))
        .env("PYTHONPATH", package)
        .env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

fn typescript_example() -> Command {
    node("examples/swap.js")
}

fn python_example() -> Command {
    python(Path::new("examples/swap.py"))
}

/// What the drivers submit, and how each ends.
const ENDS: [(&str, &str); 9] = [
    ("market", "confirmed"),
    ("exactOut", "confirmed"),
    ("limit", "confirmed"),
    ("stop", "confirmed"),
    ("takeProfit", "confirmed"),
    ("trailing", "cancelled"),
    ("ocoFires", "confirmed"),
    ("ocoEnds", "cancelled"),
    ("sniper", "confirmed"),
];

/// A driver submits an order of each type; the engine has each once, and the driver saw what it has stored.
async fn drive(world: &World, driver: Command) -> Result<()> {
    let client = world.client();
    let network = Network::that_is_rough(world.doors()).await?;

    let gateways = format!("{NOWHERE},{}", network.url());
    let output = run(driver, &client, &gateways, &[]).await?;

    ensure!(output.status.success(), "{output:?}");
    ensure!(network.has_hurt(), "the network was too good");
    let seen: Value = serde_json::from_slice(&output.stdout).context("what it saw")?;
    let listed = client.read("/api/orders?limit=200").await?;
    let orders = listed["orders"].as_array().context("a list")?;
    let ids: Vec<&Value> = orders.iter().map(|order| &order["orderId"]).collect();
    ensure!(ids.len() == ENDS.len(), "{} orders were made", ids.len());
    ensure!(seen["listed"] == json!(ids), "{seen}");
    for (name, end) in ENDS {
        let told = &seen["told"][name];
        let id = told["orderId"].as_str().context("an id")?;
        ensure!(told["status"] == end, "{name}: {told}");
        ensure!(seen["feed"][id] == end, "{name}: {seen}");
        let stored = client.events(id).await?;
        let stored: Vec<&Value> = stored.iter().map(|event| &event["seq"]).collect();
        ensure!(told["seqs"] == json!(stored), "{name}: {told}, {stored:?}");
        let landed = client.landed(id).await?;
        let swaps = landed.iter().filter(|entry| entry["ok"] == true).count();
        ensure!(
            swaps == usize::from(end == "confirmed"),
            "{name}: {landed:?}"
        );
    }
    for (name, expected) in [
        ("changed", json!(300)),
        ("cancelled", json!("cancelled")),
        ("quotes", json!(true)),
        ("dryRun", json!(true)),
        ("pools", json!(true)),
        ("tokens", json!(true)),
        ("wallet", client.key().map_or(json!("sim"), |_| Value::Null)),
        ("named", seen["told"]["market"]["orderId"].clone()),
        ("stats", json!(true)),
        ("execution", json!(true)),
        ("transaction", json!(true)),
        ("refused", json!("invalid_order")),
    ] {
        ensure!(seen[name] == expected, "{name}: {seen}");
    }
    Ok(())
}

async fn the_typescript_package_submits_every_type_once_over_a_rough_network(
    world: &mut World,
) -> Result<()> {
    drive(world, node("test/drive.js")).await
}

async fn the_python_package_submits_every_type_once_over_a_rough_network(
    world: &mut World,
) -> Result<()> {
    drive(world, python(Path::new("tests/drive.py"))).await
}

pub(crate) async fn the_typescript_packages_example_makes_one_order_over_a_bad_network(
    world: &mut World,
) -> Result<()> {
    check(world, typescript_example).await
}

pub(crate) async fn the_python_packages_example_makes_one_order_over_a_bad_network(
    world: &mut World,
) -> Result<()> {
    check(world, python_example).await
}

mod process {
    use crate::clients;
    use crate::world::{NONE, STILL, Settings, World, over_process};

    const QUIET: Settings = &[STILL];

    over_process! { World:
        clients::the_typescript_package_submits_every_type_once_over_a_rough_network(QUIET),
        clients::the_python_package_submits_every_type_once_over_a_rough_network(QUIET),
        clients::the_readmes_blocks_do_what_they_say(QUIET),
        clients::the_typescript_packages_example_makes_one_order_over_a_bad_network(NONE),
        clients::the_python_packages_example_makes_one_order_over_a_bad_network(NONE),
    }
}

/// The blocks of a README in this language, as one program.
fn blocks(readme: &str, language: &str) -> Result<String> {
    let text = std::fs::read_to_string(root().join(readme))?;
    let opening = format!("```{language}\n");
    let blocks = text.split(&opening).skip(1);
    let blocks: Vec<&str> = blocks.filter_map(|rest| rest.split("```").next()).collect();
    ensure!(blocks.len() >= 6, "{readme} has {} blocks", blocks.len());
    Ok(blocks.concat())
}

async fn the_readmes_blocks_do_what_they_say(world: &mut World) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let package = root()
        .join("clients/typescript/src/index.js")
        .canonicalize()?;
    let package = format!("\"{}\"", package.display());
    let source = blocks("clients/typescript/README.md", "js")?;
    let javascript = folder.path().join("readme.mjs");
    std::fs::write(
        &javascript,
        source.replace("\"order-engine-client\"", &package),
    )?;
    let python_file = folder.path().join("readme.py");
    std::fs::write(&python_file, blocks("clients/python/README.md", "python")?)?;
    let mut node = Command::new("node");
    node.arg(javascript);
    // An absolute path stands for itself.
    let python = python(&python_file);

    let client = world.client();
    for (program, same) in [
        (node, "the same order again: true true"),
        (python, "the same order again: True True"),
    ] {
        let output = run(program, &client, &world.address(), &[]).await?;
        let told = String::from_utf8(output.stdout)?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{told}\n{complaint}");
        for line in [same, "99999", "cancelled", "confirmed", "invalid_order"] {
            ensure!(told.contains(line), "`{line}` was not told: {told}");
        }
    }
    Ok(())
}

/// Runs it to its end; what it printed is the error where it fails.
async fn passes(mut command: Command) -> Result<()> {
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output = command.output().await;
    let output = output.with_context(|| format!("start {command:?}"))?;
    let (out, err) = (&output.stdout, &output.stderr);
    ensure!(
        output.status.success(),
        "{command:?}:\n{}\n{}",
        String::from_utf8_lossy(out),
        String::from_utf8_lossy(err)
    );
    Ok(())
}

#[tokio::test]
async fn the_packages_types_are_those_of_the_documents() -> Result<()> {
    let mut command = Command::new("python3");
    command
        .arg(root().join("scripts/client-types"))
        .arg("--check")
        .env("PYTHONDONTWRITEBYTECODE", "1");
    passes(command).await
}

#[tokio::test]
async fn the_typescript_package_passes_its_own_tests() -> Result<()> {
    let tests = ["calls", "streams", "webhooks"];
    let mut command = Command::new("node");
    command
        .arg("--test")
        .args(tests.map(|name| format!("test/{name}.test.js")))
        .current_dir(root().join("clients/typescript"));
    passes(command).await
}

#[tokio::test]
async fn the_python_package_passes_its_own_tests() -> Result<()> {
    let mut command = Command::new("python3");
    command
        .args(["-W", "error", "-m", "unittest"])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(root().join("clients/python"));
    passes(command).await
}
