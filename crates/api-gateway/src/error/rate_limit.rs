//! How much of a client's rate is left, for the headers of its answers.

use std::time::Duration;

use actix_web::HttpResponseBuilder;

use super::whole_seconds;

/// What is left of a client's submissions per minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    /// When the whole rate is available again.
    pub(crate) reset: Duration,
}

impl RateLimit {
    pub(crate) fn add_to(self, response: &mut HttpResponseBuilder) {
        let reset = if self.reset.is_zero() {
            0
        } else {
            whole_seconds(self.reset)
        };
        response.insert_header(("RateLimit-Limit", u64::from(self.limit)));
        response.insert_header(("RateLimit-Remaining", u64::from(self.remaining)));
        response.insert_header(("RateLimit-Reset", reset));
    }
}
