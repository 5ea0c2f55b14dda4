//! An engine that gives the answers of a test's script, one connection after another, and records
//! the requests.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use api_types::EventView;
use client::{Client, Settings};
use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

/// Bits spread over all of a number, others with each call.
pub(crate) fn random() -> u64 {
    static DRAWN: AtomicU64 = AtomicU64::new(1);
    let count = DRAWN.fetch_add(1, Ordering::Relaxed);
    count.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// What one connection meets.
#[derive(Debug, Clone)]
pub(crate) enum Scene {
    /// A socket that brings these events and is then closed with this code.
    Socket { events: Vec<u32>, close: u16 },
    /// A socket that brings these events and breaks off.
    Broken { events: Vec<u32> },
    /// A socket over which nothing comes.
    Silent,
    /// The server reads the request, and the connection breaks.
    NoAnswer,
    /// An answer to a request, whatever it was.
    Answer {
        status: u16,
        headers: &'static str,
        body: String,
    },
}

/// The engine. It ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Scripted {
    pub(crate) client: Client,
    asked: Arc<Mutex<Vec<String>>>,
    _task: JoinSet<()>,
}

impl Scripted {
    /// Plays the scenes in their order.
    pub(crate) async fn play(scenes: Vec<Scene>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let mut task = JoinSet::new();
        let heard = asked.clone();
        task.spawn(async move {
            for scene in scenes {
                let (stream, _) = listener.accept().await.unwrap();
                play_one(stream, scene, &heard).await;
            }
            // Further requests are read but get no answer.
            while let Ok((_, _)) = listener.accept().await {
                heard
                    .lock()
                    .unwrap()
                    .push("one connection too many".to_owned());
            }
        });
        let settings = Settings {
            base_url,
            api_key: Some("secret".to_owned()),
            random,
        };
        Self {
            client: Client::new(settings).unwrap(),
            asked,
            _task: task,
        }
    }

    /// What was asked so far: the heads of requests, or the targets of sockets.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

async fn play_one(stream: TcpStream, scene: Scene, heard: &Mutex<Vec<String>>) {
    match scene {
        Scene::Socket { events, close } => {
            let mut socket = accept(stream, heard).await;
            for seq in events {
                socket.send(Message::text(event(seq))).await.unwrap();
            }
            let frame = CloseFrame {
                code: close.into(),
                reason: "".into(),
            };
            socket.send(Message::Close(Some(frame))).await.unwrap();
            while let Some(Ok(_)) = socket.next().await {}
        }
        Scene::Broken { events } => {
            let mut socket = accept(stream, heard).await;
            for seq in events {
                socket.send(Message::text(event(seq))).await.unwrap();
            }
        }
        Scene::Silent => {
            let mut socket = accept(stream, heard).await;
            while let Some(Ok(_)) = socket.next().await {}
        }
        Scene::NoAnswer => {
            hear(stream, heard).await;
        }
        Scene::Answer {
            status,
            headers,
            body,
        } => answer(hear(stream, heard).await, status, headers, &body).await,
    }
}

type Socket = tokio_tungstenite::WebSocketStream<TcpStream>;

#[expect(
    clippy::result_large_err,
    reason = "the shape of the library's callback"
)]
async fn accept(stream: TcpStream, heard: &Mutex<Vec<String>>) -> Socket {
    let note = |request: &Request, response: Response| {
        let key = request
            .headers()
            .get("authorization")
            .unwrap()
            .to_str()
            .unwrap();
        assert_eq!(key, "Bearer secret");
        heard.lock().unwrap().push(request.uri().to_string());
        Ok(response)
    };
    tokio_tungstenite::accept_hdr_async(stream, note)
        .await
        .unwrap()
}

/// Reads a whole request.
async fn hear(mut stream: TcpStream, heard: &Mutex<Vec<String>>) -> TcpStream {
    let mut request = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&request).to_lowercase();
        if let Some((head, rest)) = text.split_once("\r\n\r\n") {
            let length = head.split("content-length: ").nth(1);
            let length = length
                .and_then(|rest| rest.lines().next()?.parse().ok())
                .unwrap_or(0);
            if rest.len() >= length {
                heard.lock().unwrap().push(head.to_owned());
                return stream;
            }
        }
        let count = stream.read(&mut chunk).await.unwrap();
        request.extend_from_slice(&chunk[..count]);
    }
}

async fn answer(mut stream: TcpStream, status: u16, headers: &str, body: &str) {
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{headers}Connection: close\r\n\r\n",
        body.len(),
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
}

/// The order of every scene.
pub(crate) const ORDER: uuid::Uuid =
    uuid::Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_0001);
const STATUSES: [&str; 5] = ["pending", "routing", "building", "submitted", "confirmed"];

fn event(seq: u32) -> String {
    let status = STATUSES[usize::try_from(seq).unwrap()];
    let view = json!({
        "orderId": ORDER, "seq": seq, "status": status,
        "timestamp": "2026-01-31T09:30:00.125Z", "attempt": 1,
    });
    let _: EventView = serde_json::from_value(view.clone()).expect("as an engine writes it");
    view.to_string()
}

/// A refusal as an engine writes it.
pub(crate) fn problem(status: u16, code: &str) -> String {
    json!({
        "type": format!("urn:order-engine:problem:{code}"), "title": "No", "status": status,
        "detail": "not like this", "code": code, "success": false, "error": "not like this",
    })
    .to_string()
}
