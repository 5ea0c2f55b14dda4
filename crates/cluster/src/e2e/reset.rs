//! Clients whose connection breaks: a request is written, and the connection is reset before any answer.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// Makes a connection end with a reset instead of a farewell.
pub fn when_dropped(stream: &TcpStream) -> Result<()> {
    let at_once = Some(Duration::ZERO);
    socket2::SockRef::from(stream).set_linger(at_once)?;
    Ok(())
}

/// How long a server may take until it reads what it was sent.
const PATIENCE: Duration = Duration::from_secs(20);

/// The bytes that this machine's other end of a connection has not yet read: a reset would throw them away. The
/// kernel lists its connections with both addresses and both queues in hexadecimal digits.
fn unread(connections: &str, server: SocketAddr, client: SocketAddr) -> Result<u32> {
    let hex = |address: SocketAddr| match address.ip() {
        IpAddr::V4(ip) => Ok(format!(
            "{:08X}:{:04X}",
            u32::from_ne_bytes(ip.octets()),
            address.port()
        )),
        IpAddr::V6(_) => bail!("{address} is no address of IPv4"),
    };
    let (server, client) = (hex(server)?, hex(client)?);
    for line in connections.lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        if let [_, local, remote, _, queues, ..] = fields[..]
            && (local, remote) == (server.as_str(), client.as_str())
        {
            let (_, received) = queues.split_once(':').context("two queues")?;
            return Ok(u32::from_str_radix(received, 16)?);
        }
    }
    bail!("the server has no connection {server} to {client}")
}

/// Waits until the server has read all that was written to it.
pub async fn once_read(stream: &TcpStream) -> Result<()> {
    let (client, server) = (stream.local_addr()?, stream.peer_addr()?);
    ensure!(server.ip().is_loopback(), "{server} is not on this machine");
    let reading = async {
        loop {
            let connections = tokio::fs::read_to_string("/proc/net/tcp").await?;
            if unread(&connections, server, client)? == 0 {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let in_time = tokio::time::timeout(PATIENCE, reading).await;
    in_time.context("the server does not read what it was sent")?
}

/// Posts a body to a gateway, `http://host:port`, and resets the connection as soon as the gateway has read it.
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
    stream.write_all(request.as_bytes()).await.context("send")?;
    once_read(&stream).await
}
