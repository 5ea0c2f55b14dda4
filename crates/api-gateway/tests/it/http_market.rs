//! Pools, quotes, the wallet, and orders' transactions.

use std::sync::Arc;

use api_gateway::GatewaySettings;
use api_gateway::settings::{ApiKey, Explorer as Site};
use config::Cluster;
use domain::transaction::Signature;
use domain::{Address, ClientId};
use serde_json::{Value, json};
use testkit::contract::Given;

use crate::http_client::Request;
use crate::outside::{Explorer, NO_POOL, Outside, POOL, Purse, TwoPools};
use crate::ws_server::Server;

fn outside() -> Outside {
    Outside {
        pools: Arc::new(TwoPools),
        wallets: Some(Arc::new(Purse)),
        ..Outside::default()
    }
}

async fn server() -> Server {
    let settings = GatewaySettings {
        port: 0,
        ..GatewaySettings::default()
    };
    let settings = settings.of_wallet(Some(Address::new([1; 32])));
    Server::start_in(outside(), settings).await
}

#[tokio::test]
async fn every_pool_of_a_pair_is_shown_and_why_it_is_not_used() {
    let server = server().await;

    let answer = Request::get("/api/pools?tokenIn=sol&tokenOut=USDC");
    let answer = answer.send(&server).await.json();

    let [open, closed] = answer["pools"].as_array().expect("pools").as_slice() else {
        panic!("{answer}");
    };
    assert_eq!(
        *open,
        json!({
            "dex": "raydium", "pool": "cpmm", "poolAddress": POOL.to_string(),
            "depthIn": "1000", "depthOut": "150000", "price": "150", "feeBps": 25,
            "usable": true, "reason": null, "slot": 350_000_000,
        })
    );
    assert_eq!(
        *closed,
        json!({
            "dex": "meteora", "pool": "dlmm", "poolAddress": NO_POOL.to_string(),
            "depthIn": null, "depthOut": null, "price": null, "feeBps": null,
            "usable": false, "reason": "it is closed", "slot": 350_000_000,
        })
    );
}

#[tokio::test]
async fn quotes_show_the_route_and_every_pool_that_competed() {
    let server = server().await;

    let answer = Request::get("/api/quotes?tokenIn=SOL&tokenOut=USDC&amount=1");
    let answer = answer.send(&server).await.json();

    assert_eq!(answer["best"], "raydium");
    assert_eq!(
        (&answer["gainBps"], &answer["issues"]),
        (&json!(0), &json!([]))
    );
    let paid = "149.475897";
    assert_eq!(answer["expectedAmountOut"], paid);
    assert_eq!(answer["minAmountOut"], "148.728518");
    assert_eq!(answer["bestSingle"]["poolAddress"], POOL.to_string());
    assert_eq!(answer["bestSingle"]["amountOut"], paid);
    assert_eq!(answer["midPrice"], "150");
    assert_eq!(answer["againstMidBps"], -35);
    assert_eq!(
        answer["route"],
        json!([{
            "dex": "raydium", "pool": "cpmm", "poolAddress": POOL.to_string(),
            "tokenIn": "SOL", "tokenOut": "USDC", "amountIn": "1", "amountOut": paid,
        }])
    );
    assert_eq!(answer["quotes"][0]["amountOut"], paid);
    assert!(answer["quotes"][1]["error"].is_string());
    let pools = answer["pools"].as_array().expect("pools");
    let competed: Vec<_> = pools
        .iter()
        .map(|pool| (&pool["pool"], &pool["amountOut"]))
        .collect();
    assert_eq!(
        competed,
        [
            (&json!("cpmm"), &json!(paid)),
            (&json!("dlmm"), &Value::Null)
        ]
    );
}

#[tokio::test]
async fn an_order_is_compared_with_what_there_was_when_its_route_was_chosen() {
    let server = server().await;
    let (store, given) = (&server.ports.store, Given::new());
    let order = given.accepted(store).await;
    let read = async |path: String| Request::get(&path).send(&server).await.json();
    let shown = async || {
        let answer = read(format!("/api/orders/{order}")).await;
        answer["order"]["quality"].clone()
    };
    assert_eq!(shown().await, Value::Null);
    let mut lease = given.leased(store, order).await;

    given.build(store, &mut lease).await;
    let building = shown().await;
    let transaction = given.submit(store, &mut lease).await;
    let submitted = shown().await;
    given.fill(store, &mut lease, &transaction).await;
    let confirmed = shown().await;

    assert_eq!(building["expectedAmountOut"], "225");
    assert_eq!(building["againstQuotedBps"], Value::Null);
    assert_eq!(submitted, building);
    // 224 instead of 225.
    assert_eq!(confirmed["againstQuotedBps"], -44);
    assert_eq!(confirmed["quotes"], building["quotes"]);
    let listed = read("/api/orders".to_owned()).await;
    assert_eq!(listed["orders"][0]["quality"], Value::Null);
}

#[tokio::test]
async fn where_nobody_offers_there_is_no_route() {
    let server = Server::start_with(|_| {}).await;

    let answer = Request::get("/api/quotes?amount=1")
        .send(&server)
        .await
        .json();
    let pools = Request::get("/api/pools").send(&server).await;

    assert_eq!(answer["best"], Value::Null);
    assert_eq!(
        (&answer["route"], &answer["pools"]),
        (&json!([]), &json!([]))
    );
    assert!(answer["quotes"][0]["error"].is_string());
    pools.problem(503, "chain_unavailable");
}

#[tokio::test]
async fn the_wallet_is_shown_with_what_it_holds() {
    let server = server().await;

    let wallet = Request::get("/api/wallet").send(&server).await.json();

    assert_eq!(wallet["lamports"], 2_000_000_000);
    assert_eq!(
        (&wallet["mode"], &wallet["trading"]),
        (&json!("sim"), &json!("enabled"))
    );
    assert_eq!(wallet["limits"], json!([]));
    assert_eq!(wallet["tokens"][0]["symbol"], "USDC");
    assert_eq!(wallet["tokens"][0]["amount"], "1500.25");
    assert_eq!(wallet["tokens"][1]["symbol"], Value::Null);
    assert_eq!(wallet["tokens"][1]["amount"], "0.0015");
    let other = Server::start_with(|_| {}).await;
    let none = Request::get("/api/wallet").send(&other).await;
    none.problem(404, "not_found");
}

#[tokio::test]
async fn where_keys_are_set_the_wallet_is_the_admin_keys_alone() {
    let settings = GatewaySettings {
        port: 0,
        api_keys: vec![ApiKey {
            client: ClientId::parse("alpha").expect("a client"),
            key: "alpha".to_owned(),
        }],
        admin_key: Some("admin".to_owned()),
        ..GatewaySettings::default()
    };
    let settings = settings.of_wallet(Some(Address::new([1; 32])));
    let server = Server::start_in(outside(), settings).await;
    let wallet = || Request::get("/api/wallet");

    wallet()
        .key("alpha")
        .send(&server)
        .await
        .problem(403, "forbidden");
    assert_eq!(wallet().key("admin").send(&server).await.status, 200);
}

#[tokio::test]
async fn an_order_shows_the_wallet_that_pays_and_where_people_see_its_transaction() {
    const WALLET: &str = "HgPiHa8deipn4Yv7bXmn6racewvPmMV5SqB2vh8gAFQL";
    let mut settings = GatewaySettings {
        port: 0,
        ..GatewaySettings::default()
    };
    settings.chain.explorer = Site::of(Cluster::Devnet);
    let settings = settings.of_wallet(WALLET.parse().ok());
    let server = Server::start_in(outside(), settings).await;
    let (given, store) = (Given::new(), &server.ports.store);
    let id = given.accepted(store).await;
    let order = async || {
        let order = Request::get(&format!("/api/orders/{id}"))
            .send(&server)
            .await;
        order.json()["order"].clone()
    };

    let accepted = order().await;
    let mut lease = given.leased(store, id).await;
    given.build(store, &mut lease).await;
    let sent = given.submit(store, &mut lease).await;
    let submitted = order().await;
    let listed = Request::get("/api/orders").send(&server).await.json();

    assert_eq!(accepted["wallet"], WALLET);
    assert_eq!(accepted["explorerUrl"], Value::Null);
    let page = format!(
        "https://explorer.solana.com/tx/{}?cluster=devnet",
        sent.signature.as_str()
    );
    assert_eq!(submitted["explorerUrl"], page.as_str());
    assert_eq!(listed["orders"][0]["explorerUrl"], page.as_str());
    let mainnet = Site::of(Cluster::MainnetBeta).map(|site| site.url("a"));
    assert_eq!(mainnet.as_deref(), Some("https://explorer.solana.com/tx/a"));
    assert_eq!(Site::of(Cluster::Localnet), None);
}

#[tokio::test]
async fn an_orders_transaction_is_read_back_from_the_chain() {
    let outside = Outside {
        transactions: Some(Arc::new(Explorer {
            unknown: Signature::from_bytes(&[0; 64]),
        })),
        ..outside()
    };
    let settings = GatewaySettings {
        port: 0,
        ..GatewaySettings::default()
    };
    let server = Server::start_in(outside, settings).await;
    let (given, store) = (Given::new(), &server.ports.store);
    let id = given.accepted(store).await;
    let path = format!("/api/orders/{id}/transaction");

    Request::get(&path)
        .send(&server)
        .await
        .problem(404, "not_found");
    let mut lease = given.leased(store, id).await;
    given.build(store, &mut lease).await;
    let sent = given.submit(store, &mut lease).await;
    let shown = Request::get(&path).send(&server).await.json();
    let unknown = format!("/api/orders/{}/transaction", given.order_id());

    assert_eq!(shown["signature"], sent.signature.as_str());
    let instruction = &shown["instructions"][0];
    assert_eq!(instruction["name"], "swapBaseInput");
    assert_eq!(instruction["accounts"][0]["role"], "pool");
    assert_eq!(
        instruction["data"][0],
        json!({"name": "minAmountOut", "value": "223875000"})
    );
    let unknown = Request::get(&unknown).send(&server).await;
    unknown.problem(404, "order_not_found");
}
