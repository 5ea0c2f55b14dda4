//! Traces, from the request to the chain: built with the feature `otlp`, as `scripts/test --full` does.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use testkit::e2e::{Target, socket};
use testkit::engine::Engine;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// Spans are sent a fraction of a second after they ended, on a busy machine a little later.
const LIMIT: Duration = Duration::from_secs(30);
const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";

/// A collector of traces, no more than the engine needs of one.
struct Collector {
    url: String,
    spans: mpsc::Receiver<Value>,
    _serving: JoinSet<()>,
}

impl Collector {
    async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let (sender, spans) = mpsc::channel(1_024);
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let body = take(stream).await.expect("a request of the engine");
                let scopes = body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array();
                for span in scopes.expect("spans") {
                    let _ = sender.send(span.clone()).await;
                }
            }
        });
        Ok(Self {
            url,
            spans,
            _serving: serving,
        })
    }

    /// The first span that is meant.
    async fn span(&mut self, is_meant: impl Fn(&Value) -> bool) -> Result<Value> {
        let finding = async {
            loop {
                let span = self.spans.recv().await.context("the collector runs")?;
                if is_meant(&span) {
                    return anyhow::Ok(span);
                }
            }
        };
        let found = tokio::time::timeout(LIMIT, finding).await;
        found.context("the span is not sent")?
    }
}

/// Reads one request, answers it, gives its body.
async fn take(mut stream: TcpStream) -> Result<Value> {
    let mut request = Vec::new();
    loop {
        ensure!(stream.read_buf(&mut request).await? > 0, "it broke off");
        let text = String::from_utf8_lossy(&request);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .lines()
            .find_map(|line| {
                line.to_ascii_lowercase()
                    .strip_prefix("content-length: ")?
                    .parse()
                    .ok()
            })
            .unwrap_or(usize::MAX);
        if body.len() >= length {
            let body = serde_json::from_str(body)?;
            stream.write_all(OK).await?;
            return Ok(body);
        }
    }
}

#[tokio::test]
async fn an_order_is_one_trace_from_its_request_to_the_chain() -> Result<()> {
    let mut collector = Collector::start().await?;
    let url = collector.url.clone();
    let engine = Engine::start(&[("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str())]).await?;
    let target = Target::new(vec![engine.url("")]);
    let (trace, caller) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");

    let request = testkit::http::http()
        .post(target.url(0, "/api/orders/execute"))
        .header("traceparent", format!("00-{trace}-{caller}-01"))
        .header("content-type", "application/json")
        .body(r#"{"tokenIn":"SOL","tokenOut":"USDC","amount":"1.5"}"#);
    let accepted: Value = request.send().await?.json().await?;
    let id = accepted["orderId"].as_str().context("an id")?;
    socket::follow(&target.ws_url(0, &format!("/ws/orders/{id}"))).await?;

    let http = collector
        .span(|span| span["name"] == "http" && span["traceId"] == trace)
        .await?;
    ensure!(http["parentSpanId"] == caller, "{http:#}");
    let run = collector.span(|span| span["name"] == "order.run").await?;
    ensure!(run["traceId"] == trace, "{run:#}");
    ensure!(run["parentSpanId"] == http["spanId"], "{run:#}");
    let events = run["events"].as_array().context("events")?;
    let told = serde_json::to_string(events)?;
    for status in ["routing", "building", "submitted", "confirmed"] {
        ensure!(told.contains(status), "{status} is not in {events:#?}");
    }
    Ok(())
}
