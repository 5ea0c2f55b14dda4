//! What a socket and its peer expect of each other:
//! 1. pings are answered in kind, and no other message is allowed;
//! 2. input that is not WebSocket traffic, too big or not UTF-8 ends the socket with its own code;
//! 3. a peer that is silent or does not read is given up, at a bounded cost;
//! 4. a gateway that stops tells its sockets to reconnect.

use std::time::Duration;

use domain::EventData;
use testkit::contract::{eventually, promptly};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

use crate::ws_world::{Watcher, World};

async fn follow(world: &World) -> Watcher {
    let order = world.order().await;
    let mut watcher = Watcher::open(&world.ws(&format!("/ws/orders/{}", order.id))).await;
    assert_eq!(watcher.json().await["status"], "pending");
    watcher
}

#[tokio::test]
async fn a_ping_is_answered_in_kind() {
    let world = World::start().await;
    let mut watcher = follow(&world).await;

    for (said, answer) in [
        (Message::text("ping"), Message::text("pong")),
        (
            Message::text(r#"{"type":"ping"}"#),
            Message::text(r#"{"type":"pong"}"#),
        ),
        (
            Message::Ping("are you there".into()),
            Message::Pong("are you there".into()),
        ),
    ] {
        watcher.send(said).await;
        assert_eq!(watcher.message().await, Some(answer));
    }
}

#[tokio::test]
async fn anything_but_a_ping_closes_with_4000() {
    let world = World::start().await;

    for said in [
        Message::text("hello"),
        Message::text(r#"{"amount":1}"#),
        Message::binary(vec![1, 2, 3]),
    ] {
        let mut watcher = follow(&world).await;
        watcher.send(said).await;
        assert_eq!(watcher.rest().await, (vec![], 4000));
    }
}

#[tokio::test]
async fn a_message_over_the_limit_closes_with_1009() {
    let world = World::start().await;
    let mut watcher = follow(&world).await;

    watcher.send(Message::text("x".repeat(64 * 1024 + 1))).await;

    assert_eq!(watcher.rest().await.1, 1009);
}

/// A peer that writes its frames by hand.
struct RawPeer(TcpStream);

impl RawPeer {
    async fn open(world: &World, path: &str) -> Self {
        let mut stream = TcpStream::connect(world.authority())
            .await
            .expect("the server is there");
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            world.authority()
        );
        stream
            .write_all(request.as_bytes())
            .await
            .expect("the server is there");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.expect("the server is there"));
        }
        assert!(head.starts_with(b"HTTP/1.1 101"));
        Self(stream)
    }

    /// Opens a socket for a new order and reads its first event.
    async fn follow(world: &World) -> Self {
        let order = world.order().await;
        let mut peer = Self::open(world, &format!("/ws/orders/{}", order.id)).await;
        let (opcode, _) = peer.frame().await;
        assert_eq!(opcode, 1);
        peer
    }

    async fn write(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.expect("the server is there");
    }

    /// The next frame's opcode and payload.
    async fn frame(&mut self) -> (u8, Vec<u8>) {
        let first = promptly("a frame", self.0.read_u8())
            .await
            .expect("the server is there");
        let short = self.0.read_u8().await.expect("the server is there");
        let length = match short {
            126 => usize::from(self.0.read_u16().await.expect("the server is there")),
            length => usize::from(length),
        };
        let mut payload = vec![0; length];
        self.0
            .read_exact(&mut payload)
            .await
            .expect("the server is there");
        (first & 0x0f, payload)
    }

    async fn close_code(&mut self) -> u16 {
        loop {
            if let (8, payload) = self.frame().await {
                return u16::from_be_bytes([payload[0], payload[1]]);
            }
        }
    }
}

/// A masked frame; the mask is zero, so that the payload is plain.
fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).expect("a short payload");
    [&[first, 0x80 | length, 0, 0, 0, 0], payload].concat()
}

#[tokio::test]
async fn what_is_no_websocket_traffic_ends_with_its_own_code() {
    let world = World::start().await;
    // 10 GB announced, and not one byte of it sent.
    let announced = [
        &[0x81, 0xff][..],
        &10_000_000_000_u64.to_be_bytes(),
        &[0; 4],
    ]
    .concat();

    for (bytes, code) in [
        (announced, 1009),
        (masked(0x81, b"\xff\xfe"), 1007),
        (
            [masked(0x01, b"\xff"), masked(0x80, b"\xfe")].concat(),
            1007,
        ),
        (vec![0x81, 0x01, b'x'], 1002),
        (masked(0xc1, b"ping"), 1002),
        (masked(0x83, b""), 1002),
        (masked(0x80, b"no beginning"), 1002),
    ] {
        let mut peer = RawPeer::follow(&world).await;
        peer.write(&bytes).await;
        assert_eq!(peer.close_code().await, code, "{bytes:02x?}");
    }
}

#[tokio::test]
async fn a_ping_in_pieces_is_a_ping() {
    let world = World::start().await;
    let mut peer = RawPeer::follow(&world).await;

    for piece in [masked(0x01, b"pi"), masked(0x00, b"n"), masked(0x80, b"g")] {
        peer.write(&piece).await;
    }

    assert_eq!(peer.frame().await, (1, b"pong".to_vec()));
}

#[tokio::test]
async fn the_server_pings_and_gives_up_who_does_not_answer() {
    let world = World::start_with(|settings| {
        settings.live.ping_every = Duration::from_millis(300);
        settings.live.silent_after = Duration::from_millis(2_500);
    })
    .await;
    let mut silent = RawPeer::follow(&world).await;
    let mut answering = follow(&world).await;

    let (opcode, _) = silent.frame().await;
    assert_eq!(opcode, 9);
    let mut rest = Vec::new();
    // A client that reads answers pings by itself.
    let answers = async {
        loop {
            assert!(
                answering.message().await.is_some(),
                "the answering peer stays"
            );
        }
    };
    tokio::select! {
        () = answers => {}
        ended = promptly("the end of the silent peer", silent.0.read_to_end(&mut rest)) => {
            ended.unwrap();
        }
    }
}

#[tokio::test]
async fn sockets_beyond_the_limit_are_closed_with_4009() {
    let world = World::start_with(|settings| settings.live.client_max_sockets = 2).await;
    let order = world.order().await;
    let url = world.ws(&format!("/ws/orders/{}", order.id));
    let mut first = Watcher::open(&url).await;
    let _second = Watcher::open(&url).await;

    assert_eq!(Watcher::open(&url).await.rest().await, (vec![], 4009));

    first.send(Message::Close(None)).await;
    first.rest().await;
    eventually("room for another", || async {
        let mut another = Watcher::open(&url).await;
        let next = another.message().await;
        matches!(next, Some(Message::Text(_))).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_gateway_that_stops_tells_its_sockets_to_come_back() {
    let world = World::start().await;
    let mut watchers = [follow(&world).await, follow(&world).await];
    let mut account = Watcher::open(&world.ws("/api/stream")).await;

    world.shutdown().request_soft();

    for watcher in &mut watchers {
        assert_eq!(watcher.rest().await, (vec![], 1012));
    }
    assert_eq!(account.rest().await.1, 1012);
}

const STUCK: usize = 20;
const BURST: usize = 500;

/// A quiet socket, if there is room for one.
async fn room(world: &World) -> Option<Watcher> {
    let mut watcher = Watcher::open(&world.ws("/api/stream?status=expired")).await;
    let next = tokio::time::timeout(Duration::from_millis(20), watcher.message());
    next.await.is_err().then_some(watcher)
}

#[tokio::test]
async fn readers_who_are_stuck_are_given_up_beside_a_healthy_one() {
    let world = World::start_with(|settings| {
        settings.live.write_patience = Duration::from_millis(300);
        settings.live.max_sockets = STUCK + 1;
    })
    .await;
    let mut stuck = Vec::new();
    for _ in 0..STUCK {
        stuck.push(RawPeer::open(&world, "/api/stream").await);
    }
    let mut healthy = Watcher::open(&world.ws("/api/stream")).await;
    let full = Watcher::open(&world.ws("/api/stream")).await.rest().await;
    assert_eq!(full.1, 4009);

    // The same event again and again, as fast as the healthy reader takes it.
    let mut order = world.order().await;
    let noise = order.record(EventData::RoutingStarted).await;
    let flood = async {
        loop {
            for _ in 0..BURST {
                world.publish(&noise).await;
            }
            for _ in 0..BURST {
                assert_eq!(healthy.json().await["status"], "routing");
            }
        }
    };
    let given_up = async {
        let mut others = Vec::new();
        while others.len() < STUCK {
            others.push(eventually("a place that a stuck reader left", || room(&world)).await);
        }
    };

    tokio::select! {
        () = flood => {}
        () = given_up => {}
    }
}
