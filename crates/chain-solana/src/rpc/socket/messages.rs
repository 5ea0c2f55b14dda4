//! What is written and read on the socket.

use serde::Deserialize;
use serde_json::json;
use solana_signature::Signature;

use crate::rpc::Commitment;

/// What an endpoint says that is of use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    Subscribed { request: u64, subscription: u64 },
    Refused { request: u64 },
    Notice { subscription: u64 },
}

impl Heard {
    /// What a message says, if that is of use.
    pub(super) fn read(message: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Wire {
            id: Option<u64>,
            result: Option<serde_json::Value>,
            error: Option<serde_json::Value>,
            method: Option<String>,
            params: Option<Params>,
        }
        #[derive(Deserialize)]
        struct Params {
            subscription: u64,
        }
        let wire: Wire = serde_json::from_slice(message).ok()?;
        if let Some(params) = wire.params {
            let is_notice = wire.method.as_deref() == Some("signatureNotification");
            let subscription = params.subscription;
            return is_notice.then_some(Self::Notice { subscription });
        }
        let request = wire.id?;
        if wire.error.is_some() {
            return Some(Self::Refused { request });
        }
        // The answer to the end of a subscription is no number.
        let subscription = wire.result?.as_u64()?;
        Some(Self::Subscribed {
            request,
            subscription,
        })
    }
}

/// Asks to be told of a signature.
pub(super) fn subscribe(request: u64, signature: &Signature, commitment: Commitment) -> String {
    let params = json!([signature.to_string(), { "commitment": commitment.name() }]);
    json!({ "jsonrpc": "2.0", "id": request, "method": "signatureSubscribe", "params": params })
        .to_string()
}

/// Asks to be told no more.
pub(super) fn unsubscribe(request: u64, subscription: u64) -> String {
    let params = json!([subscription]);
    json!({ "jsonrpc": "2.0", "id": request, "method": "signatureUnsubscribe", "params": params })
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_and_notices_are_told_apart() {
        let read = |text: &str| Heard::read(text.as_bytes());

        assert_eq!(
            read(r#"{"jsonrpc":"2.0","result":24006,"id":7}"#),
            Some(Heard::Subscribed {
                request: 7,
                subscription: 24_006
            })
        );
        let refused = r#"{"jsonrpc":"2.0","error":{"code":-32602,"message":"no"},"id":7}"#;
        assert_eq!(read(refused), Some(Heard::Refused { request: 7 }));
        let notice = r#"{"jsonrpc":"2.0","method":"signatureNotification","params":{"result":
            {"context":{"slot":5207624},"value":{"err":null}},"subscription":24006}}"#;
        assert_eq!(
            read(notice),
            Some(Heard::Notice {
                subscription: 24_006
            })
        );
    }

    #[test]
    fn everything_else_says_nothing() {
        for text in [
            r#"{"jsonrpc":"2.0","result":true,"id":8}"#,
            r#"{"jsonrpc":"2.0","method":"slotNotification","params":{"result":1,"subscription":3}}"#,
            "[]",
            "no json",
            "",
        ] {
            assert_eq!(Heard::read(text.as_bytes()), None, "{text}");
        }
    }
}
