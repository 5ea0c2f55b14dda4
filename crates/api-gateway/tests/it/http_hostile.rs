//! Malformed or hostile input gets the right status and the problem body, and changes nothing.

mod cases;

use crate::http_client::{EXECUTE, ORDER, Request, stored};
use crate::ws_server::Server;
use cases::{Case, bodies, requests};

async fn server() -> Server {
    Server::start_with(|_| {}).await
}

#[tokio::test]
async fn what_is_wrong_is_refused_and_leaves_no_trace() {
    let server = server().await;
    let accepted = Request::order(ORDER).send(&server).await;
    assert_eq!(accepted.status, 201);
    let before = server.rows();
    assert!(before.values().any(|rows| *rows > 0), "{before:?}");
    let cases: Vec<Case> = bodies().into_iter().chain(requests()).collect();
    assert!(cases.len() >= 60);

    for Case(name, request, status, code) in &cases {
        let answer = request.send(&server).await;
        assert_eq!(answer.status, *status, "{name}");
        answer.problem(*status, code);
    }

    assert_eq!(server.rows(), before);
    assert!(!server.ports.store.is_paused().await.expect("an answer"));
}

#[tokio::test]
async fn a_body_without_end_is_cut_off_after_the_answer() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let server = server().await;
    let chunk = [b"10000\r\n", &[b' '; 0x10000][..], b"\r\n"].concat();
    for (path, status) in [
        (EXECUTE, "413"),
        (
            "/api/orders/00000000-0000-7000-8000-000000000000/cancel",
            "404",
        ),
        ("/health", "405"),
    ] {
        let mut stream = tokio::net::TcpStream::connect(server.address)
            .await
            .expect("a connection");
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n\
             Transfer-Encoding: chunked\r\n\r\n",
            server.address
        );
        stream.write_all(head.as_bytes()).await.expect("sent");
        let (mut reader, mut writer) = stream.split();
        let mut answer = Vec::new();
        let pouring = async { while writer.write_all(&chunk).await.is_ok() {} };
        let reading = async {
            // After the answer the connection ends, in whatever way.
            let _ = reader.read_to_end(&mut answer).await;
        };
        let both = async { tokio::join!(pouring, reading) };
        let cut_off = tokio::time::timeout(std::time::Duration::from_secs(15), both).await;
        assert!(cut_off.is_ok(), "{path} takes all that comes");
        let answer = String::from_utf8_lossy(&answer);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{path}: {answer}"
        );
    }
}

/// The order followed by blanks, up to this length, in chunks of this size.
fn chunked(length: usize, size: usize) -> Vec<u8> {
    let body = [ORDER.as_bytes(), &vec![b' '; length - ORDER.len()]].concat();
    let chunks = body.chunks(size);
    let framed =
        chunks.map(|chunk| [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat());
    framed.chain([b"0\r\n\r\n".to_vec()]).flatten().collect()
}

#[tokio::test]
async fn a_body_may_be_cut_finely_and_not_into_tens_of_thousands_of_crumbs() {
    let server = server().await;
    let order =
        |length, size| Request::order(chunked(length, size)).header("Transfer-Encoding", "chunked");

    let fine = order(2_000, 1).send(&server).await;
    let coarse = order(64 * 1024, 64).send(&server).await;
    let crumbs = order(64 * 1024, 1).send(&server).await;

    assert_eq!((fine.status, coarse.status), (201, 201));
    crumbs.problem(413, "body_too_large");
    assert_eq!(stored(&server).await, 2);
}

#[tokio::test]
async fn what_is_no_http_ends_without_harm() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let server = server().await;
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"GET\r\n\r\n",
        b"POST /api/orders/execute HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/orders/execute HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /api/orders/execute HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
    ] {
        let mut stream = tokio::net::TcpStream::connect(server.address).await.expect("a connection");
        stream.write_all(bytes).await.expect("sent");
        stream.shutdown().await.expect("half closed");
        let mut answer = Vec::new();
        let reading = stream.read_to_end(&mut answer);
        let read = tokio::time::timeout(std::time::Duration::from_secs(15), reading).await;
        assert!(read.is_ok(), "{:?} hangs", String::from_utf8_lossy(bytes));
        let text = String::from_utf8_lossy(&answer);
        assert!(text.is_empty() || text.starts_with("HTTP/1.1 4"), "{text}");
    }

    assert_eq!(Request::get("/health").send(&server).await.status, 200);
    assert_eq!(stored(&server).await, 0);
}
