//! Clients whose connection breaks: a request is written, and the connection is reset before any answer.

use std::time::Duration;

use anyhow::{Context, Result};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// Makes a connection end with a reset instead of a farewell.
pub fn when_dropped(stream: &TcpStream) -> Result<()> {
    let at_once = Some(Duration::ZERO);
    socket2::SockRef::from(stream).set_linger(at_once)?;
    Ok(())
}

/// Posts a body to a gateway, `http://host:port`, and resets the connection as soon as it is written.
pub async fn post(gateway: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Result<()> {
    let address = gateway.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.context("connect")?;
    when_dropped(&stream)?;
    let headers: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\n{headers}Content-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.context("send")
}
