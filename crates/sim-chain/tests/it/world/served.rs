//! The ledger and the operators' calls over HTTP, from another process.

use std::net::TcpListener;

use actix_web::{App, HttpServer};
use domain::venue::Program;
use domain::{Address, Asset, BaseUnits, Mint};
use ports::Simulation;
use ports::chain::Error;
use ports::ledger::{Ledger as _, LedgerFilter};
use ports::simulation::{Extras, Faults, Launch, Trade};
use serde_json::{Value, json};
use sim_chain::remote::{ConnectError, RemoteSimulation};
use sim_chain::server;
use tokio::task::JoinSet;

use super::stage::{JUP, Stage, USDC, in_memory};

struct Served {
    stage: Stage,
    url: String,
    remote: RemoteSimulation,
    _server: JoinSet<std::io::Result<()>>,
}

fn serve() -> Served {
    let stage = in_memory();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let world = stage.world.clone();
    let server = HttpServer::new(move || {
        let world = world.clone();
        App::new().configure(move |config| server::configure(config, world))
    })
    .workers(1)
    .disable_signals()
    .listen(listener)
    .unwrap();
    let mut running = JoinSet::new();
    running.spawn(server.run());
    Served {
        stage,
        remote: RemoteSimulation::connect(&url).unwrap(),
        url,
        _server: running,
    }
}

impl Served {
    async fn get(&self, query: &str) -> (u16, Value) {
        let url = format!("{}/api/sim/ledger?{query}", self.url);
        let answer = reqwest::get(url).await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap())
    }
}

fn mint(key: solana_address::Address) -> Mint {
    Mint::new(Address::new(key.to_bytes()))
}

#[tokio::test]
async fn operators_trade_launch_and_break_things_from_another_process() {
    let served = serve();
    let pool = served.stage.pool(USDC, JUP);

    let trade = Trade {
        pool: Address::new(pool.accounts()[0].0.0),
        mint_in: mint(USDC),
        amount_in: BaseUnits::new(1_000_000_000),
    };
    served.remote.trade(&trade).await.unwrap();
    let launch = Launch {
        decimals: 6,
        program: Program::DammV2,
        liquidity_lamports: 50_000_000_000,
        open_in_ms: 10_000,
        freeze_authority: false,
        extras: Extras::default(),
    };
    let launching = served.remote.launch(&launch);
    // It is told of once everybody can find it.
    let passing = async {
        loop {
            served.stage.pass_blocks(1).await;
            tokio::task::yield_now().await;
        }
    };
    let launched = tokio::select! {
        launched = launching => launched.unwrap(),
        () = passing => unreachable!(),
    };
    let born = served.remote.asset(launched.mint).await.unwrap();
    let faults = Faults {
        outage: true,
        ..Faults::default()
    };
    served.remote.set_faults(&faults).await.unwrap();

    assert_ne!(served.stage.pool(USDC, JUP), pool);
    assert_eq!(born, Some(Asset::token(launched.mint, 6)));
    served.stage.pass_blocks(2).await;
    let at = solana_address::Address::new_from_array(*launched.pool.bytes());
    assert!(
        served
            .stage
            .read(|chain| chain.accounts().get(&at).is_some())
    );
    let client = reqwest::Client::new();
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "getSlot" });
    let answer = client.post(&served.url).json(&call).send().await.unwrap();
    assert_eq!(answer.status(), 503);
    // Operators still reach it.
    served.remote.set_faults(&Faults::default()).await.unwrap();
    let answer = client.post(&served.url).json(&call).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn what_a_mint_is_of_is_read_from_the_cluster_and_what_is_no_mint_is_nothing() {
    let served = serve();
    let pool = served.stage.pool(USDC, JUP).accounts()[0].0.0;
    let list = domain::TokenList::mainnet();
    let listed = ["SOL", "BONK", "PYUSD"].map(|symbol| list.find(symbol).unwrap());

    for asset in listed {
        assert_eq!(served.remote.asset(asset.mint).await, Ok(Some(asset)));
    }
    for none in [pool, [1; 32]] {
        let mint = Mint::new(Address::new(none));
        assert_eq!(served.remote.asset(mint).await, Ok(None));
    }
}

#[tokio::test]
async fn refusals_cross_the_wire_as_they_are() {
    let served = serve();
    let trade = Trade {
        pool: Address::new([1; 32]),
        mint_in: mint(USDC),
        amount_in: BaseUnits::new(1),
    };
    let launch = Launch {
        decimals: 40,
        program: Program::Cpmm,
        liquidity_lamports: 50_000_000_000,
        open_in_ms: 0,
        freeze_authority: false,
        extras: Extras::default(),
    };
    let faults = Faults {
        send_dropped: 1.5,
        ..Faults::default()
    };

    let world = &served.stage.world;
    let refusal = served.remote.trade(&trade).await;
    assert!(matches!(refusal, Err(Error::Refused(_))), "{refusal:?}");
    assert_eq!(refusal, world.trade(&trade).await);
    let refusal = served.remote.launch(&launch).await;
    assert!(matches!(refusal, Err(Error::Refused(_))), "{refusal:?}");
    assert_eq!(refusal, world.launch(&launch).await);
    let refusal = served.remote.set_faults(&faults).await;
    assert!(matches!(refusal, Err(Error::Refused(_))), "{refusal:?}");
    let answer = reqwest::Client::new()
        .post(format!("{}/api/sim/faults", served.url))
        .body("{\"nope\":1}")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 400);
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["code"], "invalid_body");
}

#[tokio::test]
async fn the_ledger_is_served_as_the_contract_says() {
    let served = serve();
    let stage = &served.stage;
    let first = stage.send(&stage.sell((USDC, JUP), 5_000_000));
    stage.send(&stage.sell((USDC, JUP), 6_000_000));
    stage.pass_blocks(2).await;

    let (status, answer) = served.get("limit=1").await;
    assert_eq!(status, 200);
    let line = &answer["entries"][0];
    assert_eq!(line["signature"], first.transaction.signature().to_string());
    assert_eq!(line["orderId"], Value::Null);
    assert_eq!(line["dex"], "raydium");
    assert_eq!(
        (&line["tokenIn"], &line["tokenOut"]),
        (&json!("USDC"), &json!("JUP"))
    );
    assert_eq!(
        (&line["amountIn"], &line["ok"]),
        (&json!("5"), &json!(true))
    );
    let cursor = answer["nextCursor"].as_str().unwrap();
    let (_, rest) = served.get(&format!("cursor={cursor}")).await;
    assert_eq!(rest["entries"][0]["amountIn"], "6");
    assert_eq!(rest["nextCursor"], Value::Null);
    let asked = first.transaction.signature();
    let (_, one) = served.get(&format!("signature={asked}")).await;
    assert_eq!(one["entries"].as_array().unwrap().len(), 1);

    let filter = LedgerFilter {
        limit: 10,
        ..LedgerFilter::default()
    };
    let (here, there) = (
        stage.world.entries(&filter).await,
        served.remote.entries(&filter).await,
    );
    assert_eq!(here.unwrap().entries, there.unwrap().entries);
}

#[tokio::test]
async fn wrong_parameters_are_named() {
    let served = serve();
    for (query, field) in [
        ("orderId=0199c3a0-0000-7000-8000-000000000000", "orderId"),
        ("signature=abc", "signature"),
        ("cursor=-1", "cursor"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
    ] {
        let (status, problem) = served.get(query).await;
        assert_eq!(
            (status, &problem["errors"][0]["field"]),
            (400, &json!(field))
        );
    }
}

#[tokio::test]
async fn a_cluster_that_is_away_is_unavailable_and_an_address_that_is_none_is_refused_at_once() {
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let away = RemoteSimulation::connect(&format!("http://{free}")).unwrap();

    let answer = away.entries(&LedgerFilter::default()).await;

    assert!(matches!(answer, Err(Error::Unavailable(_))), "{answer:?}");
    for wrong in ["", "ftp://127.0.0.1", "localhost:4000", "http://"] {
        let refused = RemoteSimulation::connect(wrong);
        assert!(matches!(refused, Err(ConnectError::Address(_))), "{wrong}");
    }
}

#[tokio::test]
async fn a_page_in_a_browser_changes_nothing() {
    let served = serve();
    let call = |from: Option<&str>| {
        let url = format!("{}/api/sim/faults", served.url);
        let call = reqwest::Client::new().post(url).body("{}");
        match from {
            Some(page) => call.header("Origin", page),
            None => call,
        }
    };

    let page = call(Some("http://evil.example")).send().await.unwrap();
    let program = call(None).send().await.unwrap();

    assert_eq!(
        (page.status().as_u16(), program.status().as_u16()),
        (403, 204)
    );
}
