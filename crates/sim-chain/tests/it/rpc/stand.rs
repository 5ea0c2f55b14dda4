//! A cluster on a clock that stands still, and who asks it: in this process, and over HTTP.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::{App, HttpServer};
use chain_solana::Rpc;
use chain_solana::rpc::http::{HttpRpc, Limits};
use chain_solana::rpc::{Commitment, Error, History, Status, View};
use domain::transaction::Height;
use ed25519_dalek::SigningKey;
use ports::{Random, Shutdown};
use sim_chain::bank::{Account, Rent, Verified, address};
use sim_chain::cluster::{self, Cluster, Genesis, Settings};
use sim_chain::node::http;
use sim_chain::rpc::SimRpc;
use sim_chain::service::{Service, ServiceSettings};
use solana_address::Address;
use solana_hash::Hash;
use solana_message::{Message, VersionedMessage};
use solana_signature::Signature;
use testkit::ManualClock;
use tokio::task::JoinSet;

use crate::instruction::transfer;
use crate::node::served::{SOL, key_of, wallet};

/// An account of a venue's program.
pub(super) const POOL: Address = Address::new_from_array([70; 32]);
/// Where the largest numbers stand.
pub(super) const RICH: Address = Address::new_from_array([71; 32]);
pub(super) const RICH_LAMPORTS: u64 = u64::MAX - 2;
/// An account that nobody has made.
pub(super) const NOBODY: Address = Address::new_from_array([72; 32]);
pub(super) const RECIPIENT: Address = Address::new_from_array([73; 32]);

/// How long a client over HTTP waits.
const HTTP_PATIENCE: Duration = Duration::from_secs(20);

/// A cluster and somebody who asks it.
pub(super) struct Stand {
    pub(super) rpc: Arc<dyn Rpc>,
    pub(super) service: Arc<Service>,
    pub(super) cluster: Arc<Cluster>,
    pub(super) clock: Arc<ManualClock>,
    pub(super) shutdown: Shutdown,
    _server: JoinSet<std::io::Result<()>>,
}

/// By which way a cluster is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Way {
    InThisProcess,
    OverHttp,
}

pub(super) fn amm(key: Address) -> amm::Address {
    amm::Address(key.to_bytes())
}

fn genesis() -> Genesis {
    let rent = Rent::default().minimum_balance(200);
    let wallets = (1..=10).map(|seed| {
        let account = Account::new(10 * SOL, address::SYSTEM, Vec::new());
        (key_of(&wallet(seed)), account)
    });
    let others = [
        (
            POOL,
            Account::new(rent, address::RAYDIUM_CPMM, (0..200).collect()),
        ),
        (
            RICH,
            Account::new(RICH_LAMPORTS, address::SYSTEM, Vec::new()),
        ),
    ];
    Genesis {
        accounts: wallets.chain(others).collect(),
    }
}

impl Way {
    /// A client of a service, and the server that it asks.
    pub(crate) fn to(
        self,
        service: &Arc<Service>,
        patience: Duration,
    ) -> (Arc<dyn Rpc>, JoinSet<std::io::Result<()>>) {
        match self {
            Self::InThisProcess => (Arc::new(SimRpc::new(service.clone())), JoinSet::new()),
            Self::OverHttp => client(service, patience),
        }
    }
}

/// A client over HTTP of a service, and its server.
pub(super) fn client(
    service: &Arc<Service>,
    patience: Duration,
) -> (Arc<dyn Rpc>, JoinSet<std::io::Result<()>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let served = service.clone();
    let server = HttpServer::new(move || {
        let service = served.clone();
        App::new().configure(move |config| http::configure(config, service))
    });
    let server = server.workers(1).disable_signals().listen(listener);
    let mut running = JoinSet::new();
    running.spawn(server.unwrap().run());
    let limits = Limits {
        call: patience,
        ..Limits::default()
    };
    let client = HttpRpc::new(url.parse().unwrap(), limits).unwrap();
    (Arc::new(client), running)
}

impl Stand {
    /// One without delays, where nothing goes wrong.
    pub(super) fn new(way: Way) -> Self {
        Self::with(way, 0.0, 0.0)
    }

    pub(super) fn with(way: Way, latency_scale: f64, failure_rate: f64) -> Self {
        Self::patient(way, latency_scale, failure_rate, HTTP_PATIENCE)
    }

    pub(super) fn patient(
        way: Way,
        latency_scale: f64,
        failure_rate: f64,
        patience: Duration,
    ) -> Self {
        let clock = Arc::new(ManualClock::default());
        let settings = Settings {
            latency_scale,
            ..Settings::default()
        };
        let random = Random::seeded(3);
        let cluster = Cluster::new(settings, genesis(), clock.clone(), &random);
        let shutdown = Shutdown::new();
        let settings = ServiceSettings {
            latency_scale,
            failure_rate,
            seed: 5,
            shutdown: shutdown.clone(),
        };
        let service = Service::new(cluster.clone(), settings, clock.clone());
        let (rpc, server) = way.to(&service, patience);
        let stand = Self {
            rpc,
            service,
            cluster,
            clock,
            shutdown,
            _server: server,
        };
        // So that no commitment stands where another does.
        stand.pass_blocks(10);
        stand
    }

    /// Lets blocks open one after the other.
    pub(super) fn pass_blocks(&self, blocks: u64) {
        let height = || self.cluster.in_block(|block| block.height());
        let until = height() + blocks;
        while height() < until {
            self.clock.advance(self.cluster.slot_time());
        }
    }

    pub(super) fn height(&self) -> Height {
        Height::new(self.cluster.in_block(|block| block.height()))
    }

    pub(super) fn blockhash(&self) -> Hash {
        let confirmed = cluster::Commitment::Confirmed;
        self.cluster
            .read(confirmed, |chain| chain.latest_blockhash().0)
    }

    /// A transfer of the first wallet, in bytes.
    pub(super) fn transfer(&self, lamports: u64) -> (Signature, Vec<u8>) {
        self.transfer_of(1, lamports)
    }

    pub(super) fn transfer_of(&self, payer: u8, lamports: u64) -> (Signature, Vec<u8>) {
        let signed = sign(&wallet(payer), lamports, self.blockhash());
        (*signed.get().signature(), signed.get().encode())
    }

    pub(super) async fn status(&self, signature: Signature) -> Result<Option<Status>, Error> {
        let asked = [signature];
        let found = self.rpc.signature_statuses(&asked, History::Recent).await?;
        Ok(found.value.into_iter().next().flatten())
    }

    /// What the recipient of transfers has, as the open block knows it.
    pub(super) async fn received(&self) -> u64 {
        let view = View::newest(Commitment::Processed);
        let found = self.rpc.accounts(&[amm(RECIPIENT)], view).await.unwrap();
        found.value[0]
            .as_ref()
            .map_or(0, |account| account.lamports.get())
    }
}

pub(super) fn sign(payer: &SigningKey, lamports: u64, blockhash: Hash) -> Verified {
    let from = key_of(payer);
    let instructions = [transfer(from, RECIPIENT, lamports)];
    let message = Message::new_with_blockhash(&instructions, Some(&from), &blockhash);
    Verified::sign(VersionedMessage::Legacy(message), &[payer]).unwrap()
}
