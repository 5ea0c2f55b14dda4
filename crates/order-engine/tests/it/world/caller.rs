//! A client of the engine: every answer is checked against the API's document.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use cluster::documents::{ApiDocument, Exchange};
use cluster::e2e::socket::Socket;
use cluster::e2e::text;
use cluster::http::http;
use serde_json::Value;

pub(crate) const EXECUTE: &str = "/api/orders/execute";
/// Long enough for a busy machine, short enough to fail.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
pub(crate) const POLL: Duration = Duration::from_millis(20);

static DOCUMENT: LazyLock<ApiDocument> = LazyLock::new(|| {
    let document = serde_json::to_value(api_gateway::openapi::document());
    ApiDocument::new(document.expect("the document is JSON"))
});

/// A caller of the engine, with a key or without: each call goes to the next gateway.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    gateways: Arc<[String]>,
    turn: Arc<AtomicUsize>,
    key: Option<String>,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body)
            .with_context(|| format!("no JSON: {:?}", String::from_utf8_lossy(&self.body)))
    }

    /// The body of an answer that must be the refusal with this status and code.
    pub(crate) fn refusal(&self, status: u16, code: &str) -> Result<Value> {
        let problem = self.json()?;
        ensure!(
            self.status == status && problem["code"] == code,
            "{problem}"
        );
        Ok(problem)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

impl Caller {
    pub(crate) fn new(gateways: &[String], key: Option<String>) -> Self {
        Self {
            gateways: gateways.into(),
            turn: Arc::default(),
            key,
        }
    }

    /// The same client, which stays on one gateway.
    pub(crate) fn on(&self, gateway: usize) -> Self {
        Self::new(&self.gateways[gateway..=gateway], self.key.clone())
    }

    pub(crate) fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// The address of a path on the next gateway.
    pub(crate) fn url(&self, path: &str) -> String {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        format!("{}{path}", self.gateways[turn % self.gateways.len()])
    }

    /// The address of a socket on the next gateway, with a token of the key.
    pub(crate) async fn socket_url(&self, path: &str) -> Result<String> {
        let path = match self.key {
            Some(_) => with_token(path, &self.token().await?),
            None => path.to_owned(),
        };
        Ok(self.url(&path).replacen("http", "ws", 1))
    }

    /// Opens a socket on the next gateway.
    pub(crate) async fn socket(&self, path: &str) -> Result<Socket> {
        Socket::open(&self.socket_url(path).await?).await
    }

    /// A token that opens all streams of its key.
    pub(crate) async fn token(&self) -> Result<String> {
        let answer = self.post("/api/ws-token").await?.json()?;
        Ok(text(&answer, "token")?.to_owned())
    }

    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> Result<Answer> {
        let mut request = http().request(method.parse()?, self.url(path));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(key) = &self.key {
            request = request.header("x-api-key", key);
        }
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body.to_owned());
        }
        let answer = request.send().await.with_context(|| path.to_owned())?;
        let status = answer.status().as_u16();
        let named = answer.headers().iter();
        let headers = named
            .map(|(name, value)| Ok((name.as_str().to_owned(), value.to_str()?.to_owned())))
            .collect::<Result<_>>()?;
        // A socket that was opened has no body, and no end.
        let body = match status {
            101 => Vec::new(),
            _ => answer.bytes().await.context("read the answer")?.to_vec(),
        };
        let answer = Answer {
            status,
            headers,
            body,
        };
        self.check(method, path, &answer)?;
        Ok(answer)
    }

    fn check(&self, method: &str, path: &str, answer: &Answer) -> Result<()> {
        DOCUMENT.check(&Exchange {
            method,
            path,
            status: answer.status,
            headers: &answer.headers,
            body: &answer.body,
        })?;
        Ok(())
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Answer> {
        self.call("GET", path, &[], None).await
    }

    pub(crate) async fn post(&self, path: &str) -> Result<Answer> {
        self.call("POST", path, &[], None).await
    }

    pub(crate) async fn submit(&self, body: &str) -> Result<Answer> {
        self.call("POST", EXECUTE, &[], Some(body)).await
    }

    /// Gets JSON that must be there.
    pub(crate) async fn read(&self, path: &str) -> Result<Value> {
        let answer = self.get(path).await?;
        ensure!(answer.status == 200, "{path}: {answer:?}");
        answer.json()
    }

    /// Submits an order that must be accepted; returns its id.
    pub(crate) async fn accept(&self, body: &str) -> Result<String> {
        let answer = self.submit(body).await?;
        ensure!(answer.status == 201, "{answer:?}");
        Ok(text(&answer.json()?, "orderId")?.to_owned())
    }

    pub(crate) async fn cancel(&self, id: &str) -> Result<Answer> {
        self.post(&format!("/api/orders/{id}/cancel")).await
    }

    pub(crate) async fn order(&self, id: &str) -> Result<Value> {
        let answer = self.read(&format!("/api/orders/{id}")).await?;
        Ok(answer["order"].clone())
    }

    pub(crate) async fn events(&self, id: &str) -> Result<Vec<Value>> {
        let answer = self.read(&format!("/api/orders/{id}/events")).await?;
        Ok(answer["events"].as_array().context("events")?.clone())
    }

    pub(crate) async fn landed(&self, id: &str) -> Result<Vec<Value>> {
        let page = self
            .read(&format!("/api/sim/ledger?orderId={id}&limit=100"))
            .await?;
        Ok(page["entries"].as_array().context("entries")?.clone())
    }

    /// Waits until an order is as wanted; returns it.
    pub(crate) async fn until(&self, id: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
        let path = format!("/api/orders/{id}");
        let answer = self
            .until_at(&path, |answer| wanted(&answer["order"]))
            .await?;
        Ok(answer["order"].clone())
    }

    /// Waits until an order has ended; returns it.
    pub(crate) async fn ended(&self, id: &str) -> Result<Value> {
        self.until(id, |order| is_terminal(&order["status"])).await
    }

    /// Waits until an answer is as wanted; returns it.
    pub(crate) async fn until_at(
        &self,
        path: &str,
        wanted: impl Fn(&Value) -> bool,
    ) -> Result<Value> {
        let mut last = Value::Null;
        let looking = async {
            loop {
                last = self.read(path).await?;
                if wanted(&last) {
                    return anyhow::Ok(());
                }
                tokio::time::sleep(POLL).await;
            }
        };
        match tokio::time::timeout(PATIENCE, looking).await {
            Ok(looked) => looked?,
            Err(_) => anyhow::bail!("{path} is still {last}"),
        }
        Ok(last)
    }

    /// The ids of all its orders, the newest first.
    pub(crate) async fn listed(&self) -> Result<Vec<String>> {
        let page = self.read("/api/orders?limit=200").await?;
        ensure!(page["nextCursor"].is_null(), "more than a page");
        let orders = page["orders"].as_array().context("orders")?;
        orders
            .iter()
            .map(|order| Ok(text(order, "orderId")?.to_owned()))
            .collect()
    }
}

pub(crate) fn is_terminal(status: &Value) -> bool {
    matches!(
        status.as_str(),
        Some("confirmed" | "failed" | "cancelled" | "expired")
    )
}

/// A path with a token added to its query.
pub(crate) fn with_token(path: &str, token: &str) -> String {
    let sign = if path.contains('?') { '&' } else { '?' };
    format!("{path}{sign}token={token}")
}
