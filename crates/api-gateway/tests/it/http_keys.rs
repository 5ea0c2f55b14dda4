//! Keys, tokens, operators.

use api_gateway::GatewaySettings;
use api_gateway::settings::ApiKey;
use domain::ClientId;
use serde_json::Value;

use crate::http_client::{ORDER, Request};
use crate::ws_server::Server;

async fn server() -> Server {
    let key = |client: &str, key: &str| ApiKey {
        client: ClientId::parse(client).expect("a client"),
        key: key.to_owned(),
    };
    Server::start(GatewaySettings {
        port: 0,
        api_keys: vec![key("desk", "alpha"), key("fund", "beta")],
        admin_key: Some("root".to_owned()),
        ..GatewaySettings::default()
    })
    .await
}

async fn handed_in(server: &Server, key: &str) -> Value {
    let answer = Request::order(ORDER).key(key).send(server).await;
    assert_eq!(answer.status, 201);
    answer.json()
}

#[tokio::test]
async fn everything_behind_the_keys_needs_one() {
    let server = server().await;
    for path in [
        "/api/orders",
        "/api/tokens",
        "/api/stats",
        "/api/quotes?amount=1",
        "/api/sim/ledger",
        "/api/pools",
        "/api/wallet",
        "/api/nothing",
        "/ws/nothing",
        "/api/orders/abc",
        "/api/admin/queue",
    ] {
        for request in [Request::get(path), Request::get(path).key("wrong")] {
            let answer = request.send(&server).await;
            answer.problem(401, "unauthorized");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        }
    }
    Request::order(ORDER)
        .send(&server)
        .await
        .problem(401, "unauthorized");
    let two = Request::get("/api/tokens")
        .key("alpha")
        .header("X-API-Key", "beta");
    two.send(&server).await.problem(401, "unauthorized");

    for path in [
        "/",
        "/docs",
        "/openapi.json",
        "/health",
        "/ready",
        "/metrics",
    ] {
        assert_eq!(Request::get(path).send(&server).await.status, 200, "{path}");
    }
    let other_header = Request::get("/api/tokens").header("X-API-Key", "beta");
    assert_eq!(other_header.send(&server).await.status, 200);
}

#[tokio::test]
async fn an_order_is_its_makers_alone() {
    let server = server().await;
    let order = handed_in(&server, "alpha").await;
    let id = order["orderId"].as_str().unwrap();
    let own = |path: &str| Request::get(path).key("alpha");
    let others = |path: &str| Request::get(path).key("beta");

    for path in [
        format!("/api/orders/{id}"),
        format!("/api/orders/{id}/events"),
    ] {
        assert_eq!(own(&path).send(&server).await.status, 200);
        others(&path)
            .send(&server)
            .await
            .problem(404, "order_not_found");
    }
    let cancel = Request::post(&format!("/api/orders/{id}/cancel"));
    cancel
        .key("beta")
        .send(&server)
        .await
        .problem(404, "order_not_found");
    let count = |answer: Value| answer["orders"].as_array().map(Vec::len);
    assert_eq!(
        count(own("/api/orders").send(&server).await.json()),
        Some(1)
    );
    assert_eq!(
        count(others("/api/orders").send(&server).await.json()),
        Some(0)
    );
    assert_eq!(
        count(
            Request::get("/api/orders")
                .key("root")
                .send(&server)
                .await
                .json()
        ),
        Some(1)
    );
}

#[tokio::test]
async fn keys_and_names_are_each_clients_own() {
    let server = server().await;
    let named = r#"{"amount":1,"clientOrderId":"one"}"#;
    for key in ["alpha", "beta"] {
        let request = Request::order(named)
            .header("Idempotency-Key", "k")
            .key(key);
        let answer = request.send(&server).await;
        assert_eq!(
            (answer.status, answer.header("idempotent-replayed")),
            (201, None)
        );
    }
}

#[tokio::test]
async fn a_replay_renews_the_token_and_nothing_else() {
    let server = server().await;
    let request = Request::order(ORDER)
        .header("Idempotency-Key", "k")
        .key("alpha");
    let first = request.send(&server).await.json();
    let again = request.send(&server).await.json();
    let without_token = |mut answer: Value| {
        let url = answer["wsUrl"].as_str().unwrap().to_owned();
        let (url, token) = url.split_once("&token=").expect("a token");
        assert!(token.len() > 40);
        answer["wsUrl"] = url.into();
        answer
    };

    assert_eq!(without_token(first), without_token(again));
}

#[tokio::test]
async fn a_token_opens_live_doors_and_no_others() {
    let server = server().await;
    let order = handed_in(&server, "alpha").await;
    let id = order["orderId"].as_str().unwrap();
    let token = Request::post("/api/ws-token")
        .key("alpha")
        .send(&server)
        .await
        .json();
    assert!(token["expiresAt"].as_str().unwrap().ends_with('Z'));
    let token = token["token"].as_str().unwrap();
    cancel(&server, id).await;

    let live = |token: &str| {
        Request::get(&format!("/api/orders/{id}/events?token={token}"))
            .header("Accept", "text/event-stream")
    };
    let answer = live(token).send(&server).await;
    let text = String::from_utf8_lossy(&answer.body);
    assert_eq!(answer.status, 200);
    assert!(text.contains("id: 0") && text.contains("id: 1"), "{text}");
    live("nonsense")
        .send(&server)
        .await
        .problem(401, "unauthorized");
    let listed = Request::get(&format!("/api/orders?token={token}"));
    listed.send(&server).await.problem(401, "unauthorized");
}

#[tokio::test]
async fn operators_get_a_token_for_every_order_and_for_live_doors_alone() {
    let server = server().await;
    let order = handed_in(&server, "alpha").await;
    let id = order["orderId"].as_str().unwrap();
    cancel(&server, id).await;

    let token = Request::post("/api/ws-token").key("root");
    let token = token.send(&server).await.json();

    let token = token["token"].as_str().expect("a token");
    let live = Request::get(&format!("/api/orders/{id}/events?token={token}"))
        .header("Accept", "text/event-stream");
    assert_eq!(live.send(&server).await.status, 200);
    let queue = Request::get(&format!("/api/admin/queue?token={token}"));
    queue.send(&server).await.problem(401, "unauthorized");
}

async fn cancel(server: &Server, id: &str) {
    let cancel = Request::post(&format!("/api/orders/{id}/cancel")).key("alpha");
    assert_eq!(cancel.send(server).await.status, 200);
}

#[tokio::test]
async fn operators_calls_take_the_admin_key_alone() {
    let server = server().await;
    // A caller with an API key does not even learn that nothing is there.
    Request::get("/api/admin/nothing")
        .key("alpha")
        .send(&server)
        .await
        .problem(403, "forbidden");
    for path in ["queue", "workers", "dead", "audit"] {
        let path = format!("/api/admin/{path}");
        assert_eq!(
            Request::get(&path).key("root").send(&server).await.status,
            200,
            "{path}"
        );
        Request::get(&path)
            .key("alpha")
            .send(&server)
            .await
            .problem(403, "forbidden");
    }
    Request::post("/api/admin/pause")
        .key("alpha")
        .send(&server)
        .await
        .problem(403, "forbidden");
    Request::order(ORDER)
        .key("root")
        .send(&server)
        .await
        .problem(403, "forbidden");
}

#[tokio::test]
async fn pausing_is_seen_and_written_down() {
    let server = server().await;
    let act = |act: &str| Request::post(&format!("/api/admin/{act}")).key("root");
    let look = |what: &str| Request::get(&format!("/api/admin/{what}")).key("root");

    assert_eq!(act("pause").send(&server).await.json()["paused"], true);
    assert_eq!(look("queue").send(&server).await.json()["paused"], true);
    assert_eq!(act("resume").send(&server).await.json()["paused"], false);

    let audit = look("audit?limit=1").send(&server).await.json();
    assert_eq!(audit["entries"][0]["action"], "resume");
    assert_eq!(audit["entries"][0]["actor"], "admin");
    let next = audit["nextCursor"].as_str().unwrap();
    let older = look(&format!("audit?cursor={next}"))
        .send(&server)
        .await
        .json();
    assert_eq!(older["entries"][0]["action"], "pause");
    assert_eq!(older["nextCursor"], Value::Null);
}

#[tokio::test]
async fn without_an_admin_key_the_machine_itself_operates() {
    let server = Server::start(GatewaySettings {
        port: 0,
        ..GatewaySettings::default()
    })
    .await;
    let own = format!("http://{}", server.address);

    assert_eq!(
        Request::get("/api/admin/queue").send(&server).await.status,
        200
    );
    let pause = Request::post("/api/admin/pause").header("Origin", &own);
    assert_eq!(pause.send(&server).await.status, 200);
    let entries = Request::get("/api/admin/audit").send(&server).await.json();
    assert_eq!(entries["entries"][0]["actor"], "loopback");
}

#[tokio::test]
async fn only_a_dead_order_is_retried_by_an_operator() {
    let server = server().await;
    let order = handed_in(&server, "alpha").await;
    let id = order["orderId"].as_str().unwrap();

    let retry = Request::post(&format!("/api/admin/dead/{id}/retry")).key("root");
    let problem = retry.send(&server).await.problem(409, "not_dead");

    assert_eq!(problem["orderStatus"], "pending");
}
