//! Orders over kept connections, either as fast as they are answered or open loop.
//!
//! Open loop: each request has a moment at which it is due, and its latency counts from there, even
//! if the connection was still busy. So a stall of the engine shows in every request that would
//! have come meanwhile, instead of in one.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use futures_util::future::try_join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::latency::{Latencies, figure};

/// The order to submit.
pub const BODY: &str = r#"{"tokenIn":"SOL","tokenOut":"USDC","amount":"1.5"}"#;
/// An answer of the engine has less than half of it.
const ANSWER_BYTES_MAX: usize = 16 * 1024;
/// An answer that takes longer is a failure of the run.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// How quickly orders are submitted.
#[derive(Debug, Clone, Copy)]
pub enum Pace {
    /// Each connection sends the next as soon as the last was answered.
    Saturating,
    /// So many are due each second, whatever the answers do.
    PerSecond(f64),
}

/// How much load.
#[derive(Debug, Clone, Copy)]
pub struct Load<'a> {
    /// Connections are dealt out to these in turn.
    pub addresses: &'a [SocketAddr],
    pub connections: usize,
    pub pace: Pace,
    pub lasting: Duration,
    /// No more than these, even if there is time left.
    pub orders_max: u64,
}

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    pub accepted: u64,
    pub took: Duration,
    /// From when a request was due.
    pub latency: Latencies,
}

impl Outcome {
    /// Orders accepted each second.
    #[must_use]
    pub fn per_second(&self) -> f64 {
        figure(self.accepted) / self.took.as_secs_f64()
    }
}

/// Puts the load on and waits for every answer.
pub async fn put(load: Load<'_>) -> anyhow::Result<Outcome> {
    let plan = Plan {
        pace: load.pace,
        lasting: load.lasting,
        orders_max: load.orders_max,
        ticket: Arc::new(AtomicU64::new(0)),
    };
    let mut sockets = Vec::with_capacity(load.connections);
    for address in load.addresses.iter().cycle().take(load.connections) {
        let socket = TcpStream::connect(address).await;
        let socket = socket.with_context(|| format!("connect to {address}"))?;
        socket.set_nodelay(true)?;
        sockets.push((socket, request(*address, BODY)));
    }
    let began = Instant::now();
    let mut running = JoinSet::new();
    for (socket, request) in sockets {
        running.spawn(drive(plan.clone(), socket, request, began));
    }
    let mut latency = Latencies::new()?;
    while let Some(joined) = running.join_next().await {
        latency.merge(&joined.context("drive a connection")??)?;
    }
    Ok(Outcome {
        accepted: latency.count(),
        took: began.elapsed(),
        latency,
    })
}

/// Connections that submit different orders.
const OF_EACH: u64 = 32;
/// How often one of them may be refused, and how long it leaves the engine alone then.
const REFUSED_MAX: u32 = 100;
const PAUSE: Duration = Duration::from_millis(200);

/// Submits so many orders, each with a body of its own, as fast as they are answered. Returns how many a second.
pub async fn put_each(
    address: SocketAddr,
    orders: u64,
    body: impl Fn(u64) -> String,
) -> anyhow::Result<f64> {
    let began = Instant::now();
    let one = async |first: u64| {
        let mut answer = Vec::with_capacity(ANSWER_BYTES_MAX);
        let (mut number, mut refused) = (first, 0);
        // Who is refused because the engine is busy comes back with another connection.
        loop {
            let mut socket = TcpStream::connect(address).await?;
            socket.set_nodelay(true)?;
            loop {
                if number >= orders {
                    return anyhow::Ok(());
                }
                let request = request(address, &body(number));
                let exchanged = tokio::time::timeout(ANSWER_LIMIT, async {
                    socket.write_all(&request).await?;
                    read_answer(&mut socket, &mut answer).await
                });
                match exchanged.await.context("no answer in time")? {
                    Ok(()) => number += OF_EACH,
                    Err(error) if refused == REFUSED_MAX => return Err(error),
                    Err(_) => break,
                }
            }
            refused += 1;
            tokio::time::sleep(PAUSE).await;
        }
    };
    try_join_all((0..OF_EACH).map(one)).await?;
    Ok(figure(orders) / began.elapsed().as_secs_f64())
}

#[derive(Debug, Clone)]
struct Plan {
    pace: Pace,
    lasting: Duration,
    orders_max: u64,
    /// The next request's place in the run.
    ticket: Arc<AtomicU64>,
}

async fn drive(
    plan: Plan,
    mut socket: TcpStream,
    request: Vec<u8>,
    began: Instant,
) -> anyhow::Result<Latencies> {
    let mut latency = Latencies::new()?;
    let mut answer = Vec::with_capacity(ANSWER_BYTES_MAX);
    loop {
        let place = plan.ticket.fetch_add(1, Ordering::Relaxed);
        let due = match plan.pace {
            Pace::Saturating => Instant::now(),
            Pace::PerSecond(rate) => began + Duration::from_secs_f64(figure(place) / rate),
        };
        if place >= plan.orders_max || due >= began + plan.lasting {
            return Ok(latency);
        }
        if let Pace::PerSecond(_) = plan.pace {
            tokio::time::sleep_until(due).await;
        }
        let exchanged = tokio::time::timeout(ANSWER_LIMIT, async {
            socket.write_all(&request).await?;
            read_answer(&mut socket, &mut answer).await
        });
        exchanged.await.context("no answer in time")??;
        latency.add(due.elapsed());
    }
}

fn request(address: SocketAddr, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST /api/orders/execute HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// Reads one answer, which must be a 201 with a `Content-Length`.
async fn read_answer(socket: &mut TcpStream, answer: &mut Vec<u8>) -> anyhow::Result<()> {
    answer.clear();
    loop {
        ensure!(answer.len() < ANSWER_BYTES_MAX, "an answer without end");
        if socket.read_buf(answer).await? == 0 {
            bail!("the connection was closed");
        }
        if let Some(whole) = whole_length(answer)?
            && answer.len() >= whole
        {
            return Ok(());
        }
    }
}

/// How long the whole answer is, once its head is there.
fn whole_length(answer: &[u8]) -> anyhow::Result<Option<usize>> {
    let Some(head) = answer.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let text = std::str::from_utf8(&answer[..head]).context("a head that is no text")?;
    let mut lines = text.lines();
    let status = lines.next().unwrap_or_default();
    ensure!(status.contains(" 201"), "refused: {status}");
    let length = lines
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .context("an answer without its length")?
        .1;
    Ok(Some(head + 4 + length.trim().parse::<usize>()?))
}

#[cfg(test)]
mod tests;
