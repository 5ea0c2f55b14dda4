//! A server of a Redis Cluster answers for only a part of the keys, so it is refused at the start.

use backend_redis::{
    ConnectError, FeedSettings, QueueSettings, RedisFeed, RedisQueue, RedisServer,
};
use deadpool_redis::redis::{Cmd, cmd};
use servers::RedisServer as Server;

use crate::meddle;

fn of_cluster(settings: &[&str]) -> Server {
    let all: Vec<&str> = ["--cluster-enabled", "yes"]
        .iter()
        .chain(settings)
        .copied()
        .collect();
    Server::start_with(&all).expect("Redis starts")
}

async fn check_refused(server: &Server) {
    let place = RedisServer::new(server.url());

    let queue = RedisQueue::connect(QueueSettings::new(place.clone())).await;
    let feed = RedisFeed::connect(FeedSettings::new(place)).await;

    assert!(matches!(queue, Err(ConnectError::Cluster)), "{queue:?}");
    assert!(matches!(feed, Err(ConnectError::Cluster)), "{feed:?}");
}

#[tokio::test]
async fn a_server_of_a_cluster_is_refused() {
    check_refused(&of_cluster(&[])).await;
}

#[tokio::test]
async fn a_server_that_has_every_slot_of_its_cluster_is_refused_as_well() {
    let server = of_cluster(&[]);
    let all: &Cmd = &{
        let mut all = cmd("CLUSTER");
        all.arg("ADDSLOTSRANGE").arg(0).arg(16_383);
        all
    };
    let _: String = meddle(&server, all).await;

    check_refused(&server).await;
}

/// Managed servers may not answer INFO; they still redirect a caller that asks for another server's
/// keys.
#[tokio::test]
async fn a_server_that_does_not_tell_but_sends_callers_elsewhere_is_refused() {
    let silent = [
        "--user", "default", "on", "nopass", "~*", "&*", "+@all", "-info",
    ];
    let (server, other) = (of_cluster(&silent), of_cluster(&[]));
    for (one, slots) in [(&server, (0, 100)), (&other, (101, 16_383))] {
        let mut some = cmd("CLUSTER");
        some.arg("ADDSLOTSRANGE").arg(slots.0).arg(slots.1);
        let _: String = meddle(one, &some).await;
    }
    let mut meet = cmd("CLUSTER");
    meet.arg("MEET").arg("127.0.0.1").arg(other.port());
    let _: String = meddle(&server, &meet).await;
    // A key of the other's slots is answered with MOVED once the two know each other.
    testkit::contract::eventually("the cluster", async || {
        let state: String = meddle(&server, cmd("CLUSTER").arg("INFO")).await;
        state.contains("cluster_state:ok").then_some(())
    })
    .await;

    let queue = RedisQueue::connect(QueueSettings::new(RedisServer::new(server.url()))).await;

    assert!(matches!(queue, Err(ConnectError::Cluster)), "{queue:?}");
}
