//! What no decent client does, byte by byte.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// Nothing that a test waits for takes longer on a busy machine.
const PATIENCE: Duration = Duration::from_secs(25);
/// Between two bytes of a client that pretends to be slow.
const DRIP: Duration = Duration::from_millis(250);
/// The least that the system takes, so that a client that does not read is stuck soon.
const SMALL_BUFFER: u32 = 4_096;
/// Connections of a burst that are open at once: most systems give a process room for 1,024.
const AT_ONCE: usize = 200;
/// What is poured comes in pieces of this size, some 10 MB a second: a good line.
const CHUNK: usize = 64 * 1024;
const POUR: Duration = Duration::from_millis(5);

/// Where to attack.
#[derive(Debug)]
pub(super) struct Attacker {
    address: SocketAddr,
}

impl Attacker {
    pub(super) fn at(url: &str) -> Result<Self> {
        let address = url.strip_prefix("http://").context("a plain address")?;
        let address = address.parse().context("an address")?;
        Ok(Self { address })
    }

    async fn connect(&self) -> Result<TcpStream> {
        let connecting = TcpStream::connect(self.address);
        let connected = tokio::time::timeout(PATIENCE, connecting).await;
        connected.context("connect")?.context("connect")
    }

    async fn send(&self, bytes: &[u8]) -> Result<TcpStream> {
        let mut stream = self.connect().await?;
        stream.write_all(bytes).await.context("send")?;
        Ok(stream)
    }

    fn upgrade(&self, path: &str) -> String {
        format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            self.address
        )
    }

    fn post(&self, headers: &str) -> String {
        format!(
            "POST /api/orders/execute HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n{headers}\r\n",
            self.address
        )
    }

    /// Asks for every event of every order and reads none.
    pub(super) async fn never_read(&self) -> Result<TcpStream> {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(SMALL_BUFFER)?;
        let mut stream = socket.connect(self.address).await.context("connect")?;
        let request = self.upgrade("/api/stream");
        stream.write_all(request.as_bytes()).await?;
        Ok(stream)
    }

    /// Sends a head without end, a byte at a time.
    pub(super) async fn drip_head(&self) -> Result<()> {
        let begun = "GET /health HTTP/1.1\r\nX-Slow: ";
        let answer = drip(self.send(begun.as_bytes()).await?).await?;
        check(&answer, &["HTTP/1.1 408"])
    }

    /// Sends the body of an order, a byte at a time.
    pub(super) async fn drip_body(&self) -> Result<()> {
        let head = self.post("Content-Length: 60000\r\n");
        let answer = drip(self.send(head.as_bytes()).await?).await?;
        check(&answer, &["HTTP/1.1 400", "HTTP/1.1 408"])
    }

    /// Announces an order of 1 GB on a socket, and sends of it what is taken.
    pub(super) async fn announce_a_gigabyte(&self) -> Result<()> {
        let upgrade = self.upgrade("/api/orders/execute");
        let mut stream = self.send(upgrade.as_bytes()).await?;
        let frame = [&[0x81, 0xff][..], &(1_u64 << 30).to_be_bytes(), &[0; 4]].concat();
        stream.write_all(&frame).await?;
        let answer = pour(stream, &[b' '; CHUNK]).await?;
        ensure!(answer.starts_with(b"HTTP/1.1 101"), "no socket");
        let too_big = 1009_u16.to_be_bytes();
        let is_told = answer.windows(2).any(|bytes| bytes == too_big);
        ensure!(is_told, "not closed with 1009");
        Ok(())
    }

    /// Sends 60 KiB that would be 9 MiB, were they unpacked.
    pub(super) async fn send_a_bomb(&self) -> Result<()> {
        let bomb = bomb();
        let headers = format!(
            "Content-Encoding: gzip\r\nConnection: close\r\nContent-Length: {}\r\n",
            bomb.len()
        );
        let request = [self.post(&headers).as_bytes(), &bomb].concat();
        let answer = read_to_end(self.send(&request).await?).await?;
        check(&answer, &["HTTP/1.1 415"])
    }

    /// Sends a body that never ends.
    pub(super) async fn pour_without_end(&self) -> Result<()> {
        let head = self.post("Transfer-Encoding: chunked\r\n");
        let stream = self.send(head.as_bytes()).await?;
        let chunk = [b"10000\r\n", &[b' '; CHUNK][..], b"\r\n"].concat();
        let answer = pour(stream, &chunk).await?;
        check(&answer, &["HTTP/1.1 413"])
    }

    /// Connects again and again, each time for one small question.
    pub(super) async fn connect_in_a_burst(&self, count: usize) -> Result<()> {
        let question = "GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        let asking = stream::iter(0..count).map(|_| async {
            let answer = read_to_end(self.send(question.as_bytes()).await?).await?;
            ensure!(answer.starts_with(b"HTTP/1.1 200"), "no answer");
            anyhow::Ok(())
        });
        asking.buffer_unordered(AT_ONCE).try_collect().await
    }
}

/// A connection that is cut off without an answer is right too.
fn check(answer: &[u8], allowed: &[&str]) -> Result<()> {
    let is_allowed = allowed
        .iter()
        .any(|status| answer.starts_with(status.as_bytes()));
    ensure!(
        answer.is_empty() || is_allowed,
        "{}",
        String::from_utf8_lossy(answer)
    );
    Ok(())
}

async fn read_to_end(mut stream: TcpStream) -> Result<Vec<u8>> {
    let mut answer = Vec::new();
    let reading = stream.read_to_end(&mut answer);
    match tokio::time::timeout(PATIENCE, reading).await {
        // What a reset left unread is lost; what came before it counts.
        Ok(_) => Ok(answer),
        Err(_) => bail!("still open: {}", String::from_utf8_lossy(&answer)),
    }
}

/// Sends a byte now and then until the other side has had enough; what it said.
async fn drip(stream: TcpStream) -> Result<Vec<u8>> {
    write_until_closed(stream, |mut writer| async move {
        while writer.write_all(b"x").await.is_ok() {
            tokio::time::sleep(DRIP).await;
        }
    })
    .await
}

/// Sends as fast as a good line does until the other side has had enough; what it said.
async fn pour(stream: TcpStream, bytes: &[u8]) -> Result<Vec<u8>> {
    write_until_closed(stream, |mut writer| async move {
        while writer.write_all(bytes).await.is_ok() {
            tokio::time::sleep(POUR).await;
        }
    })
    .await
}

async fn write_until_closed<W: Future<Output = ()>>(
    stream: TcpStream,
    write: impl FnOnce(tokio::net::tcp::OwnedWriteHalf) -> W,
) -> Result<Vec<u8>> {
    let (mut reader, writer) = stream.into_split();
    let mut answer = Vec::new();
    let ended = {
        let reading = reader.read_to_end(&mut answer);
        let both = async {
            let mut reading = std::pin::pin!(reading);
            let mut writing = std::pin::pin!(write(writer));
            tokio::select! {
                _ = &mut reading => {}
                // What was answered may still be under way.
                () = &mut writing => { let _ = reading.await; }
            }
        };
        tokio::time::timeout(PATIENCE, both).await
    };
    match ended {
        Ok(()) => Ok(answer),
        Err(_) => bail!("still open: {}", String::from_utf8_lossy(&answer)),
    }
}

/// A gzip file of 9 MiB of zeros, without its last eight bytes: nobody who unpacks comes to miss them.
fn bomb() -> Vec<u8> {
    const REPEATS: usize = 36_500;
    let mut bits = Bits::default();
    bits.push(0b011, 3); // the last block, with the fixed code
    bits.push_code(0b0011_0000, 8); // a zero
    for _ in 0..REPEATS {
        bits.push_code(0b1100_0101, 8); // 258 bytes
        bits.push_code(0, 5); // from one byte before
    }
    bits.push_code(0, 7); // the end
    let head = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    [&head[..], &bits.bytes].concat()
}

#[derive(Debug, Default)]
struct Bits {
    bytes: Vec<u8>,
    count: usize,
}

impl Bits {
    /// The lowest bit first.
    fn push(&mut self, value: u16, length: u32) {
        for place in 0..length {
            if self.count.is_multiple_of(8) {
                self.bytes.push(0);
            }
            if value >> place & 1 == 1 {
                let last = self.bytes.len() - 1;
                self.bytes[last] |= 1 << (self.count % 8);
            }
            self.count += 1;
        }
    }

    /// The highest bit first, as codes stand.
    fn push_code(&mut self, code: u16, length: u32) {
        self.push(code.reverse_bits() >> (16 - length), length);
    }
}
