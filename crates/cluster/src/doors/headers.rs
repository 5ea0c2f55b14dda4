//! Headers and queries: those that change what a request means, each with values that are right, at
//! the limit, and wrong in every way that a header can be.

use super::dice::{Dice, FRESH, ORDER};

pub(super) type Header = (&'static str, Vec<u8>);

/// This many keys are used again and again, so that different bodies meet under the same key.
const SHARED_KEYS: usize = 40;
const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// A value as long as a head may contain beside others.
const LONG: usize = 30_000;

#[rustfmt::skip]
const VALUES: &[(&str, &[&str])] = &[
    ("Accept", &["*/*", "application/json", "text/event-stream", "text/event-stream, */*;q=0.1",
        "text/event-stream;q=0", "text/csv", ",;,;=,"]),
    ("Accept-Encoding", &["gzip", "br, gzip;q=0.5", "identity;q=0", "*"]),
    ("Access-Control-Request-Method", &["POST", "PATCH", "\\"]),
    ("Connection", &["close", "keep-alive", "Upgrade", "close, upgrade, keep-alive"]),
    ("Content-Encoding", &["gzip", "identity", "br", ""]),
    ("Content-Type", &["application/json; charset=utf-8", "text/plain", "application/json; charset=utf-16",
        "multipart/form-data; boundary=x", ";;;=;"]),
    ("Cookie", &["a=b; c=d", "=;=;=", "session"]),
    ("Expect", &["100-continue", "200-ok", "\"100-continue"]),
    ("Forwarded", &["for=1.2.3.4;proto=https;host=x", "for=\"[::1]:99999\""]),
    ("Host", &["localhost:3000", "127.0.0.1", "[::1]:3000", "evil.example", "", "a/b", "[[[[", "localhost:"]),
    ("If-None-Match", &["*", "\"abc\"", "W/\"abc\", \"x\"", "\"", ",,,,"]),
    ("If-Modified-Since", &["Sat, 29 Oct 1994 19:43:31 GMT", "yesterday"]),
    ("Last-Event-ID", &["0", "3", "4294967295", "4294967296", "-1", "", "1e3", "99999999999999999999999"]),
    ("Origin", &["http://localhost", "https://desk.example", "https://evil.example", "null", "file://", "://"]),
    ("Range", &["bytes=0-1", "bytes=-1", "bytes=0-0,1-1,2-2", "bytes=9999999999999999999999-"]),
    ("Sec-WebSocket-Key", &["", "x", "dGhlIHNhbXBsZSBub25jZQ=="]),
    ("Sec-WebSocket-Version", &["8", "13", "x"]),
    ("Sec-WebSocket-Protocol", &["json", ",,,"]),
    ("Sec-WebSocket-Extensions", &["permessage-deflate; client_max_window_bits=15", ";;"]),
    ("TE", &["trailers", "chunked"]),
    ("Upgrade", &["websocket", "h2c", "WebSocket, h2c"]),
    ("User-Agent", &["", "fuzz"]),
    ("Via", &["1.1 proxy", ""]),
    ("X-Forwarded-For", &["1.2.3.4", "1.2.3.4, 5.6.7.8", "[::1]:80", "unknown", ",,,,", ""]),
    ("X-Forwarded-Host", &["desk.example", "a\"b", "[[["]),
    ("X-Forwarded-Proto", &["https", "http,https", "wss", "gopher"]),
    ("X-Real-IP", &["10.0.0.1"]),
    ("traceparent", &[PARENT, "00-00000000000000000000000000000000-0000000000000000-00", "00-x-y-z", "----",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more"]),
    ("tracestate", &["a=b,c=d", "=,=,="]),
];

/// Some headers that a request may carry, most often few.
pub(super) fn some(dice: &Dice) -> Vec<Header> {
    let count = match dice.below(40) {
        0 => 60 + dice.below(60),
        1..8 => dice.below(12),
        8..24 => dice.below(3),
        _ => 0,
    };
    let mut headers: Vec<Header> = (0..count).map(|_| one(dice)).collect();
    // Two host headers are invalid HTTP, and would hide the rest of the request.
    if !dice.is(3) {
        let mut has_host = false;
        headers.retain(|(name, _)| *name != "Host" || !std::mem::replace(&mut has_host, true));
    }
    headers
}

fn one(dice: &Dice) -> Header {
    let (name, values) = VALUES[dice.below(VALUES.len())];
    let value = match dice.below(10) {
        0 => hostile(dice),
        _ => dice.pick(values).as_bytes().to_vec(),
    };
    (name, value)
}

/// Header values that HTTP allows, but hardly any application expects.
fn hostile(dice: &Dice) -> Vec<u8> {
    let length = match dice.below(4) {
        0 => dice.below(LONG),
        _ => dice.below(600),
    };
    let part: &[u8] = match dice.below(9) {
        0 => b"x",
        1 => b",",
        2 => b"; ",
        3 => b"\"",
        4 => b"\\",
        5 => b"\xff",
        6 => b"[",
        7 => b"a=b,",
        _ => b"-",
    };
    part.repeat(length / part.len() + 1)
}

pub(super) fn idempotency_key(dice: &Dice) -> Header {
    let value = match dice.below(20) {
        0 => "x".repeat(255),
        1 => "x".repeat(256),
        2 => "two words".to_owned(),
        3 => String::new(),
        4..10 => format!("shared-{}", dice.below(SHARED_KEYS)),
        _ => format!("key-{FRESH}"),
    };
    ("Idempotency-Key", value.into_bytes())
}

/// Who calls: usually a caller that may.
pub(super) fn caller(dice: &Dice, has_keys: bool) -> Vec<Header> {
    let bearer = |key: &str| ("Authorization", format!("Bearer {key}").into_bytes());
    let plain = |key: &str| ("X-API-Key", key.as_bytes().to_vec());
    match (has_keys, dice.below(40)) {
        (_, 0) => vec![bearer("wrong")],
        (_, 1) => vec![plain("alpha"), bearer("beta")],
        (_, 2) => vec![("Authorization", hostile(dice))],
        (_, 3) => vec![("X-API-Key", hostile(dice))],
        (_, 4) => vec![("Authorization", b"Basic YTpi".to_vec())],
        (_, 5) => vec![plain("alpha"), plain("alpha")],
        (false, _) | (true, 6) => Vec::new(),
        (true, 7..14) => vec![bearer("root")],
        (true, 14..24) => vec![plain("beta")],
        (true, _) => vec![bearer("alpha")],
    }
}

#[rustfmt::skip]
const PARAMETERS: &[(&str, &[&str])] = &[
    ("amount", &["1", "1.5", "1e3", "-1", "99999999999999999999999"]),
    ("cursor", &["AAAA", "1", "MQ", "MTE3MDAwMDAwMDAwMDAtMA", "-1", "18446744073709551616"]),
    ("dryRun", &["true", "false", "1"]),
    ("limit", &["1", "50", "200", "201", "1000", "0", "-1", "999999999999"]),
    ("orderId", &[ORDER, "x", ""]),
    ("since", &["0", "3", "4294967295", "4294967296", "-1"]),
    ("slippageBps", &["0", "5000", "5001"]),
    ("status", &["pending", "confirmed", "confirmed,failed", "done", ",,,"]),
    ("token", &["x", "..", "YQ.1.YQ"]),
    ("tokenIn", &["SOL", "usdc", "So11111111111111111111111111111111111111112", "NOPE"]),
    ("tokenOut", &["USDC", "SOL", "bonk"]),
];

/// A query of parameters that some endpoint knows.
pub(super) fn query(dice: &Dice) -> String {
    let count = match dice.below(30) {
        0 => dice.below(2_000),
        _ => 1 + dice.below(4),
    };
    let pairs: Vec<String> = (0..count).map(|_| pair(dice)).collect();
    pairs.join("&")
}

fn pair(dice: &Dice) -> String {
    let (name, values) = PARAMETERS[dice.below(PARAMETERS.len())];
    match dice.below(12) {
        0 => format!("{name}={}", escaped(dice)),
        1 => name.to_owned(),
        2 => format!("{name}={}", text(dice, 100)),
        _ => format!("{name}={}", dice.pick(values)),
    }
}

/// A part of a target with escapes, valid and broken.
pub(super) fn escaped(dice: &Dice) -> String {
    let count = match dice.below(8) {
        0 => dice.below(5_000),
        _ => dice.below(30),
    };
    let part = dice.pick(&[
        "%00",
        "%2F",
        "%ff",
        "%",
        "%zz",
        "%2e%2e/",
        "%F0%9F%98%80",
        "+",
        "%25",
    ]);
    part.repeat(count + 1)
}

/// Visible characters that a target may have.
pub(super) fn text(dice: &Dice, longest: usize) -> String {
    const ALLOWED: &[u8] = b"abcXYZ0189-._~!$'()*,;=:@[]{}|^`\"<>\\";
    let count = 1 + dice.below(longest);
    (0..count)
        .map(|_| char::from(ALLOWED[dice.below(ALLOWED.len())]))
        .collect()
}
