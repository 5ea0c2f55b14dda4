//! The answer to an accepted order. The store keeps it with the order's idempotency key, so that a
//! repeat gets the same bytes; only the token in the socket's URL is new.

use std::sync::Arc;

use api_types::names::StatusName;
use api_types::submit::{ACCEPTED_MESSAGE, AcceptedOrder, QueueEstimate, WAITING_MESSAGE};
use domain::OrderId;

use crate::auth::Token;

/// What precedes a token in a socket's URL.
const TOKEN: &str = "&token=";

/// The body of the answer to an order that waits for a condition, and is not in the queue.
pub(super) fn waiting(id: OrderId, base: &str, token: Option<&Token>) -> Arc<[u8]> {
    answer(WAITING_MESSAGE, (id, base, token), None)
}

/// The body of the answer; the client can follow the order on a socket at `base`.
pub(super) fn accepted(
    id: OrderId,
    base: &str,
    token: Option<&Token>,
    queue: Option<QueueEstimate>,
) -> Arc<[u8]> {
    answer(ACCEPTED_MESSAGE, (id, base, token), queue)
}

fn answer(
    message: &str,
    (id, base, token): (OrderId, &str, Option<&Token>),
    queue: Option<QueueEstimate>,
) -> Arc<[u8]> {
    let mut answer = AcceptedOrder {
        success: true,
        order_id: id.uuid(),
        status: StatusName::Pending,
        message: message.to_owned(),
        ws_url: format!("{base}/api/orders/execute?orderId={id}"),
        queue,
    };
    if let Some(token) = token {
        renew(&mut answer.ws_url, token);
    }
    written(&answer)
}

/// A stored answer with this token in its URL and every other byte unchanged.
pub(super) fn again(kept: Arc<[u8]>, token: Option<&Token>) -> Arc<[u8]> {
    match (token, serde_json::from_slice::<AcceptedOrder>(&kept)) {
        (Some(token), Ok(mut answer)) => {
            renew(&mut answer.ws_url, token);
            written(&answer)
        }
        _ => kept,
    }
}

fn renew(url: &mut String, token: &Token) {
    let end = url.find(TOKEN).unwrap_or(url.len());
    url.truncate(end);
    url.push_str(TOKEN);
    url.push_str(&token.to_string());
}

fn written(answer: &AcceptedOrder) -> Arc<[u8]> {
    let written = serde_json::to_vec(answer);
    let written = written.expect("invariant: numbers and strings are always JSON");
    written.into()
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;
    use uuid::Uuid;

    use super::*;
    use crate::auth::{Keys, Reach};
    use crate::settings::GatewaySettings;

    fn id() -> OrderId {
        OrderId::new(Uuid::from_u128(7))
    }

    fn token(expires_at_s: i64) -> Token {
        let keys = Keys::new(
            &GatewaySettings {
                admin_key: Some("root".to_owned()),
                ..GatewaySettings::default()
            },
            [1, 2, 3, 4],
        );
        let operator = keys.by_key("root").expect("the operator");
        let now = Timestamp::from_millis(expires_at_s * 1_000);
        keys.token_for(&operator, Reach::Order(id()), now)
            .expect("a token")
    }

    const QUEUE: Option<QueueEstimate> = Some(QueueEstimate {
        position: 3,
        eta_ms: 1_800,
    });

    #[track_caller]
    fn check(base: &str, token: Option<&Token>, queue: Option<QueueEstimate>, body: &str) {
        let answer = accepted(id(), base, token, queue);

        let answer = std::str::from_utf8(&answer).unwrap();
        assert_eq!(answer, body.replace("ID", &id().to_string()));
    }

    #[test]
    fn its_fields_stand_in_the_contracts_order() {
        check(
            "ws://h",
            None,
            QUEUE,
            r#"{"success":true,"orderId":"ID","status":"pending","message":"Order created and queued for execution","wsUrl":"ws://h/api/orders/execute?orderId=ID","queue":{"position":3,"etaMs":1800}}"#,
        );
        check(
            r#"wss://desk.example/a"b\c"#,
            None,
            None,
            r#"{"success":true,"orderId":"ID","status":"pending","message":"Order created and queued for execution","wsUrl":"wss://desk.example/a\"b\\c/api/orders/execute?orderId=ID","queue":null}"#,
        );
        let first = token(1);
        let with_token = r#"{"success":true,"orderId":"ID","status":"pending","message":"Order created and queued for execution","wsUrl":"ws://h/api/orders/execute?orderId=ID&token=TOKEN","queue":null}"#;
        let body = with_token.replace("TOKEN", &first.to_string());
        check("ws://h", Some(&first), None, &body);
    }

    #[test]
    fn a_repeat_has_another_token_and_every_other_byte_as_it_was() {
        let (first, second) = (token(1), token(2));
        assert_ne!(first, second);
        let told = |token| accepted(id(), "wss://desk.example/a\"b", Some(token), QUEUE);

        assert_eq!(again(told(&first), Some(&second)), told(&second));
        assert_eq!(again(told(&first), None), told(&first));
    }
}
