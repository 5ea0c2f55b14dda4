//! A request whose connection is reset a moment after it was written: the client waits for no
//! answer, and the gateway is cut off in the middle of its work.

use std::time::Duration;

use anyhow::{Context, Result};
use ports::Random;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// A gateway that accepts no connection by then counts as down.
const WRITE_LIMIT: Duration = Duration::from_secs(2);
/// As long as an order takes to be stored, and somewhat longer: resets fall before, into and after it.
const LATEST: Duration = Duration::from_millis(8);

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request<'a> {
    /// Where the gateway answers: `http://127.0.0.1:1234`.
    pub(super) gateway: &'a str,
    pub(super) path: &'a str,
    /// Lines of the head, each with its end.
    pub(super) headers: &'a str,
    pub(super) body: &'a str,
}

/// Posts this and resets the connection at some moment from at once on.
pub(super) async fn post_and_reset(request: Request<'_>, random: &Random) -> Result<()> {
    let address = request.gateway.strip_prefix("http://");
    let address = address.context("a gateway's address")?;
    let Request {
        path,
        headers,
        body,
        ..
    } = request;
    let length = body.len();
    let text = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    );
    let writing = async {
        let mut line = TcpStream::connect(address).await?;
        line.set_nodelay(true)?;
        line.set_zero_linger()?;
        line.write_all(text.as_bytes()).await?;
        anyhow::Ok(line)
    };
    let line = timeout(WRITE_LIMIT, writing).await??;
    sleep(random.duration_below(LATEST)).await;
    // Closed without lingering, it is reset.
    drop(line);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;
    use std::net::Ipv4Addr;

    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn the_whole_request_arrives_and_then_a_reset() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let gateway = format!("http://{}", listener.local_addr().unwrap());
        let request = Request {
            gateway: &gateway,
            path: "/api/orders/execute",
            headers: "Idempotency-Key: one\r\n",
            body: "{}",
        };
        let hearing = async {
            let (mut line, _) = listener.accept().await.unwrap();
            let mut heard = Vec::new();
            let ended = loop {
                match line.read_u8().await {
                    Ok(byte) => heard.push(byte),
                    Err(error) => break error.kind(),
                }
            };
            (String::from_utf8(heard).unwrap(), ended)
        };

        let random = Random::seeded(1);
        let (posted, (heard, ended)) = tokio::join!(post_and_reset(request, &random), hearing);

        posted.unwrap();
        assert_eq!(ended, ErrorKind::ConnectionReset);
        // What was not read before it, a reset takes away; what came first came whole.
        let whole = format!(
            "POST /api/orders/execute HTTP/1.1\r\nHost: {}\r\nContent-Length: 2\r\n\
             Idempotency-Key: one\r\n\r\n{{}}",
            gateway.trim_start_matches("http://")
        );
        assert!(whole.starts_with(&heard), "{heard}");
    }
}
