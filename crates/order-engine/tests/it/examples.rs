//! The client programs of `examples/`, over a real engine and a bad network, each of whose
//! connections leads to the next gateway.

pub(crate) mod network;

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use cluster::program::binary;
use serde_json::Value;
use tokio::process::Command;

use crate::doubt::one_order_was_made;
use crate::world::World;
use crate::world::caller::{Caller, POLL};
use network::Network;

/// No order of these tests needs longer, also on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

pub(crate) fn source(path: &str) -> PathBuf {
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

/// A program and its name.
pub(crate) type Program = (&'static str, fn() -> Command);

pub(crate) const PROGRAMS: [Program; 3] = [
    ("javascript", javascript),
    ("python", python),
    ("rust", rust),
];

fn rust() -> Command {
    Command::new(binary("examples/swap"))
}

pub(crate) async fn run(
    mut program: Command,
    client: &Caller,
    base_url: &str,
    order: &[&str],
) -> Result<Output> {
    program
        .args(order)
        .env("ORDER_ENGINE_URL", base_url)
        .env_remove("API_KEY")
        .envs(client.key().map(|key| ("API_KEY", key)))
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = tokio::time::timeout(LIMIT, program.output())
        .await
        .with_context(|| format!("{program:?} does not end"))?;
    output.with_context(|| format!("start {program:?}"))
}

/// It makes one order, and shows each of its events once, whatever the network does.
pub(crate) async fn check(world: &World, program: fn() -> Command) -> Result<()> {
    let client = world.client();
    let network = Network::before(world.doors()).await?;

    let order = ["SOL", "USDC", "1.5"];
    let output = run(program(), &client, &network.url(), &order).await?;

    ensure!(output.status.success(), "{output:?}");
    ensure!(network.has_hurt(), "the network was too good");
    let listed = client.read("/api/orders").await?;
    let orders = listed["orders"].as_array().context("a list")?;
    ensure!(orders.len() == 1, "{} orders were made", orders.len());
    let told = String::from_utf8(output.stdout)?;
    let told: Vec<&str> = told.lines().collect();
    let expected = story(&client, &orders[0]).await?;
    ensure!(told == expected, "{told:#?} instead of {expected:#?}");

    let hopeless = ["SOL", "NOPE", "1"];
    let refused = run(program(), &client, &client.url(""), &hopeless).await?;
    let said = String::from_utf8(refused.stderr)?;
    ensure!(refused.status.code() == Some(1), "{said}");
    ensure!(said.contains("tokenOut"), "{said}");
    Ok(())
}

/// What a program has to say of an order, by what the engine has stored.
async fn story(client: &Caller, order: &Value) -> Result<Vec<String>> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let id = text(&order["orderId"]);
    let mut lines = vec![format!("order {id}")];
    for event in client.events(&id).await? {
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

/// If no answer comes the program prints the key, under which a repeat makes no second order.
async fn check_names_its_key(world: &World, program: fn() -> Command) -> Result<()> {
    let client = world.client();
    let network = Network::that_loses_every_answer(world.doors()).await?;
    let order = ["SOL", "USDC", "1.5"];

    let in_doubt = run(program(), &client, &network.url(), &order).await?;

    let said = String::from_utf8(in_doubt.stderr)?;
    ensure!(in_doubt.status.code() == Some(1), "{said}");
    let (_, key) = said
        .split_once("IDEMPOTENCY_KEY=")
        .with_context(|| format!("no key: {said}"))?;
    let key = key.split_whitespace().next().context("a key")?;
    let mut again = program();
    again.env("IDEMPOTENCY_KEY", key);
    let repeated = run(again, &client, &client.url(""), &order).await?;
    ensure!(repeated.status.success(), "{repeated:?}");
    one_order_was_made(&client).await
}

/// It repeats the request to a store that stalls, under one key, and learns of its one order.
async fn check_outlasts_a_store(world: &World, program: fn() -> Command) -> Result<()> {
    let client = world.client();
    let order = ["SOL", "USDC", "1.5"];
    let before = refused(world).await?;

    let frozen = world.freeze_store()?;
    let gateway = world.address();
    let running = run(program(), &client, &gateway, &order);
    let thawing = async {
        // The first try hangs in its commit, the second cannot be looked up.
        let looking = async {
            while refused(world).await? < before + 2 {
                tokio::time::sleep(POLL).await;
            }
            anyhow::Ok(())
        };
        let looked = tokio::time::timeout(LIMIT, looking).await;
        frozen.thaw();
        looked.context("it is not refused twice")?
    };
    let (output, thawed) = tokio::join!(running, thawing);
    thawed?;
    let output = output?;

    ensure!(output.status.success(), "{output:?}");
    one_order_was_made(&client).await
}

/// Orders that all gateways have refused.
async fn refused(world: &World) -> Result<u64> {
    let metrics = world.metrics().await?;
    let counts = metrics.lines().filter_map(|line| {
        let line = line.strip_prefix("orders_refused_total{")?;
        line.rsplit_once(' ')?.1.parse::<u64>().ok()
    });
    Ok(counts.sum())
}

async fn every_client_names_its_key_where_no_answer_comes(world: &mut World) -> Result<()> {
    for (name, program) in PROGRAMS {
        check_names_its_key(world, program).await.context(name)?;
    }
    Ok(())
}

async fn every_client_makes_one_order_beside_a_store_that_stands_still(
    world: &mut World,
) -> Result<()> {
    for (name, program) in PROGRAMS {
        check_outlasts_a_store(world, program).await.context(name)?;
        world.heals().await?;
    }
    Ok(())
}

async fn the_javascript_client_makes_one_order_over_a_bad_network(world: &mut World) -> Result<()> {
    check(world, javascript).await
}

async fn the_python_client_makes_one_order_over_a_bad_network(world: &mut World) -> Result<()> {
    check(world, python).await
}

async fn the_rust_client_makes_one_order_over_a_bad_network(world: &mut World) -> Result<()> {
    check(world, rust).await
}

mod process {
    use crate::examples;
    use crate::world::{CLIENTS, NONE, OPERATORS, Settings, World, over_process};

    const KEYS: Settings = &[CLIENTS, OPERATORS];

    over_process! { World:
        examples::the_javascript_client_makes_one_order_over_a_bad_network(NONE),
        examples::the_python_client_makes_one_order_over_a_bad_network(NONE),
        examples::the_rust_client_makes_one_order_over_a_bad_network(NONE),
        examples::every_client_names_its_key_where_no_answer_comes(KEYS),
    }
}

mod clustered {
    use crate::world::{CLIENTS, OPERATORS, Settings, World, over_cluster};
    use crate::{clients, examples};

    const KEYS: Settings = &[CLIENTS, OPERATORS];

    over_cluster! { World: every_client_makes_one_order_over_a_bad_network_to_two_gateways(KEYS):
        examples::the_javascript_client_makes_one_order_over_a_bad_network,
        examples::the_python_client_makes_one_order_over_a_bad_network,
        examples::the_rust_client_makes_one_order_over_a_bad_network,
        examples::every_client_makes_one_order_beside_a_store_that_stands_still,
        clients::the_typescript_packages_example_makes_one_order_over_a_bad_network,
        clients::the_python_packages_example_makes_one_order_over_a_bad_network,
    }
}
