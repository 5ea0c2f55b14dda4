//! A halt: nothing is signed and nothing is sent by any worker, everything else goes on; and what halts the engine by
//! itself.

use std::num::NonZeroU32;
use std::time::Duration;

use domain::{OrderId, Status};
use order_worker::Settings;
use ports::safety::Halt;
use ports::valve::LEAVE;
use testkit::contract::eventually;

use crate::world::{Plan, Running, World, settings};

/// Many sends' and looks' worth of time.
const LONG: Duration = Duration::from_secs(20);

async fn halt(world: &World) {
    let halted = world.store().halt("admin", "look first").await;
    halted.expect("halt answers");
    // Now it is confirmed.
    tokio::time::sleep(LEAVE).await;
}

async fn resume(world: &World) {
    world.store().set_paused(false, "admin").await.unwrap();
}

/// An order whose transaction is sent again and again.
async fn submitted(world: &World) -> OrderId {
    world.chain.plan([Plan::Hold]);
    let order = world.order().await;
    world.until(order, Status::Submitted).await;
    eventually("it to be sent", || async {
        (sends(world, order) > 1).then_some(())
    })
    .await;
    order
}

fn sends(world: &World, order: OrderId) -> u32 {
    let signature = world.chain.signature_of(order);
    signature.map_or(0, |signature| world.chain.sends(&signature))
}

#[tokio::test(start_paused = true)]
async fn nothing_is_signed_or_sent_by_any_worker_after_a_halt_was_confirmed() {
    let world = World::new().await;
    let _workers = [world.start(settings()), world.start(settings())];
    let under_way = submitted(&world).await;

    halt(&world).await;

    let sent = sends(&world, under_way);
    let waiting = world.orders(20).await;
    tokio::time::sleep(LONG).await;
    assert_eq!(sends(&world, under_way), sent);
    assert_eq!(world.count(&waiting, Status::Pending).await, 20);
    assert!(waiting.iter().all(|order| world.chain.built(*order) == 0));
    resume(&world).await;
    world.all_until(&waiting, Status::Confirmed).await;
    assert!(sends(&world, under_way) > sent);
}

#[tokio::test(start_paused = true)]
async fn fates_are_asked_and_recorded_during_a_halt() {
    let world = World::new().await;
    let _running = world.start(settings());
    let (landing, dying) = (submitted(&world).await, submitted(&world).await);
    halt(&world).await;

    let signature = world.chain.signature_of(landing).unwrap();
    world.chain.land(&signature);
    world.until(landing, Status::Confirmed).await;
    world.chain.advance(1_000);

    eventually("the other one to be proved dead", || async {
        (world.get(dying).await.executions_ended() == 1).then_some(())
    })
    .await;
    tokio::time::sleep(LONG).await;
    assert_eq!(world.get(dying).await.status(), Status::Pending);
    assert_eq!(world.chain.built(dying), 1);
    resume(&world).await;
    world.until(dying, Status::Confirmed).await;
}

#[tokio::test(start_paused = true)]
async fn an_order_that_was_not_signed_waits_and_loses_no_execution_by_a_halt() {
    let world = World::new().await;
    let order = world.given.accepted(world.store()).await;
    let mut lease = world.given.leased(world.store(), order).await;
    world.given.build(world.store(), &mut lease).await;
    world.store().retire(lease.worker).await.unwrap();
    halt(&world).await;

    let running = world.start(settings());
    tokio::time::sleep(LONG).await;

    assert_eq!(world.get(order).await.status(), Status::Building);
    assert_eq!(world.chain.built(order), 0);
    assert_eq!(running.worker.running(), 0);
    resume(&world).await;
    let order = world.until(order, Status::Confirmed).await;
    assert_eq!(order.executions, 1);
}

fn breaking_after(reverts: u32) -> Settings {
    Settings {
        halt_after_reverts: NonZeroU32::new(reverts),
        ..settings()
    }
}

async fn halted(world: &World) -> Option<Halt> {
    world.store().halted().await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn reverts_of_one_kind_in_a_row_halt_the_engine_however_many_workers_see_them() {
    let world = World::new().await;
    let _workers: Vec<Running> = (0..3).map(|_| world.start(breaking_after(5))).collect();
    world.chain.plan([Plan::Revert; 4]);
    let order = world.order().await;
    // Its three executions are reverted, and the first one of another order.
    world.until(order, Status::Failed).await;
    let other = world.order().await;
    world.until(other, Status::Confirmed).await;
    assert_eq!(halted(&world).await, None);

    world.chain.plan([Plan::Revert; 9]);
    let orders = world.orders(3).await;
    let halt = eventually("the engine to halt itself", || halted(&world)).await;

    assert_eq!(halt.actor, "engine");
    assert!(halt.reason.contains("5 transactions in a row"), "{halt:?}");
    assert!(halt.reason.contains("dlmm: slippage"), "{halt:?}");
    let entries = world.store().audit(None, 1).await.unwrap();
    assert_eq!(
        (entries[0].actor.as_str(), entries[0].action.as_str()),
        ("engine", "halt")
    );
    tokio::time::sleep(LONG).await;
    let built: usize = orders.iter().map(|order| world.chain.built(*order)).sum();
    assert!(built <= 9, "{built}");
    let is_open = |order: &OrderId| {
        let order = *order;
        let world = &world;
        async move { !world.get(order).await.status().is_terminal() }
    };
    let mut open = 0;
    for order in &orders {
        open += usize::from(is_open(order).await);
    }
    assert!(open > 0, "held back, not failed");
}

/// Before the worker has looked at what it has stored itself.
#[tokio::test(start_paused = true)]
async fn a_worker_that_halted_the_engine_goes_on_after_a_resume_that_comes_at_once() {
    let world = World::new().await;
    let _running = world.start(breaking_after(1));
    world.chain.plan([Plan::Revert]);
    world.order().await;
    eventually("the engine to halt itself", || halted(&world)).await;

    resume(&world).await;

    let order = world.order().await;
    world.until(order, Status::Confirmed).await;
}

#[tokio::test(start_paused = true)]
async fn deaths_never_halt_the_engine() {
    let world = World::new().await;
    let _running = world.start(breaking_after(1));
    world.chain.plan([Plan::Forget; 3]);
    let order = world.order().await;
    for executions in 1..=3 {
        eventually("it to be submitted", || async {
            (world.chain.built(order) == executions).then_some(())
        })
        .await;
        world.chain.advance(1_000);
    }

    world.until(order, Status::Failed).await;

    assert_eq!(halted(&world).await, None);
}

#[tokio::test(start_paused = true)]
async fn without_the_setting_no_revert_halts_the_engine() {
    let world = World::new().await;
    let _running = world.start(settings());
    world.chain.plan([Plan::Revert; 30]);

    let orders = world.orders(10).await;

    world.all_until(&orders, Status::Failed).await;
    assert_eq!(halted(&world).await, None);
}
