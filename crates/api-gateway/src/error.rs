//! The gateway's only error: a kind, a sentence, and what a client can do about it. Internals are
//! logged where they are handled and never returned.

mod code;
mod rate_limit;

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{HttpResponse, ResponseError};
use api_types::Problem;
use api_types::problem::{CONTENT_TYPE, FieldError};
use domain::{OrderId, Status};

pub use code::Code;
pub use rate_limit::RateLimit;

/// When to try again if the store is down.
const RETRY_STORE: Duration = Duration::from_secs(1);

/// A refusal on its way to the client.
#[derive(Debug)]
pub struct ApiError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    code: Code,
    detail: Cow<'static, str>,
    errors: Vec<FieldError>,
    order_id: Option<OrderId>,
    order_status: Option<Status>,
    retry_after: Option<Duration>,
    rate: Option<RateLimit>,
    allow: Option<&'static str>,
}

/// The result of handling a request.
pub type Result<T> = std::result::Result<T, ApiError>;

impl ApiError {
    /// A refusal of this kind; `detail` says what is wrong with this request.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            code,
            detail: detail.into(),
            errors: Vec::new(),
            order_id: None,
            order_status: None,
            retry_after: None,
            rate: None,
            allow: None,
        }))
    }

    /// A parameter of the query or the path that is out of range.
    pub fn invalid_parameter(name: &str, message: impl Into<String>) -> Self {
        Self::invalid(Code::InvalidParameter, name, message.into())
    }

    /// A header that is out of range.
    pub fn invalid_header(name: &str, message: impl Into<String>) -> Self {
        Self::invalid(Code::InvalidHeader, name, message.into())
    }

    fn invalid(code: Code, name: &str, message: String) -> Self {
        let field = name.to_owned();
        Self::of_faults(code, vec![FieldError { field, message }])
    }

    /// One field that is wrong.
    pub(crate) fn of_field(code: Code, field: &str, message: &str) -> Self {
        Self::invalid(code, field, message.to_owned())
    }

    /// Names every field that is wrong; the sentence is about the first one.
    pub(crate) fn of_faults(code: Code, faults: Vec<FieldError>) -> Self {
        let detail = match faults.as_slice() {
            [] => "the request breaks a rule".to_owned(),
            [only] => format!("{} {}", only.field, only.message),
            [first, rest @ ..] => {
                format!(
                    "{} {} (and {} more)",
                    first.field,
                    first.message,
                    rest.len()
                )
            }
        };
        let mut refusal = Self::new(code, detail);
        refusal.0.errors = faults;
        refusal
    }

    /// There is no such order, or it is another client's.
    #[must_use]
    pub fn order_not_found() -> Self {
        Self::new(Code::OrderNotFound, "there is no order with this id")
    }

    /// Names the order that the refusal is about.
    #[must_use]
    pub fn with_order(mut self, id: OrderId) -> Self {
        self.0.order_id = Some(id);
        self
    }

    /// Names the status of that order.
    #[must_use]
    pub fn with_status(mut self, status: Status) -> Self {
        self.0.order_status = Some(status);
        self
    }

    /// Says when to try again.
    #[must_use]
    pub fn retry_after(mut self, delay: Duration) -> Self {
        self.0.retry_after = Some(delay);
        self
    }

    /// Says how much of the rate limit is left.
    #[must_use]
    pub fn with_rate(mut self, rate: RateLimit) -> Self {
        self.0.rate = Some(rate);
        self
    }

    /// Names the methods that are allowed.
    #[must_use]
    pub fn allowing(mut self, methods: &'static str) -> Self {
        self.0.allow = Some(methods);
        self
    }

    /// The kind of refusal.
    #[must_use]
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The body: the same over HTTP and as a message on a socket.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let Inner {
            code,
            detail,
            errors,
            ..
        } = &*self.0;
        Problem {
            kind: code.uri().into(),
            title: code.title().into(),
            status: code.status().as_u16(),
            detail: detail.clone().into_owned(),
            code: code.name().into(),
            errors: errors.clone(),
            order_status: self.0.order_status.map(Into::into),
            order_id: self.0.order_id.map(OrderId::uuid),
            success: false,
            error: detail.clone().into_owned(),
        }
    }

    /// The body as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(&self.problem()).expect("invariant: strings are always JSON")
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code.name(), self.0.detail)
    }
}

impl std::error::Error for ApiError {}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.0.code.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        response.insert_header((header::CONTENT_TYPE, CONTENT_TYPE));
        if self.0.code == Code::Unauthorized {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        if self.0.code == Code::UpgradeRequired {
            response.insert_header((header::UPGRADE, "websocket"));
        }
        if let Some(delay) = self.0.retry_after {
            response.insert_header((header::RETRY_AFTER, whole_seconds(delay)));
        }
        if let Some(methods) = self.0.allow {
            response.insert_header((header::ALLOW, methods));
        }
        if let Some(rate) = self.0.rate {
            rate.add_to(&mut response);
        }
        response.body(self.to_json())
    }
}

/// Seconds for a header: rounded up, so that a client that waits so long does not come early.
fn whole_seconds(delay: Duration) -> u64 {
    (delay.as_secs() + u64::from(delay.subsec_nanos() > 0)).max(1)
}

impl From<ports::Error> for ApiError {
    fn from(error: ports::Error) -> Self {
        let source: &dyn std::error::Error = &error;
        match &error {
            ports::Error::Unavailable { .. } => {
                tracing::warn!(
                    error = source,
                    "a request is refused: the store does not answer"
                );
                Self::store_unavailable()
            }
            ports::Error::OutcomeUnknown { .. } => {
                tracing::warn!(error = source, "a write's outcome is unknown");
                Self::outcome_unknown()
            }
            ports::Error::Busy { .. } => {
                tracing::debug!("a list is refused: too many are read at once");
                Self::new(
                    Code::Busy,
                    "too many lists are being read at once; try this one again a little later",
                )
                .retry_after(RETRY_STORE)
            }
            ports::Error::Full { .. } => {
                tracing::error!(
                    error = source,
                    "a request is refused: the store has no room"
                );
                Self::new(
                    Code::StoreFull,
                    "the store has no room; nothing was changed",
                )
                .retry_after(RETRY_STORE * 10)
            }
            ports::Error::Corrupt { .. } => {
                tracing::error!(error = source, "the store holds something unreadable");
                Self::new(
                    Code::Internal,
                    "the answer cannot be read; the defect is logged",
                )
            }
        }
    }
}

impl ApiError {
    /// The store did not answer and nothing was changed.
    #[must_use]
    pub fn store_unavailable() -> Self {
        Self::new(
            Code::StoreUnavailable,
            "the store does not answer; nothing was changed",
        )
        .retry_after(RETRY_STORE)
    }

    /// The process accepts nothing new any more.
    #[must_use]
    pub fn stopping() -> Self {
        let detail = "the gateway is stopping; nothing was changed";
        Self::new(Code::Stopping, detail).retry_after(RETRY_STORE)
    }

    /// A write got no answer.
    #[must_use]
    pub fn outcome_unknown() -> Self {
        let detail = "the store did not confirm in time; repeat the request with the same \
                      Idempotency-Key to learn whether it took effect";
        Self::new(Code::OutcomeUnknown, detail).retry_after(RETRY_STORE)
    }

    /// The same refusal for a request with an idempotency key. This request changed nothing, but an
    /// earlier one with the same key may have been stored, so the client must not hear that nothing
    /// was changed.
    #[must_use]
    pub(crate) fn leaving_a_key_in_doubt(mut self) -> Self {
        let (code, why) = match self.code() {
            // The key was not looked up, so the outcome of earlier requests with it is still
            // unknown.
            Code::StoreUnavailable => (Code::OutcomeUnknown, "the store does not answer"),
            Code::StoreFull => (Code::StoreFull, "the store has no room"),
            Code::Stopping => (Code::Stopping, "the gateway is stopping"),
            _ => return self,
        };
        self.0.code = code;
        self.0.detail = format!(
            "{why}; an earlier try may have been stored: repeat the request with the same Idempotency-Key"
        )
        .into();
        self
    }
}

#[cfg(test)]
mod tests;
