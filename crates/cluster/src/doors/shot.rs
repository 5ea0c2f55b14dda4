//! One input: a request, or a socket with its messages.

use super::dice::{Dice, FRESH, ORDER};
use super::headers::{self, Header};
use super::{bodies, frames};

/// A request that is sent before the previous one was answered.
pub(super) const FOLLOWER: &[u8] = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";
/// With a longer head the HTTP server closes, perhaps before its answer was read.
const MOST_HEADERS: usize = 90;
const LONGEST_HEAD: usize = 60_000;

/// One thing to send.
#[derive(Debug, Clone)]
pub(super) struct Shot {
    /// Its first line, for the report.
    pub(super) what: String,
    pub(super) bytes: Vec<u8>,
    pub(super) kind: Kind,
}

/// What the engine must do.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    /// Answer, then also answer [`FOLLOWER`] if it was sent, and keep the connection usable.
    Whole { is_head: bool, is_followed: bool },
    /// Answer.
    Last { is_head: bool },
    /// End the connection: the request may be invalid or too large, and nothing follows it.
    Broken,
    /// Answer; after an upgrade, answer a ping that follows these bytes, or end the connection.
    Socket { said: Vec<u8>, is_whole: bool },
}

/// The targets of an engine.
#[derive(Debug)]
pub(super) struct Target {
    /// Methods and paths, from the API's document and others, with parameters in braces.
    pub(super) doors: Vec<(String, String)>,
    pub(super) has_keys: bool,
    /// Values for `?token=`.
    pub(super) token: Option<String>,
}

impl Target {
    /// Draws one.
    pub(super) fn draw(&self, dice: &Dice) -> Shot {
        match dice.below(100) {
            0..2 => garbage(dice),
            2..18 => self.socket(dice),
            18..60 => self.order(dice),
            _ => self.call(dice),
        }
    }

    fn order(&self, dice: &Dice) -> Shot {
        let mut request = Request::new("POST", "/api/orders/execute");
        request.body = match dice.below(10) {
            0..4 => bodies::decent(dice),
            4..7 => bodies::mutated(dice),
            _ => bodies::hostile(dice),
        };
        if dice.is(10) {
            request.target += dice.pick(&["?dryRun=true", "?dryRun=maybe", "?x=1&x=2", "?%zz"]);
        }
        if !dice.is(8) {
            request.add("Content-Type", "application/json");
        }
        if dice.is(60) {
            request.headers.push(headers::idempotency_key(dice));
        }
        self.dress(dice, request)
    }

    fn call(&self, dice: &Dice) -> Shot {
        let (method, path) = &self.doors[dice.below(self.doors.len())];
        let method = match dice.below(20) {
            0..5 if method == "GET" => "HEAD",
            5 => dice.pick(&["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO", "POST"]),
            _ => method,
        };
        let mut request = Request::new(method, &self.target(dice, path));
        if method != "GET" && method != "HEAD" && dice.is(40) {
            request.body = bodies::hostile(dice);
            request.add("Content-Type", "application/json");
        }
        if path.ends_with("/events") && dice.is(50) {
            request.add("Accept", "text/event-stream");
        }
        self.dress(dice, request)
    }

    fn target(&self, dice: &Dice, path: &str) -> String {
        let id = match dice.below(10) {
            0..6 => ORDER.to_owned(),
            6 => "01890a5d-ac96-774b-bcce-b302099a8057".to_owned(),
            7 => headers::text(dice, 40),
            _ => headers::escaped(dice),
        };
        let mut target = path.replace("{id}", &id);
        target = target.replace("{clientOrderId}", FRESH);
        if dice.is(45) {
            target = format!("{target}?{}", headers::query(dice));
        }
        if let (Some(token), true) = (&self.token, dice.is(10)) {
            let sign = if target.contains('?') { '&' } else { '?' };
            target = format!("{target}{sign}token={token}");
        }
        target
    }

    /// Adds the caller and the other headers, and writes the request.
    fn dress(&self, dice: &Dice, mut request: Request) -> Shot {
        request.headers.extend(headers::caller(dice, self.has_keys));
        request.headers.extend(headers::some(dice));
        request.write(dice)
    }

    fn socket(&self, dice: &Dice) -> Shot {
        let path = dice.pick(&[
            "/api/orders/execute",
            "/api/orders/execute",
            "/api/orders/execute",
            "/api/orders/execute?orderId={id}",
            "/api/orders/{id}/stream",
            "/ws/orders/{id}",
            "/api/stream",
        ]);
        let target = if dice.is(70) {
            path.replace("{id}", ORDER)
        } else if path.contains('?') {
            format!("{}&{}", path.replace("{id}", ORDER), headers::query(dice))
        } else {
            self.target(dice, path)
        };
        let mut request = Request::new("GET", &target);
        for (name, value) in [
            ("Connection", "Upgrade"),
            ("Upgrade", "websocket"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ] {
            if !dice.is(1) {
                request.add(name, value);
            }
        }
        if dice.is(40) {
            request.headers.push(headers::idempotency_key(dice));
        }
        request.headers.extend(headers::caller(dice, self.has_keys));
        if dice.is(20) {
            request.headers.extend(headers::some(dice));
        }
        let (said, is_whole) = frames::messages(dice);
        let mut shot = request.write(dice);
        if !matches!(shot.kind, Kind::Broken) {
            shot.kind = Kind::Socket { said, is_whole };
        }
        shot
    }
}

/// Input that is not HTTP, or only just.
fn garbage(dice: &Dice) -> Shot {
    let count = dice.below(2_000);
    let bytes = match dice.below(6) {
        0 => dice.bytes(count),
        1 => [
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            &dice.bytes(count)[..],
        ]
        .concat(),
        2 => b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        3 => b"GET / HTTP/9.9\r\n\r\n".to_vec(),
        4 => [b"GET /", &vec![b'a'; count * 60][..]].concat(),
        _ => [
            b"GET / HTTP/1.1\r\nHost: x\r\nX: ",
            &dice.bytes(count)[..],
            b"\r\n\r\n",
        ]
        .concat(),
    };
    Shot {
        what: "no HTTP".to_owned(),
        bytes,
        kind: Kind::Broken,
    }
}

#[derive(Debug)]
struct Request {
    method: String,
    target: String,
    headers: Vec<Header>,
    body: Vec<u8>,
}

impl Request {
    fn new(method: &str, target: &str) -> Self {
        Self {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    fn add(&mut self, name: &'static str, value: &str) {
        self.headers.push((name, value.as_bytes().to_vec()));
    }

    fn has(&self, name: &str) -> bool {
        let mut names = self.headers.iter().map(|(name, _)| name);
        names.any(|known| known.eq_ignore_ascii_case(name))
    }

    fn write(mut self, dice: &Dice) -> Shot {
        if !self.has("Host") {
            self.add("Host", "localhost");
        }
        let has_body = !self.body.is_empty() || self.method == "POST";
        let is_framed = if has_body { self.frame(dice) } else { true };
        let version = if dice.is(1) { "1.0" } else { "1.1" };
        let first = format!("{} {} HTTP/{version}", self.method, self.target);
        let mut bytes = format!("{first}\r\n").into_bytes();
        for (name, value) in &self.headers {
            bytes.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        bytes.extend(b"\r\n");
        let is_usual = self.headers.len() <= MOST_HEADERS && bytes.len() <= LONGEST_HEAD;
        let is_usual = is_usual && self.body.len() <= bodies::LIMIT && is_framed;
        bytes.extend(&self.body);
        let is_head = self.method == "HEAD";
        // After a refused upgrade the engine reads no further request from the connection.
        let is_last = version == "1.0" || self.has("Upgrade") || self.has("Connection");
        let kind = match (is_usual, is_last) {
            (false, _) => Kind::Broken,
            (true, true) => Kind::Last { is_head },
            (true, false) => {
                // If the answer must have no body, a body that is sent all the same shows here.
                let is_followed = dice.is(if is_head { 50 } else { 5 });
                if is_followed {
                    bytes.extend(FOLLOWER);
                }
                Kind::Whole {
                    is_head,
                    is_followed,
                }
            }
        };
        Shot {
            what: first.chars().take(120).collect(),
            bytes,
            kind,
        }
    }

    /// Declares the body's length, or lies about it; returns whether it was the truth.
    fn frame(&mut self, dice: &Dice) -> bool {
        let length = self.body.len();
        match dice.below(100) {
            0..78 => self.add("Content-Length", &length.to_string()),
            78..94 => {
                self.add("Transfer-Encoding", "chunked");
                let piece = match dice.below(4) {
                    0 => 1,
                    1 => 1 + dice.below(64),
                    _ => 1 + dice.below(20_000),
                };
                self.body = chunked(&self.body, piece);
                // Framed so finely it is longer than a body may be, and still is the same body.
                return length <= bodies::LIMIT && self.body.len() <= bodies::LIMIT;
            }
            _ => {
                let lie = match dice.below(6) {
                    0 => (length + 1 + dice.below(5_000)).to_string(),
                    1 => (length / 2).to_string(),
                    2 => "-1".to_owned(),
                    3 => "99999999999999999999999".to_owned(),
                    4 => format!("{length}, {length}"),
                    _ => "0x10".to_owned(),
                };
                self.add("Content-Length", &lie);
                if dice.is(20) {
                    self.add("Transfer-Encoding", "chunked");
                }
                return false;
            }
        }
        true
    }
}

fn chunked(body: &[u8], piece: usize) -> Vec<u8> {
    let mut framed = Vec::new();
    for part in body.chunks(piece) {
        framed.extend(format!("{:x}\r\n", part.len()).bytes());
        framed.extend([part, b"\r\n"].concat());
    }
    framed.extend(b"0\r\n\r\n");
    framed
}
