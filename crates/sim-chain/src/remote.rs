//! The simulated chain in another process: the same traits over HTTP.
//!
//! Transactions are built and signed here; only their last valid height comes from the chain. Concurrent calls
//! are sent as lists, see `remote/lane.rs`.

mod lane;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use dex_router::QuoteSource;
use dex_router::venue::{QuoteError, QuoteRequest};
use domain::Venue;
use domain::quote::Offer;
use domain::transaction::{Height, Signature, SignedTransaction};
use ports::chain::{Chain, Error, Fate, Swap};
use ports::ledger::{LedgerFilter, LedgerPage};
use ports::{Clock, Random, Shutdown};
use reqwest::Url;

use crate::rpc::{Answer, Call, PATH, WAIT_MS_MAX};
use crate::transaction::Payload;
use crate::wallet::Wallet;
use lane::Lane;

/// How long a transaction takes at scale 1; used until the chain has said how long it takes there.
const USUAL_MS: u64 = 3_050;
/// Lists of quick calls in flight at once: few, so that calls gather meanwhile.
const QUICK_IN_FLIGHT_MAX: usize = 2;
/// Lists of slow calls in flight at once: more, so that no call waits for the delay of another.
const SLOW_IN_FLIGHT_MAX: usize = 32;
/// Connections kept open while nothing happens.
const IDLE_CONNECTIONS_MAX: usize = 8;
/// A chain on the same network accepts a connection in far less.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);

/// The address is not one of a simulated chain.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("{0:?} is not an address such as http://127.0.0.1:4000")]
    Address(String),
    #[error("no HTTP client could be made")]
    Client(#[from] reqwest::Error),
}

/// A client of the simulated chain's process.
#[derive(Debug)]
pub struct RemoteChain {
    quick: Arc<Lane>,
    slow: Arc<Lane>,
    clock: Arc<dyn Clock>,
    random: Random,
    wallet: Wallet,
    usual_ms: AtomicU64,
}

impl RemoteChain {
    /// A client of the chain at this address. Nothing is sent yet: a chain that cannot be reached is an
    /// error of each call, and the next call tries again.
    pub fn connect(
        address: &str,
        clock: Arc<dyn Clock>,
        random: Random,
        shutdown: &Shutdown,
    ) -> Result<Arc<Self>, ConnectError> {
        let wrong = || ConnectError::Address(address.to_owned());
        let mut url = Url::parse(address).map_err(|_| wrong())?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(wrong());
        }
        let path = format!("{}{PATH}", url.path().trim_end_matches('/'));
        url.set_path(&path);
        // It fails where another part of the process has installed the same provider before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .no_proxy()
            .connect_timeout(CONNECT_LIMIT)
            .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
            .tcp_nodelay(true)
            .build()?;
        let lane = |in_flight_max| {
            Arc::new(Lane::new(
                http.clone(),
                url.clone(),
                shutdown.clone(),
                in_flight_max,
            ))
        };
        Ok(Arc::new(Self {
            quick: lane(QUICK_IN_FLIGHT_MAX),
            slow: lane(SLOW_IN_FLIGHT_MAX),
            clock,
            random,
            wallet: Wallet::new(),
            usual_ms: AtomicU64::new(USUAL_MS),
        }))
    }

    /// The venues of that world, for the router.
    #[must_use]
    pub fn sources(self: &Arc<Self>) -> Vec<Arc<dyn QuoteSource>> {
        let source = |venue| -> Arc<dyn QuoteSource> {
            Arc::new(RemoteVenue {
                venue,
                chain: Arc::clone(self),
            })
        };
        Venue::ALL.into_iter().map(source).collect()
    }

    async fn ask(&self, lane: &Arc<Lane>, call: Call) -> Result<Answer, Error> {
        match lane.call(call).await.map_err(Error::Unavailable)? {
            Answer::Failed(error) => Err(error),
            answer => Ok(answer),
        }
    }
}

#[async_trait]
impl Chain for RemoteChain {
    async fn build(&self, swap: &Swap) -> Result<SignedTransaction, Error> {
        match self.ask(&self.quick, Call::Validity).await? {
            Answer::Validity {
                last_valid_height,
                usual_ms,
            } => {
                self.usual_ms.store(usual_ms, Ordering::Relaxed);
                let salt = self.random.bits();
                Ok(Payload::new(swap, salt, last_valid_height)?.sign(&self.wallet))
            }
            other => Err(unexpected(&other)),
        }
    }

    async fn send(&self, transaction: &SignedTransaction) -> Result<(), Error> {
        let transaction = BASE64_STANDARD.encode(&transaction.bytes);
        match self.ask(&self.quick, Call::Send { transaction }).await? {
            Answer::Sent => Ok(()),
            other => Err(unexpected(&other)),
        }
    }

    async fn finalized_height(&self) -> Result<Height, Error> {
        match self.ask(&self.quick, Call::Height).await? {
            Answer::Height(height) => Ok(height),
            other => Err(unexpected(&other)),
        }
    }

    async fn fate(&self, signature: &Signature) -> Result<Fate, Error> {
        let signature = signature.clone();
        match self.ask(&self.quick, Call::Fate { signature }).await? {
            Answer::Fate(fate) => Ok(fate),
            other => Err(unexpected(&other)),
        }
    }

    async fn await_fate(&self, signature: &Signature, limit: Duration) -> Result<Fate, Error> {
        let until = self.clock.monotonic() + limit;
        let mut goes_on = false;
        loop {
            let left = until.saturating_sub(self.clock.monotonic());
            let wait_ms = u64::try_from(left.as_millis())
                .unwrap_or(u64::MAX)
                .min(WAIT_MS_MAX);
            let call = Call::AwaitFate {
                signature: signature.clone(),
                wait_ms,
                goes_on,
            };
            match self.ask(&self.slow, call).await? {
                Answer::Fate(Fate::Unknown) if wait_ms > 0 => goes_on = true,
                Answer::Fate(fate) => return Ok(fate),
                other => return Err(unexpected(&other)),
            }
        }
    }

    fn usual_time(&self) -> Duration {
        Duration::from_millis(self.usual_ms.load(Ordering::Relaxed))
    }
}

#[async_trait]
impl ports::Ledger for RemoteChain {
    async fn entries(&self, filter: &LedgerFilter) -> Result<LedgerPage, Error> {
        let LedgerFilter {
            orders,
            after,
            limit,
        } = filter.clone();
        match self
            .ask(
                &self.slow,
                Call::Entries {
                    orders,
                    after,
                    limit,
                },
            )
            .await?
        {
            Answer::Entries { entries, next } => {
                let entries = entries.into_iter().map(|entry| entry.0).collect();
                Ok(LedgerPage { entries, next })
            }
            other => Err(unexpected(&other)),
        }
    }
}

/// One venue of the world in the other process.
#[derive(Debug)]
struct RemoteVenue {
    venue: Venue,
    chain: Arc<RemoteChain>,
}

#[async_trait]
impl QuoteSource for RemoteVenue {
    fn venue(&self) -> Venue {
        self.venue
    }

    async fn quote(&self, request: QuoteRequest) -> Result<Offer, QuoteError> {
        let QuoteRequest {
            asset_in,
            asset_out,
            amount_in,
        } = request;
        let call = Call::Quote {
            venue: self.venue,
            asset_in,
            asset_out,
            amount_in,
        };
        match self
            .chain
            .slow
            .call(call)
            .await
            .map_err(QuoteError::Unavailable)?
        {
            Answer::Offer(offer) => Ok(offer),
            Answer::Declined(error) => Err(error),
            other => Err(QuoteError::Unavailable(unexpected(&other).to_string())),
        }
    }
}

fn unexpected(_: &Answer) -> Error {
    Error::Unavailable("its answer fits no question".to_owned())
}
