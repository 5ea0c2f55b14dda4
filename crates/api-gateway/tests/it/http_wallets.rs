//! Several wallets: which of them pays for an order, who may use which, and what an order says that waits for one.

use std::sync::Arc;

use api_gateway::GatewaySettings;
use api_gateway::settings::{ApiKey, WalletSettings};
use domain::{Address, ClientId, NamedWallet, OrderId, WalletName};
use serde_json::{Value, json};
use testkit::contract::{Given, eventually};

use crate::http_client::{ORDER, Request, stored};
use crate::outside::{Outside, Purse};
use crate::ws_server::Server;

const MAIN: Address = Address::new([1; 32]);
const SECOND: Address = Address::new([2; 32]);
const SPARE: Address = Address::new([3; 32]);

fn wallet(name: &str, address: Address) -> NamedWallet {
    NamedWallet {
        name: WalletName::parse(name).expect("a name"),
        address,
    }
}

fn client(name: &str) -> ClientId {
    ClientId::parse(name).expect("a client")
}

/// Alpha has `second` for itself; beta and gamma have nothing of their own.
fn settings(known: &[NamedWallet]) -> GatewaySettings {
    let key = |name: &str| ApiKey {
        client: client(name),
        key: name.to_owned(),
    };
    GatewaySettings {
        port: 0,
        api_keys: ["alpha", "beta"].map(key).to_vec(),
        admin_key: Some("admin".to_owned()),
        wallets: WalletSettings {
            known: known.to_vec(),
            are_all_here: !known.is_empty(),
            allowed: Vec::new(),
            bound: vec![(
                client("alpha"),
                WalletName::parse("second").expect("a name"),
            )],
        },
        ..GatewaySettings::default()
    }
}

fn outside() -> Outside {
    Outside {
        wallets: Some(Arc::new(Purse)),
        ..Outside::default()
    }
}

async fn server() -> Server {
    let known = [
        wallet("second", SECOND),
        wallet("main", MAIN),
        wallet("spare", SPARE),
    ];
    Server::start_in(outside(), settings(&known)).await
}

fn order_by(wallet: &str) -> String {
    ORDER.replace('}', &format!(r#","wallet":"{wallet}"}}"#))
}

async fn paid_by(server: &Server, key: &str, body: &str) -> Value {
    let accepted = Request::order(body).key(key).send(server).await;
    assert_eq!(accepted.status, 201, "{}", accepted.json());
    order(server, &accepted.order_id()).await["wallet"].clone()
}

async fn order(server: &Server, id: &str) -> Value {
    let shown = Request::get(&format!("/api/orders/{id}")).key("admin");
    shown.send(server).await.json()["order"].clone()
}

#[tokio::test]
async fn an_order_is_paid_by_the_wallet_that_it_asks_for_or_the_first_that_is_nobodys_own() {
    let server = server().await;
    let (main, spare) = (MAIN.to_string(), SPARE.to_string());

    assert_eq!(paid_by(&server, "beta", ORDER).await, main);
    assert_eq!(paid_by(&server, "beta", &order_by("spare")).await, spare);
    assert_eq!(paid_by(&server, "beta", &order_by(&spare)).await, spare);

    let listed = Request::get("/api/orders?wallet=spare&limit=1").key("admin");
    let page = listed.send(&server).await.json();
    assert_eq!(page["orders"][0]["wallet"], spare);
    let cursor = page["nextCursor"].as_str().expect("there is another one");
    let rest = Request::get(&format!("/api/orders?wallet={spare}&cursor={cursor}")).key("admin");
    let rest = rest.send(&server).await.json();
    assert_eq!(rest["orders"].as_array().expect("orders").len(), 1);
    let nobodys = Request::get("/api/orders?wallet=nobodys").key("admin");
    nobodys
        .send(&server)
        .await
        .problem(400, "invalid_parameter");
}

#[tokio::test]
async fn a_client_with_a_wallet_of_its_own_pays_from_no_other_and_nobody_else_from_it() {
    let server = server().await;

    assert_eq!(paid_by(&server, "alpha", ORDER).await, SECOND.to_string());
    let own = paid_by(&server, "alpha", &order_by("second")).await;
    assert_eq!(own, SECOND.to_string());

    let before = stored(&server).await;
    for (key, wallet, code) in [
        ("alpha", "main", "wallet_not_allowed"),
        ("beta", "second", "wallet_not_allowed"),
        ("beta", &SECOND.to_string(), "wallet_not_allowed"),
        ("beta", "nobodys", "unknown_wallet"),
        ("beta", "No name", "invalid_order"),
    ] {
        for path in ["/api/orders/execute", "/api/orders/execute?dryRun=true"] {
            let refused = Request::order(order_by(wallet)).at(path).key(key);
            let problem = refused.send(&server).await.problem(422, code);
            assert_eq!(problem["errors"][0]["field"], "wallet", "{problem}");
        }
    }
    assert_eq!(stored(&server).await, before);
}

#[tokio::test]
async fn a_repeated_request_is_answered_although_its_wallet_is_the_clients_no_more() {
    let known = [wallet("main", MAIN), wallet("second", SECOND)];
    let mut unbound = settings(&known);
    unbound.wallets.bound.clear();
    let server = Server::start_in(outside(), unbound).await;
    let request = || {
        Request::order(order_by("main"))
            .key("alpha")
            .header("Idempotency-Key", "once")
    };
    let first = request().send(&server).await;
    let bound = server.sibling(settings(&known)).await;

    let again = request().send(&bound).await;

    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.order_id(), again.order_id());
}

#[tokio::test]
async fn a_gateway_learns_wallets_from_workers_and_remembers_them() {
    let server = Server::start_in(outside(), settings(&[])).await;
    let untold = Request::order(ORDER).key("alpha").send(&server).await;
    untold.problem(503, "wallet_unavailable");
    let given = Given::new();
    let mut row = given.worker_row();
    row.wallets = vec![wallet("main", MAIN), wallet("second", SECOND)];
    server.ports.store.enlist(&row).await.expect("a worker");
    // What it knows may be some seconds old: another gateway asks at once.
    let other = server.sibling(settings(&[])).await;

    let accepted = Request::order(ORDER).key("alpha").send(&other).await;

    let id = accepted.order_id();
    let shown = order(&other, &id).await;
    assert_eq!(shown["wallet"], SECOND.to_string());
    assert_eq!(shown["waiting"], Value::Null);
    server.ports.store.retire(row.id).await.expect("it retires");
    assert_eq!(paid_by(&other, "alpha", ORDER).await, SECOND.to_string());
}

#[tokio::test]
async fn a_wallet_that_a_client_has_for_itself_is_nobodys_under_an_earlier_name() {
    let known = [
        wallet("main", MAIN),
        wallet("old", SECOND),
        wallet("second", SECOND),
    ];
    let server = Server::start_in(outside(), settings(&known)).await;

    assert_eq!(paid_by(&server, "beta", ORDER).await, MAIN.to_string());
    let refused = Request::order(order_by("old")).key("beta");
    let refused = refused.send(&server).await;
    refused.problem(422, "wallet_not_allowed");
    let server = Server::start_in(outside(), settings(&known[1..])).await;
    let refused = Request::order(ORDER).key("beta").send(&server).await;
    refused.problem(422, "wallet_not_allowed");
}

#[tokio::test]
async fn an_order_says_that_it_waits_for_a_worker_with_its_wallet() {
    let server = server().await;
    let (given, store) = (Given::new(), &server.ports.store);
    let mut others = given.worker_row();
    others.wallets = vec![wallet("main", MAIN)];
    store.enlist(&others).await.expect("a worker");
    let waiting = Request::order(ORDER).key("alpha").send(&server).await;
    let served = Request::order(ORDER).key("beta").send(&server).await;

    let shown = order(&server, &waiting.order_id()).await;

    let detail = "no live worker has the order's wallet";
    assert_eq!(shown["waiting"], json!({"for": "wallet", "detail": detail}));
    assert_eq!(shown["status"], "pending");
    let shown = order(&server, &served.order_id()).await;
    assert_eq!(shown["waiting"], Value::Null);
    // Once it is submitted everybody can see it through.
    let mut own = given.worker_row();
    own.wallets = vec![wallet("second", SECOND)];
    store.enlist(&own).await.expect("a worker");
    let id = OrderId::parse(&waiting.order_id()).expect("an id");
    let claimed = store.claim(id, own.id).await.expect("it answers");
    let ports::order_store::Claim::Granted(mut lease) = claimed else {
        panic!("not granted: {claimed:?}");
    };
    given.build(store, &mut lease).await;
    given.submit(store, &mut lease).await;
    store.retire(own.id).await.expect("it retires");
    let shown = order(&server, &waiting.order_id()).await;
    assert_eq!(
        (&shown["status"], &shown["waiting"]),
        (&json!("submitted"), &Value::Null)
    );
}

#[tokio::test]
async fn an_order_says_that_the_engine_is_halted_or_paused() {
    let server = server().await;
    let (given, store) = (Given::new(), &server.ports.store);
    let mut row = given.worker_row();
    row.wallets = vec![wallet("second", SECOND)];
    store.enlist(&row).await.expect("a worker");
    let accepted = Request::order(ORDER).key("alpha").send(&server).await;
    let id = accepted.order_id();
    let said = async |word: &str| {
        eventually("the order says why it stands still", || async {
            let shown = order(&server, &id).await;
            let waiting = &shown["waiting"];
            let detail = waiting["detail"].as_str().unwrap_or_default();
            (waiting["for"] == "resume" && detail.contains(word)).then_some(())
        })
        .await;
    };

    store.set_paused(true, "admin").await.expect("it pauses");
    said("paused").await;
    store.halt("admin", "a drill").await.expect("it halts");
    said("halted").await;
    store.set_paused(false, "admin").await.expect("it resumes");

    eventually("the order waits for nothing", || async {
        let shown = order(&server, &id).await;
        shown["waiting"].is_null().then_some(())
    })
    .await;
}

#[tokio::test]
async fn operators_see_each_wallet_by_its_name() {
    let server = server().await;
    let given = Given::new();
    let mut row = given.worker_row();
    row.wallets = vec![wallet("main", MAIN)];
    server.ports.store.enlist(&row).await.expect("a worker");
    let get = async |query: &str| {
        let shown = Request::get(&format!("/api/wallet{query}")).key("admin");
        shown.send(&server).await
    };

    let first = get("").await.json();
    let spare = get("?wallet=spare").await.json();

    assert_eq!(
        (&first["name"], &spare["name"]),
        (&json!("second"), &json!("spare"))
    );
    let live = |name: &str| {
        let all = first["wallets"].as_array().expect("wallets").iter();
        let mut named = all.filter(|it| it["name"] == name);
        named.next().expect("it is listed")["live"].clone()
    };
    assert_eq!(live("main"), json!(true));
    assert_eq!(live("spare"), json!(false));
    get("?wallet=nobodys").await.problem(404, "not_found");
    get("?wallet=").await.problem(400, "invalid_parameter");
    let reconcile = async |query: &str| {
        let path = format!("/api/admin/reconcile{query}");
        Request::post(&path).key("admin").send(&server).await
    };
    reconcile("?wallet=nobodys").await.problem(404, "not_found");
    // Its past is asked for, and nobody tells it here.
    for known in ["", "?wallet=spare"] {
        let answer = reconcile(known).await;
        assert_eq!(answer.status, 503, "{answer:?}");
    }
    let alone = settings(&[wallet("main", MAIN)]);
    let alone = Server::start_in(
        outside(),
        GatewaySettings {
            wallets: WalletSettings {
                bound: Vec::new(),
                ..alone.wallets.clone()
            },
            ..alone
        },
    )
    .await;
    let one = Request::get("/api/wallet")
        .key("admin")
        .send(&alone)
        .await
        .json();
    let has = |name: &str| one.get(name).is_some();
    assert!(!has("name") && !has("wallets"), "{one}");
}
