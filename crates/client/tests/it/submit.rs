//! Submitting an order to an engine that does not accept it at once.

use api_types::submit::SubmitOrder;
use client::{Client, Error, Settings};
use futures_util::future::join_all;
use serde_json::json;

use crate::scripted::{ORDER, Scene, Scripted, problem, random};

fn accepted() -> Scene {
    let body = json!({
        "success": true, "orderId": ORDER, "status": "pending", "message": "m", "wsUrl": "ws://x",
        "queue": null,
    });
    Scene::Answer {
        status: 201,
        headers: "",
        body: body.to_string(),
    }
}

fn refused(status: u16, code: &str, headers: &'static str) -> Scene {
    Scene::Answer {
        status,
        headers,
        body: problem(status, code),
    }
}

fn key_of(head: &str) -> &str {
    let (_, rest) = head.split_once("idempotency-key: ").expect("a key");
    rest.lines().next().expect("a line")
}

#[tokio::test]
async fn a_busy_engine_is_asked_again_under_the_same_key() {
    let engine = Scripted::play(vec![
        refused(503, "outcome_unknown", ""),
        refused(429, "rate_limited", "Retry-After: 1\r\n"),
        accepted(),
    ])
    .await;

    let answer = engine.client.submit(&SubmitOrder::default()).await.unwrap();

    assert_eq!(answer.order_id, ORDER);
    let asked = engine.asked();
    let keys: Vec<&str> = asked.iter().map(|head| key_of(head)).collect();
    assert_eq!(keys.len(), 3);
    assert!(
        keys.iter().all(|key| *key == keys[0] && key.len() == 32),
        "{keys:?}"
    );
    assert!(
        asked[0].contains("authorization: bearer secret"),
        "{}",
        asked[0]
    );
}

/// A connection that breaks before the answer, or a proxy that got none.
fn unheard() -> [Scene; 2] {
    let broken = Scene::NoAnswer;
    let proxy = Scene::Answer {
        status: 502,
        headers: "",
        body: "<h1>Bad gateway</h1>".to_owned(),
    };
    [broken, proxy]
}

#[track_caller]
fn check_in_doubt(error: &Error, engine: &Scripted) {
    let Error::InDoubt { key, .. } = error else {
        panic!("{error:?}");
    };
    let asked = engine.asked();
    assert!(asked.iter().all(|head| key_of(head) == key), "{asked:?}");
    let said = error.to_string();
    assert!(said.contains(&format!("--idempotency-key {key}")), "{said}");
    assert!(!said.contains("nothing was changed"), "{said}");
}

/// The result after one try without an answer and then refusals, in this many tries.
async fn check_stays_in_doubt(unheard: Scene, status: u16, code: &str, tries: usize) {
    let repeats = std::iter::repeat_n(refused(status, code, ""), tries - 1);
    let scenes = std::iter::once(unheard).chain(repeats).collect();
    let engine = Scripted::play(scenes).await;

    let submitted = engine.client.submit(&SubmitOrder::default()).await;

    check_in_doubt(&submitted.expect_err("refused"), &engine);
    assert_eq!(engine.asked().len(), tries, "{code}");
}

#[tokio::test]
async fn once_in_doubt_only_an_answer_about_the_order_ends_the_doubt() {
    let refusals = [
        (401, "unauthorized", 2),
        (403, "forbidden", 2),
        (400, "malformed_json", 2),
        (429, "rate_limited", 4),
        (503, "store_unavailable", 4),
        (503, "store_full", 4),
        (503, "queue_full", 4),
        (503, "stopping", 4),
        (503, "outcome_unknown", 4),
        (500, "internal", 4),
    ];

    let cases = refusals.into_iter().flat_map(|(status, code, tries)| {
        unheard().map(|unheard| check_stays_in_doubt(unheard, status, code, tries))
    });
    join_all(cases).await;
}

#[tokio::test]
async fn a_refusal_of_the_order_itself_ends_a_doubt() {
    for unheard in unheard() {
        for (status, code) in [(422, "invalid_order"), (409, "client_order_id_taken")] {
            let engine = Scripted::play(vec![unheard.clone(), refused(status, code, "")]).await;

            let submitted = engine.client.submit(&SubmitOrder::default()).await;

            let error = submitted.expect_err("refused");
            assert!(matches!(error, Error::Refused(_)), "{error:?}");
        }
    }
}

#[tokio::test]
async fn what_was_surely_not_stored_leaves_no_doubt() {
    let codes = ["store_unavailable", "queue_full", "stopping", "store_full"];
    let cases = codes.map(|code| async move {
        let engine = Scripted::play(vec![refused(503, code, ""); 4]).await;

        let submitted = engine.client.submit(&SubmitOrder::default()).await;

        let error = submitted.expect_err("refused");
        assert!(matches!(error, Error::Refused(_)), "{error:?}");
        assert_eq!(error.code(), Some(code));
        assert_eq!(engine.asked().len(), 4);
    });
    join_all(cases).await;
}

#[tokio::test]
async fn a_doubt_is_told_before_the_next_try_with_the_key_it_goes_out_under() {
    let engine = Scripted::play(vec![Scene::NoAnswer, accepted()]).await;
    let told = std::sync::Mutex::new(Vec::new());

    let tell = |doubt: &Error| told.lock().unwrap().push(doubt.to_string());
    let order = SubmitOrder::default();
    let answer = engine
        .client
        .submit_reporting(&order, "mine", tell)
        .await
        .unwrap();

    assert_eq!(answer.order_id, ORDER);
    let told = told.into_inner().unwrap();
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("--idempotency-key mine"), "{told:?}");
}

#[tokio::test]
async fn two_submissions_have_two_keys() {
    let engine = Scripted::play(vec![accepted(), accepted()]).await;

    for _ in 0..2 {
        engine.client.submit(&SubmitOrder::default()).await.unwrap();
    }

    let asked = engine.asked();
    assert_ne!(key_of(&asked[0]), key_of(&asked[1]));
}

#[tokio::test]
async fn a_refusal_is_not_repeated_and_says_what_to_do() {
    let engine = Scripted::play(vec![refused(401, "unauthorized", "")]).await;

    let error = engine
        .client
        .submit(&SubmitOrder::default())
        .await
        .expect_err("refused");

    assert!(error.to_string().contains("--api-key"), "{error}");
    assert_eq!(engine.asked().len(), 1);
}

#[tokio::test]
async fn a_long_wait_is_told_instead_of_waited() {
    let engine = Scripted::play(vec![refused(429, "rate_limited", "Retry-After: 60\r\n")]).await;

    let error = engine
        .client
        .submit(&SubmitOrder::default())
        .await
        .expect_err("refused");

    assert_eq!(error.code(), Some("rate_limited"));
    assert!(error.is_transient());
}

#[tokio::test]
async fn nobody_there_is_said_with_the_way_to_start_one() {
    let gone = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .unwrap();
    let base_url = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);
    let settings = Settings {
        base_url,
        api_key: None,
        random,
    };

    let error = Client::new(settings)
        .unwrap()
        .stats()
        .await
        .expect_err("nobody");

    assert!(matches!(error, Error::Unreachable { .. }));
    assert!(error.to_string().contains("order-engine serve"), "{error}");
}

#[tokio::test]
async fn something_else_at_that_address_is_told_from_an_engine() {
    let page = Scene::Answer {
        status: 200,
        headers: "",
        body: "<html>".to_owned(),
    };
    let engine = Scripted::play(vec![page]).await;

    let error = engine.client.stats().await.expect_err("no engine");

    assert!(matches!(error, Error::Unexpected { .. }), "{error:?}");
}

#[test]
fn an_address_without_a_scheme_is_refused_at_once() {
    for base_url in ["127.0.0.1:3000", "ftp://host", "", "http://"] {
        let settings = Settings {
            base_url: base_url.to_owned(),
            api_key: None,
            random,
        };

        assert!(
            matches!(Client::new(settings), Err(Error::BaseUrl(_))),
            "{base_url}"
        );
    }
}
