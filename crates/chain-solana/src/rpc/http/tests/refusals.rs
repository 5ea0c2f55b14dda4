//! Every way in which an endpoint gives no answer.

use std::time::Duration;

use solana_transaction_error::TransactionError;

use super::node::{Answer, Node};
use super::*;
use crate::rpc::Failure;
use crate::rpc::error::Lag;

/// What a client makes of an answer to `sendTransaction`.
async fn refusal(answer: Answer) -> Error {
    let node = Node::answering([answer]).await;
    client(&node).send(&[1, 2, 3]).await.unwrap_err()
}

#[tokio::test]
async fn a_preflight_tells_why_the_transaction_would_fail() {
    let error = refusal(Answer::error(
        r#"{"code":-32002,"message":"Transaction simulation failed: Blockhash not found",
            "data":{"accounts":null,"err":"BlockhashNotFound","logs":["a"],"unitsConsumed":0}}"#,
    ))
    .await;

    assert!(!error.may_have_arrived());
    let Error::Preflight { failure, logs } = error else {
        panic!("{error:?}")
    };
    let expired = TransactionError::BlockhashNotFound;
    assert_eq!((failure, logs), (Failure::Known(expired), vec!["a".into()]));
}

#[tokio::test]
async fn a_preflight_without_data_keeps_its_words() {
    let error = refusal(Answer::error(r#"{"code":-32002,"message":"it failed"}"#)).await;

    let Error::Preflight { failure, .. } = error else {
        panic!("{error:?}")
    };
    assert_eq!(failure, Failure::Unknown("it failed".into()));
}

#[tokio::test]
async fn a_node_behind_says_how_far() {
    let behind = [
        (
            r#"{"code":-32005,"message":"Node is behind by 42 slots","data":{"numSlotsBehind":42}}"#,
            Lag::Slots(42),
        ),
        (
            r#"{"code":-32005,"message":"Node is unhealthy","data":{"numSlotsBehind":null}}"#,
            Lag::Unknown,
        ),
        (
            r#"{"code":-32016,"message":"Minimum context slot has not been reached","data":{"contextSlot":99}}"#,
            Lag::StandsAt(Slot::new(99)),
        ),
        (r#"{"code":-32016,"message":"not reached"}"#, Lag::Unknown),
    ];

    for (answer, expected) in behind {
        let error = refusal(Answer::error(answer)).await;

        assert!(
            matches!(error, Error::Behind(lag) if lag == expected),
            "{answer}: {error:?}"
        );
    }
}

#[tokio::test]
async fn every_number_of_the_protocol_is_one_thing_to_do() {
    let kind = |error: &Error| match error {
        Error::Refused(_) => "refused",
        Error::Unsupported(_) => "unsupported",
        Error::NotHeld { .. } => "not held",
        Error::TooManyRequests { .. } => "too many",
        Error::Unavailable(_) => "unavailable",
        Error::Other { .. } => "other",
        _ => "another",
    };
    let numbers = [
        (-32003, "refused"),
        (-32006, "refused"),
        (-32013, "refused"),
        (-32600, "refused"),
        (-32602, "refused"),
        (-32700, "refused"),
        (-32010, "unsupported"),
        (-32012, "unsupported"),
        (-32015, "not held"),
        (-32601, "unsupported"),
        (-32001, "not held"),
        (-32004, "not held"),
        (-32007, "not held"),
        (-32008, "not held"),
        (-32009, "not held"),
        (-32011, "not held"),
        (-32014, "not held"),
        (-32019, "not held"),
        (-32429, "too many"),
        (429, "too many"),
        (-32603, "unavailable"),
        (-31000, "other"),
    ];

    for (number, expected) in numbers {
        let answer = format!(r#"{{"code":{number},"message":"no"}}"#);
        let error = refusal(Answer::error(&answer)).await;

        assert_eq!(kind(&error), expected, "{number}: {error:?}");
    }
}

#[tokio::test]
async fn too_many_requests_say_how_long_to_wait_where_the_endpoint_does() {
    let bodies = [
        "",
        "slow down",
        r#"{"jsonrpc":"2.0","error":{"code":-32429,"message":"rate limited"},"id":1}"#,
    ];
    for body in bodies {
        let error = refusal(Answer::http(
            "429 Too Many Requests",
            "retry-after: 7\r\n",
            body,
        ))
        .await;

        let Error::TooManyRequests { retry_after } = error else {
            panic!("{body}: {error:?}")
        };
        assert_eq!(retry_after, Some(Duration::from_secs(7)));
    }

    let error = refusal(Answer::http("429 Too Many Requests", "", "")).await;

    assert!(matches!(
        error,
        Error::TooManyRequests { retry_after: None }
    ));
}

#[tokio::test]
async fn a_status_of_the_server_leaves_open_whether_the_transaction_arrived() {
    for status in ["500 Internal Server Error", "502 Bad Gateway", "503 Busy"] {
        let error = refusal(Answer::http(status, "", "<html>sorry</html>")).await;

        assert!(
            matches!(error, Error::Unavailable(_)),
            "{status}: {error:?}"
        );
        assert!(error.may_have_arrived());
    }
}

#[tokio::test]
async fn statuses_that_will_not_change_are_told_from_those_that_may() {
    let lasting = [
        "401 Unauthorized",
        "402 Payment Required",
        "403 Forbidden",
        "404 Not Found",
        "410 Gone",
    ];
    for status in lasting {
        let error = refusal(Answer::http(status, "", "")).await;

        assert!(
            matches!(error, Error::Unsupported(_)),
            "{status}: {error:?}"
        );
    }

    let ours = refusal(Answer::http("400 Bad Request", "", "")).await;
    let passing = refusal(Answer::http("408 Request Timeout", "", "")).await;

    assert!(matches!(ours, Error::Refused(_)));
    assert!(matches!(passing, Error::Unavailable(_)));
}

#[tokio::test]
async fn a_preflight_that_knows_the_transaction_says_that_it_arrived() {
    let error = refusal(Answer::error(
        r#"{"code":-32002,"message":"already processed","data":{"err":"AlreadyProcessed","logs":[]}}"#,
    ))
    .await;

    assert!(error.may_have_arrived(), "{error:?}");
}

#[tokio::test]
async fn a_lost_reply_leaves_open_whether_the_transaction_arrived() {
    let error = refusal(Answer::Nothing).await;

    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    assert!(error.may_have_arrived());
}

#[tokio::test]
async fn a_body_cut_short_is_a_lost_reply() {
    let whole = r#"{"jsonrpc":"2.0","result":"x","id":1}"#;
    let cut = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{}",
        whole.len(),
        &whole[..20]
    );

    let error = refusal(Answer::Bytes(cut)).await;

    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
}

#[tokio::test]
async fn a_body_that_is_no_json_is_no_answer() {
    let error = refusal(Answer::body("<html>welcome</html>")).await;

    assert!(matches!(error, Error::Malformed { .. }), "{error:?}");
    assert!(error.may_have_arrived());
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_not_read() {
    let error = refusal(Answer::result(&format!("\"{}\"", "1".repeat(70_000)))).await;

    let Error::Malformed { reason, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(reason, "more than 65536 bytes");
}

#[tokio::test]
async fn an_endpoint_that_does_not_answer_is_given_up() {
    let node = Node::answering([Answer::Never]).await;
    let limits = Limits {
        call: Duration::from_millis(50),
        ..Limits::default()
    };

    let error = HttpRpc::new(node.endpoint(), limits)
        .unwrap()
        .genesis_hash()
        .await
        .unwrap_err();

    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = "location: http://127.0.0.1:1/\r\n";

    let error = refusal(Answer::http("302 Found", elsewhere, "")).await;

    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
}
