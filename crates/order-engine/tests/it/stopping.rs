//! SIGTERM at every step of an order's life: the engine, or all gateways and workers of a cluster,
//! end in time and give their orders back; if SIGKILL cuts them short, nothing is lost either. That
//! is tested over one process; `cluster::kill_matrix` kills those of a cluster at each step, more
//! precisely.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use cluster::e2e::socket::Socket;
use cluster::e2e::suites::SOL_FOR_USDC;
use cluster::e2e::{load, socket};
use futures_util::future::try_join_all;

use crate::world::{Part, Settings, World};

/// CONTRACT.md, promise 6.
const STOPS_WITHIN: Duration = Duration::from_secs(25);
/// What works on is cut off after twenty seconds: here nobody has work for so long.
const ENDS_WITHIN: Duration = Duration::from_secs(15);
const ORDERS: usize = 20;
/// Slow enough that each step can be met; fewer slots than orders, so that some only wait.
const SETTINGS: Settings = &[
    ("SIM_LATENCY_SCALE", "0.3"),
    ("QUEUE_MAX_CONCURRENCY", "10"),
    ("LEASE_MS", "1500"),
    ("HEARTBEAT_MS", "400"),
    ("SWEEP_MS", "200"),
];
const STEPS: [&str; 5] = ["pending", "routing", "building", "submitted", "confirmed"];

#[derive(Debug, Clone, Copy)]
enum Manner {
    /// It may take its time.
    Asked,
    /// It is killed before it can react.
    CutShort,
}

/// Ends the engine at the moment the first of the orders is seen at this step, and starts it again.
async fn stop_at(world: &mut World, step: &str, manner: Manner) -> Result<Vec<String>> {
    let target = world.target();
    let accepted = (0..ORDERS).map(|n| target.accept(n, SOL_FOR_USDC));
    let orders = try_join_all(accepted).await?;
    let mut socket = Socket::open(&target.ws_url(0, &format!("/ws/orders/{}", orders[0]))).await?;
    loop {
        let event = socket.next().await?.context("the step was not seen")?;
        if event["status"] == step || event["status"] == "failed" {
            break;
        }
    }
    world.ask_to_stop()?;
    match manner {
        Manner::Asked => {
            #[expect(
                clippy::disallowed_methods,
                reason = "the test measures real processes"
            )]
            let began = Instant::now();
            world.stopped(STOPS_WITHIN).await?;
            let took = began.elapsed();
            ensure!(
                took < ENDS_WITHIN,
                "somebody was cut off: gone after {took:?}"
            );
        }
        Manner::CutShort => world.kill(Part::Everything)?,
    }
    world.restart().await?;
    Ok(orders)
}

async fn check_stops(world: &mut World, manner: Manner) -> Result<()> {
    let mut orders = Vec::new();
    for step in STEPS {
        let handed_in = stop_at(world, step, manner).await;
        orders.extend(handed_in.with_context(|| format!("at {step}"))?);
    }
    let target = world.target();
    let each = orders.iter().enumerate().map(|(n, order_id)| {
        let url = target.ws_url(n, &format!("/ws/orders/{order_id}"));
        let target = &target;
        async move {
            let followed = socket::follow(&url).await?;
            load::check_order(target, order_id, &followed.messages).await
        }
    });
    try_join_all(each).await?;
    Ok(())
}

async fn asked_to_stop_at_any_step_the_engine_is_gone_in_time_and_loses_nothing(
    world: &mut World,
) -> Result<()> {
    check_stops(world, Manner::Asked).await
}

async fn killed_right_after_it_was_asked_to_stop_at_any_step_it_loses_nothing(
    world: &mut World,
) -> Result<()> {
    check_stops(world, Manner::CutShort).await
}

mod process {
    use crate::stopping::{self, SETTINGS};
    use crate::world::{World, over_process};

    over_process! { World:
        stopping::asked_to_stop_at_any_step_the_engine_is_gone_in_time_and_loses_nothing(SETTINGS),
        stopping::killed_right_after_it_was_asked_to_stop_at_any_step_it_loses_nothing(SETTINGS),
    }
}

mod clustered {
    use crate::stopping::{self, SETTINGS};
    use crate::world::{World, over_cluster};

    over_cluster! { World: all_gateways_and_workers_asked_to_stop_at_once_lose_nothing(SETTINGS):
        stopping::asked_to_stop_at_any_step_the_engine_is_gone_in_time_and_loses_nothing,
    }
}
