//! Refusals, in the same shape as everywhere in the project.

use std::borrow::Cow;

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use api_types::Problem;
use api_types::problem::{CONTENT_TYPE, FieldError};

/// A query parameter is not allowed.
pub(super) fn invalid_parameter(field: &str, message: &str) -> HttpResponse {
    let mut problem = problem(StatusCode::BAD_REQUEST, "invalid_parameter", message);
    problem.errors.push(FieldError {
        field: field.to_owned(),
        message: message.to_owned(),
    });
    HttpResponse::BadRequest()
        .content_type(CONTENT_TYPE)
        .json(problem)
}

/// The body is not what this call takes.
pub(super) fn invalid_body(detail: &str) -> HttpResponse {
    let problem = problem(StatusCode::BAD_REQUEST, "invalid_body", detail);
    HttpResponse::BadRequest()
        .content_type(CONTENT_TYPE)
        .json(problem)
}

/// The chain understands the call and does not do it.
pub(super) fn refused(detail: &str) -> HttpResponse {
    let problem = problem(StatusCode::UNPROCESSABLE_ENTITY, "refused", detail);
    HttpResponse::UnprocessableEntity()
        .content_type(CONTENT_TYPE)
        .json(problem)
}

/// The caller may not do this.
pub(super) fn forbidden(detail: &str) -> HttpResponse {
    let problem = problem(StatusCode::FORBIDDEN, "forbidden", detail);
    HttpResponse::Forbidden()
        .content_type(CONTENT_TYPE)
        .json(problem)
}

/// The chain cannot answer at the moment.
pub(super) fn unavailable(detail: &str) -> HttpResponse {
    let problem = problem(StatusCode::SERVICE_UNAVAILABLE, "chain_unavailable", detail);
    HttpResponse::ServiceUnavailable()
        .insert_header((header::RETRY_AFTER, "1"))
        .content_type(CONTENT_TYPE)
        .json(problem)
}

fn problem(status: StatusCode, code: &'static str, detail: &str) -> Problem {
    Problem {
        kind: format!("urn:order-engine:problem:{code}").into(),
        title: Cow::Borrowed(status.canonical_reason().unwrap_or_default()),
        status: status.as_u16(),
        detail: detail.to_owned(),
        code: code.into(),
        errors: Vec::new(),
        order_status: None,
        order_id: None,
        success: false,
        error: detail.to_owned(),
    }
}
