//! What a client would have for an answer.

use actix_web::HttpRequest;
use actix_web::http::header::ACCEPT;

/// Whether a request's `Accept` names this media type and does not exclude it.
pub(super) fn names(request: &HttpRequest, media_type: &str) -> bool {
    let mut accepted = request
        .headers()
        .get_all(ACCEPT)
        .filter_map(|value| value.to_str().ok());
    accepted.any(|accept| list_names(accept, media_type))
}

fn list_names(accept: &str, media_type: &str) -> bool {
    accept.split(',').any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let is_named = parts
            .next()
            .is_some_and(|kind| kind.eq_ignore_ascii_case(media_type));
        is_named && !parts.any(is_refusal)
    })
}

/// `q=0`, with any number of decimals.
fn is_refusal(parameter: &str) -> bool {
    parameter.split_once('=').is_some_and(|(name, value)| {
        let is_weight = name.trim().eq_ignore_ascii_case("q");
        is_weight
            && value
                .trim()
                .parse::<f32>()
                .is_ok_and(|weight| weight <= 0.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_asked_for_by_its_media_type() {
        for asks in [
            "text/event-stream",
            "TEXT/Event-Stream",
            "application/json, text/event-stream;q=0.5",
            "text/event-stream; charset=utf-8",
        ] {
            assert!(list_names(asks, "text/event-stream"), "{asks}");
        }
        for does_not in [
            "",
            "*/*",
            "application/json",
            "text/event-stream;q=0",
            "text/event-stream; Q=0.000",
            "text/event-streams",
        ] {
            assert!(!list_names(does_not, "text/event-stream"), "{does_not}");
        }
    }
}
