//! What orders may spend: refused at once, shown with its use, named in quotes (FAILURES.md, case 44).

use std::sync::Arc;

use api_gateway::GatewaySettings;
use api_gateway::settings::ApiKey;
use domain::spending::{Item, Outlay, Purpose, SpendLimits};
use domain::transaction::SignedTransaction;
use domain::{Address, BaseUnits, ClientId, EventData, Mint, State, TokenList};
use ports::Store;
use ports::order_store::Recorded;
use serde_json::{Value, json};
use testkit::contract::Given;

use crate::http_client::{ORDER, Request};
use crate::outside::{KNOWN, Outside, Purse};
use crate::ws_server::Server;

/// The wallet of [`Purse`].
const WALLET: Address = Address::new([1; 32]);

fn settings(limits: &str) -> GatewaySettings {
    let settings = GatewaySettings {
        port: 0,
        spend_limits: Arc::new(SpendLimits::parse(limits, &TokenList::mainnet()).expect("limits")),
        ..GatewaySettings::default()
    };
    settings.of_wallet(Some(WALLET))
}

async fn server(limits: &str) -> Server {
    let outside = Outside {
        wallets: Some(Arc::new(Purse)),
        ..Outside::default()
    };
    Server::start_in(outside, settings(limits)).await
}

/// A transaction that may spend this is under way.
async fn spend(store: &Arc<dyn Store>, items: &[(Purpose, u64)]) {
    let given = Given::new();
    let order = given.accepted(store).await;
    let mut lease = given.leased(store, order).await;
    given.build(store, &mut lease).await;
    let State::Building { decision } = &lease.order.state else {
        panic!("it is built");
    };
    let items = items.iter().map(|(purpose, spent)| {
        let spent = BaseUnits::new(*spent);
        Item::new(*purpose, spent, spent)
    });
    let transaction = SignedTransaction {
        outlay: Some(Box::new(Outlay {
            wallet: WALLET,
            items: items.collect(),
        })),
        ..given.transaction()
    };
    let submitted = EventData::Submitted {
        choice: decision.choice.clone(),
        signature: transaction.signature.clone(),
    };
    let event = given.next(&lease.order, submitted);
    let stored = store.record_submission(&lease, &event, &transaction).await;
    assert!(matches!(stored, Ok(Recorded::Won(_))), "{stored:?}");
}

#[tokio::test]
async fn an_order_that_sells_more_than_one_may_is_refused_and_leaves_nothing() {
    let server = server("SOL:1.4/order,*:0/order").await;
    let before = server.rows();

    let refused = Request::order(ORDER).send(&server).await;
    let other = r#"{"tokenIn":"USDC","tokenOut":"SOL","amount":"1"}"#;
    let other = Request::order(other).send(&server).await;

    let problem = refused.problem(422, "spend_limit");
    assert_eq!(
        problem["detail"],
        "the order sells more than an order may: 1.5 SOL of at most 1.4 SOL"
    );
    other.problem(422, "spend_limit");
    assert_eq!(server.rows(), before);
    let small = ORDER.replace("1.5", "1.4");
    assert_eq!(Request::order(&small).send(&server).await.status, 201);
}

#[tokio::test]
async fn what_was_accepted_before_gets_its_answer_again_under_any_limit() {
    let server = Server::start_with(|_| {}).await;
    let order = || Request::order(ORDER).header("Idempotency-Key", "once");
    let first = order().send(&server).await;
    let limited = server.sibling(settings("SOL:1/order")).await;

    let again = order().send(&limited).await;

    assert_eq!(again.status, 201);
    assert_eq!(again.order_id(), first.order_id());
    Request::order(ORDER)
        .send(&limited)
        .await
        .problem(422, "spend_limit");
}

#[tokio::test]
async fn the_wallet_shows_every_limit_with_its_use() {
    let server = server("SOL:5/order,SOL:50/day,*:100/day,fees:0.1/day").await;
    let store = &server.ports.store;
    store.keep_asset(&KNOWN).await.expect("it is kept");
    let sold = |mint, amount| (Purpose::Token(mint), amount);
    spend(
        store,
        &[sold(Mint::SOL, 1_500_000_000), (Purpose::Fees, 5_000)],
    )
    .await;
    spend(store, &[sold(KNOWN.mint, 12_500)]).await;

    let wallet = Request::get("/api/wallet").send(&server).await.json();

    let limit = |token: &str, per: &str, limit: &str, used: Value| json!({"token": token, "per": per, "limit": limit, "used": used});
    assert_eq!(
        wallet["limits"],
        json!([
            limit("SOL", "order", "5", Value::Null),
            limit("SOL", "day", "50", json!("1.5")),
            limit("*", "day", "100", Value::Null),
            limit(&KNOWN.mint.to_string(), "day", "100", json!("1.25")),
            limit("fees", "day", "0.1", json!("0.000005")),
        ])
    );
}

#[tokio::test]
async fn a_quote_names_limits_that_leave_no_room_and_tells_operators_how_much_is_used() {
    let mut settings = settings("SOL:2/order,SOL:3/day,fees:0.000009/day");
    settings.api_keys = vec![ApiKey {
        client: ClientId::parse("alpha").expect("a client"),
        key: "alpha".to_owned(),
    }];
    settings.admin_key = Some("admin".to_owned());
    let server = Server::start_in(Outside::default(), settings).await;
    let items = [
        (Purpose::Token(Mint::SOL), 1_500_000_000),
        (Purpose::Fees, 5_000),
    ];
    spend(&server.ports.store, &items).await;
    let told = async |amount: &str, key: &str| {
        let query = format!("/api/quotes?tokenIn=SOL&tokenOut=USDC&amount={amount}");
        let answer = Request::get(&query).key(key).send(&server).await.json();
        let issues = answer["issues"].as_array().expect("issues").clone();
        let over = issues.iter().filter(|it| it["code"] == "spend_limit");
        over.map(|it| it["detail"].as_str().expect("a text").to_owned())
            .collect::<Vec<_>>()
    };

    let fees = "the day's limit for fees leaves no room for a transaction";
    let day = "the day's limit for what is sold leaves no room for the order";
    assert_eq!(told("1.5", "alpha").await, [fees]);
    assert_eq!(told("1.6", "alpha").await, [day, fees]);
    let order = "the order sells more than an order may";
    assert_eq!(told("2.5", "alpha").await, [order, day, fees]);
    assert_eq!(
        told("2.5", "admin").await,
        [
            format!("{order}: 2.5 SOL of at most 2 SOL"),
            format!("{day}: 1.5 SOL of 3 SOL are used"),
            format!("{fees}: 0.000005 SOL of 0.000009 SOL are used"),
        ]
    );
}
