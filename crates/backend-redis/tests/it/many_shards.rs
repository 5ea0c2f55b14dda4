//! A queue spread over shards, whose keys stay together on one node of a cluster.

use std::collections::HashSet;

use backend_redis::QueueSettings;
use deadpool_redis::redis::cmd;
use domain::ClientId;
use ports::JobQueue;
use ports::job_queue::{Job, Wanted};
use testkit::contract::Given;

use crate::{meddle, queue, queue_settings, server};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_shards_hand_out_everything_once() {
    let server = server();
    let queue = queue(QueueSettings {
        shards: 4,
        ..queue_settings(&server)
    })
    .await;
    let given = Given::new();
    let jobs: Vec<Job> = (0..100)
        .map(|_| Job {
            order_id: given.order_id(),
            client: ClientId::anyone(),
            starts_execution: true,
            has_fired: false,
        })
        .collect();
    queue.push(jobs.clone()).await.expect("push answers");
    assert_eq!(queue.depth().await.expect("depth answers").ready, 100);

    let mut seen = HashSet::new();
    while seen.len() < jobs.len() {
        let popped = queue.pop(7, Wanted::Any).await;
        let popped = popped.expect("pop answers").jobs;
        assert!(!popped.is_empty() && popped.len() <= 7);
        for job in popped {
            assert!(seen.insert(job.order_id));
        }
    }

    let keys: Vec<String> = meddle(&server, cmd("KEYS").arg("*")).await;
    assert!(keys.iter().all(|key| key.starts_with("order-engine:{jobs")));
    let mut known = cmd("KEYS");
    let left: Vec<String> = meddle(&server, known.arg("*:known")).await;
    assert_eq!(left, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_client_keeps_its_turns_beside_a_flood_on_all_shards() {
    let server = server();
    let settings = QueueSettings {
        shards: 4,
        ..queue_settings(&server)
    };
    let queue = queue(settings).await;
    let given = Given::new();
    let job = |client: &ClientId| Job {
        order_id: given.order_id(),
        client: client.clone(),
        starts_execution: true,
        has_fired: false,
    };
    let (flood, small) = (given.client("flood"), given.client("small"));
    let many: Vec<Job> = (0..200).map(|_| job(&flood)).collect();
    let few: Vec<Job> = (0..10).map(|_| job(&small)).collect();
    queue.push(many).await.expect("push answers");
    queue.push(few).await.expect("push answers");

    let (mut of_small, mut of_flood) = (0, 0);
    while of_small < 10 {
        let popped = queue.pop(1, Wanted::Any).await.expect("pop answers");
        for job in popped.jobs {
            match job.client == small {
                true => of_small += 1,
                false => of_flood += 1,
            }
        }
    }

    // At 4 shards, two of which are empty, a turn of one may come twice before the other's.
    assert!(of_flood <= 30, "{of_flood} of the flood came first");
}
