//! The simulated cluster in another process, for its operators: ledger, trades, launches and faults over HTTP.

use std::time::Duration;

use async_trait::async_trait;
use domain::transaction::Signature;
use domain::{Asset, Mint};
use ports::chain::Error;
use ports::ledger::{Ledger, LedgerFilter, LedgerPage};
use ports::simulation::{Faults, Launch, Launched, Simulation, Trade};
use reqwest::{Client, Response, StatusCode, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::wire::{self, AssetQuestion, LedgerPageAnswer, LedgerQuestion, Traded};

/// A chain on the same network accepts a connection in far less.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);
/// From the question to the end of the answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// Far more than the longest page of the ledger.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Connections kept open while nothing happens.
const IDLE_CONNECTIONS_MAX: usize = 4;

/// The address is not one of a simulated cluster.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("{0:?} is not an address such as http://127.0.0.1:4000")]
    Address(String),
    #[error("no HTTP client could be made")]
    Client(#[from] reqwest::Error),
}

/// A client of the simulated cluster's process.
#[derive(Debug)]
pub struct RemoteSimulation {
    http: Client,
    address: Url,
}

impl RemoteSimulation {
    /// A client of the process at this address. Nothing is sent yet: one that cannot be reached is an error of each
    /// call, and the next call tries again.
    pub fn connect(address: &str) -> Result<Self, ConnectError> {
        let wrong = || ConnectError::Address(address.to_owned());
        let url = Url::parse(address).map_err(|_| wrong())?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(wrong());
        }
        // It fails where another part of the process has installed the same provider before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder()
            .no_proxy()
            .connect_timeout(CONNECT_LIMIT)
            .timeout(ANSWER_LIMIT)
            .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
            .tcp_nodelay(true)
            .build()?;
        Ok(Self { http, address: url })
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        path: &str,
        question: &impl Serialize,
    ) -> Result<T, Error> {
        let body = self.post(path, question).await?;
        serde_json::from_slice(&body).map_err(|_| not_understood())
    }

    async fn post(&self, path: &str, question: &impl Serialize) -> Result<Vec<u8>, Error> {
        let mut url = self.address.clone();
        url.set_path(&format!("{}{path}", url.path().trim_end_matches('/')));
        let sent = self.http.post(url).json(question).send().await;
        let response = sent.map_err(|error| unavailable(&error))?;
        let status = response.status();
        let body = read(response).await?;
        if status.is_success() {
            return Ok(body);
        }
        let reason = detail(&body).unwrap_or_else(|| format!("it answered {status}"));
        Err(match status {
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => Error::Refused(reason),
            _ => Error::Unavailable(reason),
        })
    }
}

#[async_trait]
impl Ledger for RemoteSimulation {
    async fn entries(&self, filter: &LedgerFilter) -> Result<LedgerPage, Error> {
        let question = LedgerQuestion::from(filter);
        let page: LedgerPageAnswer = self.ask(wire::LEDGER, &question).await?;
        Ok(LedgerPage {
            entries: page.entries.into_iter().map(Into::into).collect(),
            next: page.next,
        })
    }
}

#[async_trait]
impl Simulation for RemoteSimulation {
    async fn asset(&self, mint: Mint) -> Result<Option<Asset>, Error> {
        self.ask(wire::ASSET, &AssetQuestion { mint }).await
    }

    async fn trade(&self, trade: &Trade) -> Result<Signature, Error> {
        let traded: Traded = self.ask(wire::TRADE, trade).await?;
        Ok(traded.signature)
    }

    async fn launch(&self, launch: &Launch) -> Result<Launched, Error> {
        self.ask(wire::LAUNCH, launch).await
    }

    async fn set_faults(&self, faults: &Faults) -> Result<(), Error> {
        self.post(wire::FAULTS, faults).await.map(drop)
    }
}

async fn read(mut response: Response) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| unavailable(&error))?
    {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(Error::Unavailable("its answer is too long".to_owned()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// What a problem document says.
fn detail(body: &[u8]) -> Option<String> {
    let problem: serde_json::Value = serde_json::from_slice(body).ok()?;
    problem.get("detail")?.as_str().map(str::to_owned)
}

fn not_understood() -> Error {
    Error::Unavailable("its answer cannot be understood".to_owned())
}

fn unavailable(error: &reqwest::Error) -> Error {
    let text = if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "it cannot be reached"
    } else {
        "the connection broke"
    };
    Error::Unavailable(text.to_owned())
}
