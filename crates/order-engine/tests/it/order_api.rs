//! The order API over the real process, as a trading client meets it. Every answer is also held against the
//! API's document.
//!
//! 1. An order is cancelled, or executed, and never both.
//! 2. An order whose time ran out is not executed.
//! 3. A request that is repeated is one order; a request that is refused is none.
//! 4. What a key made, no other key sees, at any door.
//! 5. A page of another site cannot trade.
//! 6. Nobody waits for another client's flood.

mod cancel;
mod expiry;
mod fairness;
mod keys;
mod limits;
mod once;
mod operators;
mod sites;
mod sockets;

use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use testkit::documents::{ApiDocument, Exchange};
use testkit::e2e::text;
use testkit::engine::Engine;
use testkit::http::http;

const SWAP: &str = r#"{"tokenIn":"SOL","tokenOut":"USDC","amount":"1.25"}"#;
const EXECUTE: &str = "/api/orders/execute";
/// Long enough for a busy machine, short enough to fail.
const PATIENCE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(20);

static DOCUMENT: LazyLock<ApiDocument> = LazyLock::new(|| {
    let document = serde_json::to_value(api_gateway::openapi::document());
    ApiDocument::new(document.expect("the document is JSON"))
});

/// Someone who calls the engine, with a key or without.
#[derive(Debug, Clone)]
struct Caller {
    base: String,
    key: Option<&'static str>,
}

/// What was answered.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: HashMap<String, String>,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body)
            .with_context(|| format!("no JSON: {:?}", String::from_utf8_lossy(&self.body)))
    }

    /// The body of an answer that must be the refusal with this status and code.
    fn refusal(&self, status: u16, code: &str) -> Result<Value> {
        let problem = self.json()?;
        ensure!(
            self.status == status && problem["code"] == code,
            "{problem}"
        );
        Ok(problem)
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

impl Caller {
    fn new(engine: &Engine) -> Self {
        Self {
            base: engine.url(""),
            key: None,
        }
    }

    fn with_key(engine: &Engine, key: &'static str) -> Self {
        Self {
            key: Some(key),
            ..Self::new(engine)
        }
    }

    async fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> Result<Answer> {
        let url = format!("{}{path}", self.base);
        let mut request = http().request(method.parse()?, url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(key) = self.key {
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

    async fn get(&self, path: &str) -> Result<Answer> {
        self.call("GET", path, &[], None).await
    }

    async fn post(&self, path: &str) -> Result<Answer> {
        self.call("POST", path, &[], None).await
    }

    async fn submit(&self, body: &str) -> Result<Answer> {
        self.call("POST", EXECUTE, &[], Some(body)).await
    }

    /// Gets JSON that must be there.
    async fn read(&self, path: &str) -> Result<Value> {
        let answer = self.get(path).await?;
        ensure!(answer.status == 200, "{path}: {answer:?}");
        answer.json()
    }

    /// Hands an order in that must be accepted; its id.
    async fn accept(&self, body: &str) -> Result<String> {
        let answer = self.submit(body).await?;
        ensure!(answer.status == 201, "{answer:?}");
        Ok(text(&answer.json()?, "orderId")?.to_owned())
    }

    async fn cancel(&self, id: &str) -> Result<Answer> {
        self.post(&format!("/api/orders/{id}/cancel")).await
    }

    async fn order(&self, id: &str) -> Result<Value> {
        let answer = self.read(&format!("/api/orders/{id}")).await?;
        Ok(answer["order"].clone())
    }

    async fn events(&self, id: &str) -> Result<Vec<Value>> {
        let answer = self.read(&format!("/api/orders/{id}/events")).await?;
        Ok(answer["events"].as_array().context("events")?.clone())
    }

    async fn landed(&self, id: &str) -> Result<Vec<Value>> {
        let page = self
            .read(&format!("/api/sim/ledger?orderId={id}&limit=100"))
            .await?;
        Ok(page["entries"].as_array().context("entries")?.clone())
    }

    /// Waits until an order is as wanted; the order then.
    async fn until(&self, id: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
        let path = format!("/api/orders/{id}");
        let answer = self
            .until_at(&path, |answer| wanted(&answer["order"]))
            .await?;
        Ok(answer["order"].clone())
    }

    /// Waits until an order has ended; the order then.
    async fn ended(&self, id: &str) -> Result<Value> {
        self.until(id, |order| is_terminal(&order["status"])).await
    }

    /// Waits until an answer is as wanted; the answer then.
    async fn until_at(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
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

    /// How many orders the store holds, of every status, once the counts have caught up with `at_least`.
    async fn stored(&self, at_least: u64) -> Result<u64> {
        let counted = |stats: &Value| {
            let counts = stats["byStatus"].as_object().into_iter().flatten();
            counts.filter_map(|(_, count)| count.as_u64()).sum::<u64>()
        };
        let stats = self
            .until_at("/api/stats", |stats| counted(stats) >= at_least)
            .await?;
        Ok(counted(&stats))
    }

    /// The ids of all orders.
    async fn listed(&self) -> Result<Vec<String>> {
        let page = self.read("/api/orders?limit=200").await?;
        ensure!(page["nextCursor"].is_null(), "more than a page");
        let orders = page["orders"].as_array().context("orders")?;
        orders
            .iter()
            .map(|order| Ok(text(order, "orderId")?.to_owned()))
            .collect()
    }
}

fn is_terminal(status: &Value) -> bool {
    matches!(
        status.as_str(),
        Some("confirmed" | "failed" | "cancelled" | "expired")
    )
}
