//! The API's documents, made from the code. The page that shows them is `dashboard/docs.html`.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::Bytes;

use crate::{asyncapi, openapi};

/// A document loads nothing, and cannot be framed.
const CSP: &str = "default-src 'none'; frame-ancestors 'none'";

static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| {
    let document = openapi::document().to_pretty_json();
    document.expect("invariant: the document is JSON").into()
});
static EVENTS_DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| {
    let document = serde_json::to_vec_pretty(&asyncapi::document());
    document.expect("invariant: the document is JSON").into()
});

fn served(document: &LazyLock<Bytes>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/json"))
        .insert_header(("Content-Security-Policy", CSP))
        .insert_header(("X-Content-Type-Options", "nosniff"))
        .insert_header(("X-Frame-Options", "DENY"))
        .insert_header(("Referrer-Policy", "no-referrer"))
        .insert_header(("Cross-Origin-Opener-Policy", "same-origin"))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .body(Bytes::clone(document))
}

/// `GET /openapi.json`.
pub(crate) async fn openapi() -> HttpResponse {
    served(&DOCUMENT)
}

/// `GET /asyncapi.json`.
pub(crate) async fn asyncapi() -> HttpResponse {
    served(&EVENTS_DOCUMENT)
}
