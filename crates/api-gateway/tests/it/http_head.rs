//! `HEAD` is answered like `GET`, without the body and at once, even if the body of `GET` has no
//! end.

use std::time::Duration;

use api_gateway::openapi;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::http_client::{ORDER, Request};
use crate::ws_server::Server;

/// Long enough for a busy machine, short enough to fail.
const LIMIT: Duration = Duration::from_secs(15);
const END_OF_HEAD: &[u8] = b"\r\n\r\n";

async fn server() -> Server {
    Server::start_with(|settings| settings.live.max_sockets = 1).await
}

/// Every path that can be read, including sockets, for this order.
fn paths(order: &str) -> Vec<String> {
    let document = openapi::document();
    let read = document.paths.paths.iter();
    let read = read.filter(|(_, item)| item.get.is_some());
    let path = |template: &str| {
        let path = template.replace("{id}", order);
        path.replace("{clientOrderId}", "mine")
    };
    let mut paths: Vec<String> = read.map(|(template, _)| path(template)).collect();
    paths.extend(["/", "/docs", "/docs/", "/assets/app.js", "/nowhere"].map(str::to_owned));
    paths
}

/// The head of the answer to `GET`; the body is not read.
async fn head_of_get(server: &Server, path: &str, accept: &str) -> String {
    let request = request("GET", path, accept);
    let mut stream = TcpStream::connect(server.address)
        .await
        .expect("a connection");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut head = Vec::new();
    while !head.ends_with(END_OF_HEAD) {
        head.push(stream.read_u8().await.expect("a head"));
    }
    String::from_utf8(head).expect("text")
}

/// The answers to `HEAD` and to a call after it on the same connection, until the server closes.
async fn answers_to_head(server: &Server, path: &str, accept: &str) -> String {
    let after = "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let requests = request("HEAD", path, accept) + after;
    let mut stream = TcpStream::connect(server.address)
        .await
        .expect("a connection");
    stream.write_all(requests.as_bytes()).await.expect("sent");
    let mut answers = Vec::new();
    stream.read_to_end(&mut answers).await.expect("answers");
    String::from_utf8(answers).expect("text")
}

fn request(method: &str, path: &str, accept: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\n\r\n")
}

/// The lines of a head, without those that differ between any two answers.
fn told(head: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = head.lines().take_while(|line| !line.is_empty()).collect();
    // Times and counts change a body's length; the later request decides whether the connection
    // stays open.
    let differing = ["date: ", "content-length: ", "connection: "];
    lines.retain(|line| !differing.iter().any(|name| line.starts_with(name)));
    lines.sort_unstable();
    lines
}

#[tokio::test]
async fn head_is_answered_as_get_is_at_once_and_without_a_body() {
    let server = server().await;
    let order = Request::order(ORDER).send(&server).await.order_id();
    let paths = paths(&order);
    assert!(paths.len() > 20, "{paths:?}");

    for path in &paths {
        for accept in ["*/*", "text/event-stream"] {
            let answering = answers_to_head(&server, path, accept);
            let answers = tokio::time::timeout(LIMIT, answering).await;
            let answers = answers.unwrap_or_else(|_| panic!("HEAD {path} ({accept}) holds on"));

            let (head, rest) = answers.split_once("\r\n\r\n").expect("a head");
            assert!(rest.starts_with("HTTP/1.1 200 OK\r\n"), "{path}: {rest}");
            // A path that is only a socket takes no HEAD.
            if !head.starts_with("HTTP/1.1 405 ") {
                let get = head_of_get(&server, path, accept).await;
                assert_eq!(told(head), told(&get), "{path} ({accept})");
            }
        }
    }
}

#[tokio::test]
async fn head_on_live_events_takes_nobodys_place() {
    let server = server().await;
    let order = Request::order(ORDER).send(&server).await.order_id();
    let path = format!("/api/orders/{order}/events");

    for _ in 0..3 {
        let answering = answers_to_head(&server, &path, "text/event-stream");
        let answers = tokio::time::timeout(LIMIT, answering).await;
        let answers = answers.expect("HEAD ends");
        assert!(answers.starts_with("HTTP/1.1 200 OK\r\n"), "{answers}");
    }

    let live = head_of_get(&server, &path, "text/event-stream").await;
    assert!(live.starts_with("HTTP/1.1 200 OK\r\n"), "{live}");
}
