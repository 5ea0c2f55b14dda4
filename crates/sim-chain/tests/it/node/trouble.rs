//! What goes wrong on purpose, as HTTP and sockets tell it.

use ports::simulation::Faults;
use serde_json::json;

use super::served::{SOL, Served, key_of, memo, serve, wallet};
use super::sockets::Socket;
use crate::instruction::transfer;

fn call() -> String {
    json!({ "jsonrpc": "2.0", "id": 1, "method": "getSlot" }).to_string()
}

async fn check_status(node: &Served, faults: Faults, status: u16) {
    node.service.set_faults(&faults);
    let refused = node.post(call()).await;
    assert_eq!(refused.status(), status);
    assert_eq!(refused.headers()["retry-after"], "1");
    // Pages may read even this.
    assert_eq!(refused.headers()["access-control-allow-origin"], "*");
}

#[tokio::test]
async fn refusals_are_statuses_with_a_time_to_come_back() {
    let node = serve();
    let faults = Faults::default();

    let too_many_requests = 1.0;
    let busy = Faults {
        too_many_requests,
        ..faults
    };
    check_status(&node, busy, 429).await;
    let unavailable = 1.0;
    let away = Faults {
        unavailable,
        ..faults
    };
    check_status(&node, away, 503).await;
    let outage = true;
    check_status(&node, Faults { outage, ..faults }, 503).await;

    node.service.set_faults(&faults);
    assert_eq!(node.post(call()).await.status(), 200);
}

#[tokio::test]
async fn a_node_that_is_behind_says_by_how_much() {
    let node = serve();
    node.service.set_faults(&Faults {
        node_behind: 1.0,
        ..Faults::default()
    });

    let error = node.error("getSlot", json!([])).await;

    assert_eq!(error["code"], -32005);
    assert!(error["data"]["numSlotsBehind"].is_u64(), "{error}");
}

/// One call of a list that is refused refuses them all.
#[tokio::test]
async fn a_list_is_refused_whole() {
    let node = serve();
    node.service.planned().lose_next_replies(1);
    let pay = transfer(key_of(&wallet(1)), key_of(&wallet(2)), SOL);
    let blockhash = node.blockhash("confirmed").await;
    let text = super::served::sign(&wallet(1), &[memo("lost"), pay], blockhash);
    let settings = json!({ "encoding": "base64", "skipPreflight": true });
    let send = json!({
        "jsonrpc": "2.0", "id": 1, "method": "sendTransaction", "params": [text, settings],
    });
    let health = json!({ "jsonrpc": "2.0", "id": 2, "method": "getHealth" });

    let lost = node.post(json!([health, send]).to_string()).await;

    assert_eq!(lost.status(), 503);
    let balance = node
        .call(
            "getBalance",
            json!([key_of(&wallet(2)).to_string(), { "commitment": "processed" }]),
        )
        .await;
    assert_eq!(balance["value"], 11 * SOL);
}

#[tokio::test]
async fn a_socket_that_has_news_may_drop_without_a_word() {
    let node = serve();
    let mut socket = Socket::open(&node).await;
    let id = socket.follow("slotSubscribe", json!([])).await;
    assert!(id.is_u64());

    node.service.set_faults(&Faults {
        socket_drops: 1.0,
        ..Faults::default()
    });

    assert!(socket.ends_without_a_word().await);
}

#[tokio::test]
async fn nobody_opens_a_socket_in_an_outage() {
    let node = serve();
    let mut socket = Socket::open(&node).await;
    socket.follow("slotSubscribe", json!([])).await;

    node.service.set_faults(&Faults {
        outage: true,
        ..Faults::default()
    });

    assert!(socket.ends_without_a_word().await);
    assert!(!Socket::can_open(&node).await);
}
