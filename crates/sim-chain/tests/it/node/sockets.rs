//! What sockets tell, and how they end.

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use sim_chain::bank::address;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::served::{SOL, Served, key_of, memo, serve, wallet};
use crate::instruction::transfer;

pub(super) struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    pub(super) async fn open(node: &Served) -> Self {
        let (stream, _) = connect_async(format!("ws://127.0.0.1:{}", node.port))
            .await
            .unwrap();
        Self(stream)
    }

    async fn send(&mut self, text: String) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    async fn next(&mut self) -> Value {
        loop {
            let message = self.0.next().await.unwrap().unwrap();
            if let Message::Text(text) = message {
                return serde_json::from_str(&text).unwrap();
            }
        }
    }

    async fn call(&mut self, method: &str, params: Value) -> Value {
        let call = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        self.send(call.to_string()).await;
        loop {
            let answer = self.next().await;
            if answer["id"] == 1 {
                return answer;
            }
        }
    }

    pub(super) async fn follow(&mut self, method: &str, params: Value) -> Value {
        self.call(method, params).await["result"].clone()
    }

    pub(super) async fn can_open(node: &Served) -> bool {
        connect_async(format!("ws://127.0.0.1:{}", node.port))
            .await
            .is_ok()
    }

    /// Reads to the end; tells whether the node went away without saying so.
    pub(super) async fn ends_without_a_word(&mut self) -> bool {
        while let Some(message) = self.0.next().await {
            match message {
                Ok(Message::Close(_)) => return false,
                Ok(_) => {}
                Err(_) => return true,
            }
        }
        true
    }

    /// What the next notification of a kind tells.
    async fn told(&mut self, notification: &str) -> Value {
        loop {
            let told = self.next().await;
            if told["method"] == notification {
                return told["params"]["result"].clone();
            }
        }
    }
}

fn receiver() -> String {
    key_of(&wallet(2)).to_string()
}

async fn pay(node: &Served, lamports: u64) -> String {
    let pay = transfer(key_of(&wallet(1)), key_of(&wallet(2)), lamports);
    node.send(&[memo("paid"), pay]).await
}

#[tokio::test]
async fn a_signature_is_told_once_when_it_has_reached_its_commitment() {
    let node = serve();
    let mut socket = Socket::open(&node).await;
    let signature = pay(&node, SOL).await;

    let asked = json!([signature, { "commitment": "finalized" }]);
    let id = socket.follow("signatureSubscribe", asked).await;
    let told = socket.told("signatureNotification").await;
    let statuses = node
        .call("getSignatureStatuses", json!([[signature]]))
        .await;
    let again = socket.call("signatureUnsubscribe", json!([id])).await;

    assert_eq!(told["value"], json!({ "err": null }));
    assert_eq!(statuses["value"][0]["confirmationStatus"], "finalized");
    assert_eq!(again["error"]["code"], -32602);
}

#[tokio::test]
async fn an_account_is_told_when_it_changes() {
    let node = serve();
    let mut socket = Socket::open(&node).await;
    let asked = json!([receiver(), { "commitment": "confirmed", "encoding": "base64" }]);
    socket.follow("accountSubscribe", asked).await;

    pay(&node, SOL).await;

    let told = socket.told("accountNotification").await;
    assert_eq!(told["value"]["lamports"], 11 * SOL);
    assert!(told["context"]["slot"].is_u64());
}

#[tokio::test]
async fn a_programs_accounts_are_told_when_a_transaction_writes_them() {
    let node = serve();
    let mut socket = Socket::open(&node).await;
    let settings = json!({
        "commitment": "processed", "encoding": "base64", "filters": [{ "dataSize": 0 }],
    });
    let asked = json!([address::SYSTEM.to_string(), settings]);
    socket.follow("programSubscribe", asked).await;

    pay(&node, SOL).await;

    let mut told = Vec::new();
    for _ in 0..2 {
        let value = socket.told("programNotification").await["value"].clone();
        told.push(value["pubkey"].as_str().unwrap().to_owned());
    }
    told.sort_unstable();
    let mut expected = [key_of(&wallet(1)).to_string(), receiver()];
    expected.sort_unstable();
    assert_eq!(told, expected);
}

#[tokio::test]
async fn logs_are_told_of_those_that_mention_an_address() {
    let node = serve();
    let mut socket = Socket::open(&node).await;
    let two = json!([{ "mentions": [receiver(), receiver()] }]);
    let refused = socket.call("logsSubscribe", two).await;
    let asked = json!([{ "mentions": [receiver()] }, { "commitment": "confirmed" }]);
    socket.follow("logsSubscribe", asked).await;

    node.send(&[memo("not for anybody")]).await;
    let signature = pay(&node, SOL).await;

    let told = socket.told("logsNotification").await;
    assert_eq!(told["value"]["signature"], signature);
    assert!(told["value"]["logs"].to_string().contains("paid"));
    assert_eq!(refused["error"]["code"], -32602);
}

#[tokio::test]
async fn slots_and_roots_are_told_in_their_order_until_nobody_asks() {
    let node = serve();
    for _ in 0..8 {
        node.cluster.next_block().await;
    }
    let mut socket = Socket::open(&node).await;
    let slots = socket.follow("slotSubscribe", json!([])).await;
    socket.follow("rootSubscribe", json!([])).await;

    let first = socket.told("slotNotification").await;
    let second = socket.told("slotNotification").await;
    let stopped = socket.follow("slotUnsubscribe", json!([slots])).await;
    let root = socket.told("rootNotification").await;
    let next_root = socket.told("rootNotification").await;

    assert!(first["slot"].as_u64() < second["slot"].as_u64());
    assert!(first["root"].as_u64() < first["parent"].as_u64());
    assert!(first["parent"].as_u64() < first["slot"].as_u64());
    assert_eq!(stopped, true);
    assert!(root.as_u64() < next_root.as_u64());
}

#[tokio::test]
async fn what_is_no_subscription_is_refused_and_the_socket_goes_on() {
    let node = serve();
    let mut socket = Socket::open(&node).await;

    let unknown = socket.call("voteSubscribe", json!([])).await;
    socket.send("{".to_owned()).await;
    let broken = socket.next().await;
    let mut last = Value::Null;
    for _ in 0..=1_000 {
        last = socket.call("accountSubscribe", json!([receiver()])).await;
    }
    let stranger = socket.call("slotUnsubscribe", json!([9_999])).await;

    assert_eq!(unknown["error"]["code"], -32601);
    assert_eq!(broken["error"]["code"], -32700);
    assert_eq!(last["error"]["code"], -32600);
    assert_eq!(stranger["error"]["code"], -32602);
}

#[tokio::test]
async fn a_message_that_is_too_long_ends_the_socket() {
    let node = serve();
    let mut socket = Socket::open(&node).await;

    socket.send(" ".repeat(65 * 1024)).await;

    let end = loop {
        match socket.0.next().await {
            Some(Ok(Message::Close(frame))) => break frame,
            Some(Ok(_)) => {}
            Some(Err(_)) | None => break None,
        }
    };
    assert_eq!(end.map(|end| u16::from(end.code)), Some(1002));
}
