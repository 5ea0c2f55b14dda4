//! The answer to an accepted order, written by hand: it is on every order's way in.

use std::fmt::Write;

use api_types::submit::{ACCEPTED_MESSAGE, QueueEstimate};
use domain::OrderId;

use crate::auth::Token;

/// What stands before a token in a socket's URL.
const TOKEN: &str = "&token=";
/// More than an answer without a token needs, so that it is written in one piece.
const USUAL_LENGTH: usize = 384;

/// The socket on which to follow this order.
pub(super) fn socket_url(base: &str, id: OrderId, token: Option<&Token>) -> String {
    let mut url = format!("{base}/api/orders/execute?orderId={id}");
    if let Some(token) = token {
        url.push_str(TOKEN);
        // Writing to a string does not fail.
        let _ = write!(url, "{token}");
    }
    url
}

/// The body.
pub(super) fn accepted(id: OrderId, socket_url: &str, queue: Option<QueueEstimate>) -> Vec<u8> {
    let mut body = String::with_capacity(USUAL_LENGTH);
    let socket_url = serde_json::Value::from(socket_url);
    // Writing to a string does not fail.
    let _ = write!(
        body,
        r#"{{"success":true,"orderId":"{id}","status":"pending","message":"{ACCEPTED_MESSAGE}","wsUrl":{socket_url},"queue":"#
    );
    let _ = match queue {
        Some(QueueEstimate { position, eta_ms }) => {
            write!(body, r#"{{"position":{position},"etaMs":{eta_ms}}}}}"#)
        }
        None => write!(body, "null}}"),
    };
    body.into_bytes()
}

/// A kept answer with another token in its URL and every other byte as it was.
pub(super) fn with_token(kept: &[u8], token: &Token) -> Vec<u8> {
    let place = kept
        .windows(TOKEN.len())
        .position(|part| part == TOKEN.as_bytes());
    let Some(begin) = place.map(|place| place + TOKEN.len()) else {
        return kept.to_vec();
    };
    let (before, rest) = kept.split_at(begin);
    let end = rest
        .iter()
        .position(|byte| *byte == b'"')
        .unwrap_or(rest.len());
    [before, token.to_string().as_bytes(), &rest[end..]].concat()
}

#[cfg(test)]
mod tests {
    use api_types::names::StatusName;
    use api_types::submit::AcceptedOrder;
    use uuid::Uuid;

    use super::*;

    fn id() -> OrderId {
        OrderId::new(Uuid::from_u128(7))
    }

    #[track_caller]
    fn check(url: &str, queue: Option<QueueEstimate>) {
        let read: AcceptedOrder = serde_json::from_slice(&accepted(id(), url, queue)).unwrap();

        let expected = AcceptedOrder {
            success: true,
            order_id: id().uuid(),
            status: StatusName::Pending,
            message: ACCEPTED_MESSAGE.to_owned(),
            ws_url: url.to_owned(),
            queue,
        };
        assert_eq!(read, expected);
    }

    #[test]
    fn the_answer_written_by_hand_is_the_documented_one() {
        let url = socket_url("ws://127.0.0.1:3000", id(), None);
        assert_eq!(
            url,
            format!("ws://127.0.0.1:3000/api/orders/execute?orderId={}", id())
        );

        check(&url, None);
        check(
            &url,
            Some(QueueEstimate {
                position: 3,
                eta_ms: 1_800,
            }),
        );
        check("wss://desk.example/a\"b\\c", None);
    }

    #[test]
    fn its_fields_stand_in_the_contracts_order() {
        let queue = Some(QueueEstimate {
            position: 3,
            eta_ms: 1_800,
        });

        let body = String::from_utf8(accepted(id(), "ws://h", queue)).unwrap();

        assert_eq!(
            body,
            format!(
                r#"{{"success":true,"orderId":"{}","status":"pending","message":"Order created and queued for execution","wsUrl":"ws://h","queue":{{"position":3,"etaMs":1800}}}}"#,
                id()
            )
        );
    }
}
