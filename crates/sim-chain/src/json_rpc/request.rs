//! What a client asks: one call, or a list of them.

use serde_json::{Value, json};

use super::error::Error;

/// How many calls one list may have.
pub const CALLS_MAX: usize = 100;

/// One call. Notifications, which ask for no answer, have no `id`; Solana's nodes do not answer them either.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub id: Option<Value>,
    pub method: String,
    pub params: Vec<Value>,
}

/// What stands in a request's body. A call that is none is answered with its error, and does not spoil its
/// neighbours in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    One(Result<Call, Error>),
    Many(Vec<Result<Call, Error>>),
}

impl Request {
    /// Reads a body; an error is the one answer to all of it.
    pub fn parse(body: &[u8]) -> Result<Self, Error> {
        match serde_json::from_slice(body).map_err(|_| Error::parse())? {
            Value::Array(calls) if calls.is_empty() => {
                Err(Error::invalid_request("Invalid request"))
            }
            Value::Array(calls) if calls.len() > CALLS_MAX => Err(Error::invalid_request(format!(
                "Too many calls in one request: {} (max: {CALLS_MAX})",
                calls.len()
            ))),
            Value::Array(calls) => Ok(Self::Many(calls.into_iter().map(Call::parse).collect())),
            call => Ok(Self::One(Call::parse(call))),
        }
    }
}

impl Call {
    fn parse(value: Value) -> Result<Self, Error> {
        let invalid = || Error::invalid_request("Invalid request");
        let Value::Object(mut fields) = value else {
            return Err(invalid());
        };
        if fields.get("jsonrpc") != Some(&json!("2.0")) {
            return Err(invalid());
        }
        let id = match fields.remove("id") {
            Some(id @ (Value::Null | Value::Number(_) | Value::String(_))) => Some(id),
            None => None,
            Some(_) => return Err(invalid()),
        };
        let Some(Value::String(method)) = fields.remove("method") else {
            return Err(invalid());
        };
        let params = match fields.remove("params") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(params)) => params,
            // Solana's methods take their parameters by place.
            Some(_) => return Err(Error::invalid_params("Invalid params: expected an array")),
        };
        Ok(Self { id, method, params })
    }
}

/// The answer to a call.
#[must_use]
pub fn answer(id: &Value, result: Result<Value, Error>) -> Value {
    match result {
        Ok(result) => {
            // Put together by hand, so that a large result is moved and not copied.
            let mut answer = json!({ "jsonrpc": "2.0", "result": null, "id": id });
            answer["result"] = result;
            answer
        }
        Err(error) => json!({ "jsonrpc": "2.0", "error": error, "id": id }),
    }
}
