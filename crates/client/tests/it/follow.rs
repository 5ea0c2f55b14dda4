//! Following an order, whatever happens to the connection.

use std::time::Duration;

use client::Error;

use crate::scripted::{ORDER, Scene, Scripted, problem};

/// Reconnects wait fractions of a second; a follower that waits longer is lost.
const LIMIT: Duration = Duration::from_secs(20);

async fn follow(engine: &Scripted) -> Result<Vec<u32>, Error> {
    let mut follow = engine.client.follow(ORDER);
    let mut seen = Vec::new();
    let following = async {
        while let Some(event) = follow.next().await? {
            seen.push(event.seq);
        }
        Ok::<(), Error>(())
    };
    tokio::time::timeout(LIMIT, following)
        .await
        .expect("it ends")?;
    Ok(seen)
}

#[track_caller]
fn check_targets(engine: &Scripted, since: &[Option<u32>]) {
    let target = |since: &Option<u32>| {
        let query = since.map(|seq| format!("?since={seq}")).unwrap_or_default();
        format!("/api/orders/{ORDER}/stream{query}")
    };
    let wanted: Vec<String> = since.iter().map(target).collect();
    assert_eq!(engine.asked(), wanted);
}

#[tokio::test]
async fn it_comes_back_where_it_stopped_when_the_server_asks_for_it_or_breaks_off() {
    let engine = Scripted::play(vec![
        Scene::Socket {
            events: vec![0, 1],
            close: 1012,
        },
        Scene::Socket {
            events: vec![2],
            close: 1013,
        },
        Scene::Broken { events: vec![] },
        Scene::Broken { events: vec![3] },
        Scene::Socket {
            events: vec![4],
            close: 1000,
        },
    ])
    .await;

    let seen = follow(&engine).await.unwrap();

    assert_eq!(seen, [0, 1, 2, 3, 4]);
    check_targets(&engine, &[None, Some(1), Some(2), Some(2), Some(3)]);
}

#[tokio::test]
async fn an_event_that_is_repeated_is_heard_once() {
    let engine = Scripted::play(vec![
        Scene::Broken {
            events: vec![0, 1, 1, 0],
        },
        Scene::Socket {
            events: vec![0, 1, 2, 3, 4],
            close: 1000,
        },
    ])
    .await;

    assert_eq!(follow(&engine).await.unwrap(), [0, 1, 2, 3, 4]);
}

#[tokio::test]
async fn it_does_not_come_back_after_the_end() {
    let engine = Scripted::play(vec![Scene::Socket {
        events: vec![0, 1, 2, 3, 4],
        close: 1012,
    }])
    .await;

    assert_eq!(follow(&engine).await.unwrap(), [0, 1, 2, 3, 4]);
    check_targets(&engine, &[None]);
}

#[tokio::test]
async fn a_server_that_closes_for_good_is_an_error_with_its_code() {
    for code in [4000, 4001, 4009] {
        let engine = Scripted::play(vec![Scene::Socket {
            events: vec![0],
            close: code,
        }])
        .await;

        let error = follow(&engine).await.expect_err("closed for good");

        assert!(error.to_string().contains(&code.to_string()), "{error}");
        check_targets(&engine, &[None]);
    }
}

#[tokio::test]
async fn a_refused_socket_tells_why_and_is_not_tried_again() {
    let refusal = Scene::Answer {
        status: 404,
        headers: "",
        body: problem(404, "order_not_found"),
    };
    let engine = Scripted::play(vec![refusal]).await;

    let error = follow(&engine).await.expect_err("refused");

    assert_eq!(error.code(), Some("order_not_found"));
    assert_eq!(engine.asked().len(), 1);
}

#[tokio::test]
async fn an_engine_that_is_busy_for_a_moment_is_waited_for() {
    let busy = Scene::Answer {
        status: 503,
        headers: "",
        body: problem(503, "stopping"),
    };
    let scene = Scene::Socket {
        events: vec![0, 1, 2, 3, 4],
        close: 1000,
    };
    let engine = Scripted::play(vec![busy, scene]).await;

    assert_eq!(follow(&engine).await.unwrap().len(), 5);
}
