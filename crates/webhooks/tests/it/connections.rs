//! The way to a receiver, over real connections.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use config::Secret;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use webhooks::address::{Lookup, Reach, system_lookup};
use webhooks::{HttpReceiver, Message, Receiver as _};

/// A receiver on loopback that answers every connection with these bytes and closes it.
struct Answering {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    heads: Arc<tokio::sync::Mutex<Vec<String>>>,
}

async fn answering(answer: impl Into<Vec<u8>>) -> Answering {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (connections, heads) = (Arc::default(), Arc::default());
    let server = Answering {
        address,
        connections: Arc::clone(&connections),
        heads: Arc::clone(&heads),
    };
    let answer = answer.into();
    #[expect(clippy::disallowed_methods, reason = "it ends with the test's runtime")]
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            connections.fetch_add(1, Ordering::Relaxed);
            heads.lock().await.push(read_request(&mut stream).await);
            let _ = stream.write_all(&answer).await;
        }
    });
    server
}

/// Head and body of a request.
async fn read_request(stream: &mut TcpStream) -> String {
    let mut read = Vec::new();
    let mut chunk = [0; 4_096];
    loop {
        let count = stream.read(&mut chunk).await.unwrap_or(0);
        read.extend_from_slice(&chunk[..count]);
        if count == 0 || read.ends_with(b"}") {
            return String::from_utf8_lossy(&read).into_owned();
        }
    }
}

fn message() -> Message {
    Message {
        id: "evt_1".to_owned(),
        second: 1_767_225_600,
        signature: "v1,c2ln".to_owned(),
        body: br#"{"type":"order.confirmed"}"#.to_vec(),
    }
}

fn receiver(url: &str, reach: Reach) -> HttpReceiver {
    HttpReceiver::new(&Secret::new(url), reach, system_lookup()).expect("a receiver")
}

/// What comes of one try at a receiver that answers so.
async fn outcome(answer: &str) -> (Result<(), String>, Answering) {
    let server = answering(answer).await;
    let url = format!("http://{}/hooks?token=hunter2", server.address);
    let posted = receiver(&url, Reach::Anywhere).post(&message()).await;
    (posted.map_err(|error| error.to_string()), server)
}

#[tokio::test]
async fn a_try_has_the_conventions_headers() {
    let (posted, server) = outcome("HTTP/1.1 204 No Content\r\n\r\n").await;

    assert_eq!(posted, Ok(()));
    let heads = server.heads.lock().await;
    for line in [
        "POST /hooks?token=hunter2 HTTP/1.1",
        "webhook-id: evt_1",
        "webhook-timestamp: 1767225600",
        "webhook-signature: v1,c2ln",
        "content-type: application/json",
    ] {
        assert!(
            heads[0].lines().any(|it| it == line),
            "{line} in {}",
            heads[0]
        );
    }
    assert!(heads[0].ends_with(r#"{"type":"order.confirmed"}"#));
}

#[tokio::test]
async fn whatever_is_no_success_is_a_refusal() {
    for (answer, expected) in [
        (
            "HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n",
            "the receiver answered 500",
        ),
        (
            "HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n",
            "the receiver answered 410",
        ),
        // It closes before it has said anything, or in the middle of it.
        ("", "the connection failed: "),
        ("HTTP/1.1 200", "the connection failed: "),
        ("220 mail.example ESMTP\r\n", "the connection failed: "),
    ] {
        let (posted, _) = outcome(answer).await;

        let error = posted.expect_err("is refused");
        assert!(error.starts_with(expected), "{answer:?}: {error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    for code in [301, 302, 303, 307, 308] {
        let answer = format!(
            "HTTP/1.1 {code} Moved\r\nlocation: http://{}/\r\ncontent-length: 0\r\n\r\n",
            elsewhere.address
        );

        let (posted, _) = outcome(&answer).await;

        let error = posted.expect_err("is refused");
        assert_eq!(
            error,
            format!("the receiver answered {code}: redirects are not followed")
        );
    }
    assert_eq!(elsewhere.connections.load(Ordering::Relaxed), 0);
}

/// The status is the receiver's word, whatever comes behind it: nothing, too much, or nothing that ends.
#[tokio::test]
async fn a_success_counts_however_its_body_ends() {
    let endless = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(1 << 20));
    for answer in [
        "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nshort",
        "HTTP/1.1 202 Accepted\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab",
        endless.as_str(),
    ] {
        let soon = tokio::time::timeout(Duration::from_secs(5), outcome(answer)).await;

        let (posted, _) = soon.expect("it does not wait for the end");
        assert_eq!(posted, Ok(()));
    }
}

#[tokio::test]
async fn an_address_of_the_local_network_is_no_receiver() {
    for url in [
        "http://127.0.0.1:9/",
        "http://[::1]:9/",
        "http://[::ffff:127.0.0.1]:9/",
        "http://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/",
        // Other ways to write 127.0.0.1.
        "http://2130706433/",
        "http://0x7f.1/",
        "http://127.1/",
    ] {
        let refused = HttpReceiver::new(&Secret::new(url), Reach::Public, system_lookup());

        let line = refused.expect_err(url).to_string();
        assert!(
            line.starts_with("WEBHOOK_URL=*** is not allowed: "),
            "{line}"
        );
        assert!(
            line.ends_with("WEBHOOK_ALLOW_PRIVATE=1 would allow"),
            "{line}"
        );
        assert!(HttpReceiver::new(&Secret::new(url), Reach::Anywhere, system_lookup()).is_ok());
    }
}

fn leading_to(address: SocketAddr, asked: &Arc<AtomicUsize>) -> Lookup {
    let asked = Arc::clone(asked);
    Arc::new(move |_| {
        asked.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move { Ok(vec![address]) })
    })
}

#[tokio::test]
async fn a_name_that_leads_to_the_local_network_is_not_connected_to() {
    let server = answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let url = Secret::new(&format!("http://shop.example:{}/", server.address.port()));
    let asked = Arc::new(AtomicUsize::new(0));
    let lookup = leading_to(server.address, &asked);
    let receiver = HttpReceiver::new(&url, Reach::Public, Arc::clone(&lookup)).expect("a name");

    for _ in 0..2 {
        let error = receiver.post(&message()).await.expect_err("is refused");
        assert!(
            error
                .to_string()
                .contains("127.0.0.1 is an address of the local network"),
            "{error}"
        );
    }

    assert_eq!(
        asked.load(Ordering::Relaxed),
        2,
        "each connection asks anew"
    );
    assert_eq!(server.connections.load(Ordering::Relaxed), 0);
    let allowed = HttpReceiver::new(&url, Reach::Anywhere, lookup).expect("a name");
    assert_eq!(allowed.post(&message()).await, Ok(()));
    assert_eq!(server.connections.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_name_is_checked_without_a_connection() {
    let server = answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let url = Secret::new(&format!("http://shop.example:{}/", server.address.port()));
    let lookup = leading_to(server.address, &Arc::default());
    let of = |reach| HttpReceiver::new(&url, reach, Arc::clone(&lookup)).expect("a name");

    let refused = of(Reach::Public).check().await.expect_err("is refused");
    let allowed = of(Reach::Anywhere).check().await;

    let refused = refused.to_string();
    assert!(
        refused.contains("127.0.0.1 is an address of the local network"),
        "{refused}"
    );
    assert_eq!(allowed, Ok(()));
    assert_eq!(server.connections.load(Ordering::Relaxed), 0);
}
