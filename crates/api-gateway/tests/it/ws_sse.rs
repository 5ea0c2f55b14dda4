//! Server-sent events: the same events as on the sockets, with their `seq` as id.

use std::time::Duration;

use domain::EventData;
use serde_json::Value;

use crate::ws_world::{LIFE, World, statuses};

async fn read(world: &World, path: &str, last_event_id: Option<&str>) -> (u16, String) {
    let mut request = cluster::http::http()
        .get(world.http(path))
        .header("Accept", "text/event-stream");
    if let Some(id) = last_event_id {
        request = request.header("Last-Event-ID", id);
    }
    let answer = request.send().await.expect("a sound answer");
    let status = answer.status().as_u16();
    let reading = tokio::time::timeout(Duration::from_secs(10), answer.text());
    (
        status,
        reading
            .await
            .expect("the stream ends")
            .expect("a sound answer"),
    )
}

/// The ids and the objects of a stream.
fn parse(stream: &str) -> (Vec<&str>, Vec<Value>) {
    let mut ids = Vec::new();
    let mut events = Vec::new();
    for block in stream.split_terminator("\n\n") {
        if block.starts_with(':') {
            continue;
        }
        let (id, data) = block.split_once('\n').expect("an id and one line of data");
        ids.push(id.strip_prefix("id: ").expect("an id first"));
        let data = data.strip_prefix("data: ").expect("then the data");
        events.push(serde_json::from_str(data).expect("a sound answer"));
    }
    (ids, events)
}

#[tokio::test]
async fn an_order_is_followed_to_its_end() {
    let world = World::start().await;
    let mut order = world.order().await;
    let path = format!("/api/orders/{}/events", order.id);

    let telling = async {
        for data in order.rest() {
            order.tell(data).await;
        }
    };
    let ((status, stream), ()) = tokio::join!(read(&world, &path, None), telling);

    assert_eq!(status, 200);
    let (ids, events) = parse(&stream);
    assert_eq!(ids, ["0", "1", "2", "3", "4"]);
    assert_eq!(statuses(&events), LIFE);
}

#[tokio::test]
async fn the_larger_of_since_and_last_event_id_counts() {
    let world = World::start().await;
    let mut order = world.order().await;
    for data in order.rest() {
        order.record(data).await;
    }
    let path = format!("/api/orders/{}/events?since=1", order.id);

    let (_, since) = read(&world, &path, Some("0")).await;
    let (_, last) = read(&world, &path, Some("3")).await;

    assert_eq!(parse(&since).0, ["2", "3", "4"]);
    assert_eq!(parse(&last).0, ["4"]);
}

#[tokio::test]
async fn who_has_seen_the_end_is_told_not_to_come_back() {
    let world = World::start().await;
    let mut order = world.order().await;
    order.record(order.failed()).await;
    let path = format!("/api/orders/{}/events", order.id);

    assert_eq!(read(&world, &path, Some("1")).await, (204, String::new()));
}

#[tokio::test]
async fn a_quiet_stream_is_kept_alive_with_comments() {
    let world = World::start_with(|settings| {
        settings.live.comment_every = Duration::from_millis(20);
    })
    .await;
    let order = world.order().await;
    let url = world.http(&format!("/api/orders/{}/events", order.id));
    let request = cluster::http::http()
        .get(url)
        .header("Accept", "text/event-stream");

    let mut answer = request.send().await.unwrap();
    let mut stream = String::new();
    // The first comment may come before the first event.
    while !(stream.contains(": ping\n\n") && stream.contains("data: ")) {
        let chunk = tokio::time::timeout(Duration::from_secs(10), answer.chunk()).await;
        let chunk = chunk
            .expect("a comment comes")
            .unwrap()
            .expect("it goes on");
        stream.push_str(std::str::from_utf8(&chunk).unwrap());
    }

    assert_eq!(parse(&stream).0, ["0"]);
}

#[tokio::test]
async fn a_gateway_that_stops_ends_its_streams() {
    let world = World::start().await;
    let mut order = world.order().await;
    order.record(EventData::RoutingStarted).await;
    let path = format!("/api/orders/{}/events", order.id);

    let reading = read(&world, &path, None);
    let stopping = async { world.shutdown().request_soft() };
    let ((status, stream), ()) = tokio::join!(reading, stopping);

    assert_eq!(status, 200);
    assert!(parse(&stream).0.len() <= 2);
}
