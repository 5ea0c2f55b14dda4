//! Case 5 of FAILURES.md, for the cluster: a worker aborts at a named point of an order's life
//! while thirty orders are in flight; a second worker takes over once the lease is over, and ends
//! each of them, none executed twice.
//!
//! Every landing tests the points around sending, where it matters that the chain outlives the
//! worker. At all other points a cluster does what one process does, which `crate::kill_matrix`
//! tests at every landing.

use anyhow::{Context, Result, ensure};
use cluster::chaos::Mode;
use cluster::e2e::suites::SOL_FOR_USDC;
use cluster::e2e::{Target, load, socket, statuses};
use cluster::{Scratch, Size};
use futures_util::future::try_join_all;
use nix::sys::signal::Signal;

use super::members::until;
use crate::kill_matrix::{CRASH_LIMIT, NTH, ORDERS, SETTINGS};

async fn check_points(mode: Mode, points: &[&str]) -> Result<()> {
    let none_works = Size {
        gateways: 1,
        workers: 0,
    };
    let settings = SETTINGS
        .into_iter()
        .chain([("ORDER_VENUE_MODE", mode.name())]);
    let settings: Vec<_> = settings.collect();
    let mut cluster = Scratch::start(none_works, &settings).await?;
    for point in points {
        let passed = check_point(&mut cluster, point).await;
        passed.with_context(|| format!("killed at {point}"))?;
    }
    Ok(())
}

async fn check_point(cluster: &mut Scratch, point: &str) -> Result<()> {
    let target = cluster.target();
    let accepted = (0..ORDERS).map(|n| target.accept(n, SOL_FOR_USDC));
    let orders = try_join_all(accepted).await?;

    let mortal = format!("{point}:{NTH}");
    let first = cluster.add_worker(&[("CRASH_POINT", &mortal)])?;
    until(CRASH_LIMIT, || async { Ok(!first.is_live()) })
        .await
        .context("it lives on")?;
    let signal = first.ended_by();
    ensure!(
        signal == Some(Signal::SIGABRT),
        "it was ended by {signal:?}"
    );
    let second = cluster.add_worker(&[])?;

    let target = &target;
    let checked = orders.iter().map(|id| has_confirmed(target, id));
    let confirmed = try_join_all(checked).await?;
    let confirmed = confirmed.into_iter().filter(|confirmed| *confirmed).count();
    ensure!(confirmed > ORDERS / 2, "only {confirmed} were confirmed");
    second.kill();
    Ok(())
}

async fn has_confirmed(target: &Target, order_id: &str) -> Result<bool> {
    let url = target.ws_url(0, &format!("/ws/orders/{order_id}"));
    let events = socket::follow(&url).await?.messages;
    load::check_order(target, order_id, &events).await?;
    Ok(statuses(&events).last() == Some(&"confirmed"))
}

#[tokio::test]
#[ignore = "repeats over a cluster what holds over one process; scripts/test --full runs it"]
async fn another_worker_goes_on_where_one_died_before_the_bytes_were_stored() -> Result<()> {
    check_points(Mode::Sim, &["claimed", "routed", "built", "signed"]).await
}

#[tokio::test]
async fn another_worker_settles_what_one_had_stored_when_it_died() -> Result<()> {
    check_points(Mode::Sim, &["stored", "reply_lost", "sent"]).await
}

#[tokio::test]
async fn another_worker_finds_what_landed_when_one_died() -> Result<()> {
    check_points(Mode::Sim, &["confirmed_not_stored"]).await
}

#[tokio::test]
#[ignore = "repeats over a cluster what holds over one process; scripts/test --full runs it"]
async fn another_worker_leaves_alone_what_had_ended_when_one_died() -> Result<()> {
    check_points(Mode::Sim, &["stored_not_published"]).await
}

#[tokio::test]
#[ignore = "repeats over a cluster what holds over one process in live; scripts/test --full runs it"]
async fn in_live_another_worker_goes_on_where_one_died() -> Result<()> {
    let points = [
        "signed",
        "stored",
        "reply_lost",
        "sent",
        "confirmed_not_stored",
    ];
    check_points(Mode::Live, &points).await
}
