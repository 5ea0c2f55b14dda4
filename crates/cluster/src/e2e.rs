//! End-to-end suites over real HTTP and WebSocket: they test what clients see, and run over one
//! process and over a cluster.

pub mod client_programs;
pub mod load;
pub mod reset;
pub mod socket;
pub mod suites;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::http::http;

/// As many as a page of the API may hold.
const PAGE: usize = 200;

/// Where a running engine answers.
#[derive(Debug, Clone)]
pub struct Target {
    /// Base addresses of its gateways; an all-in-one engine has one.
    pub gateways: Vec<String>,
    /// The simulated cluster's own address, where the engine takes it for somebody else's.
    pub chain: Option<String>,
}

impl Target {
    /// An engine behind these addresses.
    #[must_use]
    pub fn new(gateways: Vec<String>) -> Self {
        Self {
            gateways,
            chain: None,
        }
    }

    /// The same where the engine trades live on the simulated cluster at this address.
    #[must_use]
    pub fn live_on(self, chain: &str) -> Self {
        Self {
            chain: Some(chain.to_owned()),
            ..self
        }
    }

    /// The address of a path on the `n`th gateway, counted round.
    #[must_use]
    pub fn url(&self, n: usize, path: &str) -> String {
        format!("{}{path}", self.gateways[n % self.gateways.len()])
    }

    /// The same for a WebSocket.
    #[must_use]
    pub fn ws_url(&self, n: usize, path: &str) -> String {
        self.url(n, path).replacen("http", "ws", 1)
    }

    /// Posts an order as this very text; the answer with its status.
    pub async fn post_order(&self, n: usize, body: &str) -> Result<(u16, Value)> {
        let request = http()
            .post(self.url(n, "/api/orders/execute"))
            .header("content-type", "application/json")
            .body(body.to_owned());
        let answer = request.send().await.context("post the order")?;
        let status = answer.status().as_u16();
        let body = answer.json().await;
        Ok((
            status,
            body.with_context(|| format!("read the answer, a {status}"))?,
        ))
    }

    /// Posts an order that must be accepted; its id.
    pub async fn accept(&self, n: usize, body: &str) -> Result<String> {
        let (status, answer) = self.post_order(n, body).await?;
        ensure!(status == 201, "{status}: {answer}");
        Ok(text(&answer, "orderId")?.to_owned())
    }

    /// Gets JSON that must be there.
    pub async fn get(&self, n: usize, path: &str) -> Result<Value> {
        get(&self.url(n, path)).await
    }

    /// Everything that a list holds.
    pub async fn pages(&self, path: &str, field: &str) -> Result<Vec<Value>> {
        pages(&self.url(0, path), field).await
    }

    /// Everything that landed for an order.
    pub async fn ledger_of(&self, order_id: &str) -> Result<Vec<Value>> {
        let page = match &self.chain {
            None => {
                let path = format!("/api/sim/ledger?orderId={order_id}&limit=200");
                self.get(0, &path).await?
            }
            Some(chain) => {
                let history = self
                    .get(0, &format!("/api/orders/{order_id}/events"))
                    .await?;
                let events = history["events"].as_array().context("events")?;
                let signatures: Vec<&str> = signatures(events).collect();
                if signatures.is_empty() {
                    return Ok(Vec::new());
                }
                let signatures = signatures.join(",");
                get(&format!(
                    "{chain}/api/sim/ledger?signature={signatures}&limit=200"
                ))
                .await?
            }
        };
        Ok(page["entries"].as_array().context("entries")?.clone())
    }
}

/// The transactions that these events of an order name, each once.
pub fn signatures(events: &[Value]) -> impl Iterator<Item = &str> {
    let submitted = events.iter().filter(|event| event["status"] == "submitted");
    submitted.filter_map(|event| event["txHash"].as_str())
}

async fn get(url: &str) -> Result<Value> {
    let answer = http().get(url).send().await.context("get")?;
    let status = answer.status();
    let body: Value = answer.json().await.context("read the answer")?;
    ensure!(status.is_success(), "GET {url}: {status}: {body}");
    Ok(body)
}

/// Everything that a list at this address holds.
pub async fn pages(url: &str, field: &str) -> Result<Vec<Value>> {
    let mut all = Vec::new();
    let mut next = format!("{url}?limit={PAGE}");
    loop {
        let page = get(&next).await?;
        let entries = page[field].as_array();
        let entries = entries.with_context(|| format!("{url}: {field}"))?;
        all.extend(entries.iter().cloned());
        match page["nextCursor"].as_str() {
            Some(cursor) => next = format!("{url}?limit={PAGE}&cursor={cursor}"),
            None => return Ok(all),
        }
    }
}

/// A field that must be a text.
pub fn text<'a>(value: &'a Value, field: &str) -> Result<&'a str> {
    value[field]
        .as_str()
        .with_context(|| format!("`{field}` is not a text in {value}"))
}

/// The statuses of events, in their order.
#[must_use]
pub fn statuses(events: &[Value]) -> Vec<&str> {
    events
        .iter()
        .filter_map(|event| event["status"].as_str())
        .collect()
}

/// Events must count from 0 without a gap and end in a terminal one, and in no other place have one.
pub fn check_gapless(events: &[Value]) -> Result<()> {
    let terminal = |event: &Value| {
        matches!(
            event["status"].as_str(),
            Some("confirmed" | "failed" | "cancelled" | "expired")
        )
    };
    for (index, event) in events.iter().enumerate() {
        ensure!(event["seq"] == index, "event {index} is {event}");
        let is_last = index + 1 == events.len();
        ensure!(
            terminal(event) == is_last,
            "the end is not where it should be: {events:#?}"
        );
    }
    ensure!(!events.is_empty(), "no events");
    Ok(())
}
