//! What an endpoint's refusals mean, by the numbers of Solana's JSON-RPC and of HTTP.

use std::time::Duration;

use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::wire;
use crate::rpc::error::{Error, Lag};
use crate::rpc::{Failure, Slot};

/// An error as it stands in an answer.
#[derive(Deserialize)]
pub(super) struct Wire {
    code: i64,
    #[serde(default)]
    message: String,
    #[serde(default)]
    data: Value,
}

impl Wire {
    /// What it means.
    pub(super) fn into_error(self, status: StatusCode, retry_after: Option<Duration>) -> Error {
        let Self {
            code,
            message,
            data,
        } = self;
        if status == StatusCode::TOO_MANY_REQUESTS {
            return Error::TooManyRequests { retry_after };
        }
        match code {
            429 | -32429 => Error::TooManyRequests { retry_after },
            -32002 => preflight(message, data),
            -32003 | -32006 | -32013 | -32600 | -32602 | -32700 => Error::Refused(message),
            -32005 => Error::Behind(lag(&data, "numSlotsBehind", Lag::Slots)),
            -32016 => Error::Behind(lag(&data, "contextSlot", |slot| {
                Lag::StandsAt(Slot::new(slot))
            })),
            -32010 | -32012 | -32601 => Error::Unsupported(message),
            // -32015 is about one transaction, of a version that we do not read: the endpoint can do the rest.
            -32001 | -32004 | -32007 | -32008 | -32009 | -32011 | -32014 | -32015 | -32017
            | -32018 | -32019 => Error::NotHeld { code, message },
            -32603 => Error::unavailable(message),
            _ => match status {
                StatusCode::OK => Error::Other { code, message },
                _ => of_status(status, retry_after),
            },
        }
    }
}

/// What an HTTP status means that came without an error of the protocol.
pub(super) fn of_status(status: StatusCode, retry_after: Option<Duration>) -> Error {
    let words = format!("HTTP status {status}");
    match status {
        StatusCode::TOO_MANY_REQUESTS => Error::TooManyRequests { retry_after },
        // A wrong key, no plan that has this, or nothing there: it will not change by asking.
        StatusCode::UNAUTHORIZED
        | StatusCode::PAYMENT_REQUIRED
        | StatusCode::FORBIDDEN
        | StatusCode::NOT_FOUND
        | StatusCode::GONE => Error::Unsupported(words),
        StatusCode::REQUEST_TIMEOUT => Error::unavailable(words),
        status if status.is_client_error() => Error::Refused(words),
        _ => Error::unavailable(words),
    }
}

fn preflight(message: String, data: Value) -> Error {
    #[derive(Deserialize)]
    struct Simulation {
        err: Value,
        #[serde(default)]
        logs: Option<Vec<String>>,
    }
    // Some endpoints send the words alone.
    match serde_json::from_value::<Simulation>(data) {
        Ok(Simulation { err, logs }) if !err.is_null() => Error::Preflight {
            failure: wire::failure(&err),
            logs: logs.unwrap_or_default(),
        },
        Ok(_) | Err(_) => Error::Preflight {
            failure: Failure::Unknown(message),
            logs: Vec::new(),
        },
    }
}

fn lag(data: &Value, field: &str, known: impl FnOnce(u64) -> Lag) -> Lag {
    data.get(field)
        .and_then(Value::as_u64)
        .map_or(Lag::Unknown, known)
}
