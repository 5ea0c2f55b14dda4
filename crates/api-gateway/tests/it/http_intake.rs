//! Submitting orders: answers, repeats, names, limits.

use std::collections::BTreeSet;

use api_gateway::GatewaySettings;
use api_gateway::settings::{ApiKey, Trading};
use domain::ClientId;
use serde_json::Value;

use crate::http_client::{Answer, EXECUTE, ORDER, Request, stored};
use crate::ws_server::Server;

async fn server() -> Server {
    Server::start_with(|_| {}).await
}

fn keyed(key: &str, body: &str) -> Request {
    Request::order(body).header("Idempotency-Key", key)
}

async fn cancel(server: &Server, id: &str) -> Answer {
    Request::post(&format!("/api/orders/{id}/cancel"))
        .send(server)
        .await
}

#[tokio::test]
async fn an_order_is_answered_as_promised_and_is_there() {
    let server = server().await;

    let answer = Request::order(ORDER).send(&server).await;

    let body = answer.json();
    let id = answer.order_id();
    assert_eq!(answer.status, 201);
    assert_eq!(
        answer.header("location"),
        Some(&*format!("/api/orders/{id}"))
    );
    assert_eq!(body["success"], true);
    assert_eq!(body["status"], "pending");
    assert_eq!(body["message"], "Order created and queued for execution");
    let url = format!("ws://{}/api/orders/execute?orderId={id}", server.address);
    assert_eq!(body["wsUrl"], url);
    assert!(body.get("queue").is_some());

    let shown = Request::get(&format!("/api/orders/{id}"))
        .send(&server)
        .await
        .json();
    let order = &shown["order"];
    assert_eq!(order["orderId"], id);
    assert_eq!(order["amountIn"], "1.5");
    assert_eq!(order["tokenIn"], "SOL");
    assert_eq!(order["slippageBps"], 50);
    assert_eq!(order["txHash"], Value::Null);
    let events = Request::get(&format!("/api/orders/{id}/events"))
        .send(&server)
        .await
        .json();
    assert_eq!(events["status"], "pending");
    assert_eq!(events["events"][0]["seq"], 0);
    assert_eq!(events["events"].as_array().map(Vec::len), Some(1));
    let depth = server.ports.queue.depth().await.expect("a depth");
    assert_eq!(depth.ready, 1);
}

#[tokio::test]
async fn a_repeat_with_the_same_key_gets_the_same_bytes() {
    let server = server().await;
    let first = keyed("k-1", ORDER).send(&server).await;
    let same = r#" {"amount":1.5, "tokenOut":"USDC","tokenIn":"S\u004fL"} "#;

    let again = keyed("k-1", same).send(&server).await;
    let other = keyed("k-1", r#"{"amount":1.50}"#).send(&server).await;

    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.body, again.body);
    assert_eq!(first.header("idempotent-replayed"), None);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.header("location"), first.header("location"));
    other.problem(422, "idempotency_key_reused");
    assert_eq!(stored(&server).await, 1);
}

#[tokio::test]
async fn fifty_twins_at_once_are_one_order_with_one_answer() {
    let server = server().await;
    let request = keyed("twins", ORDER);

    let answers = futures_util::future::join_all((0..50).map(|_| request.send(&server))).await;

    assert!(answers.iter().all(|answer| answer.status == 201));
    assert!(answers.iter().all(|answer| answer.body == answers[0].body));
    let first = answers
        .iter()
        .filter(|answer| answer.header("idempotent-replayed").is_none());
    assert_eq!(first.count(), 1);
    assert_eq!(stored(&server).await, 1);
}

#[tokio::test]
async fn fifty_twins_at_once_cost_what_one_request_costs() {
    let server = Server::start_with(|settings| {
        settings.client_rate_limit_per_minute = 2;
        settings.client_max_open_orders = 2;
        settings.queue_max_waiting = 2;
    })
    .await;
    let request = keyed("twins", ORDER);

    let answers = futures_util::future::join_all((0..50).map(|_| request.send(&server))).await;

    assert!(answers.iter().all(|answer| answer.status == 201));
    assert!(answers.iter().all(|answer| answer.body == answers[0].body));
    let other = Request::order(ORDER).send(&server).await;
    assert_eq!(other.status, 201);
    assert_eq!(other.header("ratelimit-remaining"), Some("0"));
    assert_eq!(keyed("third", ORDER).send(&server).await.status, 429);
}

#[tokio::test]
async fn twins_at_two_gateways_are_one_order_where_there_is_room_for_one() {
    let settings = GatewaySettings {
        port: 0,
        client_max_open_orders: 1,
        api_keys: vec![ApiKey {
            client: ClientId::parse("desk").unwrap(),
            key: "alpha".to_owned(),
        }],
        ..GatewaySettings::default()
    };
    let server = Server::start(settings.clone()).await;
    let sibling = server.sibling(settings).await;
    let request = keyed("twins", ORDER).key("alpha");

    let gateways = [&server, &sibling].into_iter().cycle().take(20);
    let answers = futures_util::future::join_all(gateways.map(|at| request.send(at))).await;

    let ids: BTreeSet<String> = answers.iter().map(Answer::order_id).collect();
    assert_eq!(ids.len(), 1);
    assert!(answers.iter().all(|answer| answer.status == 201));
    assert_eq!(stored(&server).await, 1);
}

#[tokio::test]
async fn only_a_201_is_kept_for_a_key() {
    let server = server().await;

    let wrong = keyed("k", r#"{"amount":0}"#).send(&server).await;
    let right = keyed("k", ORDER).send(&server).await;

    wrong.problem(422, "invalid_order");
    assert_eq!(right.status, 201);
    assert_eq!(right.header("idempotent-replayed"), None);
}

#[tokio::test]
async fn a_clients_own_name_is_taken_once_and_found() {
    let server = server().await;
    let named = r#"{"amount":1,"clientOrderId":"desk 7/a"}"#;
    let first = keyed("k", named).send(&server).await;
    let id = first.order_id();

    let taken = Request::order(named).send(&server).await;
    let again = keyed("k", named).send(&server).await;

    assert_eq!(taken.problem(409, "client_order_id_taken")["orderId"], id);
    assert_eq!(again.body, first.body);
    for path in ["desk%207%2Fa", "desk%207/a"] {
        let path = format!("/api/orders/by-client-id/{path}");
        let found = Request::get(&path).send(&server).await;
        assert_eq!(found.json()["order"]["orderId"], id, "{path}");
    }
    let unknown = Request::get("/api/orders/by-client-id/other")
        .send(&server)
        .await;
    unknown.problem(404, "order_not_found");
    let none = Request::get("/api/orders/by-client-id/")
        .send(&server)
        .await;
    none.problem(400, "invalid_parameter");
}

#[tokio::test]
async fn a_waiting_order_is_cancelled_once() {
    let server = server().await;
    let id = Request::order(ORDER).send(&server).await.order_id();

    let cancelled = cancel(&server, &id).await;
    let again = cancel(&server, &id).await;

    assert_eq!(
        (cancelled.status, cancelled.json()["status"].as_str()),
        (200, Some("cancelled"))
    );
    let problem = again.problem(409, "not_cancellable");
    assert_eq!(
        (&problem["orderStatus"], &problem["orderId"]),
        (&"cancelled".into(), &id.into())
    );
}

#[tokio::test]
async fn a_dry_run_checks_and_stores_nothing() {
    let server = server().await;
    let path = format!("{EXECUTE}?dryRun=true");

    let right = keyed("k", ORDER).at(&path).send(&server).await;
    let wrong = Request::order(r#"{"amount":0}"#)
        .at(&path)
        .send(&server)
        .await;

    assert_eq!(
        (right.status, &right.json()["dryRun"]),
        (200, &Value::Bool(true))
    );
    assert_eq!(right.json()["best"], Value::Null);
    wrong.problem(422, "invalid_order");
    assert_eq!(stored(&server).await, 0);
}

#[tokio::test]
async fn a_page_neither_skips_nor_repeats() {
    let server = server().await;
    let mut ids = Vec::new();
    for _ in 0..7 {
        ids.push(Request::order(ORDER).send(&server).await.order_id());
    }
    ids.reverse();

    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = Request::get(&format!("/api/orders?limit=3{cursor}"))
            .send(&server)
            .await
            .json();
        let orders = page["orders"].as_array().expect("orders").clone();
        seen.extend(
            orders
                .iter()
                .map(|order| order["orderId"].as_str().unwrap().to_owned()),
        );
        // Orders that come meanwhile are on no later page.
        Request::order(ORDER).send(&server).await;
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }

    assert_eq!(seen, ids);
}

#[tokio::test]
async fn lists_are_filtered_by_status_and_tokens() {
    let server = server().await;
    let id = Request::order(r#"{"tokenIn":"JUP","tokenOut":"BONK","amount":1}"#)
        .send(&server)
        .await;
    Request::order(ORDER).send(&server).await;
    cancel(&server, &id.order_id()).await;

    for (query, count) in [
        ("", 2),
        ("status=cancelled", 1),
        ("status=confirmed", 0),
        ("tokenIn=jup", 1),
        ("tokenIn=SOL&tokenOut=USDC", 1),
        ("tokenOut=SOL", 0),
    ] {
        let page = Request::get(&format!("/api/orders?{query}"))
            .send(&server)
            .await
            .json();
        assert_eq!(
            page["orders"].as_array().map(Vec::len),
            Some(count),
            "{query}"
        );
        assert_eq!(page["nextCursor"], Value::Null);
    }
}

#[tokio::test]
async fn a_rate_is_held_and_said() {
    let server = Server::start_with(|settings| settings.client_rate_limit_per_minute = 2).await;

    let first = keyed("k", ORDER).send(&server).await;
    let second = Request::order(ORDER).send(&server).await;
    let third = Request::order(ORDER).send(&server).await;
    let replay = keyed("k", ORDER).send(&server).await;

    assert_eq!(first.header("ratelimit-limit"), Some("2"));
    assert_eq!(first.header("ratelimit-remaining"), Some("1"));
    assert_eq!(second.header("ratelimit-remaining"), Some("0"));
    third.problem(429, "rate_limited");
    assert_eq!(third.header("ratelimit-remaining"), Some("0"));
    assert_eq!((replay.status, replay.body), (201, first.body));
    assert_eq!(stored(&server).await, 2);
}

#[tokio::test]
async fn what_is_refused_for_another_reason_takes_nothing_of_the_rate() {
    let server = Server::start_with(|settings| {
        settings.client_rate_limit_per_minute = 3;
        settings.client_max_open_orders = 2;
    })
    .await;
    let named = r#"{"amount":"1","clientOrderId":"one"}"#;

    let first = Request::order(named).send(&server).await;
    for _ in 0..5 {
        let again = Request::order(named).send(&server).await;
        again.problem(409, "client_order_id_taken");
    }
    let second = Request::order(ORDER).send(&server).await;
    for _ in 0..5 {
        let full = Request::order(ORDER).send(&server).await;
        full.problem(429, "too_many_open_orders");
    }
    cancel(&server, &first.order_id()).await;
    let third = Request::order(ORDER).send(&server).await;

    assert_eq!((second.status, third.status), (201, 201));
    let fourth = Request::order(ORDER).send(&server).await;
    fourth.problem(429, "rate_limited");
}

#[tokio::test]
async fn lists_are_filtered_by_every_type_and_by_no_other_name() {
    let server = server().await;
    for query in [
        "orderType=market",
        "orderType=limit",
        "orderType=stop",
        "orderType=take_profit",
        "orderType=trailing_stop",
        "orderType=sniper",
        "waiting=true",
        "ocoGroup=a",
    ] {
        let listed = Request::get(&format!("/api/orders?{query}"))
            .send(&server)
            .await;
        assert_eq!(listed.status, 200, "{query}");
    }
    let listed = Request::get("/api/orders?orderType=iceberg");
    let listed = listed.send(&server).await;
    listed.problem(400, "invalid_parameter");
}

#[tokio::test]
async fn open_orders_are_limited_and_an_end_makes_room() {
    let server = Server::start_with(|settings| settings.client_max_open_orders = 3).await;

    let request = Request::order(ORDER);
    let answers = futures_util::future::join_all((0..12).map(|_| request.send(&server))).await;
    let accepted: Vec<&Answer> = answers
        .iter()
        .filter(|answer| answer.status == 201)
        .collect();
    assert_eq!(accepted.len(), 3);
    Request::order(ORDER)
        .send(&server)
        .await
        .problem(429, "too_many_open_orders");

    cancel(&server, &accepted[1].order_id()).await;

    assert_eq!(Request::order(ORDER).send(&server).await.status, 201);
    Request::order(ORDER)
        .send(&server)
        .await
        .problem(429, "too_many_open_orders");
}

#[tokio::test]
async fn another_address_has_its_own_limits() {
    let server = Server::start_with(|settings| {
        settings.client_max_open_orders = 1;
        settings.client_rate_limit_per_minute = 1;
        settings.trust_proxy = 1;
    })
    .await;
    let from = |address: &str| Request::order(ORDER).header("X-Forwarded-For", address);

    assert_eq!(from("9.9.9.9, 10.0.0.1").send(&server).await.status, 201);
    assert_eq!(from("9.9.9.9, 10.0.0.1").send(&server).await.status, 429);
    assert_eq!(from("9.9.9.9, 10.0.0.2").send(&server).await.status, 201);
}

#[tokio::test]
async fn a_full_queue_refuses_until_there_is_room() {
    let server = Server::start_with(|settings| settings.queue_max_waiting = 2).await;
    let first = keyed("k", ORDER).send(&server).await;
    assert_eq!(Request::order(ORDER).send(&server).await.status, 201);

    Request::order(ORDER)
        .send(&server)
        .await
        .problem(503, "queue_full");
    let replay = keyed("k", ORDER).send(&server).await;
    assert_eq!((replay.status, &replay.body), (201, &first.body));
    cancel(&server, &first.order_id()).await;

    assert_eq!(Request::order(ORDER).send(&server).await.status, 201);
    Request::order(ORDER)
        .send(&server)
        .await
        .problem(503, "queue_full");
}

#[tokio::test]
async fn a_gateway_whose_operator_has_not_switched_trading_on_takes_no_orders() {
    let server = server().await;
    let first = keyed("k", ORDER).send(&server).await;
    let mut settings = GatewaySettings {
        port: 0,
        ..GatewaySettings::default()
    };
    settings.chain.trading = Trading::Disabled;
    let disabled = server.sibling(settings).await;

    let refused = Request::order(ORDER).send(&disabled).await;
    refused.problem(503, "trading_disabled");
    assert!(refused.header("retry-after").is_some());
    assert_eq!(stored(&server).await, 1);
    let replay = keyed("k", ORDER).send(&disabled).await;
    assert_eq!((replay.status, &replay.body), (201, &first.body));
    let dry = Request::order(ORDER).at("/api/orders/execute?dryRun=true");
    assert_eq!(dry.send(&disabled).await.status, 200);
    assert_eq!(Request::order(ORDER).send(&server).await.status, 201);
}

#[tokio::test]
async fn where_money_is_real_an_order_names_its_tokens() {
    let live = Server::start_with(|settings| settings.default_pair = None);
    let live = live.await;
    let unnamed = r#"{"amount":"1"}"#;

    let refused = Request::order(unnamed).send(&live).await;
    let problem = refused.problem(422, "token_required");
    assert_eq!(problem["errors"][0]["field"], "tokenIn");
    let dry = Request::order(unnamed).at("/api/orders/execute?dryRun=true");
    dry.send(&live).await.problem(422, "token_required");
    assert_eq!(Request::order(ORDER).send(&live).await.status, 201);
}

#[tokio::test]
async fn the_socket_is_named_as_the_client_must_write_it() {
    let told = Server::start_with(|settings| settings.trust_proxy = 1).await;
    let proxied = Request::order(ORDER)
        .header("X-Forwarded-Proto", "https")
        .header("X-Forwarded-Host", "desk.example");
    let url = |answer: Answer| answer.json()["wsUrl"].as_str().unwrap().to_owned();
    assert!(url(proxied.send(&told).await).starts_with("wss://desk.example/api/orders/execute?"));

    let untold = server().await;
    let own = format!("ws://{}/", untold.address);
    assert!(url(proxied.send(&untold).await).starts_with(&own));

    let fixed =
        Server::start_with(|settings| settings.public_url = Some("https://x.example".to_owned()))
            .await;
    assert!(url(proxied.send(&fixed).await).starts_with("wss://x.example/api/"));
}
