//! A node of recorded answers: it takes one request for each, and shows what it was asked.

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::rpc::http::Endpoint;

/// What the node does with a request.
#[derive(Debug, Clone)]
pub(super) enum Answer {
    /// It sends these bytes and closes the connection; `$ID` becomes the request's id.
    Bytes(String),
    /// It reads the request, and closes the connection.
    Nothing,
    /// It reads the request, and answers when the test is over.
    Never,
}

impl Answer {
    /// An answer with this HTTP status, these header lines and this body.
    pub(super) fn http(status: &str, headers: &str, body: &str) -> Self {
        let length = body.len();
        Self::Bytes(format!(
            "HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
        ))
    }

    /// A result, chunked, so that the id may have any length.
    pub(super) fn result(result: &str) -> Self {
        Self::body(&format!(
            r#"{{"jsonrpc":"2.0","result":{result},"id":$ID}}"#
        ))
    }

    /// An error of the protocol.
    pub(super) fn error(error: &str) -> Self {
        Self::body(&format!(r#"{{"jsonrpc":"2.0","error":{error},"id":$ID}}"#))
    }

    /// A body that ends with the connection.
    pub(super) fn body(body: &str) -> Self {
        Self::Bytes(format!(
            "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{body}"
        ))
    }
}

/// The node.
#[derive(Debug)]
pub(super) struct Node {
    port: u16,
    serving: JoinHandle<Vec<Value>>,
}

impl Node {
    /// A node that gives these answers in their order.
    pub(super) async fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let answers: Vec<_> = answers.into_iter().collect();
        #[expect(
            clippy::disallowed_methods,
            reason = "the test waits for it, or drops it with its runtime"
        )]
        let serving = tokio::spawn(serve(listener, answers));
        Self { port, serving }
    }

    pub(super) fn endpoint(&self) -> Endpoint {
        self.endpoint_with("")
    }

    pub(super) fn endpoint_with(&self, rest: &str) -> Endpoint {
        format!("http://127.0.0.1:{}{rest}", self.port)
            .parse()
            .unwrap()
    }

    /// The requests, once all answers were given.
    pub(super) async fn requests(self) -> Vec<Value> {
        self.serving.await.unwrap()
    }
}

async fn serve(listener: TcpListener, answers: Vec<Answer>) -> Vec<Value> {
    let mut requests = Vec::new();
    for answer in answers {
        let (mut socket, _) = listener.accept().await.unwrap();
        let request = read(&mut socket).await;
        match answer {
            Answer::Bytes(bytes) => {
                let bytes = bytes.replace("$ID", &request["id"].to_string());
                // A client that has read enough may be gone.
                let _ = socket.write_all(bytes.as_bytes()).await;
            }
            Answer::Nothing => {}
            Answer::Never => std::future::pending().await,
        }
        requests.push(request);
    }
    requests
}

async fn read(socket: &mut TcpStream) -> Value {
    let mut reader = BufReader::new(socket);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).await.unwrap();
        if line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).await.unwrap();
    serde_json::from_slice(&body).unwrap()
}
