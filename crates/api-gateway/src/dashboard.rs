//! The dashboard and the page of the API: hand-written HTML, CSS and ES modules, embedded in the program
//! and served as they are.
//!
//! They talk to the engine through the public API alone, like any other client.

use std::collections::HashMap;
use std::sync::LazyLock;

use actix_web::http::header::{self, EntityTag, Header, IfNoneMatch};
use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};
use sha2::{Digest, Sha256};

use crate::error::{ApiError, Code, Result};

/// The page loads nothing from other sites, runs no inline script, turns no text into HTML, and
/// cannot be framed, because it shows orders.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                   connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
                   require-trusted-types-for 'script'; trusted-types 'none'";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

const INDEX: &str = include_str!("dashboard/index.html");
const DOCS: &str = include_str!("dashboard/docs.html");

macro_rules! embed {
    ($($content_type:ident: $($name:literal)+;)+) => {
        &[$($(($name, $content_type, include_str!(concat!("dashboard/assets/", $name)))),+),+]
    };
}

/// Name, type and text of every file that the pages are made of.
#[rustfmt::skip]
const FILES: &[(&str, &str, &str)] = embed! {
    CSS: "api-page.css" "controls.css" "dashboard.css" "views.css";
    SVG: "icon.svg";
    SCRIPT:
        "api-document.js" "api-page.js" "api-try.js" "api.js" "app.js" "backoff.js" "banner.js" "bar-chart.js"
        "chart.js" "connection.js" "copy.js" "decimal.js" "dom.js" "doubt-notes.js" "empty.js"
        "feed.js" "follow.js" "format.js" "instructions.js" "key-dialog.js" "live-table.js"
        "observable.js" "offer-words.js" "order-draft.js" "order-facts.js" "order-form.js" "order-list.js"
        "order-patch.js" "order-table.js" "outage.js" "paged-panel.js" "pool-quotes.js" "pools-panel.js"
        "quote-panel.js" "route-bar.js" "router.js" "session.js" "socket.js" "stats.js" "status.js" "submit.js" "theme-choice.js" "theme.js"
        "timeline-model.js" "timeline.js" "tokens.js" "tracker.js" "view-books.js" "view-execution.js" "view-operators.js"
        "view-order.js" "view-orders.js" "view-overview.js" "waiting-chart.js" "wallet-compare.js" "wallet-panel.js" "webhooks-panel.js" "workers.js";
};

#[derive(Debug)]
struct Asset {
    content_type: &'static str,
    text: &'static str,
    tag: EntityTag,
}

impl Asset {
    fn new(content_type: &'static str, text: &'static str) -> Self {
        let digest = Sha256::digest(text.as_bytes());
        let tag = digest
            .iter()
            .take(12)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Self {
            content_type,
            text,
            tag: EntityTag::new_strong(tag),
        }
    }

    fn serve(&self, request: &HttpRequest) -> HttpResponse {
        let is_known = self.is_known_to(request);
        let mut response = if is_known {
            HttpResponse::NotModified()
        } else {
            HttpResponse::Ok()
        };
        response
            .insert_header((header::CONTENT_SECURITY_POLICY, CSP))
            .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .insert_header((header::X_FRAME_OPTIONS, "DENY"))
            .insert_header((header::REFERRER_POLICY, "no-referrer"))
            .insert_header(("Cross-Origin-Opener-Policy", "same-origin"))
            .insert_header(("Cross-Origin-Resource-Policy", "same-origin"))
            // Browsers must ask again each time, so that after an upgrade no old module meets a new
            // one.
            .insert_header((header::CACHE_CONTROL, "no-cache"))
            .insert_header((header::ETAG, self.tag.to_string()));
        if is_known {
            response.finish()
        } else {
            response.content_type(self.content_type).body(self.text)
        }
    }

    fn is_known_to(&self, request: &HttpRequest) -> bool {
        if !request.headers().contains_key(header::IF_NONE_MATCH) {
            return false;
        }
        match IfNoneMatch::parse(request) {
            Ok(IfNoneMatch::Any) => true,
            Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|tag| tag.weak_eq(&self.tag)),
            Err(_) => false,
        }
    }
}

static PAGE: LazyLock<Asset> = LazyLock::new(|| Asset::new(HTML, INDEX));
static DOCS_PAGE: LazyLock<Asset> = LazyLock::new(|| Asset::new(HTML, DOCS));
static ASSETS: LazyLock<HashMap<&'static str, Asset>> = LazyLock::new(|| {
    let files = FILES.iter();
    files
        .map(|(name, content_type, text)| (*name, Asset::new(content_type, text)))
        .collect()
});

/// `GET /`: the page.
pub(crate) async fn page(request: HttpRequest) -> HttpResponse {
    PAGE.serve(&request)
}

/// `GET /docs`: the page on which the API's document is read and tried.
pub(crate) async fn docs(request: HttpRequest) -> HttpResponse {
    DOCS_PAGE.serve(&request)
}

/// `GET /docs/`: redirects, because the page's files are named relative to the folder that contains
/// `/docs`.
pub(crate) async fn docs_folder() -> HttpResponse {
    HttpResponse::PermanentRedirect()
        .insert_header((header::LOCATION, "../docs"))
        .finish()
}

/// `GET /assets/{file}`: a file of the pages.
pub(crate) async fn asset(request: HttpRequest, file: Path<String>) -> Result<HttpResponse> {
    let found = ASSETS.get(file.as_str());
    let found =
        found.ok_or_else(|| ApiError::new(Code::NotFound, "there is nothing at this path"))?;
    Ok(found.serve(&request))
}

#[cfg(test)]
mod tests;
