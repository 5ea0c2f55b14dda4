//! Keys stand in addresses, and nowhere else.

use std::error::Error as _;

use super::*;

fn printed(error: &Error) -> String {
    let mut text = format!("{error:?} {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(" {cause:?} {cause}"));
        source = cause.source();
    }
    text
}

#[test]
fn an_endpoint_prints_its_host_and_not_what_may_be_a_key() {
    let shown = [
        ("https://rpc.example/", "https://rpc.example"),
        ("https://rpc.example/KEY/", "https://rpc.example/…"),
        ("https://rpc.example/?api-key=KEY", "https://rpc.example/…"),
        (
            "https://KEY:KEY@rpc.example:8899",
            "https://rpc.example:8899",
        ),
    ];

    for (address, expected) in shown {
        let endpoint: Endpoint = address.parse().unwrap();

        assert_eq!(endpoint.to_string(), expected);
        assert_eq!(format!("{endpoint:?}"), expected);
        assert!(expected.contains(&endpoint.host()) && !endpoint.host().contains("KEY"));
    }
}

#[test]
fn what_is_no_endpoint_is_not_repeated() {
    for text in ["rpc.example/KEY", "ws://rpc.example/KEY", "http://", ""] {
        let error = text.parse::<Endpoint>().unwrap_err();

        assert!(!format!("{error} {error:?}").contains("KEY"));
    }
}

#[tokio::test]
async fn neither_a_client_nor_its_errors_print_a_key() {
    let endpoint = "http://KEY:KEY@127.0.0.1:1/KEY?api-key=KEY"
        .parse()
        .unwrap();
    let rpc = HttpRpc::new(endpoint, Limits::default()).unwrap();

    let error = rpc.genesis_hash().await.unwrap_err();

    let text = format!("{rpc:?} {}", printed(&error));
    assert!(!text.contains("KEY"), "{text}");
}
