//! One JSON-RPC call: bytes out, bytes in, both bounded.

use std::sync::atomic::Ordering;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{Error, HttpRpc, failure};

/// The envelope of an answer. A result of `null` is one; a result that is not there is none.
#[derive(Deserialize)]
struct Reply<'a> {
    #[serde(default)]
    id: Option<u64>,
    #[serde(borrow, default, deserialize_with = "present")]
    result: Option<&'a RawValue>,
    #[serde(default)]
    error: Option<failure::Wire>,
}

fn present<'de, D: Deserializer<'de>>(from: D) -> Result<Option<&'de RawValue>, D::Error> {
    Deserialize::deserialize(from).map(Some)
}

impl HttpRpc {
    /// Calls a method and reads its result.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: Value,
    ) -> Result<T, Error> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let request = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        let response = self
            .http
            .post(self.endpoint.url().clone())
            .header(CONTENT_TYPE, "application/json")
            .body(request.to_string())
            .send()
            .await
            .map_err(lost)?;
        let status = response.status();
        let retry_after = retry_after(response.headers());
        let body = self.body(method, response).await?;
        let reply: Result<Reply<'_>, _> = serde_json::from_slice(&body);
        match reply {
            // The protocol's own error says more than the status it came with.
            Ok(Reply {
                error: Some(error), ..
            }) => Err(error.into_error(status, retry_after)),
            _ if status != StatusCode::OK => Err(failure::of_status(status, retry_after)),
            Ok(reply) => read(method, id, &reply),
            Err(error) => Err(malformed(method, &error)),
        }
    }

    async fn body(&self, method: &'static str, mut response: Response) -> Result<Vec<u8>, Error> {
        let max = self.limits.body_bytes;
        let mut body = Vec::new();
        while let Some(part) = response.chunk().await.map_err(lost)? {
            if body.len() + part.len() > max {
                return Err(Error::Malformed {
                    method,
                    reason: format!("more than {max} bytes"),
                });
            }
            body.extend_from_slice(&part);
        }
        Ok(body)
    }
}

fn read<T: DeserializeOwned>(method: &'static str, id: u64, reply: &Reply<'_>) -> Result<T, Error> {
    if reply.id != Some(id) {
        let reason = "it answers another request".to_owned();
        return Err(Error::Malformed { method, reason });
    }
    let Some(result) = reply.result else {
        let reason = "it has neither a result nor an error".to_owned();
        return Err(Error::Malformed { method, reason });
    };
    serde_json::from_str(result.get()).map_err(|error| malformed(method, &error))
}

/// The text of an answer is never repeated; where it is wrong is enough.
fn malformed(method: &'static str, error: &serde_json::Error) -> Error {
    Error::Malformed {
        method,
        reason: error.to_string(),
    }
}

/// An error of the connection, without the address that it would print.
fn lost(error: reqwest::Error) -> Error {
    Error::unavailable(error.without_url())
}

/// Seconds to wait, where the endpoint says so as a number.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}
