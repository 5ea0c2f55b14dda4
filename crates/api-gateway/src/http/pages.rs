//! Pages about the API, embedded in the program: its document and the document's browser.

use std::sync::{Arc, LazyLock};

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, HttpResponseBuilder};
use utoipa_swagger_ui::Config;

use crate::error::{ApiError, Code, Result};
use crate::{asyncapi, openapi};

const HTML: &str = "text/html; charset=utf-8";
/// Nothing from elsewhere, and nobody may frame a page with orders in it.
const CSP: &str = "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; \
                   style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'self'; \
                   form-action 'none'";

static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| {
    let document = openapi::document().to_pretty_json();
    document.expect("invariant: the document is JSON").into()
});
static EVENTS_DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| {
    let document = serde_json::to_vec_pretty(&asyncapi::document());
    document.expect("invariant: the document is JSON").into()
});
static BROWSER: LazyLock<Arc<Config<'static>>> =
    LazyLock::new(|| Arc::new(Config::from("/openapi.json")));

fn page(content_type: &str) -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response
        .insert_header((CONTENT_TYPE, content_type))
        .insert_header(("Content-Security-Policy", CSP))
        .insert_header(("X-Content-Type-Options", "nosniff"))
        .insert_header(("X-Frame-Options", "DENY"))
        .insert_header(("Referrer-Policy", "no-referrer"))
        .insert_header(("Cross-Origin-Opener-Policy", "same-origin"))
        .insert_header((CACHE_CONTROL, "no-cache"));
    response
}

/// The API's document, OpenAPI 3.1, from the code
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "getOpenapi",
    tag = "system",
    security(()),
    responses((status = 200, description = "This document", body = serde_json::Value))
)]
pub(crate) async fn openapi() -> HttpResponse {
    page("application/json").body(DOCUMENT.clone())
}

/// The document of what goes over WebSockets, AsyncAPI 3
#[utoipa::path(
    get,
    path = "/asyncapi.json",
    operation_id = "getAsyncapi",
    tag = "system",
    security(()),
    responses((status = 200, description = "The document", body = serde_json::Value))
)]
pub(crate) async fn asyncapi() -> HttpResponse {
    page("application/json").body(EVENTS_DOCUMENT.clone())
}

/// The page on which the document can be read and tried, and the files it is made of.
pub(crate) async fn docs(request: actix_web::HttpRequest) -> Result<HttpResponse> {
    let file = request.match_info().query("file");
    let served = utoipa_swagger_ui::serve(file, Arc::clone(&BROWSER));
    let served = served.map_err(|error| {
        tracing::error!(
            error = &*error,
            "the page of the API's document cannot be made"
        );
        ApiError::new(
            Code::Internal,
            "the page cannot be made; the defect is logged",
        )
    })?;
    let served = served.ok_or_else(nothing_here)?;
    let is_index = file.is_empty() || file == "index.html";
    if !is_index {
        return Ok(page(&served.content_type).body(served.bytes.into_owned()));
    }
    // The page names its files relative to its folder, and answers without the last slash too.
    let html = String::from_utf8_lossy(&served.bytes);
    Ok(page(HTML).body(html.replacen("<head>", "<head>\n    <base href=\"/docs/\">", 1)))
}

fn nothing_here() -> ApiError {
    ApiError::new(Code::NotFound, "there is nothing at this path")
}
