//! Several wallets at once: each order is paid and signed by its own, whatever happens to processes and keys meanwhile.
//! What the cluster's ledger shows decides.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use cluster::e2e::{Target, socket, text};
use cluster::engine::Engine;
use cluster::http::http;
use cluster::{Chain, Scratch, Size};
use futures_util::future::try_join_all;
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use testkit::contract::eventually;

use crate::chain::{Node, engine_and_node};

const TWO: (&str, &str) = ("WALLETS", "main,second");
const SLOWLY: (&str, &str) = ("SIM_LATENCY_SCALE", "0.1");

fn order_by(wallet: &str) -> String {
    let order = json!({"tokenIn": "SOL", "tokenOut": "USDC", "amount": "1.5", "slippageBps": 500, "wallet": wallet});
    order.to_string()
}

/// The address of a wallet, as operators see it.
async fn address_of(target: &Target, wallet: &str) -> Result<String> {
    let path = format!("/api/wallet?wallet={wallet}");
    let shown = target.get(0, &path).await?;
    Ok(text(&shown, "address")?.to_owned())
}

async fn shown(target: &Target, id: &str) -> Result<Value> {
    let answer = target.get(0, &format!("/api/orders/{id}")).await?;
    Ok(answer["order"].clone())
}

/// Follows an order to its end and checks who has paid for it, and signed, by the ledger's word.
async fn check_payer(target: &Target, node: &Node, id: &str, wallet: &str) -> Result<()> {
    socket::follow(&target.ws_url(0, &format!("/ws/orders/{id}"))).await?;
    let order = shown(target, id).await?;
    ensure!(order["status"] == "confirmed", "{order}");
    ensure!(order["wallet"] == wallet, "{order}");
    let signature = text(&order, "txHash")?;
    let form =
        json!({"encoding": "json", "commitment": "confirmed", "maxSupportedTransactionVersion": 0});
    let landed = node
        .call("getTransaction", json!([signature, form]))
        .await?;
    let keys = &landed["transaction"]["message"]["accountKeys"];
    ensure!(keys[0] == wallet, "{landed}");
    ensure!(
        landed["transaction"]["signatures"][0] == signature,
        "{landed}"
    );
    Ok(())
}

async fn operate(engine: &Engine, act: &str) -> Result<()> {
    let url = engine.url(&format!("/api/admin/{act}"));
    let answer = http().post(url).send().await?;
    ensure!(answer.status().is_success(), "{answer:?}");
    Ok(())
}

#[tokio::test]
async fn two_wallets_trade_at_once_in_one_process() -> Result<()> {
    let (engine, node) = engine_and_node(&[TWO, SLOWLY]).await?;
    let target = Target::new(vec![engine.url("")]);
    let main = address_of(&target, "main").await?;
    let second = address_of(&target, "second").await?;
    ensure!(main != second);
    let wallets = [("main", &main), ("second", &second)];
    let mut orders = Vec::new();
    for (name, wallet) in wallets.into_iter().cycle().take(8) {
        orders.push((target.accept(0, &order_by(name)).await?, wallet));
    }
    let unasked = json!({"tokenIn": "SOL", "tokenOut": "USDC", "amount": "1"}).to_string();
    orders.push((target.accept(0, &unasked).await?, &main));

    let checks = orders.iter();
    let checks = checks.map(|(id, wallet)| check_payer(&target, &node, id, wallet));
    try_join_all(checks).await?;

    let (status, refused) = target.post_order(0, &order_by("third")).await?;
    ensure!(
        status == 422 && refused["code"] == "unknown_wallet",
        "{refused}"
    );
    let listed = target.get(0, "/api/orders?wallet=second").await?;
    let listed = listed["orders"].as_array().context("orders")?.clone();
    ensure!(
        listed.len() == 4
            && listed
                .iter()
                .all(|order| order["wallet"] == second.as_str())
    );
    let all = target.get(0, "/api/wallet").await?;
    ensure!(all["name"] == "main" && all["wallets"].as_array().is_some_and(|all| all.len() == 2));
    Ok(())
}

#[tokio::test]
async fn an_orders_wallet_outlives_its_engine_and_waits_for_its_key() -> Result<()> {
    let (mut engine, node) = engine_and_node(&[TWO, SLOWLY]).await?;
    let target = Target::new(vec![engine.url("")]);
    let main = address_of(&target, "main").await?;
    let second = address_of(&target, "second").await?;
    operate(&engine, "pause").await?;
    let of_main = target.accept(0, &order_by("main")).await?;
    let of_second = target.accept(0, &order_by("second")).await?;
    engine.kill()?;

    // Its key is taken away: its orders wait, and nobody else's do.
    engine.set("WALLETS", "main");
    engine.restart().await?;
    operate(&engine, "resume").await?;
    check_payer(&target, &node, &of_main, &main).await?;
    let waiting = shown(&target, &of_second).await?;
    ensure!(
        waiting["status"] == "pending" && waiting["wallet"] == second.as_str(),
        "{waiting}"
    );
    ensure!(waiting["waiting"]["for"] == "wallet", "{waiting}");
    ensure!(engine.stop().await? == Some(0));

    engine.set("WALLETS", "third,second,main");
    engine.restart().await?;
    check_payer(&target, &node, &of_second, &second).await
}

#[tokio::test]
async fn orders_find_the_worker_of_a_cluster_that_has_their_wallet() -> Result<()> {
    let none = Size {
        gateways: 1,
        workers: 1,
    };
    // The simulated cluster funds both; the first worker has both.
    let mut cluster = Scratch::start(none, &[TWO, SLOWLY]).await?;
    let target = cluster.target();
    let node = cluster.state().sim.as_ref().context("a chain")?;
    let node = Node::at(&node.url);
    // A gateway knows no wallet before a worker has told of it.
    let told = async |wallet| address_of(&target, wallet).await.ok();
    let main = eventually("a worker's word", async || told("main").await).await;
    let second = eventually("a worker's word", async || told("second").await).await;
    let both = cluster.state().workers[0].clone();
    both.signal(Signal::SIGTERM);
    eventually("the worker's end", async || (!both.is_live()).then_some(())).await;
    cluster.add_worker(&[("WALLETS", "main")])?;
    let of_second = target.accept(0, &order_by("second")).await?;
    let of_main = target.accept(0, &order_by("main")).await?;

    check_payer(&target, &node, &of_main, &main).await?;
    let waiting = shown(&target, &of_second).await?;
    ensure!(waiting["status"] == "pending", "{waiting}");
    eventually("the reason", async || {
        let order = shown(&target, &of_second).await.ok()?;
        (order["waiting"]["for"] == "wallet").then_some(())
    })
    .await;
    cluster.add_worker(&[("WALLETS", "second")])?;
    check_payer(&target, &node, &of_second, &second).await?;

    // Workers with one wallet each, and orders of both in one queue.
    let mut orders = Vec::new();
    for (name, wallet) in [("main", &main), ("second", &second)]
        .into_iter()
        .cycle()
        .take(20)
    {
        orders.push((target.accept(0, &order_by(name)).await?, wallet));
    }
    let checks = orders.iter();
    let checks = checks.map(|(id, wallet)| check_payer(&target, &node, id, wallet));
    let ended = tokio::time::timeout(Duration::from_secs(60), try_join_all(checks)).await;
    ended.context("orders wait for each other's wallets")??;
    Ok(())
}

#[tokio::test]
async fn two_key_files_trade_live() -> Result<()> {
    let chain = Chain::start(&[SLOWLY]).await?;
    let (first, second) = (chain.wallet("first").await?, chain.wallet("second").await?);
    let mut variables = first.live_on(chain.url());
    variables.retain(|(name, _)| *name != "WALLET");
    let keys = format!(
        "first={},second={}",
        first.path.display(),
        second.path.display()
    );
    variables.push(("WALLETS", keys));
    let variables = variables
        .iter()
        .map(|(name, value)| (*name, value.as_str()));
    let variables: Vec<_> = variables.collect();
    let engine = Engine::start(&variables).await?;
    let target = Target::new(vec![engine.url("")]);
    let node = Node::at(chain.url());
    let wallets = [("first", &first.address), ("second", &second.address)];
    let mut orders = Vec::new();
    for (name, wallet) in wallets {
        orders.push((target.accept(0, &order_by(name)).await?, wallet));
    }

    let checks = orders.iter();
    let checks = checks.map(|(id, wallet)| check_payer(&target, &node, id, wallet));
    try_join_all(checks).await?;
    Ok(())
}
