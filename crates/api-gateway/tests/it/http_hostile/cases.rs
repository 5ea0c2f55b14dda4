//! Wrong requests, each with its answer.

use crate::http_client::{EXECUTE, ORDER, Request};

/// What is wrong with it, the request, and the status and code of its answer.
pub(super) struct Case(
    pub(super) &'static str,
    pub(super) Request,
    pub(super) u16,
    pub(super) &'static str,
);

/// Bodies of orders.
pub(super) fn bodies() -> Vec<Case> {
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
        "trailing stop",
        r#"{"amount":1,"orderType":"trailing_stop","trailBps":0}"#,
        422,
        "invalid_order",
    );
    order(
        "sniper",
        r#"{"amount":1,"type":"sniper","maxFeeBps":-1}"#,
        422,
        "invalid_order",
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

/// Wrong in anything but the body.
pub(super) fn requests() -> Vec<Case> {
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
