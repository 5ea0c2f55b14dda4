//! A client that sends exactly the bytes a test wants, even ones that no ordinary client would
//! send.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::documents;
use crate::ws_server::Server;

/// Long enough for a busy machine, short enough to fail.
const LIMIT: Duration = Duration::from_secs(15);
/// A valid body for tests that need any.
pub(crate) const ORDER: &str = r#"{"tokenIn":"SOL","tokenOut":"USDC","amount":1.5}"#;
pub(crate) const EXECUTE: &str = "/api/orders/execute";

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("no JSON: {:?}", String::from_utf8_lossy(&self.body)))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    pub(crate) fn order_id(&self) -> String {
        let body = self.json();
        body["orderId"].as_str().expect("an order's id").to_owned()
    }

    /// Checks that this is the problem body of the contract, with this code.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) -> Value {
        let problem = self.json();
        assert_eq!(self.status, status, "{problem}");
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{problem}"
        );
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status, "{problem}");
        assert_eq!(problem["success"], false, "{problem}");
        assert_eq!(problem["error"], problem["detail"], "{problem}");
        assert!(
            problem["type"].is_string() && problem["title"].is_string(),
            "{problem}"
        );
        if matches!(status, 429 | 503) {
            let seconds = self.header("retry-after").expect("Retry-After");
            assert!(seconds.parse::<u64>().expect("seconds") >= 1);
        }
        problem
    }
}

/// A request in the making.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    pub(crate) fn new(method: &str, path: &str) -> Self {
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub(crate) fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    pub(crate) fn post(path: &str) -> Self {
        Self::new("POST", path)
    }

    /// An order as an ordinary client submits it.
    pub(crate) fn order(body: impl AsRef<[u8]>) -> Self {
        Self::post(EXECUTE)
            .header("Content-Type", "application/json")
            .body(body)
    }

    pub(crate) fn at(mut self, path: &str) -> Self {
        path.clone_into(&mut self.path);
        self
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn key(self, key: &str) -> Self {
        self.header("Authorization", &format!("Bearer {key}"))
    }

    pub(crate) fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        self.body = body.as_ref().to_vec();
        self
    }

    fn bytes(&self, authority: &str) -> Vec<u8> {
        let has = |name: &str| {
            self.headers
                .iter()
                .any(|(given, _)| given.eq_ignore_ascii_case(name))
        };
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.path);
        if !has("host") {
            head.push_str(&format!("Host: {authority}\r\n"));
        }
        if !has("content-length") && !has("transfer-encoding") && self.method != "GET" {
            head.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("Connection: close\r\n\r\n");
        [head.as_bytes(), &self.body].concat()
    }

    pub(crate) async fn send(&self, server: &Server) -> Answer {
        let authority = server.address.to_string();
        let bytes = self.bytes(&authority);
        let answer = tokio::time::timeout(LIMIT, exchange(&authority, &bytes)).await;
        let answer =
            answer.unwrap_or_else(|_| panic!("no answer to {} {}", self.method, self.path));
        documents::check(&self.method, &self.path, &answer);
        answer
    }
}

async fn exchange(authority: &str, bytes: &[u8]) -> Answer {
    let stream = TcpStream::connect(authority).await.expect("a connection");
    let (mut reader, mut writer) = stream.into_split();
    let mut answer = Vec::new();
    // The server may answer and close before it has read everything.
    let sending = async {
        let _ = writer.write_all(bytes).await;
    };
    let reading = async {
        let _ = reader.read_to_end(&mut answer).await;
    };
    tokio::join!(sending, reading);
    parse(&answer)
}

fn parse(bytes: &[u8]) -> Answer {
    let end = bytes.windows(4).position(|part| part == b"\r\n\r\n");
    let end = end.unwrap_or_else(|| panic!("no answer: {:?}", String::from_utf8_lossy(bytes)));
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let headers: HashMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    Answer {
        status: status
            .and_then(|status| status.parse().ok())
            .expect("a status"),
        headers,
        body: bytes[end + 4..].to_vec(),
    }
}

/// How many orders the store holds.
pub(crate) async fn stored(server: &Server) -> u64 {
    let counts = server.ports.store.counts().await.expect("counts");
    counts.by_status.iter().sum()
}
