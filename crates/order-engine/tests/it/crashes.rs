//! Killed as a power cut would, and started again.

use std::time::Duration;

use anyhow::Result;
use client::{Client, ListQuery, Settings};
use ports::Random;
use testkit::engine::Engine;

const ORDERS: usize = 30;
/// Thirty orders, ten at a time, at a tenth of the usual delays, and once more for what was under way.
const LIMIT: Duration = Duration::from_secs(30);

fn client_of(engine: &Engine) -> Client {
    let random = Random::seeded(1);
    Client::new(Settings {
        base_url: engine.url(""),
        api_key: None,
        random,
    })
    .expect("a client")
}

async fn submit(client: &Client) -> Result<uuid::Uuid> {
    let order = api_types::submit::SubmitOrder {
        amount: Some("1".to_owned()),
        ..Default::default()
    };
    Ok(client.submit(&order).await?.order_id)
}

async fn all_ended(client: &Client) -> Result<bool> {
    let query = ListQuery {
        limit: Some(200),
        ..ListQuery::default()
    };
    let orders = client.list(&query).await?.orders;
    Ok(orders.len() == ORDERS && orders.iter().all(|order| order.status.is_terminal()))
}

#[tokio::test]
async fn what_was_accepted_before_a_kill_is_finished_after_it_and_lands_once() -> Result<()> {
    let settings = [
        ("SIM_LATENCY_SCALE", "0.1"),
        ("QUEUE_MAX_CONCURRENCY", "10"),
    ];
    let mut engine = Engine::start(&settings).await?;
    let client = client_of(&engine);
    for _ in 0..ORDERS {
        submit(&client).await?;
    }

    engine.kill()?;
    engine.restart().await?;

    tokio::time::timeout(LIMIT, async {
        while !all_ended(&client).await? {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        anyhow::Ok(())
    })
    .await??;
    let query = ListQuery {
        limit: Some(200),
        ..ListQuery::default()
    };
    for order in client.list(&query).await?.orders {
        let entries = client.ledger(Some(order.order_id), None).await?.entries;
        let landed: Vec<_> = entries.iter().filter(|entry| entry.ok).collect();
        let confirmed = order.status == api_types::names::StatusName::Confirmed;
        assert_eq!(landed.len(), usize::from(confirmed), "{order:?}");
    }
    Ok(())
}
