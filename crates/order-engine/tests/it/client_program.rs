//! The client across an engine that goes away and comes back.

use std::time::Duration;

use anyhow::Result;
use client::{Client, Settings};
use ports::Random;
use testkit::engine::Engine;

#[tokio::test]
async fn a_follower_sees_every_event_once_across_a_kill() -> Result<()> {
    let mut engine = Engine::start(&[("SIM_LATENCY_SCALE", "0.3")]).await?;
    let random = Random::seeded(1);
    let client = Client::new(Settings {
        base_url: engine.url(""),
        api_key: None,
        random,
    })?;
    let order = api_types::submit::SubmitOrder {
        amount: Some("1".to_owned()),
        ..Default::default()
    };
    let id = client.submit(&order).await?.order_id;
    let mut follow = client.follow(id);
    let first = follow.next().await?.expect("an order begins");
    assert_eq!(first.seq, 0);

    engine.kill()?;
    engine.restart().await?;

    let mut seen = vec![first.seq];
    let following = async {
        while let Some(event) = follow.next().await? {
            seen.push(event.seq);
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(Duration::from_secs(30), following).await??;
    let events = client.events(id, None).await?;
    let stored: Vec<u32> = events.events.iter().map(|event| event.seq).collect();
    assert_eq!(seen, stored);
    Ok(())
}

#[tokio::test]
async fn a_submission_waits_for_an_engine_that_restarts() -> Result<()> {
    let mut engine = Engine::start(&[]).await?;
    let random = Random::seeded(2);
    let client = Client::new(Settings {
        base_url: engine.url(""),
        api_key: None,
        random,
    })?;
    let order = api_types::submit::SubmitOrder {
        amount: Some("1".to_owned()),
        ..Default::default()
    };
    engine.kill()?;

    let (restarted, accepted) = tokio::join!(engine.restart(), client.submit(&order));

    restarted?;
    let page = client.list(&client::ListQuery::default()).await?;
    assert_eq!(page.orders.len(), 1);
    assert_eq!(page.orders[0].order_id, accepted?.order_id);
    Ok(())
}
