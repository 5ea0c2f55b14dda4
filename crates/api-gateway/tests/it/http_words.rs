//! An operator's word that a transaction is dead, and what an order's answer says of its transaction.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use api_gateway::GatewaySettings;
use domain::event::{Failure, FailureCode};
use domain::landing::LandingReport;
use domain::transaction::SignedTransaction;
use domain::{EventData, OrderId};
use ports::finality::{NewFinality, UnfinalPage};
use ports::order_store::Lease;
use serde_json::{Value, json};
use testkit::contract::Given;

use crate::http_client::Request;
use crate::outside::{Node, Outside};
use crate::ws_server::Server;

struct Stage {
    server: Server,
    node: Arc<Node>,
    given: Given,
}

impl Stage {
    async fn new() -> Self {
        let node = Arc::<Node>::default();
        let outside = Outside {
            statuses: Some(node.clone()),
            ..Outside::default()
        };
        let settings = GatewaySettings {
            port: 0,
            ..GatewaySettings::default()
        };
        Self {
            server: Server::start_in(outside, settings).await,
            node,
            given: Given::new(),
        }
    }

    async fn submitted(&self) -> (Lease, SignedTransaction) {
        let store = &self.server.ports.store;
        let order = self.given.accepted(store).await;
        let mut lease = self.given.leased(store, order).await;
        self.given.build(store, &mut lease).await;
        let transaction = self.given.submit(store, &mut lease).await;
        (lease, transaction)
    }

    async fn say(&self, order: OrderId, body: &Value) -> (u16, Value) {
        let path = format!("/api/admin/orders/{order}/dead");
        let answer = Request::post(&path)
            .header("Content-Type", "application/json")
            .body(body.to_string())
            .send(&self.server)
            .await;
        (answer.status, answer.json())
    }

    async fn shown(&self, order: OrderId) -> Value {
        let answer = Request::get(&format!("/api/orders/{order}"));
        let mut shown = answer.send(&self.server).await.json();
        shown["order"].take()
    }

    /// The same as the list shows it.
    async fn listed(&self, order: OrderId) -> Value {
        let list = Request::get("/api/orders").send(&self.server).await.json();
        let all = list["orders"].as_array().expect("a list");
        let id = order.to_string();
        let found = all.iter().find(|it| it["orderId"] == id.as_str());
        found.expect("it is listed").clone()
    }
}

#[tokio::test]
async fn a_word_is_taken_shown_and_kept() {
    let stage = Stage::new().await;
    let (lease, _) = stage.submitted().await;
    let order = lease.order.id;
    assert_eq!(stage.shown(order).await["doubt"], Value::Null);

    let (status, said) = stage
        .say(order, &json!({"reason": "no explorer shows it"}))
        .await;

    assert_eq!(status, 200, "{said}");
    assert_eq!(said["orderId"], order.to_string());
    assert_eq!(said["declaredDead"]["reason"], "no explorer shows it");
    let shown = stage.shown(order).await;
    assert_eq!(shown["doubt"]["declaredDead"], said["declaredDead"]);
    assert_eq!(shown["doubt"]["unprovable"], Value::Null);
    assert_eq!(shown["status"], "submitted", "the worker goes on with it");
    let audit = Request::get("/api/admin/audit").send(&stage.server).await;
    let act = &audit.json()["entries"][0];
    assert_eq!(
        (&act["action"], &act["subject"], &act["detail"]),
        (
            &json!("dead"),
            &json!(order.to_string()),
            &json!("no explorer shows it")
        )
    );
}

#[tokio::test]
async fn what_the_chain_knows_or_does_not_say_is_not_dead() {
    let stage = Stage::new().await;
    let (lease, transaction) = stage.submitted().await;
    let order = lease.order.id;
    let body = json!({"reason": "it is gone"});

    stage.node.is_away.store(true, Ordering::Relaxed);
    let (status, refused) = stage.say(order, &body).await;
    assert_eq!(
        (status, &refused["code"]),
        (503, &json!("chain_unavailable"))
    );
    stage.node.is_away.store(false, Ordering::Relaxed);
    let known = &stage.node.known;
    known.lock().unwrap().push(transaction.signature);
    let (status, refused) = stage.say(order, &body).await;
    assert_eq!(
        (status, &refused["code"], &refused["orderStatus"]),
        (409, &json!("transaction_known"), &json!("submitted"))
    );

    assert_eq!(stage.shown(order).await["doubt"], Value::Null);
}

#[tokio::test]
async fn a_word_needs_a_reason_and_a_submitted_order() {
    let stage = Stage::new().await;
    let (lease, _) = stage.submitted().await;
    let pending = stage.given.accepted(&stage.server.ports.store).await;

    for body in [
        json!({}),
        json!({"reason": "  "}),
        json!({"reason": "x".repeat(501)}),
        json!({"reason": 5}),
        json!({"reason": "it is gone", "order": 1}),
    ] {
        let (status, refused) = stage.say(lease.order.id, &body).await;
        assert_eq!(
            (status, &refused["code"]),
            (422, &json!("invalid_request")),
            "{body}"
        );
    }
    let body = json!({"reason": "it is gone"});
    let (status, refused) = stage.say(pending, &body).await;
    assert_eq!(
        (status, &refused["code"], &refused["orderStatus"]),
        (409, &json!("not_submitted"), &json!("pending"))
    );
    let (status, refused) = stage.say(stage.given.order_id(), &body).await;
    assert_eq!((status, &refused["code"]), (404, &json!("order_not_found")));
}

#[tokio::test]
async fn an_order_says_that_nobody_can_prove_it_dead() {
    let stage = Stage::new().await;
    let (lease, _) = stage.submitted().await;
    let order = lease.order.id;

    let store = &stage.server.ports.store;
    store.doubt(order, 1, "no endpoint answers").await.unwrap();

    for shown in [stage.shown(order).await, stage.listed(order).await] {
        let unprovable = &shown["doubt"]["unprovable"];
        assert_eq!(unprovable["reason"], "no endpoint answers");
        assert!(unprovable["since"].as_str().unwrap().ends_with('Z'));
    }
}

#[tokio::test]
async fn a_submitted_order_says_how_its_transaction_fares_until_it_ends() {
    let stage = Stage::new().await;
    let (lease, _) = stage.submitted().await;
    let order = lease.order.id;
    assert_eq!(stage.shown(order).await["landing"], Value::Null);
    let report = LandingReport {
        blocks_lived: Some(12),
        unit_price: 10_000,
        fee_percentile: Some(40),
        ..LandingReport::default()
    };

    let store = &stage.server.ports.store;
    let released = store.release_with(&lease, Duration::ZERO, Some(report));
    released.await.unwrap();

    for shown in [stage.shown(order).await, stage.listed(order).await] {
        let landing = &shown["landing"];
        assert_eq!(
            (&landing["blocksLived"], &landing["feePercentile"]),
            (&json!(12), &json!(40))
        );
        assert_eq!(landing["sendsTaken"], Value::Null);
    }
    let mut lease = stage.given.leased(store, order).await;
    let failure = Failure {
        code: FailureCode::SlippageExceeded,
        reason: "the price moved".to_owned(),
        landing: None,
        paid_lamports: None,
    };
    let failed = EventData::Failed { failure };
    stage.given.record(store, &mut lease, failed).await;
    assert_eq!(stage.shown(order).await["landing"], Value::Null);
}

#[tokio::test]
async fn a_confirmed_order_says_when_its_block_was_final_or_vanished() {
    let stage = Stage::new().await;
    let store = &stage.server.ports.store;
    let order = stage.given.accepted(store).await;
    let mut lease = stage.given.leased(store, order).await;
    stage.given.confirm(store, &mut lease).await;
    let receipt = stage.shown(order).await["receipt"].clone();
    assert_eq!(receipt["finalizedAt"], Value::Null);

    store.vanish(order).await.unwrap();
    let vanished = stage.shown(order).await["receipt"].clone();
    let page = UnfinalPage {
        from: 0,
        up_to: u64::from(u32::MAX),
        after: None,
        limit: 1,
    };
    let [waits] = store.unfinal(page).await.unwrap().try_into().unwrap();
    let finality = NewFinality {
        order,
        confirmed_in: waits.slot,
        slot: waits.slot,
        fill: None,
    };
    store.finalize(&[finality]).await.unwrap();

    assert!(vanished["vanishedAt"].is_string(), "{vanished}");
    assert_eq!(vanished["diedAt"], Value::Null);
    for shown in [stage.shown(order).await, stage.listed(order).await] {
        let receipt = &shown["receipt"];
        assert!(receipt["finalizedAt"].is_string(), "{receipt}");
        assert_eq!(receipt["vanishedAt"], Value::Null);
        assert!(receipt["confirmedAt"].as_str() <= receipt["finalizedAt"].as_str());
    }
}
