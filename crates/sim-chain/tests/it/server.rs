//! The chain in another process: what a client over HTTP gets is what the chain itself says.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::{App, HttpServer};
use dex_router::venue::QuoteError;
use domain::transaction::SignedTransaction;
use ports::chain::{Chain, Error, Fate};
use ports::ledger::{Ledger, LedgerFilter};
use ports::{Random, Shutdown, SystemClock};
use serde_json::Value;
use sim_chain::{RemoteChain, SimChain, SimConfig, server};
use tokio::task::JoinSet;

use crate::setup::{self, ONE_SOL};

const LONG: Duration = Duration::from_secs(30);

/// A served chain; the server ends with this value.
pub(crate) struct Served {
    chain: Arc<SimChain>,
    pub(crate) url: String,
    server: JoinSet<std::io::Result<()>>,
}

pub(crate) fn serve(config: &SimConfig) -> Served {
    let chain = setup::open(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let served = chain.clone();
    let running = HttpServer::new(move || {
        let chain = served.clone();
        App::new().configure(move |config| server::configure(config, chain))
    })
    .workers(1)
    .disable_signals()
    .listen(listener)
    .unwrap()
    .run();
    let mut server = JoinSet::new();
    server.spawn(running);
    Served { chain, url, server }
}

pub(crate) fn connect(url: &str) -> Arc<RemoteChain> {
    let clock = Arc::new(SystemClock::new());
    RemoteChain::connect(url, clock, Random::seeded(11), &Shutdown::new()).unwrap()
}

async fn get(url: String) -> (u16, Value) {
    let response = reqwest::get(url).await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test]
async fn swaps_go_through_from_another_process() {
    let served = serve(&SimConfig {
        latency_scale: 0.01,
        ..setup::config()
    });
    let remote = connect(&served.url);
    let mut tasks = JoinSet::new();

    for order in 0..50 {
        let remote = remote.clone();
        tasks.spawn(async move {
            let transaction = remote
                .build(&setup::swap_at(remote.sources()[1].as_ref(), order, 500).await)
                .await
                .unwrap();
            assert_eq!(remote.fate(&transaction.signature).await, Ok(Fate::Unknown));
            remote.send(&transaction).await.unwrap();
            remote.send(&transaction).await.unwrap();
            let fate = remote
                .await_fate(&transaction.signature, LONG)
                .await
                .unwrap();
            assert!(matches!(fate, Fate::Landed { .. }), "{fate:?}");
            assert_eq!(remote.fate(&transaction.signature).await, Ok(fate));
        });
    }
    tasks.join_all().await;

    let filter = LedgerFilter {
        limit: 100,
        ..LedgerFilter::default()
    };
    let page = remote.entries(&filter).await.unwrap();
    assert_eq!(page.entries.len(), 50);
    assert_eq!(
        page.entries,
        served.chain.entries(&filter).await.unwrap().entries
    );
    assert!(remote.finalized_height().await.unwrap() >= page.entries[49].height);
    assert_eq!(remote.usual_time(), served.chain.usual_time());
}

#[tokio::test]
async fn refusals_cross_the_wire_as_they_are() {
    let served = serve(&setup::config());
    let remote = connect(&served.url);
    let honest = remote
        .build(&setup::swap_at(remote.sources()[1].as_ref(), 1, 500).await)
        .await
        .unwrap();

    let garbage = SignedTransaction {
        bytes: b"garbage".as_slice().into(),
        ..honest
    };
    let sent = remote.send(&garbage).await;
    let too_much = remote.sources()[0].quote(setup::sell_sol(u64::MAX)).await;

    assert!(matches!(sent, Err(Error::Refused(_))), "{sent:?}");
    assert_eq!(too_much, Err(QuoteError::InsufficientLiquidity));
}

#[tokio::test]
async fn a_fate_that_takes_long_is_waited_for_over_several_calls() {
    let served = serve(&SimConfig {
        latency_scale: 0.3,
        ..setup::config()
    });
    let remote = connect(&served.url);
    let transaction = remote
        .build(&setup::swap_at(remote.sources()[1].as_ref(), 1, 500).await)
        .await
        .unwrap();
    remote.send(&transaction).await.unwrap();

    assert_eq!(
        remote
            .await_fate(&transaction.signature, Duration::from_millis(50))
            .await,
        Ok(Fate::Unknown)
    );
    let fate = remote
        .await_fate(&transaction.signature, LONG)
        .await
        .unwrap();

    assert!(matches!(fate, Fate::Landed { .. }), "{fate:?}");
}

#[tokio::test]
async fn a_chain_that_is_away_is_unavailable_and_found_again() {
    let served = serve(&setup::config());
    let remote = connect(&served.url);
    let nowhere = connect("http://127.0.0.1:1");

    let height = nowhere.finalized_height().await;
    let quote = nowhere.sources()[0].quote(setup::sell_sol(ONE_SOL)).await;

    assert!(matches!(height, Err(Error::Unavailable(_))), "{height:?}");
    assert!(
        matches!(quote, Err(QuoteError::Unavailable(_))),
        "{quote:?}"
    );
    assert!(remote.finalized_height().await.is_ok());
    drop(served.server);
}

#[tokio::test]
async fn an_address_that_is_none_is_refused_at_once() {
    let clock = Arc::new(SystemClock::new());
    for address in ["", "127.0.0.1:4000", "ftp://host", "http://"] {
        let made =
            RemoteChain::connect(address, clock.clone(), Random::seeded(1), &Shutdown::new());
        assert!(made.is_err(), "{address:?}");
    }
}

#[tokio::test]
async fn the_ledger_is_served_as_the_contract_says() {
    let served = serve(&setup::config());
    let transaction = setup::transaction(&served.chain, 1).await;
    served.chain.send(&transaction).await.unwrap();
    let _ = connect(&served.url);

    let url = format!(
        "{}/api/sim/ledger?orderId={}",
        served.url,
        setup::order_id(1)
    );
    let (status, page) = get(url).await;

    assert_eq!(status, 200);
    let entry = &page["entries"][0];
    assert_eq!(entry["signature"], transaction.signature.as_str());
    assert_eq!(entry["orderId"], setup::order_id(1).to_string());
    assert_eq!(entry["dex"], "raydium");
    assert_eq!(
        (&entry["tokenIn"], &entry["tokenOut"]),
        (&"SOL".into(), &"USDC".into())
    );
    assert_eq!(entry["amountIn"], "1");
    assert!(
        entry["amountOut"].as_str().unwrap().starts_with("149."),
        "{entry}"
    );
    assert_eq!(entry["ok"], true);
    assert!(entry["height"].is_u64() && entry["landedAt"].as_str().unwrap().ends_with('Z'));
    assert_eq!(page["nextCursor"], Value::Null);
}

#[tokio::test]
async fn the_ledgers_pages_follow_each_other_and_wrong_parameters_are_named() {
    let served = serve(&setup::config());
    for order in 0..3 {
        let transaction = setup::transaction(&served.chain, order).await;
        served.chain.send(&transaction).await.unwrap();
    }
    let _ = connect(&served.url);
    let url = |query: &str| format!("{}/api/sim/ledger?{query}", served.url);

    let (_, first) = get(url("limit=2")).await;
    let (_, second) = get(url(&format!(
        "limit=2&cursor={}",
        first["nextCursor"].as_str().unwrap()
    )))
    .await;
    assert_eq!(first["entries"].as_array().unwrap().len(), 2);
    assert_eq!(second["entries"].as_array().unwrap().len(), 1);
    assert_eq!(second["nextCursor"], Value::Null);

    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=+5", "limit"),
        ("limit=", "limit"),
        ("orderId=7", "orderId"),
        ("cursor=x", "cursor"),
    ] {
        let (status, problem) = get(url(query)).await;
        assert_eq!(status, 400, "{query}");
        assert_eq!(problem["code"], "invalid_parameter");
        assert_eq!(problem["errors"][0]["field"], field);
    }
}

#[tokio::test]
async fn calls_that_are_none_are_a_bad_request() {
    let served = serve(&setup::config());
    let _ = connect(&served.url);
    for body in ["", "{}", "[{}]", r#"[{"id":1,"call":"explode"}]"#] {
        let response = reqwest::Client::new()
            .post(format!("{}/rpc", served.url))
            .body(body)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 400, "{body}");
    }
}
