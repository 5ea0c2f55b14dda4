//! The stream of all orders, whatever happens to its connection.

use std::time::Duration;

use client::Streamed;

use crate::scripted::{Scene, Scripted};

const LIMIT: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_loss_before_the_first_event_is_told_as_soon_as_it_is_open_again() {
    let engine = Scripted::play(vec![Scene::Broken { events: vec![] }, Scene::Silent]).await;
    let mut stream = engine.client.stream();

    let next = tokio::time::timeout(LIMIT, stream.next()).await;

    let told = next.expect("it is told").expect("the stream goes on");
    assert!(matches!(told, Streamed::Resync), "{told:?}");
    assert_eq!(engine.asked(), ["/api/stream", "/api/stream"]);
}
