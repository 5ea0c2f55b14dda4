//! A tiny HTTP server for processes that serve nothing else: `/health`, `/ready` and `/metrics`.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use metrics_exporter_prometheus::PrometheusHandle;
use ports::{Ports, Shutdown};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Probes ask one at a time.
const CONNECTIONS_MAX: usize = 32;
/// A probe's request is a few hundred bytes.
const HEAD_MAX: usize = 8 * 1024;
const REQUEST_LIMIT: Duration = Duration::from_secs(5);
/// A dependency that needs longer is down.
const DEPENDENCY_LIMIT: Duration = Duration::from_secs(2);
/// Between two attempts to accept where the system has no more files to give.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What the server tells of.
#[derive(Debug)]
pub struct Parts {
    pub ports: Ports,
    pub prometheus: PrometheusHandle,
    pub shutdown: Shutdown,
}

/// A server that listens and does not answer yet.
#[derive(Debug)]
pub struct Status {
    listener: TcpListener,
    parts: Arc<Parts>,
}

impl Status {
    /// Begins to listen.
    pub async fn listen(host: &str, port: u16, parts: Parts) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((host, port))
            .await
            .with_context(|| format!("could not listen on {host}:{port}"))?;
        let parts = Arc::new(parts);
        Ok(Self { listener, parts })
    }

    /// Where it listens.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers for as long as `work` lasts: a process that is stopping says so to the last.
    pub async fn serve_during(self, work: impl Future<Output = ()>) {
        tokio::select! {
            biased;
            () = work => {}
            () = self.accept_all() => {}
        }
    }

    async fn accept_all(self) {
        let permits = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let mut connections = JoinSet::new();
        while let Ok(permit) = Arc::clone(&permits).acquire_owned().await {
            // Those that have ended, so that the set does not grow.
            while connections.try_join_next().is_some() {}
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let parts = Arc::clone(&self.parts);
                    connections.spawn(async move {
                        let _permit = permit;
                        // A probe that gives up is not our trouble.
                        let _ = tokio::time::timeout(REQUEST_LIMIT, answer(stream, &parts)).await;
                    });
                }
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            }
        }
    }
}

async fn answer(mut stream: TcpStream, parts: &Parts) -> std::io::Result<()> {
    let mut head = Vec::new();
    let mut chunk = [0; 1024];
    while !head.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
        let count = stream.read(&mut chunk).await?;
        if count == 0 || head.len() + count > HEAD_MAX {
            return Ok(());
        }
        head.extend_from_slice(&chunk[..count]);
    }
    let head = String::from_utf8_lossy(&head);
    let mut words = head.split_whitespace();
    let (method, target) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    let answer = match (method, target.split('?').next().unwrap_or_default()) {
        ("GET" | "HEAD", "/health") => health(parts),
        ("GET" | "HEAD", "/ready") => ready(parts).await,
        ("GET" | "HEAD", "/metrics") => metrics(parts),
        ("GET" | "HEAD", _) => plain("404 Not Found", "there are /health, /ready and /metrics\n"),
        _ => plain("405 Method Not Allowed", "only GET is answered\n"),
    };
    let body = if method == "HEAD" { "" } else { &answer.body };
    let response = format!(
        "HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        answer.status,
        answer.content_type,
        answer.body.len(),
    );
    stream.write_all(response.as_bytes()).await?;
    stream.shutdown().await
}

struct Answer {
    status: &'static str,
    content_type: &'static str,
    body: String,
}

fn plain(status: &'static str, text: &str) -> Answer {
    Answer {
        status,
        content_type: "text/plain; charset=utf-8",
        body: text.to_owned(),
    }
}

fn health(parts: &Parts) -> Answer {
    let timestamp = parts.ports.clock.now().to_string();
    let body = json!({ "status": "ok", "timestamp": timestamp }).to_string();
    Answer {
        status: "200 OK",
        content_type: "application/json",
        body,
    }
}

fn metrics(parts: &Parts) -> Answer {
    Answer {
        status: "200 OK",
        content_type: "text/plain; version=0.0.4; charset=utf-8",
        body: parts.prometheus.render(),
    }
}

async fn ready(parts: &Parts) -> Answer {
    let store = tokio::time::timeout(DEPENDENCY_LIMIT, parts.ports.store.ping());
    let queue = tokio::time::timeout(DEPENDENCY_LIMIT, parts.ports.queue.depth());
    let (store, queue) = tokio::join!(store, queue);
    let (store, queue) = (matches!(store, Ok(Ok(()))), matches!(queue, Ok(Ok(_))));
    let (status, word) = match (parts.shutdown.is_stopping(), store, queue) {
        (true, _, _) => ("503 Service Unavailable", "stopping"),
        (false, false, _) => ("503 Service Unavailable", "unavailable"),
        (false, true, false) => ("200 OK", "degraded"),
        (false, true, true) => ("200 OK", "ready"),
    };
    let state = |up| if up { "up" } else { "down" };
    let body = json!({ "status": word, "store": state(store), "queue": state(queue) }).to_string();
    Answer {
        status,
        content_type: "application/json",
        body,
    }
}
