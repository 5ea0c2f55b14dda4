//! The client while an engine, or in a cluster the client's own gateway, goes down and comes back.

use std::time::Duration;

use anyhow::{Context, Result};
use client::Client;
use ports::Random;

use crate::world::caller::Caller;
use crate::world::{Part, World};

fn program(world: &World, user: &Caller) -> Result<Client> {
    let client = Client::new(client::Settings {
        base_url: world.address(),
        api_key: user.key().map(str::to_owned),
        random: || Random::from_system().bits(),
    })?;
    Ok(client)
}

fn order() -> api_types::submit::SubmitOrder {
    api_types::submit::SubmitOrder {
        amount: Some("1".to_owned()),
        ..Default::default()
    }
}

async fn a_follower_sees_every_event_once_across_a_kill(world: &mut World) -> Result<()> {
    let client = program(world, &world.client())?;
    let id = client.submit(&order()).await?.order_id;
    let mut follow = client.follow(id);
    let first = follow.next().await?.context("an order begins")?;
    assert_eq!(first.seq, 0);

    world.kill(Part::Gateway)?;
    world.restart().await?;

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

async fn a_submission_waits_for_an_engine_that_restarts(world: &mut World) -> Result<()> {
    let client = program(world, &world.client())?;
    world.kill(Part::Gateway)?;

    let order = order();
    let (restarted, accepted) = tokio::join!(world.restart(), client.submit(&order));

    restarted?;
    let page = client.list(&client::ListQuery::default()).await?;
    assert_eq!(page.orders.len(), 1);
    assert_eq!(page.orders[0].order_id, accepted?.order_id);
    Ok(())
}

mod process {
    use crate::client_program;
    use crate::world::{NONE, Settings, World, over_process};

    const SLOW: Settings = &[("SIM_LATENCY_SCALE", "0.3")];

    over_process! { World:
        client_program::a_follower_sees_every_event_once_across_a_kill(SLOW),
        client_program::a_submission_waits_for_an_engine_that_restarts(NONE),
    }
}

mod clustered {
    use crate::client_program;
    use crate::world::{CLIENTS, OPERATORS, Settings, World, over_cluster};

    const SLOW: Settings = &[CLIENTS, OPERATORS, ("SIM_LATENCY_SCALE", "0.3")];

    over_cluster! { World: a_client_waits_for_its_gateway_and_goes_on_with_it(SLOW):
        client_program::a_follower_sees_every_event_once_across_a_kill,
        client_program::a_submission_waits_for_an_engine_that_restarts,
    }
}
