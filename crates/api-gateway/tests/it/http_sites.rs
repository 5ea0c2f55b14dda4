//! Pages of other sites at a gateway without keys, including pages whose host name was pointed at
//! it.

use api_gateway::GatewaySettings;

use crate::http_client::{EXECUTE, ORDER, Request};
use crate::ws_server::Server;

async fn server(settings: GatewaySettings) -> Server {
    Server::start(GatewaySettings {
        port: 0,
        ..settings
    })
    .await
}

/// As in a container: everybody who reaches it may call.
fn container() -> GatewaySettings {
    GatewaySettings {
        host: "0.0.0.0".to_owned(),
        ..GatewaySettings::default()
    }
}

fn with(request: Request, headers: &[(&str, &str)]) -> Request {
    headers.iter().fold(request, |request, (name, value)| {
        request.header(name, value)
    })
}

/// What a page may do: submit an order, and open a socket to submit one.
async fn check(server: &Server, headers: &[(&str, &str)], is_allowed: bool) {
    let order = with(Request::order(ORDER), headers).send(server).await;
    // The request is allowed, but it is no valid upgrade.
    let socket = with(Request::get(EXECUTE), headers).header("Upgrade", "websocket");
    let socket = socket.send(server).await;

    let expected = if is_allowed { (201, 426) } else { (403, 403) };
    assert_eq!((order.status, socket.status), expected, "{headers:?}");
}

#[tokio::test]
async fn a_page_whose_name_was_made_to_point_at_a_container_cannot_trade() {
    let server = server(container()).await;

    for name in ["evil.example", "evil.example:3000", "1.2.3.4.evil.example"] {
        let origin = format!("http://{name}");
        check(&server, &[("Host", name), ("Origin", &origin)], false).await;
        let spoofed = [
            ("Host", name),
            ("Origin", origin.as_str()),
            ("X-Forwarded-Proto", "https"),
            ("X-Forwarded-Host", "localhost"),
        ];
        check(&server, &spoofed, false).await;
    }
}

#[tokio::test]
async fn a_container_answers_its_own_pages_under_names_that_nobody_else_can_have_given_it() {
    let server = server(container()).await;

    for name in [
        "localhost:3000",
        "192.168.1.7:3000",
        "[::1]:3000",
        "api-gateway:3000",
    ] {
        let origin = format!("http://{name}");
        check(&server, &[("Host", name), ("Origin", &origin)], true).await;
    }
    // Programs other than browsers, under any host name.
    check(
        &server,
        &[("Host", "api-gateway.orders.svc.cluster.local")],
        true,
    )
    .await;
}

#[tokio::test]
async fn a_container_answers_pages_under_the_names_that_its_settings_give() {
    let server = server(GatewaySettings {
        public_url: Some("http://desk.example".to_owned()),
        cors_origins: vec!["http://other.example:8080".to_owned()],
        ..container()
    })
    .await;

    for name in ["desk.example", "other.example:8080"] {
        let origin = format!("http://{name}");
        check(&server, &[("Host", name), ("Origin", &origin)], true).await;
    }
    check(
        &server,
        &[("Host", "evil.example"), ("Origin", "http://evil.example")],
        false,
    )
    .await;
}

#[tokio::test]
async fn behind_a_proxy_a_name_with_a_certificate_is_its_own_and_a_bare_one_is_not() {
    let server = server(GatewaySettings {
        trust_proxy: 1,
        ..container()
    })
    .await;

    let certified = [
        ("Host", "desk.example"),
        ("Origin", "https://desk.example"),
        ("X-Forwarded-Proto", "https"),
    ];
    check(&server, &certified, true).await;
    for bare in [
        [
            ("Host", "evil.example"),
            ("Origin", "http://evil.example"),
            ("X-Forwarded-Proto", "http"),
        ],
        // What the page itself adds precedes what the proxy adds.
        [
            ("Host", "evil.example"),
            ("Origin", "http://evil.example"),
            ("X-Forwarded-Proto", "https, http"),
        ],
    ] {
        check(&server, &bare, false).await;
    }
}

#[tokio::test]
async fn a_page_whose_name_was_made_to_point_at_loopback_reads_nothing() {
    let server = server(GatewaySettings::default()).await;
    let order = Request::order(ORDER).send(&server).await.order_id();
    let events = format!("/api/orders/{order}/events");

    // A page's own site: its reads carry no Origin.
    for path in ["/api/orders", &events, "/api/stats", "/api/tokens"] {
        let read = Request::get(path).header("Host", "evil.example:3000");
        read.send(&server).await.problem(403, "forbidden");
        assert_eq!(Request::get(path).send(&server).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn behind_a_declared_proxy_nobody_is_at_the_machine() {
    let server = server(GatewaySettings {
        trust_proxy: 1,
        ..GatewaySettings::default()
    })
    .await;

    // A proxy that adds no header that would reveal it.
    let refused = Request::post("/api/admin/pause").send(&server).await;

    refused.problem(403, "forbidden");
    Request::get("/api/admin/queue")
        .send(&server)
        .await
        .problem(403, "forbidden");
}
