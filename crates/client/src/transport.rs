//! The HTTP side: one pooled client, one place that reads refusals.

use std::sync::Arc;
use std::time::Duration;

use api_types::Problem;
use reqwest::header::{HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Method, RequestBuilder, Response, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Error;

/// A reachable engine accepts a connection in far less.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// The engine itself gives up on its store after 5 s.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);

/// What a client needs to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Such as `http://127.0.0.1:3000`.
    pub base_url: String,
    /// Sent with every call, if the engine needs one.
    pub api_key: Option<String>,
    /// Random 64 bits, new with each call: for the keys of retried submissions and to spread
    /// reconnects.
    pub random: fn() -> u64,
}

/// A client of one engine, or of the load balancer in front of several. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    base: Url,
    http: reqwest::Client,
    headers: HeaderMap,
    random: fn() -> u64,
}

/// A failed call and how long the engine asks to wait before the next.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) error: Error,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) arrival: Arrival,
}

/// Whether a failed call may have reached an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// There was no connection to send it on, or a proxy refused it.
    Never,
    Perhaps,
}

impl From<Failed> for Error {
    fn from(failed: Failed) -> Self {
        failed.error
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self {
            error,
            retry_after: None,
            arrival: Arrival::Perhaps,
        }
    }
}

impl Client {
    /// A client; nothing is sent yet.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        let Settings {
            base_url,
            api_key,
            random,
        } = settings;
        let wrong = || Error::BaseUrl(base_url.clone());
        let base = Url::parse(base_url.trim_end_matches('/')).map_err(|_| wrong())?;
        if !matches!(base.scheme(), "http" | "https") || base.host().is_none() {
            return Err(wrong());
        }
        let mut headers = HeaderMap::new();
        if let Some(key) = api_key {
            let mut value = HeaderValue::from_str(&format!("Bearer {key}")).map_err(|_| wrong())?;
            value.set_sensitive(true);
            headers.insert(reqwest::header::AUTHORIZATION, value);
        }
        // Another part of the process may have been first; both install the same provider.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_LIMIT)
            .timeout(ANSWER_LIMIT)
            .tcp_nodelay(true)
            .default_headers(headers.clone())
            .build()
            .map_err(|_| wrong())?;
        Ok(Self(Arc::new(Inner {
            base,
            http,
            headers,
            random,
        })))
    }

    /// The address this client calls.
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.0.base.as_str().trim_end_matches('/')
    }

    pub(crate) fn random_bits(&self) -> u64 {
        (self.0.random)()
    }

    /// A duration from zero up to, but not including, `limit`.
    pub(crate) fn random_below(&self, limit: Duration) -> Duration {
        let nanos = u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(self.random_bits().checked_rem(nanos).unwrap_or(0))
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// The address of a path, which may carry a query.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url())
    }

    pub(crate) fn unreachable(
        &self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Error {
        Error::Unreachable {
            base_url: self.base_url().to_owned(),
            source: source.into(),
        }
    }

    pub(crate) fn unexpected(&self, what: impl Into<String>) -> Error {
        Error::Unexpected {
            base_url: self.base_url().to_owned(),
            what: what.into(),
        }
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        self.get_with(path, &()).await
    }

    pub(crate) async fn get_with<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &(impl Serialize + ?Sized),
    ) -> Result<T, Error> {
        let request = self.request(Method::GET, path, query)?;
        Ok(self.call(request).await?)
    }

    /// A request with a query.
    pub(crate) fn request(
        &self,
        method: Method,
        path: &str,
        query: &(impl Serialize + ?Sized),
    ) -> Result<RequestBuilder, Error> {
        let mut url = Url::parse(&self.url(path)).map_err(|_| Error::BaseUrl(self.url(path)))?;
        add_query(&mut url, query).map_err(|what| self.unexpected(what))?;
        Ok(self.0.http.request(method, url))
    }

    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        self.0.http.request(Method::POST, self.url(path))
    }

    pub(crate) fn patch(&self, path: &str) -> RequestBuilder {
        self.0.http.request(Method::PATCH, self.url(path))
    }

    /// Sends a request and reads its JSON, or the refusal.
    pub(crate) async fn call<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
    ) -> Result<T, Failed> {
        let response = self.send(request).await?;
        let bytes = response.bytes().await.map_err(|error| self.failed(error))?;
        serde_json::from_slice(&bytes).map_err(|error| {
            self.unexpected(format!("its answer cannot be read: {error}"))
                .into()
        })
    }

    /// Sends a request, and reads its refusal.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Response, Failed> {
        let response = request.send().await.map_err(|error| self.failed(error))?;
        match response.status().is_success() {
            true => Ok(response),
            false => Err(self.refusal(response).await),
        }
    }

    fn failed(&self, error: reqwest::Error) -> Failed {
        let arrival = match error.is_connect() || error.is_builder() {
            true => Arrival::Never,
            false => Arrival::Perhaps,
        };
        Failed {
            arrival,
            ..self.unreachable(error.without_url()).into()
        }
    }

    async fn refusal(&self, response: Response) -> Failed {
        let status = response.status();
        let retry_after = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.parse().ok())
            .map(Duration::from_secs);
        let problem = match response.bytes().await {
            Ok(bytes) => serde_json::from_slice::<Problem>(&bytes).ok(),
            Err(error) => return self.failed(error),
        };
        let error = match problem {
            Some(problem) => Error::Refused(Box::new(problem)),
            None => self.unexpected(format!("it says {status} without a reason")),
        };
        // A proxy's own refusal: a proxy does not forward what it calls the caller's fault.
        let arrival = match status.is_client_error() {
            true => Arrival::Never,
            false => Arrival::Perhaps,
        };
        Failed {
            error,
            retry_after,
            arrival,
        }
    }
}

/// Adds the fields of a flat object to a URL's query; absent ones are left out.
fn add_query(url: &mut Url, query: &(impl Serialize + ?Sized)) -> Result<(), String> {
    use serde_json::Value;
    let query = serde_json::to_value(query).map_err(|error| error.to_string())?;
    let Value::Object(fields) = query else {
        return Ok(());
    };
    for (name, value) in fields {
        match value {
            Value::Null => {}
            Value::String(text) => {
                url.query_pairs_mut().append_pair(&name, &text);
            }
            other => {
                url.query_pairs_mut().append_pair(&name, &other.to_string());
            }
        }
    }
    Ok(())
}
