//! Encrypted connections.

use backend_redis::{QueueSettings, RedisServer};
use ports::JobQueue;
use servers::{RedisServer as Server, tls};

use crate::queue;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rediss_verifies_the_server() {
    let server = Server::start_encrypted().expect("Redis starts");
    let url = format!("rediss://localhost:{}", server.port());
    let at = |root_certificate| {
        QueueSettings::new(RedisServer {
            root_certificate,
            ..RedisServer::new(&url)
        })
    };

    let known = queue(at(Some(tls::authority()))).await;
    known.depth().await.expect("the server is believed");
    let unknown = queue(at(None)).await;
    unknown
        .depth()
        .await
        .expect_err("nobody vouches for the server");
}
