//! A node that answers over HTTP on a clock that moves by itself, and wallets that sign.

use std::net::TcpListener;
use std::sync::Arc;

use actix_web::{App, HttpServer};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use ports::{Random, Shutdown, SystemClock};
use serde_json::{Value, json};
use sim_chain::bank::{Account, Rent, address};
use sim_chain::cluster::{Cluster, Genesis, Settings};
use sim_chain::node::http;
use sim_chain::service::{Service, ServiceSettings};
use solana_address::Address;
use solana_hash::Hash;
use solana_instruction::Instruction;
use solana_message::{Message, VersionedMessage};
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;
use tokio::task::JoinSet;

pub(crate) const SOL: u64 = 1_000_000_000;
pub(crate) const MINT: Address = Address::new_from_array([40; 32]);
pub(crate) const TOKENS: u64 = 2_500_000;
/// An account with the program id of a venue and recognisable data.
pub(crate) const POOL: Address = Address::new_from_array([70; 32]);

/// A served node; the server ends with this value.
pub(crate) struct Served {
    pub(crate) cluster: Arc<Cluster>,
    pub(crate) service: Arc<Service>,
    pub(crate) url: String,
    pub(crate) port: u16,
    client: reqwest::Client,
    _server: JoinSet<std::io::Result<()>>,
}

pub(crate) fn wallet(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

pub(crate) fn key_of(wallet: &SigningKey) -> Address {
    Address::from(wallet.verifying_key().to_bytes())
}

fn mint(supply: u64, decimals: u8) -> Vec<u8> {
    let mut data = vec![0; 82];
    data[36..44].copy_from_slice(&supply.to_le_bytes());
    data[44..46].copy_from_slice(&[decimals, 1]);
    data
}

fn holding(owner: Address, amount: u64) -> Vec<u8> {
    let mut data = vec![0; 165];
    data[..32].copy_from_slice(MINT.as_ref());
    data[32..64].copy_from_slice(owner.as_ref());
    data[64..72].copy_from_slice(&amount.to_le_bytes());
    data[108] = 1;
    data
}

/// Three wallets; the first one has tokens.
fn genesis() -> Genesis {
    let account = |owner, data: Vec<u8>| {
        Account::new(Rent::default().minimum_balance(data.len()), owner, data)
    };
    let rich = |seed| {
        let account = Account::new(10 * SOL, address::SYSTEM, Vec::new());
        (key_of(&wallet(seed)), account)
    };
    let owner = key_of(&wallet(1));
    Genesis {
        accounts: vec![
            rich(1),
            rich(2),
            (address::WRAPPED_SOL, account(address::TOKEN, mint(0, 9))),
            (MINT, account(address::TOKEN, mint(TOKENS, 6))),
            (
                address::associated_token(&owner, &MINT, &address::TOKEN),
                account(address::TOKEN, holding(owner, TOKENS)),
            ),
            (POOL, account(address::RAYDIUM_CPMM, (0..200).collect())),
        ],
    }
}

/// A node whose blocks take the shortest time there is.
pub(crate) fn serve() -> Served {
    let settings = Settings {
        latency_scale: 0.0,
        ..Settings::default()
    };
    serve_on(settings, vec![TcpListener::bind("127.0.0.1:0").unwrap()])
}

pub(crate) fn serve_on(settings: Settings, listeners: Vec<TcpListener>) -> Served {
    let clock = Arc::new(SystemClock::new());
    let cluster = Cluster::new(settings, genesis(), clock, &Random::seeded(3));
    serve_cluster(cluster, listeners)
}

/// Serves a cluster without delays or faults.
pub(crate) fn serve_cluster(cluster: Arc<Cluster>, listeners: Vec<TcpListener>) -> Served {
    let undisturbed = ServiceSettings {
        latency_scale: 0.0,
        failure_rate: 0.0,
        seed: 3,
        shutdown: Shutdown::new(),
    };
    let clock = Arc::new(SystemClock::new());
    let service = Service::new(cluster.clone(), undisturbed, clock);
    let port = listeners[0].local_addr().unwrap().port();
    let served = service.clone();
    let server = HttpServer::new(move || {
        let service = served.clone();
        App::new().configure(move |config| http::configure(config, service))
    })
    .workers(1)
    .disable_signals();
    let server = listeners
        .into_iter()
        .fold(server, |server, listener| server.listen(listener).unwrap());
    // The client wants one even where it speaks without TLS; a second one is refused, which is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut running = JoinSet::new();
    running.spawn(server.run());
    Served {
        cluster,
        service,
        url: format!("http://127.0.0.1:{port}"),
        port,
        client: reqwest::Client::new(),
        _server: running,
    }
}

impl Served {
    pub(crate) async fn post(&self, body: impl Into<reqwest::Body>) -> reqwest::Response {
        self.client.post(&self.url).body(body).send().await.unwrap()
    }

    async fn answer(&self, method: &str, params: &Value) -> Value {
        let call = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let text = self.post(call.to_string()).await.text().await.unwrap();
        serde_json::from_str(&text).unwrap()
    }

    /// The result of a call that must succeed.
    pub(crate) async fn call(&self, method: &str, params: Value) -> Value {
        let mut answer = self.answer(method, &params).await;
        assert_eq!(answer.get("error"), None, "{method} {params}");
        answer["result"].take()
    }

    /// The error of a call that must fail.
    pub(crate) async fn error(&self, method: &str, params: Value) -> Value {
        let mut answer = self.answer(method, &params).await;
        assert_eq!(answer.get("result"), None, "{method} {params}");
        answer["error"].take()
    }

    pub(crate) async fn code(&self, method: &str, params: Value) -> i64 {
        self.error(method, params).await["code"].as_i64().unwrap()
    }

    pub(crate) async fn blockhash(&self, commitment: &str) -> Hash {
        let settings = json!([{ "commitment": commitment }]);
        let latest = self.call("getLatestBlockhash", settings).await;
        latest["value"]["blockhash"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap()
    }

    /// Sends what the first wallet signs; returns the signature.
    pub(crate) async fn send(&self, instructions: &[Instruction]) -> String {
        let blockhash = self.blockhash("confirmed").await;
        let text = sign(&wallet(1), instructions, blockhash);
        let settings = json!({ "encoding": "base64", "preflightCommitment": "confirmed" });
        let signature = self.call("sendTransaction", json!([text, settings])).await;
        signature.as_str().unwrap().to_owned()
    }

    /// Waits until a signature has reached a commitment.
    pub(crate) async fn await_commitment(&self, signature: &str, commitment: &str) {
        loop {
            let asked = json!([[signature]]);
            let statuses = self.call("getSignatureStatuses", asked).await;
            let reached = &statuses["value"][0]["confirmationStatus"];
            if reached == commitment || reached == "finalized" {
                return;
            }
            self.cluster.next_block().await;
        }
    }
}

pub(crate) fn memo(text: &str) -> Instruction {
    Instruction {
        program_id: address::MEMO,
        accounts: Vec::new(),
        data: text.as_bytes().to_vec(),
    }
}

/// A transaction in base64.
pub(crate) fn sign(payer: &SigningKey, instructions: &[Instruction], blockhash: Hash) -> String {
    let message = Message::new_with_blockhash(instructions, Some(&key_of(payer)), &blockhash);
    encode(payer, VersionedMessage::Legacy(message))
}

pub(crate) fn encode(payer: &SigningKey, message: VersionedMessage) -> String {
    let signature = Signature::from(payer.sign(&message.serialize()).to_bytes());
    let transaction = VersionedTransaction {
        signatures: vec![signature],
        message,
    };
    BASE64_STANDARD.encode(wincode::serialize(&transaction).unwrap())
}
