//! The receiver: one post for each try. What it answers beyond its status is not used, and a redirect is not followed.

use std::error::Error as _;
use std::fmt::Debug;
use std::net::IpAddr;
use std::time::Duration;

use async_trait::async_trait;
use config::Secret;
use futures_util::StreamExt as _;
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Response, Url};

use crate::address::{Judging, Lookup, NotPublic, Reach};

/// A try may take so long, from the look-up of the name to the answer's status.
pub const TRY_LIMIT: Duration = Duration::from_secs(10);
/// So much of an answer's body is read, for so long, that the connection can be used again.
const BODY_BYTES_MAX: usize = 4_096;
const BODY_LIMIT: Duration = Duration::from_millis(500);
/// Connections kept open while nothing is sent, and for how long: a name's address is judged anew after that.
const IDLE_CONNECTIONS_MAX: usize = 16;
const IDLE_FOR: Duration = Duration::from_secs(30);
/// Of what went wrong, so much is kept.
const ERROR_CHARS_MAX: usize = 240;

/// One try of a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The same for each try.
    pub id: String,
    /// When it is sent.
    pub second: i64,
    pub signature: String,
    /// JSON.
    pub body: Vec<u8>,
}

/// Why a receiver has not taken a webhook, for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Untaken(pub String);

/// Takes webhooks.
///
/// Cancel safety: a dropped call may or may not have reached the receiver.
#[async_trait]
pub trait Receiver: Send + Sync + Debug {
    /// Gives it to the receiver.
    async fn post(&self, message: &Message) -> Result<(), Untaken>;

    /// Whether connections may be made to it now. None is made.
    async fn check(&self) -> Result<(), Untaken>;
}

/// A receiver that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InvalidReceiver {
    #[error("WEBHOOK_URL=*** is not allowed: it is no URL of a host")]
    NoUrl,
    #[error("WEBHOOK_URL=*** is not allowed: {0}")]
    NotPublic(#[from] NotPublic),
    #[error("no HTTP client for webhooks can be made")]
    Client(#[source] reqwest::Error),
}

/// A receiver at a URL.
#[derive(Debug)]
pub struct HttpReceiver {
    http: reqwest::Client,
    /// It may hold what lets the engine in.
    url: Secret,
    judging: Judging,
}

impl HttpReceiver {
    /// A receiver. Nothing is sent yet: one that cannot be reached is an error of each try.
    pub fn new(url: &Secret, reach: Reach, lookup: Lookup) -> Result<Self, InvalidReceiver> {
        let parsed = Url::parse(url.expose()).map_err(|_| InvalidReceiver::NoUrl)?;
        // An address in the URL is not looked up, so that nobody judges it later.
        let host = parsed.host_str().ok_or(InvalidReceiver::NoUrl)?;
        let literal = host.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = literal.parse::<IpAddr>()
            && !reach.admits(address)
        {
            return Err(NotPublic(address).into());
        }
        // It fails where another part of the process has installed the same provider before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let judging = Judging { reach, lookup };
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .timeout(TRY_LIMIT)
            .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
            .pool_idle_timeout(IDLE_FOR)
            .dns_resolver(judging.clone())
            .user_agent(concat!("order-engine/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(InvalidReceiver::Client)?;
        Ok(Self {
            http,
            url: url.clone(),
            judging,
        })
    }
}

#[async_trait]
impl Receiver for HttpReceiver {
    async fn post(&self, message: &Message) -> Result<(), Untaken> {
        let posting = self
            .http
            .post(self.url.expose())
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", &message.id)
            .header("webhook-timestamp", message.second)
            .header("webhook-signature", &message.signature)
            .body(message.body.clone())
            .send();
        let answer = posting.await.map_err(|error| explain(&error))?;
        let status = answer.status();
        // The status is the receiver's word. What becomes of the rest changes nothing.
        let _ = tokio::time::timeout(BODY_LIMIT, drain(answer)).await;
        if status.is_success() {
            return Ok(());
        }
        let code = status.as_u16();
        Err(Untaken(match status.is_redirection() {
            true => format!("the receiver answered {code}: redirects are not followed"),
            false => format!("the receiver answered {code}"),
        }))
    }

    async fn check(&self) -> Result<(), Untaken> {
        let url = Url::parse(self.url.expose());
        let url = url.expect("invariant: the URL was parsed when this was made");
        // An address was judged when this was made.
        let Some(name) = url.domain() else {
            return Ok(());
        };
        let judged = tokio::time::timeout(TRY_LIMIT, self.judging.addresses(name)).await;
        match judged {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(Untaken(error.to_string())),
            Err(_) => Err(Untaken("its name is not resolved in time".to_owned())),
        }
    }
}

async fn drain(answer: Response) {
    let mut body = answer.bytes_stream();
    let mut read = 0;
    while read < BODY_BYTES_MAX {
        match body.next().await {
            Some(Ok(chunk)) => read += chunk.len(),
            Some(Err(_)) | None => return,
        }
    }
}

/// What went wrong, without the URL.
fn explain(error: &reqwest::Error) -> Untaken {
    if error.is_timeout() {
        let limit = TRY_LIMIT.as_secs();
        return Untaken(format!("the receiver did not answer within {limit} s"));
    }
    let mut text = match error.is_connect() {
        true => "no connection could be made".to_owned(),
        false => "the connection failed".to_owned(),
    };
    let mut last = String::new();
    let mut source = error.source();
    while let Some(cause) = source {
        last = cause.to_string();
        source = cause.source();
    }
    if !last.is_empty() {
        text = format!("{text}: {last}");
    }
    Untaken(text.chars().take(ERROR_CHARS_MAX).collect())
}
