//! Refusals, in the same shape as everywhere in the project.

use std::borrow::Cow;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, HttpResponseBuilder};
use api_types::Problem;
use api_types::problem::{CONTENT_TYPE, FieldError};

/// A query parameter is not allowed.
pub(super) fn invalid_parameter(field: &str, message: &str) -> HttpResponse {
    let status = StatusCode::BAD_REQUEST;
    let mut problem = problem(status, "invalid_parameter", message);
    problem.errors.push(FieldError {
        field: field.to_owned(),
        message: message.to_owned(),
    });
    answer(status).json(problem)
}

/// The body is not what this call takes.
pub(super) fn invalid_body(detail: &str) -> HttpResponse {
    refuse(StatusCode::BAD_REQUEST, "invalid_body", detail)
}

/// The chain understands the call and does not do it.
pub(super) fn refused(detail: &str) -> HttpResponse {
    refuse(StatusCode::UNPROCESSABLE_ENTITY, "refused", detail)
}

/// The caller may not do this.
pub(super) fn forbidden(detail: &str) -> HttpResponse {
    refuse(StatusCode::FORBIDDEN, "forbidden", detail)
}

/// The chain cannot answer at the moment.
pub(super) fn unavailable(detail: &str) -> HttpResponse {
    let status = StatusCode::SERVICE_UNAVAILABLE;
    answer(status)
        .insert_header((header::RETRY_AFTER, "1"))
        .json(problem(status, "chain_unavailable", detail))
}

fn refuse(status: StatusCode, code: &'static str, detail: &str) -> HttpResponse {
    answer(status).json(problem(status, code, detail))
}

fn answer(status: StatusCode) -> HttpResponseBuilder {
    let mut answer = HttpResponse::build(status);
    answer.content_type(CONTENT_TYPE);
    answer
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
