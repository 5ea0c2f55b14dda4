//! Engines that trade through a signer: case 46 of FAILURES.md.

use anyhow::{Context, Result, ensure};
use cluster::e2e::load;
use cluster::e2e::suites::SOL_FOR_USDC;
use cluster::engine::Engine;
use cluster::http::http;
use cluster::{Chain, Scratch, Size};
use nix::sys::signal::Signal;
use serde_json::{Value, json};

use super::{POLL, POLLS_MAX, Signer};
use crate::run::run;
use crate::world::LIVE;

/// A live engine waits in slots of 400 ms, so a transaction of a much faster cluster would often expire.
/// Prices stand still, so that no quote is too old after a wait.
const CHAIN: [(&str, &str); 2] = [("SIM_LATENCY_SCALE", "0.1"), ("SIM_MARKET", "still")];
const PLENTY: &str = "SOL:1000/order,SOL:100000/day,fees:10/day";
/// Orders while the signer is away: more than the engine has slots.
const ORDERS: usize = 20;
const SLOTS: &str = "4";
/// More often than orders may fail, and more often than there are slots: they wait outside them.
const WAITS: f64 = 4.0 * 20.0;

struct World {
    chain: Chain,
    signer: Signer,
    engine: Engine,
}

impl World {
    async fn new(limits: &str) -> Result<Self> {
        let chain = Chain::start(&CHAIN).await?;
        let wallet = chain.wallet("wallet").await?;
        let signer = Signer::of(tempfile::tempdir()?, wallet, limits).await?;
        let named = format!("unix:{}", signer.socket().display());
        Self::with(chain, signer, ("WALLET", named)).await
    }

    /// An engine whose keys this variable names.
    async fn with(chain: Chain, signer: Signer, keys: (&'static str, String)) -> Result<Self> {
        let mut variables = signer.wallet.live_on(chain.url());
        variables.retain(|(name, _)| *name != "WALLET");
        variables.push(keys);
        variables.push(("QUEUE_MAX_CONCURRENCY", SLOTS.to_owned()));
        let variables = variables.iter();
        let variables: Vec<_> = variables
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let engine = Engine::start(&variables).await?;
        Ok(Self {
            chain,
            signer,
            engine,
        })
    }

    async fn post(&self, amount: &str) -> Result<String> {
        self.post_to(amount, None).await
    }

    async fn post_to(&self, amount: &str, wallet: Option<&str>) -> Result<String> {
        let mut order = json!({"tokenIn": "SOL", "tokenOut": "USDC", "amount": amount});
        if let Some(wallet) = wallet {
            order["wallet"] = json!(wallet);
        }
        let answer = http()
            .post(self.engine.url("/api/orders/execute"))
            .json(&order)
            .send()
            .await?;
        ensure!(answer.status() == 201, "{answer:?}");
        let answer: Value = answer.json().await?;
        Ok(answer["orderId"].as_str().context("an id")?.to_owned())
    }

    async fn post_all(&self) -> Result<Vec<String>> {
        let mut orders = Vec::new();
        for _ in 0..ORDERS {
            orders.push(self.post("0.5").await?);
        }
        Ok(orders)
    }

    async fn get(&self, path: &str) -> Result<Value> {
        Ok(http()
            .get(self.engine.url(path))
            .send()
            .await?
            .json()
            .await?)
    }

    /// The order once it has ended.
    async fn ended(&self, order: &str) -> Result<Value> {
        for _ in 0..POLLS_MAX {
            let mut answer = self.get(&format!("/api/orders/{order}")).await?;
            let order = answer["order"].take();
            if ["confirmed", "failed"]
                .iter()
                .any(|end| order["status"] == *end)
            {
                return Ok(order);
            }
            tokio::time::sleep(POLL).await;
        }
        anyhow::bail!("order {order} does not end")
    }

    /// A series of the engine's metrics.
    async fn metric(&self, series: &str) -> Result<f64> {
        let answer = http().get(self.engine.url("/metrics")).send().await?;
        let text = answer.text().await?;
        let mut lines = text.lines();
        let value = lines.find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        Ok(value.with_context(|| series.to_owned())?.parse()?)
    }

    async fn reachable(&self) -> Result<f64> {
        let wallet = &self.signer.wallet.address;
        let series = format!("signer_reachable{{wallet=\"{wallet}\"}}");
        self.metric(&series).await
    }

    /// Waits until orders have come back from their wait for the signer so often.
    async fn waits(&self, times: f64) -> Result<()> {
        for _ in 0..POLLS_MAX {
            if self.metric("signer_waits_total").await? >= times {
                return Ok(());
            }
            tokio::time::sleep(POLL).await;
        }
        anyhow::bail!("no order waits for the signer")
    }

    /// Each order has landed, and none of its executions failed because of the signer.
    async fn all_confirmed(&self, orders: &[String]) -> Result<()> {
        for order in orders {
            let ended = self.ended(order).await?;
            ensure!(ended["status"] == "confirmed", "{ended}");
            let events = self.get(&format!("/api/orders/{order}/events")).await?;
            ensure!(!events.to_string().contains("signer"), "{events}");
        }
        Ok(())
    }
}

#[tokio::test]
async fn orders_wait_for_a_signer_that_is_frozen_or_killed_and_none_is_lost() -> Result<()> {
    let mut world = World::new(PLENTY).await?;
    let first = world.post_all().await?;
    world.all_confirmed(&first).await?;

    world.signer.process()?.signal(Signal::SIGSTOP)?;
    let frozen = world.post_all().await?;
    world.waits(WAITS).await?;
    ensure!(world.reachable().await? == 0.0);
    world.signer.process()?.signal(Signal::SIGCONT)?;
    world.all_confirmed(&frozen).await?;
    ensure!(world.reachable().await? == 1.0);

    let before = world.metric("signer_waits_total").await?;
    world.signer.kill()?;
    let orphaned = world.post_all().await?;
    world.waits(before + WAITS).await?;
    world.signer.restart().await?;
    world.all_confirmed(&orphaned).await?;

    let wallet = world.get("/api/wallet").await?;
    ensure!(
        wallet["address"] == world.signer.wallet.address.as_str(),
        "{wallet}"
    );
    drop(world.chain);
    Ok(())
}

/// One key in the engine's own process, the other in a signer: while that is away, only its own orders wait.
#[tokio::test]
async fn of_two_wallets_one_may_be_a_signers() -> Result<()> {
    let chain = Chain::start(&CHAIN).await?;
    let (main, desk) = (chain.wallet("main").await?, chain.wallet("desk").await?);
    let signer = Signer::of(tempfile::tempdir()?, desk, PLENTY).await?;
    let socket = signer.socket();
    let named = format!(
        "main={},desk=unix:{}",
        main.path.display(),
        socket.display()
    );
    let mut world = World::with(chain, signer, ("WALLETS", named)).await?;
    let addresses = [main.address, world.signer.wallet.address.clone()];

    for (name, address) in ["main", "desk"].iter().zip(&addresses) {
        let order = world.post_to("0.5", Some(name)).await?;
        let ended = world.ended(&order).await?;
        ensure!(
            (&ended["status"], &ended["wallet"]) == (&json!("confirmed"), &json!(address)),
            "{ended}"
        );
    }
    world.signer.kill()?;
    let waiting = world.post_to("0.5", Some("desk")).await?;
    world.waits(1.0).await?;
    let others = world.post_to("0.5", Some("main")).await?;
    world.all_confirmed(&[others]).await?;
    world.signer.restart().await?;
    world.all_confirmed(&[waiting]).await
}

#[tokio::test]
async fn a_worker_of_a_cluster_signs_through_a_signer() -> Result<()> {
    let size = Size {
        gateways: 1,
        workers: 0,
    };
    let mut cluster = Scratch::start(size, LIVE).await?;
    let wallet = cluster.state().wallet.clone().context("a wallet")?;
    let signer = Signer::of(tempfile::tempdir()?, wallet, PLENTY).await?;
    let named = format!("unix:{}", signer.socket().display());
    cluster.add_worker(&[("WALLET", &named)])?;

    let outcome = load::run(&cluster.target(), ORDERS, SOL_FOR_USDC).await?;

    ensure!(outcome.confirmed > ORDERS / 2, "{outcome:?}");
    let journal = std::fs::read_to_string(signer.journal())?;
    let signed = journal
        .lines()
        .filter(|line| line.starts_with("use "))
        .count();
    ensure!(
        signed >= outcome.confirmed,
        "{signed} were signed, {outcome:?}"
    );
    Ok(())
}

#[tokio::test]
async fn an_engine_that_knows_its_wallet_starts_before_its_signer_and_the_doctor_says_what_is_missing()
-> Result<()> {
    let mut world = World::new(PLENTY).await?;
    let wallet = world.signer.wallet.address.clone();
    let named = format!("unix:{}", world.signer.socket().display());
    let mut variables = world.signer.wallet.live_on(world.chain.url());
    variables.retain(|(name, _)| *name != "WALLET");
    variables.extend([("WALLET", named), ("WALLET_ADDRESS", wallet.clone())]);
    let variables: Vec<_> = variables
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let doctor = async || {
        let ran = run(&std::env::temp_dir(), &["doctor", "--json"], &variables).await;
        let checks = ran.json().remove(0)["checks"].take();
        let checks = checks.as_array().context("checks")?;
        let key = checks.iter().find(|check| check["about"] == "key");
        Ok::<_, anyhow::Error>((ran.code, key.context("of the key")?.clone()))
    };

    let (code, key) = doctor().await?;
    ensure!(
        code == Some(0) && key["facts"]["address"] == wallet.as_str(),
        "{key}"
    );
    world.signer.kill()?;
    let (code, key) = doctor().await?;
    ensure!(code == Some(1) && key["state"] == "failed", "{key}");

    world.engine.set("WALLET_ADDRESS", &wallet);
    world.engine.kill()?;
    world.engine.restart().await?;
    let order = world.post("0.5").await?;
    world.waits(1.0).await?;
    world.signer.restart().await?;
    world.all_confirmed(&[order]).await
}

#[tokio::test]
async fn an_order_beyond_the_signers_limit_fails_with_its_words_an_audit_line_and_a_count()
-> Result<()> {
    let world = World::new("SOL:1/order,SOL:10/day,fees:1/day").await?;

    let small = world.post("1").await?;
    let large = world.post("1.5").await?;

    world.all_confirmed(&[small]).await?;
    let failed = world.ended(&large).await?;
    ensure!(failed["errorCode"] == "signer_limit", "{failed}");
    let reason = failed["errorReason"].as_str().context("a reason")?;
    ensure!(
        reason.contains("limits: 1500000000 of") && reason.contains("an order"),
        "{reason}"
    );
    let audit = world.get("/api/admin/audit").await?;
    let line = &audit["entries"][0];
    ensure!(
        line["actor"] == "signer" && line["action"] == "signer_limit",
        "{audit}"
    );
    let refused = world
        .metric("signer_refusals_total{reason=\"signer_limit\"}")
        .await?;
    ensure!(refused == 1.0, "{refused}");
    Ok(())
}
