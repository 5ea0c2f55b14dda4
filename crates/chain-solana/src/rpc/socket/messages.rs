//! What is written and read on the socket.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use solana_signature::Signature;

use crate::rpc::{Address, Commitment};

/// What notices are called.
const NOTICES: [&str; 3] = [
    "signatureNotification",
    "accountNotification",
    "programNotification",
];

/// What an endpoint says that is of use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Heard {
    Subscribed {
        request: u64,
        subscription: u64,
    },
    Refused {
        request: u64,
    },
    Notice {
        subscription: u64,
        slot: u64,
        /// What a program's account holds, as far as that was asked for.
        data: Vec<u8>,
    },
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
            result: Told,
        }
        #[derive(Deserialize)]
        struct Told {
            context: Context,
            #[serde(default)]
            value: Value,
        }
        #[derive(Deserialize)]
        struct Context {
            slot: u64,
        }
        let wire: Wire = serde_json::from_slice(message).ok()?;
        if let Some(params) = wire.params {
            return NOTICES
                .contains(&wire.method.as_deref()?)
                .then_some(Self::Notice {
                    subscription: params.subscription,
                    slot: params.result.context.slot,
                    data: data_of(&params.result.value).unwrap_or_default(),
                });
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

/// What an account of a program was told to hold.
fn data_of(value: &Value) -> Option<Vec<u8>> {
    let text = value.get("account")?.get("data")?.get(0)?.as_str()?;
    STANDARD.decode(text).ok()
}

/// How long a subscription lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lasting {
    /// Its first notice ends it.
    UntilTold,
    UntilDropped,
}

/// What a subscription is about.
pub(super) trait Subject: Copy + Ord {
    const LASTING: Lasting;

    /// Asks to be told of it.
    fn subscribe(&self, request: u64, commitment: Commitment) -> String;

    /// Asks to be told no more.
    fn unsubscribe(request: u64, subscription: u64) -> String;
}

impl Subject for Signature {
    const LASTING: Lasting = Lasting::UntilTold;

    fn subscribe(&self, request: u64, commitment: Commitment) -> String {
        let settings = json!({ "commitment": commitment.name() });
        call(
            request,
            "signatureSubscribe",
            &json!([self.to_string(), settings]),
        )
    }

    fn unsubscribe(request: u64, subscription: u64) -> String {
        call(request, "signatureUnsubscribe", &json!([subscription]))
    }
}

impl Subject for Address {
    const LASTING: Lasting = Lasting::UntilDropped;

    fn subscribe(&self, request: u64, commitment: Commitment) -> String {
        // That it has changed is enough: what it holds is read with others, all of one slot.
        let settings = json!({
            "commitment": commitment.name(),
            "encoding": "base64",
            "dataSlice": { "offset": 0, "length": 0 },
        });
        call(
            request,
            "accountSubscribe",
            &json!([self.to_string(), settings]),
        )
    }

    fn unsubscribe(request: u64, subscription: u64) -> String {
        call(request, "accountUnsubscribe", &json!([subscription]))
    }
}

pub(super) fn call(request: u64, method: &str, params: &Value) -> String {
    json!({ "jsonrpc": "2.0", "id": request, "method": method, "params": params }).to_string()
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
                subscription: 24_006,
                slot: 5_207_624,
                data: Vec::new(),
            })
        );
        let changed = r#"{"jsonrpc":"2.0","method":"accountNotification","params":{"result":
            {"context":{"slot":5199307},"value":{"data":["","base64"]}},"subscription":23784}}"#;
        assert_eq!(
            read(changed),
            Some(Heard::Notice {
                subscription: 23_784,
                slot: 5_199_307,
                data: Vec::new(),
            })
        );
        let of_program = r#"{"jsonrpc":"2.0","method":"programNotification","params":{"result":
            {"context":{"slot":9},"value":{"pubkey":"x","account":{"data":["AQI=","base64"]}}},"subscription":5}}"#;
        assert_eq!(
            read(of_program),
            Some(Heard::Notice {
                subscription: 5,
                slot: 9,
                data: vec![1, 2],
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
