//! One plain HTTP call on a connection of its own, for rare requests.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const LIMIT: Duration = Duration::from_secs(10);

/// Asks for a path; the answer's body, which must come with a 2xx.
pub async fn get(address: SocketAddr, path: &str) -> anyhow::Result<String> {
    call(address, "GET", path, "").await
}

/// Posts JSON, or nothing, likewise.
pub async fn post(address: SocketAddr, path: &str, body: &str) -> anyhow::Result<String> {
    call(address, "POST", path, body).await
}

async fn call(address: SocketAddr, method: &str, path: &str, body: &str) -> anyhow::Result<String> {
    let kind = match body {
        "" => "",
        _ => "Content-Type: application/json\r\n",
    };
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{kind}\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let exchanged = tokio::time::timeout(LIMIT, async {
        let mut socket = TcpStream::connect(address).await?;
        socket.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).await?;
        std::io::Result::Ok(answer)
    });
    let answer = exchanged.await.context("no answer in time")??;
    let answer = String::from_utf8(answer).context("an answer that is no text")?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.lines().next().unwrap_or_default();
    ensure!(status.contains(" 2"), "{method} {path}: {status}");
    Ok(body.to_owned())
}
