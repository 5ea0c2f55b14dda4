//! Transactions: tried, sent, looked up.

use std::net::TcpListener;

use serde_json::{Value, json};
use sim_chain::bank::address;
use sim_chain::cluster::Settings;
use solana_hash::Hash;
use solana_message::{Message, VersionedMessage, v0};

use super::served::{SOL, Served, encode, key_of, memo, serve, serve_on, sign, wallet};
use crate::instruction::transfer;

fn base64(more: &Value) -> Value {
    let mut settings = json!({ "encoding": "base64", "commitment": "confirmed" });
    for (name, value) in more.as_object().unwrap() {
        settings[name] = value.clone();
    }
    settings
}

async fn simulate(node: &Served, text: &str, more: Value) -> Value {
    let asked = json!([text, base64(&more)]);
    node.call("simulateTransaction", asked).await["value"].clone()
}

fn pay(lamports: u64) -> solana_instruction::Instruction {
    transfer(key_of(&wallet(1)), key_of(&wallet(2)), lamports)
}

#[tokio::test]
async fn a_transaction_is_sent_and_found_by_signature_address_and_block() {
    let node = serve();
    let signature = node.send(&[memo("hello"), pay(SOL)]).await;
    node.await_commitment(&signature, "finalized").await;

    let settings = json!({ "encoding": "jsonParsed", "maxSupportedTransactionVersion": 0 });
    let told = node
        .call("getTransaction", json!([signature, settings]))
        .await;
    let receiver = key_of(&wallet(2)).to_string();
    let page = node
        .call("getSignaturesForAddress", json!([receiver]))
        .await;
    let block = json!([told["slot"], { "transactionDetails": "signatures" }]);
    let block = node.call("getBlock", block).await;
    let balance = node.call("getBalance", json!([receiver])).await;

    let instructions = &told["transaction"]["message"]["instructions"];
    assert_eq!(instructions[0]["parsed"], "hello");
    assert_eq!(instructions[1]["parsed"]["info"]["lamports"], SOL);
    assert_eq!(told["version"], "legacy");
    assert_eq!(told["meta"]["err"], Value::Null);
    assert_eq!(told["meta"]["fee"], 5_000);
    let keys = &told["transaction"]["message"]["accountKeys"];
    assert_eq!(keys[0]["signer"], true);
    assert_eq!(keys[0]["writable"], true);
    assert_eq!(page[0]["signature"], signature);
    assert_eq!(page[0]["memo"], "[5] hello");
    assert_eq!(page[0]["confirmationStatus"], "finalized");
    assert_eq!(block["signatures"], json!([signature]));
    assert_eq!(balance["value"], 11 * SOL);
}

#[tokio::test]
async fn a_block_is_told_in_every_detail() {
    let node = serve();
    let signature = node.send(&[pay(SOL)]).await;
    node.await_commitment(&signature, "finalized").await;
    let slot = node.call("getTransaction", json!([signature])).await["slot"].clone();
    let get = async |details: &str| {
        let settings = json!({ "transactionDetails": details, "rewards": false });
        node.call("getBlock", json!([slot, settings])).await
    };

    let (full, accounts, none) = (get("full").await, get("accounts").await, get("none").await);

    let transaction = &full["transactions"][0];
    assert_eq!(transaction["transaction"]["signatures"][0], signature);
    assert!(transaction["meta"]["logMessages"].is_array());
    let keys = &accounts["transactions"][0]["transaction"]["accountKeys"];
    assert_eq!(keys[0]["pubkey"], key_of(&wallet(1)).to_string());
    assert_eq!(none.get("transactions"), None);
    assert_eq!(none.get("rewards"), None);
    assert_eq!(full["blockhash"], none["blockhash"]);
}

#[tokio::test]
async fn pages_of_signatures_have_borders() {
    let node = serve();
    let mut sent = Vec::new();
    for lamports in 1..=4 {
        sent.push(node.send(&[pay(SOL + lamports)]).await);
    }
    node.await_commitment(&sent[3], "finalized").await;
    let receiver = key_of(&wallet(2)).to_string();

    let middle = json!([receiver, { "before": sent[3], "until": sent[0] }]);
    let middle = node.call("getSignaturesForAddress", middle).await;
    let newest = json!([receiver, { "limit": 1 }]);
    let newest = node.call("getSignaturesForAddress", newest).await;

    let signatures = |page: &Value| -> Vec<Value> {
        let page = page.as_array().unwrap().iter();
        page.map(|entry| entry["signature"].clone()).collect()
    };
    assert_eq!(signatures(&middle), [json!(sent[2]), json!(sent[1])]);
    assert_eq!(signatures(&newest), [json!(sent[3])]);
    let wrong = json!([receiver, { "limit": 1_001 }]);
    assert_eq!(node.code("getSignaturesForAddress", wrong).await, -32602);
}

#[tokio::test]
async fn a_message_of_version_0_is_told_to_those_who_know_it() {
    let node = serve();
    let blockhash = node.blockhash("confirmed").await;
    let payer = wallet(1);
    let message = v0::Message::try_compile(&key_of(&payer), &[pay(SOL)], &[], blockhash);
    let text = encode(&payer, VersionedMessage::V0(message.unwrap()));
    let settings = json!({ "encoding": "base64", "preflightCommitment": "confirmed" });
    let signature = node.call("sendTransaction", json!([text, settings])).await;
    let signature = signature.as_str().unwrap();
    node.await_commitment(signature, "finalized").await;

    let error = node.error("getTransaction", json!([signature])).await;
    let settings = json!({ "maxSupportedTransactionVersion": 0, "encoding": "base64" });
    let told = node
        .call("getTransaction", json!([signature, settings]))
        .await;

    assert_eq!(error["code"], -32015);
    assert_eq!(told["version"], 0);
    assert_eq!(told["transaction"], json!([text, "base64"]));
}

#[tokio::test]
async fn a_simulation_tells_what_would_be_and_changes_nothing() {
    let node = serve();
    let blockhash = node.blockhash("confirmed").await;
    let text = sign(&wallet(1), &[pay(SOL)], blockhash);
    let receiver = key_of(&wallet(2)).to_string();
    let accounts = json!({ "accounts": { "encoding": "base64", "addresses": [receiver] } });

    let told = simulate(&node, &text, accounts).await;

    assert_eq!(told["err"], Value::Null);
    assert_eq!(told["accounts"][0]["lamports"], 11 * SOL);
    assert!(told["unitsConsumed"].as_u64().unwrap() > 0);
    let now = json!([receiver, { "commitment": "processed" }]);
    assert_eq!(node.call("getBalance", now).await["value"], 10 * SOL);
}

#[tokio::test]
async fn a_simulation_may_ignore_signature_and_blockhash_or_check_them() {
    let node = serve();
    let stale = sign(&wallet(1), &[pay(SOL)], Hash::new_from_array([9; 32]));
    let blockhash = node.blockhash("confirmed").await;
    let payer = key_of(&wallet(1));
    let message = Message::new_with_blockhash(&[pay(SOL)], Some(&payer), &blockhash);
    let foreign = encode(&wallet(2), VersionedMessage::Legacy(message));

    let missing = simulate(&node, &stale, json!({})).await;
    let replaced = simulate(&node, &stale, json!({ "replaceRecentBlockhash": true })).await;
    let both = json!({ "replaceRecentBlockhash": true, "sigVerify": true });
    let both = json!([stale, base64(&both)]);
    let unsigned = json!([foreign, base64(&json!({ "sigVerify": true }))]);

    assert_eq!(missing["err"], "BlockhashNotFound");
    assert_eq!(replaced["err"], Value::Null);
    assert!(replaced["replacementBlockhash"]["blockhash"].is_string());
    assert_eq!(node.code("simulateTransaction", both).await, -32602);
    assert_eq!(node.code("simulateTransaction", unsigned).await, -32003);
}

#[tokio::test]
async fn preflight_says_why_a_transaction_would_fail() {
    let node = serve();
    let blockhash = node.blockhash("confirmed").await;
    let text = sign(&wallet(1), &[pay(99 * SOL)], blockhash);
    let settings = json!({ "encoding": "base64", "preflightCommitment": "confirmed" });

    let error = node.error("sendTransaction", json!([text, settings])).await;

    assert_eq!(error["code"], -32002);
    assert_eq!(
        error["data"]["err"],
        json!({ "InstructionError": [0, { "Custom": 1 }] })
    );
    assert!(error["data"]["unitsConsumed"].is_u64());
    let logs = error["data"]["logs"].to_string();
    assert!(logs.contains("insufficient lamports"), "{logs}");
}

#[tokio::test]
async fn preflight_at_finalized_does_not_know_a_confirmed_blockhash() {
    let settings = Settings {
        latency_scale: 0.5,
        ..Settings::default()
    };
    let node = serve_on(settings, vec![TcpListener::bind("127.0.0.1:0").unwrap()]);
    for _ in 0..2 {
        node.cluster.next_block().await;
    }
    let settings = json!({ "encoding": "base64", "preflightCommitment": "finalized" });
    let text = sign(&wallet(1), &[pay(SOL)], node.blockhash("confirmed").await);

    let error = node.error("sendTransaction", json!([text, settings])).await;

    assert_eq!(error["data"]["err"], "BlockhashNotFound");
}

#[tokio::test]
async fn what_is_sent_twice_lands_once_and_what_cannot_land_is_dropped() {
    let node = serve();
    let blockhash = node.blockhash("confirmed").await;
    let unchecked = json!({ "encoding": "base64", "skipPreflight": true });
    let checked = json!({ "encoding": "base64", "preflightCommitment": "processed" });
    let good = sign(&wallet(1), &[pay(SOL)], blockhash);
    let stale = sign(&wallet(1), &[pay(SOL)], Hash::new_from_array([9; 32]));

    let first = node.call("sendTransaction", json!([good, unchecked])).await;
    let second = node.call("sendTransaction", json!([good, unchecked])).await;
    let error = node.error("sendTransaction", json!([good, checked])).await;
    let dropped = node
        .call("sendTransaction", json!([stale, unchecked]))
        .await;
    let statuses = node
        .call("getSignatureStatuses", json!([[first, dropped]]))
        .await;

    assert_eq!(first, second);
    assert_eq!(error["data"]["err"], "AlreadyProcessed");
    assert_eq!(statuses["value"][0]["err"], Value::Null);
    assert_eq!(statuses["value"][1], Value::Null);
    let receiver = json!([key_of(&wallet(2)).to_string(), { "commitment": "processed" }]);
    assert_eq!(node.call("getBalance", receiver).await["value"], 11 * SOL);
}

#[tokio::test]
async fn a_transaction_may_come_in_base58() {
    let node = serve();
    let text = sign(&wallet(1), &[pay(SOL)], node.blockhash("confirmed").await);
    let bytes = base64::Engine::decode(&base64::prelude::BASE64_STANDARD, text).unwrap();
    let text = bs58::encode(bytes).into_string();

    let settings = json!({ "preflightCommitment": "confirmed" });
    let signature = node.call("sendTransaction", json!([text, settings])).await;

    node.await_commitment(signature.as_str().unwrap(), "confirmed")
        .await;
    let garbage = json!([json!("0O"), {}]);
    assert_eq!(node.code("sendTransaction", garbage).await, -32602);
    assert_eq!(
        node.code("sendTransaction", json!(["1".repeat(2_000)]))
            .await,
        -32602
    );
}

#[tokio::test]
async fn fees_are_told_for_a_message_and_for_accounts() {
    let node = serve();
    let price = solana_instruction::Instruction {
        program_id: address::COMPUTE_BUDGET,
        accounts: Vec::new(),
        data: [&[3][..], &7_000_u64.to_le_bytes()].concat(),
    };
    let signature = node.send(&[price.clone(), pay(SOL)]).await;
    node.await_commitment(&signature, "confirmed").await;
    let blockhash = node.blockhash("confirmed").await;
    let payer = key_of(&wallet(1));
    let message = Message::new_with_blockhash(&[price], Some(&payer), &blockhash);
    let message = VersionedMessage::Legacy(message).serialize();
    let message = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, message);

    let asked = json!([message, { "commitment": "confirmed" }]);
    let fee = node.call("getFeeForMessage", asked).await;
    let recent = json!([[key_of(&wallet(2)).to_string()]]);
    let recent = node.call("getRecentPrioritizationFees", recent).await;

    assert_eq!(fee["value"], 5_021);
    let fees = recent.as_array().unwrap().iter();
    let paid: Vec<_> = fees
        .filter(|fee| fee["prioritizationFee"] == 7_000)
        .collect();
    assert_eq!(paid.len(), 1);
}

#[tokio::test]
async fn a_blockhash_is_valid_or_not() {
    let node = serve();
    let known = node.blockhash("finalized").await.to_string();
    let unknown = Hash::new_from_array([9; 32]).to_string();

    let known = node.call("isBlockhashValid", json!([known])).await;
    let unknown = node.call("isBlockhashValid", json!([unknown])).await;

    assert_eq!(
        (&known["value"], &unknown["value"]),
        (&json!(true), &json!(false))
    );
}

#[tokio::test]
async fn the_faucet_pays_by_a_transaction() {
    let node = serve();
    let poor = key_of(&wallet(77)).to_string();

    let signature = node.call("requestAirdrop", json!([poor, 2 * SOL])).await;
    node.await_commitment(signature.as_str().unwrap(), "finalized")
        .await;

    assert_eq!(
        node.call("getBalance", json!([poor])).await["value"],
        2 * SOL
    );
    let counted = node.call("getTransactionCount", json!([])).await;
    assert_eq!(counted, 1);
    let greedy = json!([poor, u64::MAX]);
    assert_eq!(node.code("requestAirdrop", greedy).await, -32602);
}
