//! A request's body: declared as JSON, small, and complete in time.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::{Bytes, BytesMut, Payload};
use futures_util::{FutureExt, StreamExt};

use crate::error::{ApiError, Code, Result};

/// Largest body: an order with every field at its longest has a few KiB.
pub(crate) const MAX_BODY_BYTES: usize = 64 * 1024;
/// If a body of unknown length is too large, up to this many bytes are read and thrown away, so
/// that the client gets to read the answer; beyond that the connection is cut (`http/unread.rs`).
const MAX_DISCARDED_BYTES: usize = 16 * 1024 * 1024;
/// A chunk smaller than this costs more than it carries.
const CRUMB_BYTES: usize = 64;
/// No client sends an order in more small chunks than this: a body of small chunks alone would cost
/// a hundred times as much as in one piece.
const MAX_CRUMBS: usize = 2_048;
/// A client that needs longer for 64 KiB is not sending an order.
const PATIENCE: Duration = Duration::from_secs(10);

/// Reads the body of a request that declares it as JSON.
pub(crate) async fn read_json(request: &HttpRequest, payload: Payload) -> Result<Bytes> {
    let body = read(request, payload).await?;
    require_json(request)?;
    Ok(body)
}

/// The same of a request that may do without a body.
pub(crate) async fn read_json_if_any(
    request: &HttpRequest,
    payload: Payload,
) -> Result<Option<Bytes>> {
    let body = read(request, payload).await?;
    if body.is_empty() {
        return Ok(None);
    }
    require_json(request)?;
    Ok(Some(body))
}

fn require_json(request: &HttpRequest) -> Result<()> {
    let mut types = request.headers().get_all(CONTENT_TYPE);
    let said = types.next().and_then(|value| value.to_str().ok());
    let is_json = types.next().is_none() && said.is_some_and(is_json);
    let is_plain = request
        .headers()
        .get_all(CONTENT_ENCODING)
        .all(|encoding| encoding == "identity");
    if is_json && is_plain {
        Ok(())
    } else {
        let detail = "send the body as Content-Type: application/json, in UTF-8 and not compressed";
        Err(ApiError::new(Code::UnsupportedMediaType, detail))
    }
}

fn is_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let is_json = parts
        .next()
        .is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"));
    is_json && parts.all(is_harmless)
}

fn is_harmless(parameter: &str) -> bool {
    let Some((name, value)) = parameter.split_once('=') else {
        return parameter.is_empty();
    };
    let value = value.trim().trim_matches('"');
    !name.trim().eq_ignore_ascii_case("charset") || value.eq_ignore_ascii_case("utf-8")
}

async fn read(request: &HttpRequest, mut payload: Payload) -> Result<Bytes> {
    // The head already says that the body is too large. The server closes the connection gently
    // after the answer, so that a client that is still sending gets to read it.
    if said_length(request).is_some_and(|length| length > MAX_BODY_BYTES) {
        return Err(too_large());
    }
    // Most bodies are here already, in one piece: they need no timer and no copy.
    let first = match payload.next().now_or_never() {
        Some(first) => first,
        None => in_time(payload.next()).await?,
    };
    let Some(first) = first else {
        return Ok(Bytes::new());
    };
    let first = first.map_err(|_| incomplete())?;
    if said_length(request) == Some(first.len()) && first.len() <= MAX_BODY_BYTES {
        return Ok(first);
    }
    in_time(collect(first, payload)).await?
}

fn said_length(request: &HttpRequest) -> Option<usize> {
    request
        .headers()
        .get(CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

async fn collect(first: Bytes, mut payload: Payload) -> Result<Bytes> {
    let mut body = BytesMut::from(first);
    let (mut discarded, mut crumbs) = (0, 0);
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| incomplete())?;
        crumbs += usize::from(chunk.len() < CRUMB_BYTES);
        if crumbs > MAX_CRUMBS {
            return Err(too_many_pieces());
        }
        if body.len() <= MAX_BODY_BYTES {
            body.extend_from_slice(&chunk);
        } else {
            discarded += chunk.len();
            if discarded > MAX_DISCARDED_BYTES {
                break;
            }
        }
    }
    if body.len() > MAX_BODY_BYTES {
        return Err(too_large());
    }
    Ok(body.freeze())
}

fn too_large() -> ApiError {
    let detail = format!("the body may have {MAX_BODY_BYTES} bytes at most");
    ApiError::new(Code::BodyTooLarge, detail)
}

fn too_many_pieces() -> ApiError {
    let detail = format!("the body may come in {MAX_CRUMBS} small pieces at most");
    ApiError::new(Code::BodyTooLarge, detail)
}

async fn in_time<T>(reading: impl Future<Output = T>) -> Result<T> {
    tokio::time::timeout(PATIENCE, reading)
        .await
        .map_err(|_| incomplete())
}

fn incomplete() -> ApiError {
    ApiError::new(
        Code::BodyIncomplete,
        "the body did not arrive whole and in time",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_json_in_utf_8_is_json() {
        for good in [
            "application/json",
            "Application/JSON",
            "application/json; charset=utf-8",
            "application/json;charset=\"UTF-8\"",
            "application/json;",
        ] {
            assert!(is_json(good), "{good}");
        }
        for bad in [
            "",
            "text/plain",
            "application/json; charset=latin1",
            "application/jsonp",
            "application/problem+json",
            "multipart/form-data",
            "text/plain, application/json",
        ] {
            assert!(!is_json(bad), "{bad}");
        }
    }
}
