//! The W3C trace context of a request: what the caller sent, and what an order made by the request
//! continues.

use actix_web::HttpMessage;
use actix_web::HttpRequest;
use actix_web::dev::ServiceRequest;
use actix_web::http::header::{HeaderMap, HeaderName};
use ports::Random;

const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");
/// The flag for a sampled trace, unless the caller says otherwise.
const SAMPLED: &str = "01";

/// A request's place in its trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TraceContext {
    /// The caller's context, if it sent a valid one.
    pub(crate) parent: Option<String>,
    pub(crate) trace: String,
    /// The request's own id, also in its log lines.
    pub(crate) span: String,
    flags: String,
}

impl TraceContext {
    /// Continues the caller's trace, or begins a new one.
    pub(crate) fn of(headers: &HeaderMap, random: &Random) -> Self {
        let parent = sound(headers);
        let span = format!("{:016x}", random.bits());
        let parts = parent
            .as_deref()
            .map(|text| text.split('-').collect::<Vec<_>>());
        let (trace, flags) = match parts.as_deref() {
            Some([_, trace, _, flags]) => ((*trace).to_owned(), (*flags).to_owned()),
            _ => (
                format!("{:016x}{:016x}", random.bits(), random.bits()),
                SAMPLED.to_owned(),
            ),
        };
        Self {
            parent,
            trace,
            span,
            flags,
        }
    }

    /// Attaches it to the request, for the code that stores an order.
    pub(crate) fn keep(&self, request: &ServiceRequest) {
        request.extensions_mut().insert(self.clone());
    }

    /// The context that is stored with an order of this request.
    pub(crate) fn for_order(request: &HttpRequest) -> Option<String> {
        let extensions = request.extensions();
        let Self {
            trace, span, flags, ..
        } = extensions.get()?;
        Some(format!("00-{trace}-{span}-{flags}"))
    }
}

/// `00-<32 hex>-<16 hex>-<2 hex>`; anything else is ignored.
fn sound(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(&TRACE_PARENT)?.to_str().ok()?;
    let mut parts = text.split('-');
    let mut is_hex = |length: usize| {
        parts.next().is_some_and(|part| {
            part.len() == length
                && part
                    .bytes()
                    .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        })
    };
    let is_sound = is_hex(2) && is_hex(32) && is_hex(16) && is_hex(2);
    (is_sound && parts.next().is_none()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn of(header: &str) -> TraceContext {
        let request = TestRequest::default().insert_header(("traceparent", header));
        TraceContext::of(request.to_http_request().headers(), &Random::seeded(1))
    }

    #[track_caller]
    fn check(header: &str, is_kept: bool) {
        assert_eq!(of(header).parent.as_deref(), is_kept.then_some(header));
    }

    #[test]
    fn only_a_sound_trace_context_is_kept() {
        check(
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            true,
        );
        check(
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            false,
        );
        check("00-4bf9-00f067aa0ba902b7-01", false);
        check(
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
            false,
        );
        check("'; drop table orders", false);
    }

    #[test]
    fn an_order_goes_on_from_its_request_in_the_callers_trace() {
        let request = TestRequest::default().to_srv_request();
        let context = of("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00");

        context.keep(&request);

        let expected = format!("00-4bf92f3577b34da6a3ce929d0e0e4736-{}-00", context.span);
        let stored = TraceContext::for_order(request.request());
        assert_eq!(stored, Some(expected));
    }

    #[test]
    fn a_request_without_a_context_begins_a_trace() {
        let context = of("");

        assert_eq!(context.parent, None);
        assert_eq!((context.trace.len(), context.span.len()), (32, 16));
    }
}
