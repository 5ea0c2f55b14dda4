//! What goes over the wire, to the letter.

use serde_json::Value;

use super::node::{Answer, Node};
use super::*;

/// The one request of a call: its method and its parameters. The answers are of no interest here.
async fn asked<T>(call: impl AsyncFnOnce(HttpRpc) -> Result<T, Error>) -> (String, Value) {
    let node = Node::answering([Answer::result("null")]).await;
    let _ = call(client(&node)).await;
    let mut request = node.requests().await.remove(0);
    assert_eq!(request["jsonrpc"], "2.0");
    let method = request["method"].as_str().unwrap().to_owned();
    (method, request["params"].take())
}

#[tokio::test]
async fn every_method_says_which_bank_it_asks() {
    let since = View::FINALIZED.since(Slot::new(u64::MAX));

    let (method, params) = asked(async |rpc| rpc.epoch_info(since).await).await;

    assert_eq!(method, "getEpochInfo");
    let config = json!({ "commitment": "finalized", "minContextSlot": u64::MAX });
    assert_eq!(params, json!([config]));
}

#[tokio::test]
async fn accounts_are_asked_for_in_base64() {
    let (method, params) =
        asked(async |rpc| rpc.accounts(&[MINT, OWNER], View::CONFIRMED).await).await;

    assert_eq!(method, "getMultipleAccounts");
    let config = json!({ "commitment": "confirmed", "encoding": "base64" });
    assert_eq!(
        params,
        json!([[MINT.to_string(), OWNER.to_string()], config])
    );
}

#[tokio::test]
async fn a_page_of_a_history_is_asked_for_by_what_comes_before_it() {
    let before = Signature::from([7; 64]);
    let page = EntryPage {
        limit: 1_000,
        before: Some(before),
    };

    let call = async |rpc: HttpRpc| {
        rpc.signatures_for_address(MINT, page, View::FINALIZED)
            .await
    };
    let (method, params) = asked(call).await;

    assert_eq!(method, "getSignaturesForAddress");
    let config = json!({ "commitment": "finalized", "limit": 1_000, "before": before.to_string() });
    assert_eq!(params, json!([MINT.to_string(), config]));
}

#[tokio::test]
async fn filters_go_with_a_search() {
    let filters = [Filter::Size(637), Filter::address(168, MINT)];

    let (method, params) =
        asked(async |rpc| rpc.program_accounts(OWNER, &filters, View::CONFIRMED).await).await;

    assert_eq!(method, "getProgramAccounts");
    let bytes = BASE64_STANDARD.encode(MINT.0);
    assert_eq!(
        params,
        json!([OWNER.to_string(), {
            "commitment": "confirmed", "encoding": "base64", "withContext": true,
            "filters": [
                { "dataSize": 637 },
                { "memcmp": { "offset": 168, "bytes": bytes, "encoding": "base64" } }
            ]
        }])
    );
}

#[tokio::test]
async fn a_transaction_is_sent_without_preflight_and_without_the_nodes_own_retries() {
    let (method, params) = asked(async |rpc| rpc.send(&[1, 2, 3]).await).await;

    assert_eq!(method, "sendTransaction");
    let config = json!({ "encoding": "base64", "skipPreflight": true, "maxRetries": 0 });
    assert_eq!(params, json!(["AQID", config]));
}

#[tokio::test]
async fn a_simulation_keeps_the_blockhash_and_needs_no_signature() {
    let request = SimulationRequest {
        transaction: &[1, 2, 3],
        view: View::CONFIRMED.since(Slot::new(5)),
        accounts: &[MINT],
    };

    let (method, params) = asked(async |rpc| rpc.simulate(&request).await).await;

    assert_eq!(method, "simulateTransaction");
    assert_eq!(
        params,
        json!(["AQID", {
            "commitment": "confirmed", "minContextSlot": 5, "encoding": "base64",
            "sigVerify": false, "replaceRecentBlockhash": false,
            "accounts": { "encoding": "base64", "addresses": [MINT.to_string()] }
        }])
    );
}

#[tokio::test]
async fn a_search_of_the_whole_history_says_so() {
    let (_, params) =
        asked(async |rpc| rpc.signature_statuses(&[signature()], History::Whole).await).await;

    let config = json!({ "searchTransactionHistory": true });
    assert_eq!(params, json!([[signature().to_string()], config]));
}

#[tokio::test]
async fn a_transaction_is_read_in_any_version_and_never_below_confirmed() {
    let (method, params) =
        asked(async |rpc| rpc.transaction(&signature(), Commitment::Processed).await).await;

    assert_eq!(method, "getTransaction");
    let config = json!({
        "commitment": "confirmed", "encoding": "base64", "maxSupportedTransactionVersion": 1
    });
    assert_eq!(params, json!([signature().to_string(), config]));
}

#[tokio::test]
async fn blocks_begin_at_a_slot_and_have_a_limit() {
    let (method, params) =
        asked(async |rpc| rpc.blocks(Slot::new(9), 151, Commitment::Finalized).await).await;

    assert_eq!(method, "getBlocksWithLimit");
    assert_eq!(params, json!([9, 151, { "commitment": "finalized" }]));
}

#[tokio::test]
async fn more_than_the_limit_is_refused_before_anything_is_sent() {
    // Nobody listens there: a call that sent anything would be without an answer.
    let endpoint = "http://127.0.0.1:1".parse().unwrap();
    let rpc = HttpRpc::new(endpoint, Limits::default()).unwrap();
    let long = Filter::Bytes {
        offset: 0,
        bytes: vec![0; FILTER_BYTES_MAX + 1],
    };
    let view = View::CONFIRMED;

    let refused = [
        rpc.accounts(&[MINT; ACCOUNTS_MAX + 1], view).await.err(),
        rpc.signature_statuses(&[signature(); SIGNATURES_MAX + 1], History::Recent)
            .await
            .err(),
        rpc.prioritization_fees(&[MINT; FEE_KEYS_MAX + 1])
            .await
            .err(),
        rpc.signatures_for_address(MINT, EntryPage::newest(ENTRIES_MAX + 1), view)
            .await
            .err(),
        rpc.blocks(Slot::new(0), BLOCKS_MAX + 1, Commitment::Finalized)
            .await
            .err(),
        rpc.program_accounts(MINT, &[long], view).await.err(),
    ];

    for error in refused {
        assert!(matches!(error, Some(Error::Refused(_))), "{error:?}");
    }
}
