use super::*;

#[track_caller]
fn check(refusal: ApiError, code: Code) {
    let delay = refusal.0.retry_after;

    let keyed = refusal.leaving_a_key_in_doubt();

    let problem = keyed.problem();
    assert_eq!(keyed.code(), code);
    assert!(
        !problem.detail.contains("nothing was changed"),
        "{problem:?}"
    );
    assert!(
        problem.detail.contains("same Idempotency-Key"),
        "{problem:?}"
    );
    assert_eq!(keyed.0.retry_after, delay);
}

#[test]
fn of_a_request_with_a_key_nobody_says_that_nothing_was_changed() {
    let full = ports::Error::full("the store", "no room");

    check(ApiError::store_unavailable(), Code::OutcomeUnknown);
    check(ApiError::outcome_unknown(), Code::OutcomeUnknown);
    check(ApiError::stopping(), Code::Stopping);
    check(ApiError::from(full), Code::StoreFull);
}

#[test]
fn what_is_wrong_with_an_order_is_said_with_a_key_as_without() {
    let refusal = ApiError::new(Code::InvalidOrder, "amount must be greater than 0");

    let keyed = refusal.leaving_a_key_in_doubt();

    assert_eq!(keyed.code(), Code::InvalidOrder);
    assert_eq!(keyed.problem().detail, "amount must be greater than 0");
}
