//! `mainnet-beta`: every lock before the first real transaction, and the canary of docs/LIVE.md behind all of them. The
//! cluster is the simulated one, whose programs and tokens have mainnet's addresses, behind an endpoint that shows
//! mainnet's genesis hash.

use std::net::TcpListener;

use actix_web::{App, HttpResponse, HttpServer, web};
use anyhow::{Context, Result, ensure};
use cluster::e2e::{Target, socket, text};
use cluster::engine::Engine;
use cluster::http::http;
use cluster::key_file::ask;
use cluster::{Chain, KeyFile};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::run::run;
use crate::world::LIVE_CHAIN;

const MAINNET: &str = "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d";
/// As docs/LIVE.md and `.env.live.example` print them.
const CANARY: &str = "SOL:0.01/order,SOL:0.05/day,*:0/order,fees:0.01/day";
/// Orders of 0.01 SOL within the canary's day.
const WITHIN: usize = 5;

/// A simulated cluster that an engine takes for mainnet, with a funded wallet.
struct Mainnet {
    chain: Chain,
    wallet: KeyFile,
    url: String,
    _serving: JoinSet<std::io::Result<()>>,
}

impl Mainnet {
    async fn start() -> Result<Self> {
        let chain = Chain::start(&LIVE_CHAIN).await?;
        let wallet = chain.wallet("canary").await?;
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let url = format!("http://{}", listener.local_addr()?);
        let node = web::Data::new(chain.url().to_owned());
        let endpoint = HttpServer::new(move || {
            let answers = web::post().to(answer);
            App::new().app_data(node.clone()).route("/", answers)
        });
        let endpoint = endpoint
            .workers(1)
            .disable_signals()
            .listen(listener)?
            .run();
        let mut serving = JoinSet::new();
        serving.spawn(endpoint);
        Ok(Self {
            chain,
            wallet,
            url,
            _serving: serving,
        })
    }

    /// What an engine needs to trade here, every lock open.
    fn open(&self) -> Vec<(&'static str, String)> {
        let mut variables = self.wallet.live_on(&self.url);
        variables.retain(|(name, _)| *name != "SOLANA_CLUSTER");
        let socket = self.chain.url().replacen("http", "ws", 1);
        variables.extend([
            ("SOLANA_CLUSTER", "mainnet-beta".to_owned()),
            ("SOLANA_WS_URL", socket),
            ("WALLET_ADDRESS", self.wallet.address.clone()),
            ("TRADING", "enabled".to_owned()),
            ("SPEND_LIMITS", CANARY.to_owned()),
        ]);
        variables
    }

    async fn signatures(&self) -> Result<usize> {
        let asked = [
            json!(self.wallet.address),
            json!({"commitment": "confirmed"}),
        ];
        let known = ask(self.chain.url(), "getSignaturesForAddress", json!(asked)).await?;
        Ok(known.as_array().context("signatures")?.len())
    }
}

/// What the node answers, but for the hash that tells which cluster it is of.
async fn answer(node: web::Data<String>, question: web::Json<Value>) -> HttpResponse {
    if question["method"] == "getGenesisHash" {
        let (id, result) = (&question["id"], MAINNET);
        return HttpResponse::Ok().json(json!({"jsonrpc": "2.0", "id": id, "result": result}));
    }
    let asked = http().post(node.as_str()).json(&*question).send().await;
    match asked {
        Ok(answered) => match answered.bytes().await {
            Ok(body) => HttpResponse::Ok()
                .content_type("application/json")
                .body(body),
            Err(_) => HttpResponse::BadGateway().finish(),
        },
        Err(_) => HttpResponse::BadGateway().finish(),
    }
}

fn sale(amount: &str) -> String {
    json!({"tokenIn": "SOL", "tokenOut": "USDC", "amount": amount, "slippageBps": 500}).to_string()
}

/// Submits a sale and follows it to its end; the order then.
async fn sold(target: &Target, amount: &str) -> Result<Value> {
    let id = target.accept(0, &sale(amount)).await?;
    socket::follow(&target.ws_url(0, &format!("/ws/orders/{id}"))).await?;
    let mut answer = target.get(0, &format!("/api/orders/{id}")).await?;
    Ok(answer["order"].take())
}

#[tokio::test]
async fn on_mainnet_nothing_is_signed_before_every_lock_is_open() -> Result<()> {
    let mainnet = Mainnet::start().await?;
    let open = mainnet.open();
    let folder = tempfile::tempdir()?;
    let funding = mainnet.signatures().await?;

    for (changed, parts) in [
        (("SPEND_LIMITS", ""), ["SPEND_LIMITS", "*"]),
        (("SPEND_LIMITS", "SOL:0.01/order"), ["SPEND_LIMITS", "*"]),
        (("SOLANA_CLUSTER", "devnet"), ["genesis hash", "devnet"]),
        (
            (
                "WALLET_ADDRESS",
                "So11111111111111111111111111111111111111112",
            ),
            ["WALLET_ADDRESS", &mainnet.wallet.address],
        ),
    ] {
        let changed = [changed, ("PORT", "0"), ("RUST_LOG", "off")];
        let ran = run(folder.path(), &["serve"], &super::with(&open, &changed)).await;

        ensure!(matches!(ran.code, Some(1 | 2)), "{changed:?}: {ran:?}");
        ensure!(ran.stderr.lines().count() == 1, "{changed:?}: {ran:?}");
        for part in parts {
            ensure!(ran.stderr.contains(part), "{part}: {ran:?}");
        }
    }
    for changed in [
        ("TRADING", ""),
        ("TRADING", "disabled"),
        ("WALLET_ADDRESS", ""),
    ] {
        let engine = Engine::start(&super::with(&open, &[changed])).await?;
        let target = Target::new(vec![engine.url("")]);

        let (status, refusal) = target.post_order(0, &sale("0.01")).await?;

        ensure!(status == 503, "{changed:?}: {refusal}");
        ensure!(
            refusal["code"] == "trading_disabled",
            "{changed:?}: {refusal}"
        );
        let wallet = target.get(0, "/api/wallet").await?;
        ensure!(wallet["trading"] == "disabled", "{changed:?}: {wallet}");
    }
    ensure!(
        mainnet.signatures().await? == funding,
        "something was signed"
    );
    Ok(())
}

#[tokio::test]
async fn a_canary_on_mainnet_spends_what_its_limits_allow_and_no_more() -> Result<()> {
    let mainnet = Mainnet::start().await?;
    let open = mainnet.open();
    let variables = super::with(&open, &[]);
    let folder = mainnet.wallet.path.parent().context("a folder")?;
    let doctor = run(folder, &["doctor", "SOL", "USDC", "0.01"], &variables).await;
    ensure!(doctor.code == Some(0), "{doctor:?}");
    let engine = Engine::start(&variables).await?;
    let target = Target::new(vec![engine.url("")]).live_on(mainnet.chain.url());

    let too_large = target.post_order(0, &sale("0.011")).await?;
    let back = r#"{"tokenIn":"USDC","tokenOut":"SOL","amount":"1"}"#;
    let back = target.post_order(0, back).await?;
    for refused in [too_large, back] {
        ensure!(
            refused.0 == 422 && refused.1["code"] == "spend_limit",
            "{refused:?}"
        );
    }
    for _ in 0..WITHIN {
        let order = sold(&target, "0.01").await?;
        ensure!(order["status"] == "confirmed", "{order}");
        let explorer = text(&order, "explorerUrl")?;
        ensure!(!explorer.contains("cluster="), "{order}");
        ensure!(
            target.ledger_of(text(&order, "orderId")?).await?.len() == 1,
            "{order}"
        );
    }
    let beyond = sold(&target, "0.01").await?;

    ensure!(beyond["errorCode"] == "spend_limit", "{beyond}");
    ensure!(beyond["txHash"].is_null(), "{beyond}");
    let wallet = target.get(0, "/api/wallet").await?;
    ensure!(wallet["cluster"] == "mainnet-beta", "{wallet}");
    ensure!(wallet["trading"] == "enabled", "{wallet}");
    let limits = wallet["limits"].as_array().context("limits")?;
    let day = limits
        .iter()
        .find(|it| it["token"] == "SOL" && it["per"] == "day");
    ensure!(
        day.context("the day's limit")?["used"] == "0.05",
        "{wallet}"
    );
    Ok(())
}
