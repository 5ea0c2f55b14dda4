//! What the chain is and holds.

use serde_json::{Value, json};
use sim_chain::bank::{Rent, address};
use sim_chain::cluster::GENESIS_HASH;

use super::served::{MINT, POOL, SOL, Served, TOKENS, key_of, serve, wallet};

fn owner() -> String {
    key_of(&wallet(1)).to_string()
}

fn token_account() -> String {
    address::associated_token(&key_of(&wallet(1)), &MINT, &address::TOKEN).to_string()
}

#[tokio::test]
async fn a_node_says_what_it_is() {
    let node = serve();

    assert_eq!(node.call("getHealth", json!([])).await, "ok");
    let genesis = node.call("getGenesisHash", json!([])).await;
    assert_eq!(genesis, GENESIS_HASH.to_string());
    let version = node.call("getVersion", json!([])).await;
    assert!(version["solana-core"].is_string());
    let identity = node.call("getIdentity", json!([])).await["identity"].clone();
    assert_eq!(node.call("getSlotLeader", json!([])).await, identity);
    let health = reqwest::get(format!("{}/health", node.url)).await.unwrap();
    assert_eq!(health.text().await.unwrap(), "ok");
}

#[tokio::test]
async fn an_epoch_fits_its_slot_and_its_schedule() {
    let node = serve();

    let info = node
        .call("getEpochInfo", json!([{ "commitment": "processed" }]))
        .await;
    let schedule = node.call("getEpochSchedule", json!([])).await;

    let number = |name: &str| info[name].as_u64().unwrap();
    let slots = schedule["slotsPerEpoch"].as_u64().unwrap();
    assert_eq!(number("absoluteSlot") / slots, number("epoch"));
    assert_eq!(number("absoluteSlot") % slots, number("slotIndex"));
    assert!(number("blockHeight") < number("absoluteSlot"));
}

#[tokio::test]
async fn commitments_are_ordered_and_processed_moves() {
    let node = serve();
    let mut slots = Vec::new();
    for _ in 0..8 {
        node.cluster.next_block().await;
    }
    for commitment in ["finalized", "confirmed", "processed"] {
        let asked = json!([{ "commitment": commitment }]);
        slots.push(node.call("getSlot", asked).await.as_u64().unwrap());
    }

    assert!(slots[0] < slots[1] && slots[1] < slots[2], "{slots:?}");
}

#[tokio::test]
async fn blocks_are_listed_without_those_that_were_skipped() {
    let node = serve();
    let first = node.call("getFirstAvailableBlock", json!([])).await;
    let first = first.as_u64().unwrap();
    for _ in 0..70 {
        node.cluster.next_block().await;
    }

    let limited = json!([first, 64, { "commitment": "confirmed" }]);
    let blocks = node.call("getBlocksWithLimit", limited).await;
    let blocks: Vec<u64> = serde_json::from_value(blocks).unwrap();
    let last = *blocks.last().unwrap();
    let ranged = json!([first, last, { "commitment": "confirmed" }]);

    assert_eq!(json!(blocks), node.call("getBlocks", ranged).await);
    assert_eq!(blocks.len(), 64);
    let skipped = (first..last).find(|slot| !blocks.contains(slot)).unwrap();
    assert_eq!(node.code("getBlock", json!([skipped])).await, -32007);
    assert_eq!(node.code("getBlock", json!([last + 9_999])).await, -32004);
    assert_eq!(node.code("getBlock", json!([first - 9])).await, -32001);
    assert!(node.call("getBlockTime", json!([first])).await.is_i64());
    assert_eq!(node.call("minimumLedgerSlot", json!([])).await, first);
}

#[tokio::test]
async fn accounts_are_told_in_every_encoding() {
    let node = serve();
    let get = async |key: String, settings: Value| {
        let told = node.call("getAccountInfo", json!([key, settings])).await;
        assert!(told["context"]["slot"].is_u64());
        told["value"].clone()
    };

    let wallet = get(owner(), json!({ "encoding": "base64" })).await;
    let sliced = json!({ "encoding": "base58", "dataSlice": { "offset": 3, "length": 2 } });
    let sliced = get(POOL.to_string(), sliced).await;
    let parsed = get(token_account(), json!({ "encoding": "jsonParsed" })).await;
    let mint = get(MINT.to_string(), json!({ "encoding": "jsonParsed" })).await;
    let nobody = get(address::INCINERATOR.to_string(), Value::Null).await;

    assert_eq!(wallet["lamports"], 10 * SOL);
    assert_eq!(wallet["data"], json!(["", "base64"]));
    assert_eq!(wallet["rentEpoch"], u64::MAX);
    let expected = bs58::encode([3, 4]).into_string();
    assert_eq!(sliced["data"], json!([expected, "base58"]));
    assert_eq!(
        parsed["data"]["parsed"]["info"]["tokenAmount"]["uiAmountString"],
        "2.5"
    );
    assert_eq!(mint["data"]["parsed"]["info"]["decimals"], 6);
    assert_eq!(nobody, Value::Null);
}

#[tokio::test]
async fn the_largest_number_is_told_without_loss() {
    let node = serve();
    let call = json!({
        "jsonrpc": "2.0", "id": 1, "method": "getAccountInfo", "params": [owner()],
    });

    let text = node.post(call.to_string()).await.text().await.unwrap();

    assert!(
        text.contains("\"rentEpoch\":18446744073709551615"),
        "{text}"
    );
}

#[tokio::test]
async fn several_accounts_are_told_at_once_and_no_more_than_a_hundred() {
    let node = serve();
    let keys = json!([[owner(), address::INCINERATOR.to_string(), POOL.to_string()], { "encoding": "base64" }]);

    let told = node.call("getMultipleAccounts", keys).await;

    let told = told["value"].as_array().unwrap();
    assert_eq!(told[0]["lamports"], 10 * SOL);
    assert_eq!(told[1], Value::Null);
    assert_eq!(told[2]["space"], 200);
    let many = json!([vec![owner(); 101]]);
    assert_eq!(node.code("getMultipleAccounts", many).await, -32602);
}

async fn found(node: &Served, filters: Value) -> usize {
    let settings = json!({ "encoding": "base64", "filters": filters });
    let asked = json!([address::RAYDIUM_CPMM.to_string(), settings]);
    let told = node.call("getProgramAccounts", asked).await;
    told.as_array().unwrap().len()
}

#[tokio::test]
async fn a_programs_accounts_are_found_by_size_and_content() {
    let node = serve();
    let content = |offset: usize, bytes: &[u8]| json!({ "memcmp": { "offset": offset, "bytes": bs58::encode(bytes).into_string() } });

    assert_eq!(found(&node, json!([])).await, 1);
    assert_eq!(found(&node, json!([{ "dataSize": 200 }])).await, 1);
    assert_eq!(found(&node, json!([{ "dataSize": 201 }])).await, 0);
    assert_eq!(found(&node, json!([content(10, &[10, 11])])).await, 1);
    assert_eq!(found(&node, json!([content(10, &[11])])).await, 0);
    assert_eq!(found(&node, json!([content(199, &[199, 200])])).await, 0);
    let base64 = json!([{ "memcmp": { "offset": 0, "bytes": "AAEC", "encoding": "base64" } }]);
    assert_eq!(found(&node, base64).await, 1);
    let asked = json!([address::RAYDIUM_CPMM.to_string(), { "withContext": true }]);
    let error = node.error("getProgramAccounts", asked.clone()).await;
    assert_eq!(error["code"], -32600, "200 bytes are too many for base58");
    let five = vec![json!({ "dataSize": 200 }); 5];
    let asked = json!([address::RAYDIUM_CPMM.to_string(), { "filters": five }]);
    assert_eq!(node.code("getProgramAccounts", asked).await, -32602);
}

#[tokio::test]
async fn tokens_are_told_by_account_owner_and_mint() {
    let node = serve();

    let balance = node.call("getTokenAccountBalance", json!([token_account()]));
    let supply = node.call("getTokenSupply", json!([MINT.to_string()]));
    let largest = node.call("getTokenLargestAccounts", json!([MINT.to_string()]));
    let settings = json!({ "encoding": "jsonParsed" });
    let by_mint = json!([owner(), { "mint": MINT.to_string() }, settings]);
    let by_program = json!([owner(), { "programId": address::TOKEN.to_string() }, settings]);
    let by_mint = node.call("getTokenAccountsByOwner", by_mint);
    let by_program = node.call("getTokenAccountsByOwner", by_program);

    let amount = TOKENS.to_string();
    assert_eq!(balance.await["value"]["amount"], amount);
    assert_eq!(supply.await["value"]["amount"], amount);
    assert_eq!(largest.await["value"][0]["address"], token_account());
    let by_mint = by_mint.await["value"].clone();
    assert_eq!(by_mint[0]["pubkey"], token_account());
    assert_eq!(by_program.await["value"], by_mint);
    let wrong = json!([MINT.to_string()]);
    assert_eq!(node.code("getTokenAccountBalance", wrong).await, -32602);
}

#[tokio::test]
async fn rent_and_balances_are_told() {
    let node = serve();

    let rent = node
        .call("getMinimumBalanceForRentExemption", json!([165]))
        .await;
    let balance = node.call("getBalance", json!([owner()])).await;

    assert_eq!(rent, Rent::default().minimum_balance(165));
    assert_eq!(balance["value"], 10 * SOL);
}

#[tokio::test]
async fn a_slot_that_is_not_reached_is_refused() {
    let node = serve();
    let asked = json!([owner(), { "minContextSlot": u64::MAX }]);

    let error = node.error("getBalance", asked).await;

    assert_eq!(error["code"], -32016);
    assert!(error["data"]["contextSlot"].is_u64());
}

#[tokio::test]
async fn wrong_parameters_and_methods_have_their_numbers() {
    let node = serve();

    assert_eq!(node.code("getBalance", json!([])).await, -32602);
    assert_eq!(node.code("getBalance", json!(["0OIl"])).await, -32602);
    assert_eq!(node.code("getBalance", json!([7])).await, -32602);
    assert_eq!(
        node.code("getSlot", json!([{ "commitment": "x" }])).await,
        -32602
    );
    assert_eq!(node.code("getBlocks", json!([0, 500_001])).await, -32602);
    assert_eq!(node.code("noSuchMethod", json!([])).await, -32601);
}
