//! Mints with each of Token-2022's extensions, on a whole engine in this process over its own simulated cluster: those
//! that stand against a trade are refused by their names, others are traded and counted.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use bootstrap::service::Parts;
use bootstrap::world::{World, keys};
use clap::Parser;
use cluster::e2e::text;
use cluster::http::http;
use config::{Config, args};
use domain::{Address, Mint, venue};
use order_engine::KeysAre;
use ports::Shutdown;
use ports::simulation::{Extras, Launch, Launched};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::contract::eventually;
use tokio::sync::oneshot;

const TOKEN_2022: Address = Address::literal("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb");
/// The listed token of which a tenth of a percent is kept in each transfer.
const PYUSD: &str = "PYUSD";

#[derive(Debug, Parser)]
struct Program {
    #[command(flatten)]
    config: Config,
}

/// A whole engine on a thread of this process; it stops when this is dropped.
struct Engine {
    address: SocketAddr,
    world: World,
    shutdown: Shutdown,
    thread: Option<std::thread::JoinHandle<()>>,
    _folder: TempDir,
}

impl Engine {
    async fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let data = format!("--data-dir={}", folder.path().display());
        let flags = [
            "order-engine",
            &data,
            "--port=0",
            "--sim-latency-scale=0",
            "--sim-market=still",
            "--retry-base-delay-ms=0",
        ];
        let config = args::parse_flags::<Program>(flags.map(Into::into));
        let config = config.map_err(|stop| anyhow::anyhow!("{stop}"))?.config;
        let (shutdown, (tell, told)) = (Shutdown::new(), oneshot::channel());
        let ending = shutdown.clone();
        let thread = std::thread::spawn(move || run(config, ending, tell));
        let (address, world) = told.await.context("the engine starts")?;
        Ok(Self {
            address,
            world,
            shutdown,
            thread: Some(thread),
            _folder: folder,
        })
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    async fn get(&self, path: &str) -> Result<(u16, Value)> {
        let sent = http().get(self.url(path)).send().await?;
        Ok((sent.status().as_u16(), sent.json().await?))
    }

    async fn order(&self, token_in: &str, token_out: &str, amount: &str) -> Result<(u16, Value)> {
        let body = json!({"tokenIn": token_in, "tokenOut": token_out, "amount": amount});
        let url = self.url("/api/orders/execute");
        let sent = http().post(url).json(&body).send().await?;
        Ok((sent.status().as_u16(), sent.json().await?))
    }

    /// An order that must be taken in, once it has ended.
    async fn ended(&self, token_in: &str, token_out: &str, amount: &str) -> Result<Value> {
        let (status, accepted) = self.order(token_in, token_out, amount).await?;
        ensure!(status == 201, "{accepted}");
        let path = format!("/api/orders/{}", text(&accepted, "orderId")?);
        let ended = eventually("the order to end", || async {
            let (_, answer) = self.get(&path).await.ok()?;
            let order = &answer["order"];
            let status = order["status"].as_str()?;
            ["confirmed", "failed"]
                .contains(&status)
                .then(|| order.clone())
        });
        Ok(ended.await)
    }

    /// A token with its pool of SOL.
    async fn launch(&self, freeze_authority: bool) -> Result<Launched> {
        let launch = Launch {
            decimals: 6,
            program: venue::Program::Cpmm,
            liquidity_lamports: 100_000_000_000,
            open_in_ms: 0,
            freeze_authority,
            extras: Extras::default(),
        };
        let simulation = self.world.simulation.as_ref();
        let simulation = simulation.context("its own cluster")?;
        let launched = simulation.launch(&launch).await?;
        self.blocks_pass().await?;
        Ok(launched)
    }

    /// Until what stands in the open block is confirmed.
    async fn blocks_pass(&self) -> Result<()> {
        let sim = self.world.sim.as_ref().context("its own cluster")?;
        for _ in 0..3 {
            sim.cluster().next_block().await;
        }
        Ok(())
    }

    /// Makes a token one of Token-2022 with this extension.
    async fn extend(&self, mint: Mint, kind: u16, body: &[u8]) -> Result<()> {
        let mut data = vec![0; 166];
        // Its decimals, that it is initialized, and that it is a mint.
        (data[44], data[45], data[165]) = (6, 1, 1);
        data.extend(kind.to_le_bytes());
        data.extend(u16::try_from(body.len())?.to_le_bytes());
        data.extend(body);
        let sim = self.world.sim.as_ref().context("its own cluster")?;
        sim.put_account(mint.address(), TOKEN_2022, data);
        self.blocks_pass().await
    }

    /// The pools of SOL and a token, and what must be known of the token.
    async fn pools(&self, token: &str) -> Result<(Value, Value)> {
        let (status, answer) = self
            .get(&format!("/api/pools?tokenIn=SOL&tokenOut={token}"))
            .await?;
        ensure!(status == 200, "{answer}");
        Ok((answer["pools"].clone(), answer["tokens"][1].clone()))
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.shutdown.request_hard();
        if let Some(thread) = self.thread.take() {
            // What panicked there has been printed there.
            let _ = thread.join();
        }
    }
}

fn run(config: Config, shutdown: Shutdown, tell: oneshot::Sender<(SocketAddr, World)>) {
    actix_web::rt::System::new().block_on(async move {
        let parts = Parts::open(&config, &shutdown).await;
        let parts = parts.expect("the engine's parts");
        let keys = keys::keys(&config).expect("the simulated cluster's");
        let signings = keys.reach(&config, &shutdown).await;
        let signings = signings.expect("keys of this process");
        let here = KeysAre::Here(signings.names());
        let gateway = order_engine::gateway(&config, &parts, here, &shutdown);
        let gateway = gateway.expect("a gateway");
        let trading = parts.world.trading(signings);
        order_engine::start_worker(&config, &parts, trading, &shutdown);
        let told = tell.send((gateway.address(), parts.world));
        assert!(told.is_ok(), "the test waits");
        gateway.run_until_stopped().await.expect("it runs");
    });
}

/// What stands in a transfer fee's extension: from now on this part of each transfer, and the same before.
fn transfer_fee(bps: u16) -> Vec<u8> {
    let mut body = vec![0; 108];
    for at in [72, 90] {
        body[at + 8..at + 16].copy_from_slice(&u64::MAX.to_le_bytes());
        body[at + 16..at + 18].copy_from_slice(&bps.to_le_bytes());
    }
    body
}

async fn check_refused(engine: &Engine, kind: u16, body: &[u8], said: &str) -> Result<()> {
    let mint = engine.launch(false).await?.mint;
    engine.extend(mint, kind, body).await?;
    let token = mint.to_string();

    let (status, order) = engine.order("SOL", &token, "1").await?;
    let (sold, other) = engine.order(&token, "USDC", "1").await?;
    let quotes = format!("/api/quotes?tokenIn=SOL&tokenOut={token}&amount=1");
    let (quoted, quotes) = engine.get(&quotes).await?;

    ensure!(
        (status, sold, quoted) == (422, 422, 422),
        "{order} {other} {quotes}"
    );
    for problem in [&order, &other, &quotes] {
        ensure!(problem["code"] == "token_not_tradable", "{problem}");
        let told = text(&problem["errors"][0], "message")?;
        ensure!(told.contains(said), "{told:?} does not say {said:?}");
    }
    Ok(())
}

#[tokio::test]
async fn each_extension_is_refused_by_its_name_or_counted() -> Result<()> {
    let engine = Engine::start().await?;

    check_refused(&engine, 14, &[1; 64], "transfer hook").await?;
    check_refused(&engine, 12, &[1; 32], "permanent delegate").await?;
    check_refused(&engine, 9, &[], "non-transferable").await?;
    check_refused(&engine, 6, &[2], "freezes new accounts").await?;
    check_refused(&engine, 26, &[0; 33], "pausable").await?;
    check_refused(&engine, 4, &[0; 65], "confidential").await?;
    check_refused(&engine, 999, &[], "number 999").await?;
    check_refused(&engine, 1, &transfer_fee(1_001), "loses 1001 bps").await?;

    // Names and interest that is only shown stand against nothing.
    for (kind, body) in [(18, vec![1; 64]), (10, vec![0; 52]), (6, vec![1])] {
        let mint = engine.launch(false).await?.mint;
        engine.extend(mint, kind, &body).await?;
        let (pools, facts) = engine.pools(&mint.to_string()).await?;
        ensure!(pools[0]["usable"] == true, "{kind}: {pools}");
        ensure!(
            facts["program"] == "token_2022" && facts["notTradable"].is_null(),
            "{facts}"
        );
    }
    let (_, facts) = engine.pools(PYUSD).await?;
    ensure!(facts["transferFeeBps"] == 10, "{facts}");
    let bought = engine.ended("SOL", PYUSD, "1").await?;
    ensure!(bought["status"] == "confirmed", "{bought}");
    // What was quoted is what arrived in the wallet, after the part that was kept.
    let last = bought["route"].as_array().and_then(|legs| legs.last());
    ensure!(
        last.is_some_and(|leg| leg["amountOut"] == bought["amountOut"]),
        "{bought}"
    );
    Ok(())
}

#[tokio::test]
async fn a_token_without_a_symbol_is_bought_and_sold_by_its_mint() -> Result<()> {
    let engine = Engine::start().await?;
    let token = engine.launch(true).await?.mint.to_string();

    let bought = engine.ended("SOL", &token, "1").await?;
    let sold = engine.ended(&token, "SOL", "1000").await?;
    let (_, facts) = engine.pools(&token).await?;

    ensure!(
        bought["status"] == "confirmed" && sold["status"] == "confirmed",
        "{bought} {sold}"
    );
    ensure!(
        bought["tokenOut"] == token && sold["tokenInMint"] == token,
        "{bought} {sold}"
    );
    ensure!(
        facts["freezable"] == true && facts["symbol"].is_null(),
        "{facts}"
    );
    Ok(())
}

#[tokio::test]
async fn a_token_that_turns_out_not_to_be_traded_ends_the_orders_that_were_taken_in() -> Result<()>
{
    let engine = Engine::start().await?;
    let mint = engine.launch(false).await?.mint;
    let token = mint.to_string();
    let before = engine.ended("SOL", &token, "1").await?;
    ensure!(before["status"] == "confirmed", "{before}");

    engine.extend(mint, 6, &[2]).await?;

    let said = format!("{token} freezes new accounts by default");
    let told = eventually("the pool to be refused", || async {
        let (pools, _) = engine.pools(&token).await.ok()?;
        (pools[0]["usable"] == false).then(|| pools[0]["reason"].clone())
    });
    ensure!(told.await == said.as_str());
    let quotes = format!("/api/quotes?tokenIn=SOL&tokenOut={token}&amount=1");
    let (_, quotes) = engine.get(&quotes).await?;
    ensure!(quotes["best"].is_null(), "{quotes}");
    ensure!(
        quotes["issues"][0]["code"] == "token_not_tradable",
        "{quotes}"
    );
    let after = engine.ended("SOL", &token, "1").await?;
    ensure!(after["status"] == "failed", "{after}");
    ensure!(after["errorCode"] == "token_not_tradable", "{after}");
    ensure!(
        after["errorReason"] == said.as_str() && after["attempts"] == 1,
        "{after}"
    );
    Ok(())
}
