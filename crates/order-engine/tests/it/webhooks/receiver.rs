//! A receiver in the test's own process.

use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};

use anyhow::Result;
use testkit::contract::eventually;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Answers every webhook with one status, or never; remembers what it took.
pub(super) struct Receiver {
    port: u16,
    state: Arc<State>,
    _task: JoinSet<()>,
}

#[derive(Default)]
struct State {
    /// 0 for no answer at all.
    status: AtomicU16,
    seen: Mutex<Vec<(String, u16)>>,
}

impl Receiver {
    pub(super) async fn start(status: u16) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let state = Arc::new(State::default());
        state.status.store(status, Ordering::SeqCst);
        let mut task = JoinSet::new();
        task.spawn(listen(listener, Arc::clone(&state)));
        Ok(Self {
            port,
            state,
            _task: task,
        })
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hooks", self.port)
    }

    pub(super) fn answer_with(&self, status: u16) {
        self.state.status.store(status, Ordering::SeqCst);
    }

    /// The ids of what it was sent, each as often as it came, with its answer.
    pub(super) fn seen(&self) -> Vec<(String, u16)> {
        self.state.seen.lock().expect("no test panicked").clone()
    }

    /// Waits until it has taken a webhook whose id begins so.
    pub(super) async fn has(&self, id: &str) {
        eventually("the receiver to have the webhook", async || {
            let seen = self.seen();
            seen.iter()
                .any(|(seen, status)| seen.starts_with(id) && *status == 204)
                .then_some(())
        })
        .await;
    }
}

async fn listen(listener: TcpListener, state: Arc<State>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(answer(stream, Arc::clone(&state)));
    }
}

async fn answer(mut stream: TcpStream, state: Arc<State>) {
    let mut read = Vec::new();
    let mut chunk = [0; 4_096];
    let id = loop {
        let count = stream.read(&mut chunk).await.unwrap_or(0);
        read.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&read);
        if count == 0 || text.ends_with("}}}") {
            let id = text.lines().find_map(|it| it.strip_prefix("webhook-id: "));
            break id.unwrap_or_default().to_owned();
        }
    };
    let status = state.status.load(Ordering::SeqCst);
    let seen = (id, status);
    state.seen.lock().expect("no test panicked").push(seen);
    if status == 0 {
        std::future::pending::<()>().await;
    }
    let answer = format!("HTTP/1.1 {status} .\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let _ = stream.write_all(answer.as_bytes()).await;
}
