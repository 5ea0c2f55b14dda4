//! Tokens by symbol and by any mint's address, and what stands against a trade.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use api_gateway::GatewaySettings;
use api_gateway::settings::ApiKey;
use domain::{Address, ClientId, Mint};
use serde_json::{Value, json};

use crate::http_client::{EXECUTE, Request, stored};
use crate::outside::{FRESH, HOOKED, KNOWN, Mints, NO_POOL, Outside, Purse, SILENT, TwoPools};
use crate::ws_server::Server;

async fn server_with(change: impl FnOnce(&mut GatewaySettings)) -> (Server, Arc<Mints>) {
    let mints = Arc::<Mints>::default();
    let outside = Outside {
        pools: Arc::new(TwoPools),
        assets: mints.clone(),
        wallets: Some(Arc::new(Purse)),
        ..Outside::default()
    };
    let mut settings = GatewaySettings {
        port: 0,
        ..GatewaySettings::default()
    };
    change(&mut settings);
    let settings = settings.of_wallet(Some(Address::new([1; 32])));
    (Server::start_in(outside, settings).await, mints)
}

async fn server() -> (Server, Arc<Mints>) {
    server_with(|_| {}).await
}

fn asked(mints: &Mints) -> usize {
    mints.asked.load(Ordering::Relaxed)
}

fn sell(mint: Mint, amount: &str) -> Request {
    Request::order(format!(
        r#"{{"tokenIn":"{mint}","tokenOut":"USDC","amount":"{amount}"}}"#
    ))
}

fn quotes_of(mint: Mint) -> Request {
    Request::get(&format!("/api/quotes?amount=1&tokenIn=SOL&tokenOut={mint}"))
}

#[tokio::test]
async fn a_known_mint_is_taken_in_with_its_own_decimals_and_nobody_asks_the_chain() {
    let (server, mints) = server().await;

    let accepted = sell(KNOWN.mint, "1.5").send(&server).await;
    let listed = Request::order(r#"{"tokenIn":"sol","tokenOut":"USDC","amount":1}"#);
    let listed = listed.send(&server).await;
    let too_fine = sell(KNOWN.mint, "0.00001").send(&server).await;

    assert_eq!((accepted.status, listed.status), (201, 201));
    too_fine.problem(422, "invalid_order");
    assert_eq!(asked(&mints), 0);
    let order = format!("/api/orders/{}", accepted.order_id());
    let order = Request::get(&order).send(&server).await.json();
    // Without a symbol a token is called by its mint.
    let mint = KNOWN.mint.to_string();
    assert_eq!(order["order"]["tokenIn"], mint);
    assert_eq!(order["order"]["tokenInMint"], mint);
    assert_eq!(order["order"]["amountIn"], "1.5");
    let found = format!("/api/orders?tokenIn={mint}");
    let found = Request::get(&found).send(&server).await.json();
    assert_eq!(found["orders"].as_array().map(Vec::len), Some(1));
    assert_eq!(asked(&mints), 0);
}

#[tokio::test]
async fn a_mint_that_nobody_knows_is_looked_up_wherever_it_is_named() {
    let (server, mints) = server().await;
    let body = format!(
        r#"{{"tokenIn":"SOL","tokenOut":"{}","amount":1,"minAmountOut":"0.01"}}"#,
        FRESH.mint
    );

    let order = Request::order(&body).send(&server).await;
    let dry = Request::order(&body).at(&format!("{EXECUTE}?dryRun=true"));
    let dry = dry.send(&server).await;
    let quotes = quotes_of(FRESH.mint).send(&server).await;
    let pools = format!("/api/pools?tokenIn=SOL&tokenOut={}", FRESH.mint);
    let pools = Request::get(&pools).send(&server).await;

    let statuses = [&order, &dry, &quotes, &pools].map(|answer| answer.status);
    assert_eq!(statuses, [201, 200, 200, 200]);
    assert_eq!(asked(&mints), 4);
}

#[tokio::test]
async fn what_is_no_mint_or_not_traded_or_not_known_is_refused_by_what_it_is() {
    let (server, _) = server().await;
    let nothing = Mint::new(NO_POOL);

    for (mint, status, code) in [
        (HOOKED, 422, "token_not_tradable"),
        (nothing, 422, "unknown_token"),
        (SILENT, 503, "chain_unavailable"),
    ] {
        let order = sell(mint, "1").send(&server).await;
        let quotes = quotes_of(mint).send(&server).await;

        let problem = order.problem(status, code);
        let asked = quotes.problem(status, code);
        if status == 422 {
            assert_eq!(problem["errors"][0]["field"], "tokenIn");
            assert_eq!(asked["errors"][0]["field"], "tokenOut");
        }
        if code == "token_not_tradable" {
            assert_eq!(problem["errors"][0]["message"], "has a transfer hook");
        }
    }
    let both = format!(r#"{{"tokenIn":"{HOOKED}","tokenOut":"{nothing}","amount":1}}"#);
    let both = Request::order(both).send(&server).await;
    let problem = both.problem(422, "unknown_token");
    assert_eq!(problem["errors"].as_array().map(Vec::len), Some(2));
    let symbol = Request::order(r#"{"tokenIn":"SOL","tokenOut":"NOPE","amount":1}"#);
    symbol.send(&server).await.problem(422, "invalid_order");
    let symbol = Request::get("/api/quotes?amount=1&tokenIn=SOL&tokenOut=NOPE");
    symbol.send(&server).await.problem(400, "invalid_parameter");
    assert_eq!(stored(&server).await, 0);
}

#[tokio::test]
async fn nothing_is_looked_up_for_a_request_that_is_wrong_anyway() {
    let (server, mints) = server().await;
    let same = FRESH.mint;

    for body in [
        format!(r#"{{"tokenIn":"{same}","tokenOut":"USDC","amount":0}}"#),
        format!(r#"{{"tokenIn":"{same}","tokenOut":"USDC","amount":1,"slippageBps":9999}}"#),
        format!(r#"{{"tokenIn":"{same}","tokenOut":"{same}","amount":1}}"#),
    ] {
        let refused = Request::order(&body).send(&server).await;
        refused.problem(422, "invalid_order");
    }

    assert_eq!(asked(&mints), 0);
}

#[tokio::test]
async fn questions_to_the_chain_count_against_a_clients_rate() {
    let (server, mints) = server_with(|settings| settings.client_rate_limit_per_minute = 2).await;
    let nothing = Mint::new(NO_POOL);

    let first = quotes_of(FRESH.mint).send(&server).await;
    let second = quotes_of(nothing).send(&server).await;
    let third = quotes_of(nothing).send(&server).await;
    let order = sell(FRESH.mint, "1").send(&server).await;
    let known = quotes_of(KNOWN.mint).send(&server).await;

    assert_eq!((first.status, known.status), (200, 200));
    second.problem(422, "unknown_token");
    third.problem(429, "rate_limited");
    order.problem(429, "rate_limited");
    assert_eq!(asked(&mints), 2);
}

#[tokio::test]
async fn where_nothing_is_traded_by_default_both_tokens_are_required() {
    let (server, _) = server_with(|settings| settings.default_pair = None).await;

    for (body, fields) in [
        (r#"{"amount":1}"#, vec!["tokenIn", "tokenOut"]),
        (r#"{"amount":1,"tokenIn":"SOL"}"#, vec!["tokenOut"]),
        (r#"{"amount":1,"tokenOut":"SOL"}"#, vec!["tokenIn"]),
    ] {
        let refused = Request::order(body).send(&server).await;
        let problem = refused.problem(422, "token_required");
        let named = problem["errors"].as_array().expect("errors");
        let named: Vec<_> = named.iter().map(|error| &error["field"]).collect();
        assert_eq!(named, fields);
    }
    let more = Request::order(r#"{"amount":0}"#).send(&server).await;
    more.problem(422, "invalid_order");
    for path in [
        "/api/quotes?amount=1",
        "/api/quotes?amount=1&tokenIn=SOL",
        "/api/pools",
        "/api/pools?tokenOut=SOL",
    ] {
        let refused = Request::get(path).send(&server).await;
        refused.problem(422, "token_required");
    }
}

#[tokio::test]
async fn what_must_be_known_of_a_pairs_tokens_stands_with_its_pools() {
    let (server, _) = server().await;

    let answer = Request::get("/api/pools?tokenIn=SOL&tokenOut=USDC");
    let answer = answer.send(&server).await.json();

    let usdc = json!({
        "mint": "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v", "symbol": "USDC", "decimals": 6,
        "program": "token", "freezable": false, "transferFeeBps": 0, "notTradable": null,
    });
    assert_eq!(answer["tokens"][1], usdc);
}

async fn issues(server: &Server, key: Option<&str>, query: &str) -> Vec<(String, String)> {
    let request = Request::get(&format!("/api/quotes?{query}"));
    let request = match key {
        Some(key) => request.key(key),
        None => request,
    };
    let answer = request.send(server).await.json();
    let issues = answer["issues"].as_array().expect("issues");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let told = issues
        .iter()
        .map(|issue| (text(&issue["code"]), text(&issue["detail"])));
    told.collect()
}

#[tokio::test]
async fn a_quote_names_what_would_stop_the_trade_and_operators_are_told_how_much_is_missing() {
    let (server, _) = server_with(|settings| {
        settings.api_keys = vec![ApiKey {
            client: ClientId::parse("alpha").expect("a client"),
            key: "alpha".to_owned(),
        }];
        settings.admin_key = Some("admin".to_owned());
    })
    .await;
    let sol = "tokenIn=SOL&tokenOut=USDC&amount=";

    let fine = issues(&server, Some("alpha"), &format!("{sol}1")).await;
    let alpha = issues(&server, Some("alpha"), &format!("{sol}3")).await;
    let admin = issues(&server, Some("admin"), &format!("{sol}3")).await;
    let all = issues(&server, Some("admin"), &format!("{sol}2")).await;

    assert_eq!(fine, []);
    let codes = |told: &[(String, String)]| -> Vec<String> {
        told.iter().map(|(code, _)| code.clone()).collect()
    };
    assert_eq!(codes(&alpha), ["insufficient_funds", "insufficient_rent"]);
    assert_eq!(codes(&admin), codes(&alpha));
    assert_eq!(alpha[0].1, "the wallet holds less than the order sells");
    assert_eq!(
        admin[0].1,
        "the wallet holds less than the order sells: 2 SOL of 3 SOL"
    );
    assert!(
        alpha[1].1.chars().all(|it| !it.is_ascii_digit()),
        "{alpha:?}"
    );
    assert!(
        admin[1].1.contains("0 of at least 2044280 lamports"),
        "{admin:?}"
    );
    // All of the SOL can be sold, but then nothing is left for the account and the fee.
    assert_eq!(codes(&all), ["insufficient_rent"]);
}

#[tokio::test]
async fn a_quote_without_a_route_says_why_in_a_word() {
    let (server, _) = server().await;

    let dust = issues(
        &server,
        None,
        "tokenIn=SOL&tokenOut=USDC&amount=0.000000001",
    )
    .await;

    // Too little for one pool, and the other cannot be read for now.
    assert_eq!(dust[0].0, "no_quote");
    assert!(dust[0].1.contains("too small"), "{dust:?}");
}
