//! Over gateways and workers as processes: one worker sends, and another one takes over.

use anyhow::{Context, Result, ensure};
use cluster::{Scratch, Size, counter};
use testkit::contract::eventually;

use super::receiver::Receiver;
use super::{SECRET, SWAP};

#[tokio::test]
async fn one_worker_sends_and_another_one_takes_over_when_it_dies() -> Result<()> {
    let receiver = Receiver::start(204).await?;
    let size = Size {
        gateways: 2,
        workers: 2,
    };
    let cluster = Scratch::start(
        size,
        &[
            ("WEBHOOK_URL", &receiver.url()),
            ("WEBHOOK_SECRET", SECRET),
            ("WEBHOOK_ALLOW_PRIVATE", "1"),
            ("SIM_LATENCY_SCALE", "0.1"),
            ("SIM_MARKET", "still"),
            ("LEASE_MS", "2000"),
            ("HEARTBEAT_MS", "500"),
            ("SWEEP_MS", "200"),
        ],
    )
    .await?;
    let target = cluster.target();
    // A gateway records its end, too.
    let late = r#"{"amount":"1","orderType":"limit","limitPrice":"1000000"}"#;
    let cancelled = target.accept(1, late).await?;
    let cancel = target.url(0, &format!("/api/orders/{cancelled}/cancel"));
    let cancelling = cluster::http::http().post(cancel).send().await?;
    cancelling.error_for_status()?;
    receiver.has(&format!("evt_{cancelled}_1")).await;

    // It is in the midst of a try when it dies.
    receiver.answer_with(0);
    let mut orders = Vec::new();
    for gateway in [0, 1, 0, 1] {
        orders.push(target.accept(gateway, SWAP).await?);
    }
    eventually("a try that hangs", async || {
        let seen = receiver.seen();
        seen.iter().any(|(_, status)| *status == 0).then_some(())
    })
    .await;
    let workers = &cluster.state().workers;
    let mut tried = Vec::new();
    for worker in workers {
        tried.push(counter(worker, "webhook_tries_total").await?);
    }
    let place = tried.iter().position(|tries| *tries > 0);
    let place = place.context("one has sent")?;
    ensure!(tried[1 - place] == 0, "both send: {tried:?}");

    workers[place].kill();
    receiver.answer_with(204);

    // As long as the dead one holds the sending, and its orders' lease.
    for order in orders {
        receiver.has(&format!("evt_{order}_")).await;
    }
    ensure!(counter(&workers[1 - place], "webhook_tries_total").await? >= 4);
    Ok(())
}
