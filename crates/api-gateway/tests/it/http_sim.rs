//! The simulated cluster's calls: its ledger, and what operators do to it.

use std::sync::Arc;

use api_gateway::GatewaySettings;
use api_gateway::settings::ApiKey;
use domain::transaction::{Blockhash, Height, Signature, SignedTransaction};
use domain::venue::Program;
use domain::{Asset, BaseUnits, ClientId, Mint, OrderId, Timestamp, Venue};
use ports::ledger::LedgerEntry;
use ports::simulation::{Extras, Faults, Launch, Part, StartingFee, Trade};
use serde_json::{Value, json};
use testkit::contract::Given;

use crate::http_client::Request;
use crate::outside::{BORN, Cluster, NO_POOL, Outside, POOL};
use crate::ws_server::Server;

struct World {
    server: Server,
    cluster: Arc<Cluster>,
    given: Given,
}

impl World {
    async fn start(keys: &[&str]) -> Self {
        let cluster = Arc::new(Cluster::default());
        let outside = Outside {
            simulation: Some(cluster.clone()),
            ..Outside::default()
        };
        let own = |name: &&str| ApiKey {
            client: ClientId::parse(name).expect("a client"),
            key: (*name).to_owned(),
        };
        let settings = GatewaySettings {
            port: 0,
            api_keys: keys.iter().map(own).collect(),
            admin_key: (!keys.is_empty()).then(|| "admin".to_owned()),
            ..GatewaySettings::default()
        };
        Self {
            server: Server::start_in(outside, settings).await,
            cluster,
            given: Given::new(),
        }
    }

    async fn post(&self, path: &str, body: &Value) -> crate::http_client::Answer {
        let request = Request::post(path).header("Content-Type", "application/json");
        request.body(body.to_string()).send(&self.server).await
    }

    /// An order of this client whose transaction landed.
    async fn landed(&self, client: &ClientId) -> (OrderId, Signature) {
        let store = &self.server.ports.store;
        let id = self.given.accept(store, self.given.order_of(client)).await;
        let mut lease = self.given.leased(store, id).await;
        self.given.build(store, &mut lease).await;
        let transaction = self.given.submit(store, &mut lease).await;
        self.write(&transaction);
        (id, transaction.signature)
    }

    /// A line of the ledger.
    fn write(&self, transaction: &SignedTransaction) {
        let mut ledger = self.cluster.ledger.lock().expect("nobody panics");
        ledger.push(LedgerEntry {
            signature: transaction.signature.clone(),
            blockhash: transaction.blockhash.unwrap_or(Blockhash::new([0; 32])),
            venue: Venue::Meteora,
            asset_in: Asset::SOL,
            asset_out: Asset::USDC,
            amount_in: BaseUnits::new(1_500_000_000),
            amount_out: BaseUnits::new(224_000_000),
            height: Height::new(12),
            landed_at: Timestamp::from_millis(1_769_851_800_125),
            ok: true,
        });
    }

    async fn ledger(&self, query: &str, key: Option<&str>) -> Value {
        let request = Request::get(&format!("/api/sim/ledger{query}"));
        let request = match key {
            Some(key) => request.key(key),
            None => request,
        };
        request.send(&self.server).await.json()
    }

    async fn audited(&self) -> Vec<(String, String)> {
        let entries = self.server.ports.store.audit(None, 10).await;
        let entries = entries.expect("audit answers").into_iter();
        entries
            .map(|entry| (entry.action, entry.detail.unwrap_or_default()))
            .collect()
    }
}

fn lines(ledger: &Value) -> Vec<(&str, Option<&str>)> {
    let entries = ledger["entries"].as_array().expect("a ledger");
    entries
        .iter()
        .map(|entry| {
            let signature = entry["signature"].as_str().expect("a signature");
            (signature, entry["orderId"].as_str())
        })
        .collect()
}

#[tokio::test]
async fn the_ledger_says_which_order_a_line_was_made_for_and_null_where_none_was() {
    let world = World::start(&[]).await;
    let (order, signature) = world.landed(&ClientId::anyone()).await;
    let foreign = world.given.transaction();
    world.write(&foreign);

    let all = world.ledger("", None).await;
    let own = world.ledger(&format!("?orderId={order}"), None).await;
    let unknown = world.given.order_id();
    let none = world.ledger(&format!("?orderId={unknown}"), None).await;

    let id = order.to_string();
    let line = (signature.as_str(), Some(id.as_str()));
    assert_eq!(lines(&all), [line, (foreign.signature.as_str(), None)]);
    assert_eq!(all["entries"][0]["amountOut"], "224");
    assert_eq!(lines(&own), [line]);
    assert_eq!(lines(&none), []);
}

#[tokio::test]
async fn pages_of_the_ledger_follow_one_another() {
    let world = World::start(&[]).await;
    for _ in 0..3 {
        world.write(&world.given.transaction());
    }

    let first = world.ledger("?limit=2", None).await;
    let cursor = first["nextCursor"].as_str().expect("another page");
    let second = world
        .ledger(&format!("?limit=2&cursor={cursor}"), None)
        .await;

    assert_eq!((lines(&first).len(), lines(&second).len()), (2, 1));
    assert_eq!(second["nextCursor"], Value::Null);
}

#[tokio::test]
async fn a_key_sees_its_own_lines_and_the_admin_key_all() {
    let world = World::start(&["alpha", "beta"]).await;
    let [alpha, beta] = ["alpha", "beta"].map(|name| ClientId::parse(name).expect("a client"));
    let (own, _) = world.landed(&alpha).await;
    let (other, _) = world.landed(&beta).await;
    world.write(&world.given.transaction());

    let seen = world.ledger("", Some("alpha")).await;
    let others = world
        .ledger(&format!("?orderId={other}"), Some("alpha"))
        .await;
    let all = world.ledger("", Some("admin")).await;

    let own = own.to_string();
    let orders: Vec<_> = lines(&seen).into_iter().map(|(_, order)| order).collect();
    assert_eq!(orders, [Some(own.as_str())]);
    assert_eq!(lines(&others), []);
    assert_eq!(lines(&all).len(), 3);
}

#[tokio::test]
async fn somebody_else_trades_and_it_is_audited() {
    let world = World::start(&[]).await;
    let body = json!({"pool": POOL.to_string(), "tokenIn": "usdc", "amount": 2500.5});

    let answer = world.post("/api/sim/trade", &body).await.json();

    let signature = Signature::from_bytes(&[3; 64]);
    assert_eq!(
        answer,
        json!({"success": true, "signature": signature.as_str()})
    );
    let trade = Trade {
        pool: POOL,
        mint_in: Asset::USDC.mint,
        amount_in: BaseUnits::new(2_500_500_000),
    };
    assert_eq!(*world.cluster.trades.lock().unwrap(), [trade]);
    let audited = ("sim_trade".to_owned(), format!("2500.5 USDC of {POOL}"));
    assert_eq!(world.audited().await, [audited]);
}

#[tokio::test]
async fn a_token_that_no_list_has_is_traded_by_its_mint() {
    let world = World::start(&[]).await;
    let mint = BORN.mint;
    let body =
        json!({"pool": POOL.to_string(), "tokenIn": mint.to_string(), "amount": "0.000000007"});
    let too_fine =
        json!({"pool": POOL.to_string(), "tokenIn": mint.to_string(), "amount": "0.0000000001"});

    let answer = world.post("/api/sim/trade", &body).await.json();
    let refused = world.post("/api/sim/trade", &too_fine).await;

    assert_eq!(answer["success"], true, "{answer}");
    let trade = Trade {
        pool: POOL,
        mint_in: mint,
        amount_in: BaseUnits::new(7),
    };
    assert_eq!(*world.cluster.trades.lock().unwrap(), [trade]);
    let audited = (
        "sim_trade".to_owned(),
        format!("0.000000007 {mint} of {POOL}"),
    );
    assert_eq!(world.audited().await, [audited]);
    let problem = refused.problem(422, "invalid_request");
    assert_eq!(problem["errors"][0]["field"], "amount", "{problem}");
}

#[tokio::test]
async fn a_token_is_born_with_its_pool() {
    let world = World::start(&[]).await;
    let body = json!({
        "symbol": "NEW", "decimals": 9, "dex": "meteora", "pool": "damm_v2",
        "liquiditySol": "50.5", "openInMs": 1500, "freezeAuthority": true,
    });

    let answer = world.post("/api/sim/launch", &body).await.json();
    let least = json!({"dex": "raydium", "pool": "cpmm", "liquiditySol": 1});
    assert_eq!(world.post("/api/sim/launch", &least).await.status, 200);

    assert!(answer["mint"].as_str().unwrap().parse::<Mint>().is_ok());
    assert!(answer["poolAddress"].is_string());
    let launch = Launch {
        decimals: 9,
        program: Program::DammV2,
        liquidity_lamports: 50_500_000_000,
        open_in_ms: 1_500,
        freeze_authority: true,
        extras: Extras::default(),
    };
    let plain = Launch {
        decimals: 6,
        program: Program::Cpmm,
        liquidity_lamports: 1_000_000_000,
        open_in_ms: 0,
        freeze_authority: false,
        extras: Extras::default(),
    };
    assert_eq!(*world.cluster.launches.lock().unwrap(), [launch, plain]);
    let audited = world.audited().await;
    assert_eq!(audited[1].1, "NEW, damm_v2");
}

#[tokio::test]
async fn a_token_may_be_born_with_traps() {
    let world = World::start(&[]).await;
    let body = json!({
        "dex": "meteora", "pool": "damm_v2", "liquiditySol": "1", "mintAuthority": true,
        "heldPercent": 95, "startingFeeBps": 5000, "feeFallsInMs": 20000,
    });

    assert_eq!(world.post("/api/sim/launch", &body).await.status, 200);

    let extras = Extras {
        part: Part::Whole,
        mint_authority: true,
        held_percent: Some(95),
        starting_fee: Some(StartingFee {
            bps: 5_000,
            falls_for_ms: 20_000,
        }),
    };
    assert_eq!(world.cluster.launches.lock().unwrap()[0].extras, extras);
    for (field, value) in [
        ("startingFeeBps", json!(9_901)),
        ("heldPercent", json!(100)),
        ("feeFallsInMs", json!(0)),
        ("mintAuthority", json!("yes")),
    ] {
        let mut wrong = body.clone();
        wrong[field] = value;
        let problem = world.post("/api/sim/launch", &wrong).await;
        let problem = problem.problem(422, "invalid_request");
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
    let alone =
        json!({"dex": "raydium", "pool": "cpmm", "mintOnly": true, "freezeAuthority": true});
    let born = world.post("/api/sim/launch", &alone).await.json();
    let later = json!({"dex": "raydium", "pool": "cpmm", "liquiditySol": 5, "mint": born["mint"]});
    assert_eq!(world.post("/api/sim/launch", &later).await.status, 200);
    let parts: Vec<Part> = {
        let launches = world.cluster.launches.lock().unwrap();
        launches.iter().map(|it| it.extras.part).collect()
    };
    assert_eq!(parts[..2], [Part::Whole, Part::Mint]);
    assert!(matches!(parts[2], Part::PoolOf(_)));
    for (body, field, value) in [
        (&alone, "liquiditySol", json!(1)),
        (&later, "decimals", json!(1)),
        (&later, "mint", json!("x")),
    ] {
        let mut wrong = body.clone();
        wrong[field] = value;
        let problem = world.post("/api/sim/launch", &wrong).await;
        let problem = problem.problem(422, "invalid_request");
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
    let other =
        json!({"dex": "raydium", "pool": "cpmm", "liquiditySol": 1, "startingFeeBps": 5000});
    let problem = world.post("/api/sim/launch", &other).await;
    let problem = problem.problem(422, "invalid_request");
    assert_eq!(problem["errors"][0]["field"], "startingFeeBps", "{problem}");
}

#[tokio::test]
async fn faults_are_those_named_and_no_others() {
    let world = World::start(&[]).await;

    let body = json!({"sendDropped": 0.25, "readLagSlots": 3, "outage": true});
    let set = world.post("/api/sim/faults", &body).await.json();
    let none = world.post("/api/sim/faults", &json!({})).await.json();

    assert_eq!(set["faults"]["sendDropped"], 0.25);
    assert_eq!(none["faults"]["outage"], false);
    let some = Faults {
        send_dropped: 0.25,
        read_lag_slots: 3,
        outage: true,
        ..Faults::default()
    };
    let told = world.cluster.faults.lock().unwrap().clone();
    assert_eq!(told, [some, Faults::default()]);
    let audited = world.audited().await;
    assert_eq!(audited[0].1, "none");
    assert_eq!(
        audited[1].1,
        "outage true, readLagSlots 3, sendDropped 0.25"
    );
}

#[tokio::test]
async fn what_breaks_a_rule_is_refused_by_name_and_changes_nothing() {
    let world = World::start(&[]).await;
    let unlisted = Mint::new(NO_POOL).to_string();
    let pool = POOL.to_string();
    for (path, body, code, fields) in [
        ("trade", json!({}), "invalid_request", "pool tokenIn"),
        (
            "trade",
            json!({"pool": "x", "tokenIn": "SOL", "amount": 0}),
            "invalid_request",
            "pool amount",
        ),
        (
            "trade",
            json!({"pool": pool, "tokenIn": unlisted, "amount": 1}),
            "unknown_token",
            "tokenIn",
        ),
        (
            "trade",
            json!({"pool": pool, "tokenIn": "SOL", "amount": "1", "x": 1}),
            "invalid_request",
            "x",
        ),
        (
            "trade",
            json!({"pool": unlisted, "tokenIn": "SOL", "amount": "1"}),
            "invalid_request",
            "",
        ),
        ("trade", json!([]), "invalid_request", ""),
        (
            "launch",
            json!({"dex": "raydium", "pool": "dlmm", "liquiditySol": 1}),
            "invalid_request",
            "pool",
        ),
        (
            "launch",
            json!({"dex": "orca", "pool": "cpmm", "liquiditySol": "-1"}),
            "invalid_request",
            "dex liquiditySol",
        ),
        (
            "launch",
            json!({"symbol": "a b", "decimals": 10, "dex": "raydium", "pool": "cpmm", "liquiditySol": 1, "openInMs": 86_400_001, "freezeAuthority": 1}),
            "invalid_request",
            "symbol decimals openInMs freezeAuthority",
        ),
        (
            "faults",
            json!({"sendDropped": 1.5, "outage": "yes", "readLagSlots": -1, "rain": 1}),
            "invalid_request",
            "rain sendDropped readLagSlots outage",
        ),
    ] {
        let answer = world.post(&format!("/api/sim/{path}"), &body).await;
        let problem = answer.problem(422, code);
        let errors = problem["errors"].as_array().cloned().unwrap_or_default();
        let named: Vec<_> = errors
            .iter()
            .filter_map(|error| error["field"].as_str())
            .collect();
        assert_eq!(named.join(" "), fields, "{body}");
    }
    let twice = Request::post("/api/sim/faults")
        .header("Content-Type", "application/json")
        .body(r#"{"outage":true,"outage":false}"#);
    twice
        .send(&world.server)
        .await
        .problem(422, "invalid_request");
    let broken = Request::post("/api/sim/faults")
        .header("Content-Type", "application/json")
        .body("{");
    broken
        .send(&world.server)
        .await
        .problem(400, "malformed_json");

    assert!(world.cluster.trades.lock().unwrap().is_empty());
    assert!(world.cluster.launches.lock().unwrap().is_empty());
    assert!(world.cluster.faults.lock().unwrap().is_empty());
}

#[tokio::test]
async fn the_simulations_calls_are_the_operators_but_for_the_ledger() {
    let world = World::start(&["alpha"]).await;
    for path in ["/api/sim/trade", "/api/sim/launch", "/api/sim/faults"] {
        let request = Request::post(path)
            .header("Content-Type", "application/json")
            .body("{}");
        let keyed = request.clone().key("alpha").send(&world.server).await;
        keyed.problem(403, "forbidden");
        request
            .send(&world.server)
            .await
            .problem(401, "unauthorized");
    }
    let faults = Request::post("/api/sim/faults")
        .header("Content-Type", "application/json")
        .body("{}")
        .key("admin");
    assert_eq!(faults.send(&world.server).await.status, 200);
    assert_eq!(lines(&world.ledger("", Some("alpha")).await), []);
}

#[tokio::test]
async fn where_the_chain_is_not_simulated_there_is_nothing_to_operate() {
    let server = Server::start_with(|_| {}).await;
    for path in ["/api/sim/trade", "/api/sim/launch", "/api/sim/faults"] {
        let request = Request::post(path)
            .header("Content-Type", "application/json")
            .body("{}");
        request.send(&server).await.problem(404, "not_found");
    }
}
