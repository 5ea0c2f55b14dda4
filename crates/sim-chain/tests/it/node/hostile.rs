//! Requests that nobody should send. Of each: it is answered with an error that says why, and the node goes on.

use std::sync::Arc;

use futures_util::FutureExt as _;
use ports::{Random, Shutdown, SystemClock};
use proptest::prelude::*;
use reqwest::Method;
use serde_json::{Value, json};
use sim_chain::cluster::{Cluster, Genesis, Settings};
use sim_chain::node::Node;
use sim_chain::service::{Service, ServiceSettings};

use super::served::serve;

const METHODS: [&str; 39] = [
    "getHealth",
    "getVersion",
    "getIdentity",
    "getGenesisHash",
    "getSlot",
    "getBlockHeight",
    "getEpochInfo",
    "getEpochSchedule",
    "getSlotLeader",
    "getTransactionCount",
    "getRecentPerformanceSamples",
    "getBlock",
    "getBlocks",
    "getBlocksWithLimit",
    "getBlockTime",
    "getFirstAvailableBlock",
    "minimumLedgerSlot",
    "getAccountInfo",
    "getMultipleAccounts",
    "getProgramAccounts",
    "getBalance",
    "getMinimumBalanceForRentExemption",
    "getTokenAccountBalance",
    "getTokenAccountsByOwner",
    "getTokenSupply",
    "getTokenLargestAccounts",
    "getLatestBlockhash",
    "isBlockhashValid",
    "getRecentPrioritizationFees",
    "getFeeForMessage",
    "simulateTransaction",
    "sendTransaction",
    "requestAirdrop",
    "getSignatureStatuses",
    "getTransaction",
    "getSignaturesForAddress",
    "",
    "accountSubscribe",
    "getslot",
];

fn node() -> Node {
    let clock = Arc::new(SystemClock::new());
    let random = Random::seeded(1);
    let settings = Settings::default();
    let cluster = Cluster::new(settings, Genesis::default(), clock.clone(), &random);
    let undisturbed = ServiceSettings {
        latency_scale: 0.0,
        failure_rate: 0.0,
        seed: 1,
        shutdown: Shutdown::new(),
    };
    Node::new(Service::new(cluster, undisturbed, clock))
}

/// The answer of a node that nothing delays.
fn answer(body: &[u8]) -> Option<Value> {
    let node = node();
    let answer = node.answer(body).now_or_never().expect("no delay");
    answer.expect("no trouble")
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,90}".prop_map(Value::from),
        "[1-9A-HJ-NP-Za-km-z]{32,88}".prop_map(Value::from),
        "[A-Za-z0-9+/]{0,300}={0,2}".prop_map(Value::from),
    ];
    let names = prop_oneof![
        Just("commitment"),
        Just("encoding"),
        Just("filters"),
        Just("memcmp"),
        Just("offset"),
        Just("bytes"),
        Just("dataSlice"),
        Just("length"),
        Just("limit"),
        Just("before"),
        Just("minContextSlot"),
        Just("accounts"),
        Just("addresses"),
        Just("mint"),
    ];
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map(names.clone().prop_map(str::to_owned), inner, 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Any call of any method has exactly one answer, with a result or with an error's number.
    #[test]
    fn every_call_is_answered(
        method in prop::sample::select(&METHODS[..]),
        params in prop::collection::vec(values(), 0..4),
    ) {
        let call = json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params });

        let answer = answer(call.to_string().as_bytes()).unwrap();

        prop_assert_eq!(&answer["id"], 7);
        let has_result = answer.get("result").is_some();
        let has_error = answer["error"]["code"].is_i64();
        prop_assert!(has_result != has_error, "{}", answer);
    }

    /// Any bytes have an answer or ask for none.
    #[test]
    fn no_body_is_too_strange(body in prop::collection::vec(any::<u8>(), 0..512)) {
        if let Some(answer) = answer(&body) {
            prop_assert!(answer.is_object() || answer.is_array());
        }
    }
}

#[tokio::test]
async fn broken_and_deep_bodies_are_parse_errors() {
    let node = serve();
    let deep = format!("{}{}", "[".repeat(60_000), "]".repeat(60_000));
    for body in ["{".to_owned(), String::new(), "\u{0}".to_owned(), deep] {
        let answer: Value = node.post(body).await.json().await.unwrap();

        assert_eq!(answer["error"]["code"], -32700);
        assert_eq!(answer["id"], Value::Null);
    }
}

#[tokio::test]
async fn a_body_that_is_too_long_is_not_read() {
    let node = serve();

    let refused = node.post(vec![b' '; 300 * 1024]).await;

    assert_eq!(refused.status(), 413);
    assert_eq!(node.call("getHealth", json!([])).await, "ok");
}

#[tokio::test]
async fn a_list_of_calls_is_answered_in_its_order() {
    let node = serve();
    let call = |id: u64, method: &str| json!({ "jsonrpc": "2.0", "id": id, "method": method });
    let calls = json!([call(2, "getHealth"), 5, call(1, "none"), { "jsonrpc": "2.0", "method": "getHealth" }]);

    let answers: Value = node.post(calls.to_string()).await.json().await.unwrap();

    assert_eq!(answers.as_array().unwrap().len(), 3);
    assert_eq!(answers[0]["result"], "ok");
    assert_eq!(answers[1]["error"]["code"], -32600);
    assert_eq!(answers[2]["error"]["code"], -32601);
    let silent = json!({ "jsonrpc": "2.0", "method": "getHealth" });
    assert_eq!(node.post(silent.to_string()).await.status(), 204);
}

#[tokio::test]
async fn pages_of_every_origin_may_call() {
    let node = serve();
    let client = reqwest::Client::new();
    let asked = client.request(Method::OPTIONS, &node.url);

    let permitted = asked
        .header("origin", "https://a.example")
        .send()
        .await
        .unwrap();
    let answered = node.post("{").await;

    assert_eq!(permitted.status(), 204);
    for response in [permitted, answered] {
        assert_eq!(response.headers()["access-control-allow-origin"], "*");
    }
}
