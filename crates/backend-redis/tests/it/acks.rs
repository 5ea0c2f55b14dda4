//! Acknowledgements, which come in for every order.

use domain::ClientId;
use futures_util::future::join_all;
use ports::JobQueue;
use ports::job_queue::{Job, Wanted};
use testkit::contract::Given;

use deadpool_redis::redis::cmd;

use crate::{meddle, queue, queue_settings, server};

#[tokio::test]
async fn acknowledgements_that_come_together_are_few_scripts() {
    let server = server();
    let queue = queue(queue_settings(&server)).await;
    let given = Given::new();
    let jobs = (0..100).map(|_| Job {
        order_id: given.order_id(),
        client: ClientId::anyone(),
        starts_execution: true,
    });
    queue.push(jobs.collect()).await.expect("push answers");
    let claimed = queue.claim(given.worker_id(), 100, Wanted::Any).await;
    let claimed = claimed.expect("claim answers").deliveries;
    let _: String = meddle(&server, cmd("CONFIG").arg("RESETSTAT")).await;

    let acknowledged = join_all(claimed.into_iter().map(|delivery| queue.ack(delivery))).await;

    assert_eq!(acknowledged.len(), 100);
    assert!(acknowledged.iter().all(Result::is_ok));
    let told: String = meddle(&server, cmd("INFO").arg("commandstats")).await;
    let removed = calls(&told, "lrem").expect("ids were taken out of a list");
    assert_eq!(removed, 100);
    let scripts = calls(&told, "evalsha").expect("by scripts");
    assert!(scripts <= 10, "{scripts} scripts");
    let depth = queue.depth().await.expect("depth answers");
    assert_eq!(depth.in_flight, 0);
    let mut known = cmd("KEYS");
    let left: Vec<String> = meddle(&server, known.arg("*:known")).await;
    assert_eq!(left, Vec::<String>::new());
}

fn calls(told: &str, command: &str) -> Option<u64> {
    let (_, after) = told.split_once(&format!("cmdstat_{command}:calls="))?;
    after.split_once(',')?.0.parse().ok()
}
