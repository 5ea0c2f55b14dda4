//! What is malformed or meant to harm gets the right status and the problem body, and changes nothing.

use api_gateway::GatewaySettings;

use crate::http_client::{EXECUTE, ORDER, Request, stored};
use crate::ws_server::Server;

async fn server() -> Server {
    Server::start(GatewaySettings {
        port: 0,
        ..GatewaySettings::default()
    })
    .await
}

struct Case(&'static str, Request, u16, &'static str);

fn bodies() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut order = |name, body: &str, status, code| {
        cases.push(Case(name, Request::order(body), status, code));
    };
    order("empty body", "", 400, "malformed_json");
    order("blank body", " \r\n\t", 400, "malformed_json");
    order("cut short", r#"{"amount":1"#, 400, "malformed_json");
    order("NaN", r#"{"amount":NaN}"#, 400, "malformed_json");
    order("Infinity", r#"{"amount":Infinity}"#, 400, "malformed_json");
    order("leading zero", r#"{"amount":01}"#, 400, "malformed_json");
    order("hexadecimal", r#"{"amount":0x10}"#, 400, "malformed_json");
    order("trailing comma", r#"{"amount":1,}"#, 400, "malformed_json");
    order(
        "two values",
        r#"{"amount":1}{"amount":1}"#,
        400,
        "malformed_json",
    );
    order("comment", r#"{"amount":1/*x*/}"#, 400, "malformed_json");
    order("form", "amount=1", 400, "malformed_json");
    order("XML", "<order amount=\"1\"/>", 400, "malformed_json");
    order(
        "byte order mark",
        "\u{feff}{\"amount\":1}",
        400,
        "malformed_json",
    );
    order(
        "control character",
        "{\"amount\":\"1\u{0}\"}",
        400,
        "malformed_json",
    );
    order("array", r#"[{"amount":1}]"#, 422, "invalid_order");
    order("string", r#""amount""#, 422, "invalid_order");
    order("number", "1", 422, "invalid_order");
    order("null", "null", 422, "invalid_order");
    order("nothing in it", "{}", 422, "invalid_order");
    order("amount null", r#"{"amount":null}"#, 422, "invalid_order");
    order(
        "amount object",
        r#"{"amount":{"$gt":0}}"#,
        422,
        "invalid_order",
    );
    order("amount array", r#"{"amount":[1]}"#, 422, "invalid_order");
    order("amount boolean", r#"{"amount":true}"#, 422, "invalid_order");
    order("amount negative", r#"{"amount":-1}"#, 422, "invalid_order");
    order("amount zero", r#"{"amount":0}"#, 422, "invalid_order");
    order(
        "amount minus zero",
        r#"{"amount":-0}"#,
        422,
        "invalid_order",
    );
    order("amount huge", r#"{"amount":1e308}"#, 422, "invalid_order");
    order(
        "amount beyond huge",
        r#"{"amount":1e99999999999999999999}"#,
        422,
        "invalid_order",
    );
    order(
        "amount just too large",
        r#"{"amount":18446744073.709551616}"#,
        422,
        "invalid_order",
    );
    order(
        "30 decimals",
        r#"{"amount":"0.123456789012345678901234567890"}"#,
        422,
        "invalid_order",
    );
    order(
        "amount with blank",
        r#"{"amount":" 1"}"#,
        422,
        "invalid_order",
    );
    order(
        "amount with sign",
        r#"{"amount":"+1"}"#,
        422,
        "invalid_order",
    );
    order(
        "amount with exponent in text",
        r#"{"amount":"1e3"}"#,
        422,
        "invalid_order",
    );
    order(
        "amount with comma",
        r#"{"amount":"1,5"}"#,
        422,
        "invalid_order",
    );
    order(
        "amount NaN in text",
        r#"{"amount":"NaN"}"#,
        422,
        "invalid_order",
    );
    order(
        "amount twice",
        r#"{"amount":1,"amount":2}"#,
        422,
        "invalid_order",
    );
    order(
        "amount in both names",
        r#"{"amount":1,"amountIn":1}"#,
        422,
        "invalid_order",
    );
    order(
        "unknown field",
        r#"{"amount":1,"admin":true}"#,
        422,
        "invalid_order",
    );
    order(
        "prototype",
        r#"{"amount":1,"__proto__":{"x":1}}"#,
        422,
        "invalid_order",
    );
    order(
        "same token",
        r#"{"tokenIn":"SOL","tokenOut":"sol","amount":1}"#,
        422,
        "invalid_order",
    );
    order(
        "unknown token",
        r#"{"tokenIn":"SOL","tokenOut":"DOGE","amount":1}"#,
        422,
        "invalid_order",
    );
    order(
        "token number",
        r#"{"tokenIn":1,"tokenOut":"SOL","amount":1}"#,
        422,
        "invalid_order",
    );
    order(
        "injection",
        r#"{"tokenIn":"SOL'; DROP TABLE orders;--","tokenOut":"USDC","amount":1}"#,
        422,
        "invalid_order",
    );
    order(
        "one token",
        r#"{"tokenIn":"SOL","amount":1}"#,
        422,
        "invalid_order",
    );
    order(
        "slippage too large",
        r#"{"amount":1,"slippage":0.51}"#,
        422,
        "invalid_order",
    );
    order(
        "slippage negative",
        r#"{"amount":1,"slippageBps":-1}"#,
        422,
        "invalid_order",
    );
    order(
        "slippage too fine",
        r#"{"amount":1,"slippageTolerance":0.001}"#,
        422,
        "invalid_order",
    );
    order(
        "slippage twice",
        r#"{"amount":1,"slippage":0.1,"slippageBps":10}"#,
        422,
        "invalid_order",
    );
    order(
        "limit",
        r#"{"amount":1,"orderType":"limit","limitPrice":"1"}"#,
        422,
        "order_type_not_available",
    );
    order(
        "sniper",
        r#"{"amount":1,"type":"sniper"}"#,
        422,
        "order_type_not_available",
    );
    order(
        "unknown venue",
        r#"{"amount":1,"venues":["orca"]}"#,
        422,
        "no_venue",
    );
    order("no venue", r#"{"amount":1,"venues":[]}"#, 422, "no_venue");
    order(
        "client id too long",
        &format!(r#"{{"amount":1,"clientOrderId":"{}"}}"#, "x".repeat(65)),
        422,
        "invalid_order",
    );
    order(
        "life too long",
        r#"{"amount":1,"validForSeconds":2592001}"#,
        422,
        "invalid_order",
    );
    order(
        "deep nesting",
        &format!(
            r#"{{"amount":{}1{}}}"#,
            "[".repeat(30_000),
            "]".repeat(30_000)
        ),
        422,
        "invalid_order",
    );
    order("deep and cut", &"[".repeat(60_000), 400, "malformed_json");
    order(
        "64 KiB and one",
        &" ".repeat(64 * 1024 + 1),
        413,
        "body_too_large",
    );
    order("10 MB", &"x".repeat(10_000_000), 413, "body_too_large");
    cases
}

fn requests() -> Vec<Case> {
    let typed = |content_type: &str| {
        Request::post(EXECUTE)
            .header("Content-Type", content_type)
            .body(ORDER)
    };
    let keyed = |key: &str| Request::order(ORDER).header("Idempotency-Key", key);
    let method = |method: &str| {
        Request::new(method, EXECUTE)
            .header("Content-Type", "application/json")
            .body(ORDER)
    };
    vec![
        Case(
            "bad UTF-8",
            Request::order(b"{\"amount\":\"\xff\xfe\"}"),
            400,
            "malformed_json",
        ),
        Case(
            "UTF-16",
            Request::order(b"\xff\xfe{\0}\0"),
            400,
            "malformed_json",
        ),
        Case(
            "no type",
            Request::post(EXECUTE).body(ORDER),
            415,
            "unsupported_media_type",
        ),
        Case("text", typed("text/plain"), 415, "unsupported_media_type"),
        Case(
            "form type",
            typed("application/x-www-form-urlencoded"),
            415,
            "unsupported_media_type",
        ),
        Case(
            "latin1",
            typed("application/json; charset=latin1"),
            415,
            "unsupported_media_type",
        ),
        Case(
            "gzip",
            Request::order(ORDER).header("Content-Encoding", "gzip"),
            415,
            "unsupported_media_type",
        ),
        Case("PUT", method("PUT"), 405, "method_not_allowed"),
        Case("DELETE", method("DELETE"), 405, "method_not_allowed"),
        Case("PATCH", method("PATCH"), 405, "method_not_allowed"),
        Case("made-up method", method("BREW"), 405, "method_not_allowed"),
        Case(
            "GET without upgrade",
            Request::get(EXECUTE),
            426,
            "upgrade_required",
        ),
        Case("empty key", keyed(""), 400, "invalid_header"),
        Case("long key", keyed(&"k".repeat(256)), 400, "invalid_header"),
        Case("key with blank", keyed("a b"), 400, "invalid_header"),
        Case(
            "two keys",
            keyed("a").header("Idempotency-Key", "b"),
            400,
            "invalid_header",
        ),
        Case(
            "dryRun",
            Request::order(ORDER).at("/api/orders/execute?dryRun=maybe"),
            400,
            "invalid_parameter",
        ),
        Case(
            "no such path",
            Request::get("/api/nothing"),
            404,
            "not_found",
        ),
        Case(
            "dot dot",
            Request::get("/api/orders/../../etc/passwd"),
            404,
            "not_found",
        ),
        Case(
            "no such id",
            Request::get("/api/orders/00000000-0000-7000-8000-000000000000"),
            404,
            "order_not_found",
        ),
        Case(
            "no id",
            Request::get("/api/orders/abc"),
            400,
            "invalid_parameter",
        ),
        Case(
            "id with SQL",
            Request::get("/api/orders/1'%20OR%20'1'='1"),
            400,
            "invalid_parameter",
        ),
        Case(
            "limit 0",
            Request::get("/api/orders?limit=0"),
            400,
            "invalid_parameter",
        ),
        Case(
            "limit 201",
            Request::get("/api/orders?limit=201"),
            400,
            "invalid_parameter",
        ),
        Case(
            "limit text",
            Request::get("/api/orders?limit=ten"),
            400,
            "invalid_parameter",
        ),
        Case(
            "cursor",
            Request::get("/api/orders?cursor=AAAA"),
            400,
            "invalid_parameter",
        ),
        Case(
            "status",
            Request::get("/api/orders?status=done"),
            400,
            "invalid_parameter",
        ),
        Case(
            "since",
            Request::get("/api/orders/00000000-0000-7000-8000-000000000000/events?since=-1"),
            400,
            "invalid_parameter",
        ),
        Case(
            "last event's id",
            Request::get("/api/orders/00000000-0000-7000-8000-000000000000/events")
                .header("Last-Event-ID", "+1"),
            400,
            "invalid_header",
        ),
        Case(
            "cancel nothing",
            Request::post("/api/orders/00000000-0000-7000-8000-000000000000/cancel"),
            404,
            "order_not_found",
        ),
        Case(
            "cancel by GET",
            Request::get("/api/orders/00000000-0000-7000-8000-000000000000/cancel"),
            405,
            "method_not_allowed",
        ),
        Case(
            "quotes of nothing",
            Request::get("/api/quotes"),
            400,
            "invalid_parameter",
        ),
        Case(
            "quotes of minus one",
            Request::get("/api/quotes?amount=-1"),
            400,
            "invalid_parameter",
        ),
        Case(
            "admin from elsewhere",
            Request::post("/api/admin/pause").header("X-Forwarded-For", "1.1.1.1"),
            403,
            "forbidden",
        ),
        Case(
            "admin for another site",
            Request::post("/api/admin/pause").header("Origin", "http://evil.example"),
            403,
            "forbidden",
        ),
        Case(
            "admin by another name",
            Request::post("/api/admin/pause").header("Host", "evil.example"),
            403,
            "forbidden",
        ),
    ]
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
            // What comes after the answer is the end, however it comes.
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
