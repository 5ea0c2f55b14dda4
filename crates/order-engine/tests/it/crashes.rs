//! Killed as a power cut would, and started again.

use std::time::Duration;

use anyhow::{Context, Result};
use client::{Client, ListQuery, Settings};
use cluster::engine::Engine;
use cluster::http::http;
use ports::Random;

const ORDERS: usize = 30;
/// Thirty orders, ten at a time, at a tenth of the usual delays, and once more for what was under way.
const LIMIT: Duration = Duration::from_secs(30);

fn client_of(engine: &Engine) -> Client {
    Client::new(Settings {
        base_url: engine.url(""),
        api_key: None,
        random: || Random::from_system().bits(),
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

/// How many orders the engine has in its hands.
async fn in_hand(engine: &Engine) -> Result<usize> {
    let told = http().get(engine.url("/metrics")).send().await?;
    let told = told.text().await?;
    let used = told
        .lines()
        .find_map(|line| line.strip_prefix("worker_slots_used "));
    Ok(used.context("the slots are told")?.parse()?)
}

/// FAILURES.md, case 9: after that they have two deaths each, are taken one by one, and end.
#[tokio::test]
async fn kills_while_quotes_are_asked_fail_no_bystander() -> Result<()> {
    const BYSTANDERS: usize = 8;
    let settings = [
        // Quotes take seconds.
        ("SIM_LATENCY_SCALE", "4"),
        ("QUEUE_MAX_CONCURRENCY", "8"),
        ("LEASE_MS", "900"),
        ("HEARTBEAT_MS", "200"),
        ("SWEEP_MS", "200"),
    ];
    let mut engine = Engine::start(&settings).await?;
    let client = client_of(&engine);
    for _ in 0..BYSTANDERS {
        submit(&client).await?;
    }
    for latency in ["4", "0.1"] {
        tokio::time::timeout(LIMIT, async {
            while in_hand(&engine).await? < BYSTANDERS {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            anyhow::Ok(())
        })
        .await??;
        // Once all are marked, the rest need not take its time.
        engine.set("SIM_LATENCY_SCALE", latency);
        engine.kill()?;
        engine.restart().await?;
    }

    let query = ListQuery {
        limit: Some(200),
        ..ListQuery::default()
    };
    let orders = tokio::time::timeout(LIMIT, async {
        loop {
            let orders = client.list(&query).await?.orders;
            if orders.iter().all(|order| order.status.is_terminal()) {
                return anyhow::Ok(orders);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await??;
    assert_eq!(orders.len(), BYSTANDERS);
    for order in orders {
        let code = order.error_code.as_deref();
        assert_ne!(code, Some("poison"), "{order:?}");
    }
    Ok(())
}
