//! Traces, from the request to the chain: built with the feature `otlp`, as `scripts/test --full`
//! does. Only over one process, because that builds no gateway and no worker with the feature.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use cluster::engine::Engine;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// Spans are sent a fraction of a second after they ended, on a busy machine a little later.
const LIMIT: Duration = Duration::from_secs(30);
const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";

/// A trace collector with only what the engine needs.
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

    /// The spans of a trace, up to the end of its request and of its order's execution.
    async fn trace(&mut self, id: &str) -> Result<Trace> {
        let mut spans = Vec::new();
        let finding = async {
            while ["http", "order.run"]
                .iter()
                .any(|name| !holds(&spans, name))
            {
                let span = self.spans.recv().await.context("the collector runs")?;
                if span["traceId"] == id {
                    spans.push(span);
                }
            }
            anyhow::Ok(())
        };
        let found = tokio::time::timeout(LIMIT, finding).await;
        found.with_context(|| format!("not all of it is sent: {spans:#?}"))??;
        Ok(Trace(spans))
    }
}

fn holds(spans: &[Value], name: &str) -> bool {
    spans.iter().any(|span| span["name"] == name)
}

/// All spans of one trace.
struct Trace(Vec<Value>);

impl Trace {
    /// The only span of that name.
    fn one(&self, name: &str) -> Result<&Value> {
        let mut found = self.0.iter().filter(|span| span["name"] == name);
        let first = found
            .next()
            .with_context(|| format!("no {name} in {:#?}", self.0))?;
        ensure!(
            found.next().is_none(),
            "{name} is there twice: {:#?}",
            self.0
        );
        Ok(first)
    }

    /// The spans of that name below `parent`, each within its time.
    fn below(&self, parent: &Value, name: &str) -> Result<Vec<&Value>> {
        let is_meant = |span: &&Value| span["name"] == name;
        let found: Vec<&Value> = self.0.iter().filter(is_meant).collect();
        for span in &found {
            ensure!(
                span["parentSpanId"] == parent["spanId"],
                "{span:#} in {parent:#}"
            );
            ensure!(
                nanos(span, "startTimeUnixNano")? >= nanos(parent, "startTimeUnixNano")?
                    && nanos(span, "endTimeUnixNano")? <= nanos(parent, "endTimeUnixNano")?,
                "{span:#} is not within {parent:#}"
            );
        }
        Ok(found)
    }
}

fn nanos(span: &Value, field: &str) -> Result<u64> {
    let text = span[field]
        .as_str()
        .with_context(|| format!("{field} in {span:#}"))?;
    Ok(text.parse()?)
}

/// One attribute of each span, in the order in which they ended.
fn attributes<'a>(spans: &[&'a Value], key: &str) -> Result<Vec<&'a str>> {
    let value_of = |span: &&'a Value| {
        let all = span["attributes"].as_array()?;
        all.iter().find(|one| one["key"] == key)?["value"]["stringValue"].as_str()
    };
    let found = spans
        .iter()
        .map(|span| value_of(span).with_context(|| format!("{key} in {span:#}")));
    found.collect()
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

/// Submits an order from within the caller's span; returns its id.
async fn order_within(engine: &Engine, trace: &str, caller: &str) -> Result<String> {
    let request = cluster::http::http()
        .post(engine.url("/api/orders/execute"))
        .header("traceparent", format!("00-{trace}-{caller}-01"))
        .header("content-type", "application/json")
        .body(r#"{"tokenIn":"SOL","tokenOut":"USDC","amount":"1.5"}"#);
    let accepted: Value = request.send().await?.error_for_status()?.json().await?;
    Ok(cluster::e2e::text(&accepted, "orderId")?.to_owned())
}

#[tokio::test]
async fn an_order_is_one_trace_from_its_request_to_the_chain() -> Result<()> {
    let mut collector = Collector::start().await?;
    let url = collector.url.clone();
    let engine = Engine::start(&[("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str())]).await?;
    let (trace, caller) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");

    let id = order_within(&engine, trace, caller).await?;

    let spans = collector.trace(trace).await?;
    let (http, run) = (spans.one("http")?, spans.one("order.run")?);
    ensure!(http["parentSpanId"] == caller, "{http:#}");
    ensure!(run["parentSpanId"] == http["spanId"], "{run:#}");
    let told = serde_json::to_string(run["events"].as_array().context("events")?)?;
    let life = ["routing", "building", "submitted", "confirmed"];
    for status in life {
        ensure!(told.contains(status), "{status} is not in {told}");
    }

    let log = std::fs::read_to_string(engine.log())?;
    let line = log.lines().find(|line| line.contains("is building"));
    let line: Value = serde_json::from_str(line.context("a line of each step")?)?;
    ensure!(
        line["span"]["name"] == "order.run",
        "a line names its run: {line:#}"
    );

    let accepted = spans.below(http, "store.accept")?;
    ensure!(attributes(&accepted, "order.id")? == [id.as_str()]);
    let recorded = spans.below(run, "store.record")?;
    ensure!(attributes(&recorded, "order.status")? == life);
    let route = spans.below(run, "order.route")?;
    let mut venues = attributes(&spans.below(route[0], "venue.quote")?, "venue")?;
    venues.sort_unstable();
    ensure!(venues == ["meteora", "raydium"], "{venues:?}");
    let chosen = attributes(&route, "venue")?;
    let build = spans.below(run, "order.build")?;
    ensure!(attributes(&build, "venue")? == chosen);
    let settle = spans.below(run, "order.settle")?;
    ensure!(attributes(&settle, "signature")? == attributes(&build, "signature")?);
    attributes(&settle, "amount_out")?;
    for call in ["chain.send", "chain.confirm"] {
        ensure!(!spans.below(settle[0], call)?.is_empty(), "no {call}");
    }
    Ok(())
}

#[tokio::test]
async fn what_is_traced_does_not_depend_on_what_is_logged() -> Result<()> {
    let mut collector = Collector::start().await?;
    let url = collector.url.clone();
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()),
        ("RUST_LOG", "error"),
    ];
    let engine = Engine::start(&variables).await?;
    let (trace, caller) = ("a0f7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");

    order_within(&engine, trace, caller).await?;

    let spans = collector.trace(trace).await?;
    spans.one("order.settle")?;
    let log = std::fs::read_to_string(engine.log())?;
    ensure!(!log.contains("confirmed"), "{log}");
    Ok(())
}
