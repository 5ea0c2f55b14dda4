//! SIGTERM at every step of an order's life: the engine is gone in time and hands over what it holds; cut
//! short by SIGKILL, nothing is lost either.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures_util::future::try_join_all;
use nix::sys::signal::Signal;
use testkit::e2e::socket::Socket;
use testkit::e2e::suites::SOL_FOR_USDC;
use testkit::e2e::{Target, load, socket};
use testkit::engine::Engine;

/// CONTRACT.md, promise 6.
const STOPS_WITHIN: Duration = Duration::from_secs(25);
const ORDERS: usize = 20;
/// Slow enough that each step can be met; fewer slots than orders, so that some only wait.
const SETTINGS: [(&str, &str); 5] = [
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
    /// It is killed before it can do anything about it.
    CutShort,
}

/// Ends the engine at the moment the first of the orders is seen at this step, and starts it again.
async fn stop_at(engine: &mut Engine, step: &str, manner: Manner) -> Result<Vec<String>> {
    let target = Target::new(vec![engine.url("")]);
    let accepted = (0..ORDERS).map(|n| target.accept(n, SOL_FOR_USDC));
    let orders = try_join_all(accepted).await?;
    let mut socket = Socket::open(&target.ws_url(0, &format!("/ws/orders/{}", orders[0]))).await?;
    loop {
        let event = socket.next().await?.context("the step was not seen")?;
        if event["status"] == step || event["status"] == "failed" {
            break;
        }
    }
    match manner {
        Manner::Asked => {
            #[expect(
                clippy::disallowed_methods,
                reason = "the test measures real processes"
            )]
            let began = Instant::now();
            let code = engine.stop().await?;
            let took = began.elapsed();
            eprintln!("at {step}: gone after {took:?}");
            ensure!(
                code == Some(0) && took < STOPS_WITHIN,
                "{code:?} after {took:?}"
            );
        }
        Manner::CutShort => {
            engine.program().signal(Signal::SIGTERM)?;
            engine.kill()?;
        }
    }
    engine.restart().await?;
    Ok(orders)
}

async fn check_stops(manner: Manner) -> Result<()> {
    let mut engine = Engine::start(&SETTINGS).await?;
    let mut orders = Vec::new();
    for step in STEPS {
        let handed_in = stop_at(&mut engine, step, manner).await;
        orders.extend(handed_in.with_context(|| format!("at {step}"))?);
    }
    let target = Target::new(vec![engine.url("")]);
    let each = orders.iter().map(|order_id| {
        let url = target.ws_url(0, &format!("/ws/orders/{order_id}"));
        let target = &target;
        async move {
            let followed = socket::follow(&url).await?;
            load::check_order(target, order_id, &followed.messages).await
        }
    });
    try_join_all(each).await?;
    Ok(())
}

#[tokio::test]
async fn asked_to_stop_at_any_step_the_engine_is_gone_in_time_and_loses_nothing() -> Result<()> {
    check_stops(Manner::Asked).await
}

#[tokio::test]
async fn killed_right_after_it_was_asked_to_stop_at_any_step_it_loses_nothing() -> Result<()> {
    check_stops(Manner::CutShort).await
}
