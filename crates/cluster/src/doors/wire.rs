//! A connection that sends exactly the given bytes and reads the answers.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use super::frames::{self, Told};
use super::shot::{Kind, Shot};

/// The engine gives up on incomplete input after 10 s; the rest is for a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);
/// No answer of the engine is longer: 1,000 lines of the ledger are some 400 KiB.
const LONGEST: usize = 16 * 1024 * 1024;
/// Bytes read at once.
const PIECE: usize = 16 * 1024;
const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// The result of a shot.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// `None` if the connection ended without an answer.
    pub(super) status: Option<u16>,
    pub(super) has_retry_after: bool,
    /// The body, if it is JSON; for a socket, its messages.
    pub(super) said: Vec<Value>,
}

impl Heard {
    fn take(&mut self, body: Option<Vec<u8>>) {
        let said = body.and_then(|body| serde_json::from_slice(&body).ok());
        self.said.extend(said);
    }
}

/// A connection, opened when it is needed.
#[derive(Debug)]
pub(super) struct Wire {
    address: SocketAddr,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    reader: OwnedReadHalf,
    writer: OwnedWriteHalf,
    /// Received bytes that were not parsed yet.
    ahead: Vec<u8>,
    is_used: bool,
}

#[derive(Debug)]
struct Head {
    status: u16,
    text: String,
}

impl Head {
    fn header(&self, name: &str) -> Option<&str> {
        self.text.lines().skip(1).find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    fn says(&self, name: &str, wanted: &str) -> bool {
        let value = self.header(name);
        value.is_some_and(|value| value.to_ascii_lowercase().starts_with(wanted))
    }
}

impl Wire {
    pub(super) fn to(address: SocketAddr) -> Self {
        let open = None;
        Self { address, open }
    }

    /// Sends a shot and reads the result. An error is a broken promise.
    pub(super) async fn send(&mut self, shot: &Shot) -> Result<Heard> {
        let exchange = self.exchange(shot);
        let ended = tokio::time::timeout(PATIENCE, exchange).await;
        match ended {
            Ok(heard) => heard,
            Err(_) => {
                self.open = None;
                bail!("no end after {PATIENCE:?}")
            }
        }
    }

    async fn exchange(&mut self, shot: &Shot) -> Result<Heard> {
        let mut open = match self.open.take() {
            Some(open) => open,
            None => self.connect().await?,
        };
        let was_used = open.is_used;
        match open.ask(shot).await {
            Ok(Some(heard)) => {
                self.open = open.is_used.then_some(open);
                Ok(heard)
            }
            // A server may close an idle connection while a request is on its way: a client repeats
            // it.
            Ok(None) if was_used => {
                let mut open = self.connect().await?;
                let heard = open.ask(shot).await?;
                self.open = open.is_used.then_some(open);
                answered(heard, shot)
            }
            Ok(None) => answered(None, shot),
            Err(error) => Err(error),
        }
    }

    async fn connect(&self) -> Result<Open> {
        let stream = TcpStream::connect(self.address).await;
        let stream = stream.context("the engine takes no connection")?;
        stream.set_nodelay(true)?;
        let (reader, writer) = stream.into_split();
        Ok(Open {
            reader,
            writer,
            ahead: Vec::new(),
            is_used: false,
        })
    }
}

fn answered(heard: Option<Heard>, shot: &Shot) -> Result<Heard> {
    match (heard, &shot.kind) {
        (Some(heard), _) => Ok(heard),
        (None, Kind::Broken) => Ok(Heard::default()),
        (None, _) => bail!("closed without an answer"),
    }
}

impl Open {
    /// `None` if the connection ended before the answer began. `is_used` then says whether it may
    /// be used again.
    async fn ask(&mut self, shot: &Shot) -> Result<Option<Heard>> {
        self.is_used = false;
        let is_broken = matches!(shot.kind, Kind::Broken);
        let Self {
            reader,
            writer,
            ahead,
            is_used,
        } = self;
        let sending = async {
            // The engine may answer, and close, before it has read everything.
            let sent = writer.write_all(&shot.bytes).await;
            if is_broken {
                let _ = writer.shutdown().await;
            }
            sent.is_ok()
        };
        let reading = read_head(reader, ahead);
        let (is_sent, head) = tokio::join!(sending, reading);
        let Some(head) = head? else {
            return Ok(None);
        };
        let mut heard = Heard {
            status: Some(head.status),
            has_retry_after: head.header("retry-after").is_some(),
            said: Vec::new(),
        };
        match &shot.kind {
            Kind::Broken => drain(reader).await,
            Kind::Socket { said, is_whole } if head.status == 101 => {
                self.talk(said, *is_whole, &mut heard).await?;
            }
            Kind::Last { is_head } => {
                let body = read_body(reader, ahead, &head, *is_head).await?;
                heard.take(body);
            }
            Kind::Whole {
                is_head,
                is_followed,
            } => {
                let body = read_body(reader, ahead, &head, *is_head).await?;
                heard.take(body);
                // An answer to an invalid request is the last one.
                let is_request = head.status != 400 || head.header("content-type").is_some();
                let is_live = is_live(&head) && !is_head;
                let mut is_kept = is_sent && is_request && !is_live && !closes(&head);
                if is_kept && *is_followed {
                    is_kept = follow(reader, ahead).await?;
                }
                *is_used = is_kept && ahead.is_empty();
            }
            Kind::Socket { .. } => {}
        }
        Ok(Some(heard))
    }

    /// Sends the messages, and reads until the engine has answered a last ping or closes.
    async fn talk(&mut self, said: &[u8], is_whole: bool, heard: &mut Heard) -> Result<()> {
        let Self {
            reader,
            writer,
            ahead,
            ..
        } = self;
        let speaking = async {
            // If the engine closes while we send, read why.
            let _ = writer.write_all(said).await;
            if is_whole {
                let _ = writer.write_all(&frames::last_ping()).await;
            } else {
                let _ = writer.shutdown().await;
            }
        };
        let listening = async {
            loop {
                match frames::take(ahead) {
                    Some(Told::Text(text)) => {
                        heard
                            .said
                            .extend(serde_json::from_slice::<Value>(&text).ok());
                    }
                    Some(Told::LastPong | Told::Close) => return,
                    Some(Told::Other) => {}
                    None if !more(reader, ahead).await.unwrap_or(false) => return,
                    None => {}
                }
            }
        };
        tokio::join!(speaking, listening);
        // A peer that is gone already needs no close.
        let _ = writer.write_all(&frames::close()).await;
        let _ = writer.shutdown().await;
        drain(reader).await;
        Ok(())
    }
}

fn closes(head: &Head) -> bool {
    head.says("connection", "close")
}

/// Reads the answer to the request that followed; returns whether the connection stays open.
async fn follow(reader: &mut OwnedReadHalf, ahead: &mut Vec<u8>) -> Result<bool> {
    let head = read_head(reader, ahead).await?;
    let head = head.context("the request behind it has no answer")?;
    ensure!(
        head.status == 200,
        "{} to the request behind it",
        head.status
    );
    let body = read_body(reader, ahead, &head, false).await?;
    body.context("the answer to the request behind it has no body")?;
    Ok(!closes(&head))
}

fn is_live(head: &Head) -> bool {
    head.says("content-type", "text/event-stream")
}

/// Reads on; false at the end.
async fn more(reader: &mut OwnedReadHalf, ahead: &mut Vec<u8>) -> io::Result<bool> {
    ahead.reserve(PIECE);
    Ok(reader.read_buf(ahead).await? > 0)
}

/// The head of the final answer; `None` if the connection ends first.
async fn read_head(reader: &mut OwnedReadHalf, ahead: &mut Vec<u8>) -> Result<Option<Head>> {
    loop {
        if let Some(end) = find(ahead, END_OF_HEAD) {
            let text = String::from_utf8_lossy(&ahead[..end]).into_owned();
            ahead.drain(..end + END_OF_HEAD.len());
            let status = text.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5));
            let status = status.and_then(|status| status.parse().ok());
            let status: u16 = status.with_context(|| format!("{text:.200} is no answer"))?;
            if status == 100 {
                continue;
            }
            return Ok(Some(Head { status, text }));
        }
        ensure!(ahead.len() < LONGEST, "a head without end");
        // A connection that was reset has ended.
        if !more(reader, ahead).await.unwrap_or(false) {
            ensure!(
                ahead.is_empty(),
                "{:.200?} is no answer",
                String::from_utf8_lossy(ahead)
            );
            return Ok(None);
        }
    }
}

/// The body; `None` if there is none, or if it does not end.
async fn read_body(
    reader: &mut OwnedReadHalf,
    ahead: &mut Vec<u8>,
    head: &Head,
    is_head: bool,
) -> Result<Option<Vec<u8>>> {
    if is_head || matches!(head.status, 101 | 204 | 304) {
        return Ok(None);
    }
    if is_live(head) {
        return Ok(None);
    }
    if head.says("transfer-encoding", "chunked") {
        return read_chunks(reader, ahead).await.map(Some);
    }
    let Some(length) = head.header("content-length") else {
        drain(reader).await;
        return Ok(None);
    };
    let length: usize = length.parse().context("a length")?;
    ensure!(length < LONGEST, "an answer of {length} bytes");
    fill(reader, ahead, length).await?;
    Ok(Some(ahead.drain(..length).collect()))
}

async fn read_chunks(reader: &mut OwnedReadHalf, ahead: &mut Vec<u8>) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = loop {
            match find(ahead, b"\r\n") {
                Some(end) => break end,
                None => ensure!(more(reader, ahead).await?, "cut off within a body"),
            }
        };
        let size = String::from_utf8_lossy(&ahead[..end]).into_owned();
        let size =
            usize::from_str_radix(&size, 16).with_context(|| format!("{size:?}: a chunk"))?;
        ahead.drain(..end + 2);
        fill(reader, ahead, size + 2).await?;
        body.extend(ahead.drain(..size));
        ahead.drain(..2);
        ensure!(body.len() < LONGEST, "a body without end");
        if size == 0 {
            return Ok(body);
        }
    }
}

async fn fill(reader: &mut OwnedReadHalf, ahead: &mut Vec<u8>, length: usize) -> Result<()> {
    while ahead.len() < length {
        ensure!(more(reader, ahead).await?, "cut off within a body");
    }
    Ok(())
}

/// Reads what is left until the engine closes.
async fn drain(reader: &mut OwnedReadHalf) {
    let mut rest = Vec::new();
    while more(reader, &mut rest).await.unwrap_or(false) {
        rest.clear();
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|part| part == wanted)
}
