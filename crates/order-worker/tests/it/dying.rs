//! FAILURES.md, case 9: an order with which workers die ends as poison, and no other order does.

use domain::event::FailureCode;
use domain::{EventData, OrderId, Status};
use ports::order_store::{Claim, POISON_DEATHS};

use crate::world::{LEASE, Mood, World, settings};

/// A worker takes the order, alone if necessary, and dies.
async fn dies_with(world: &World, order: OrderId) {
    let worker = world.given.worker(world.store()).await;
    let claim = match world.store().claim(order, worker).await.unwrap() {
        Claim::OnlyAlone => world.store().claim_alone(order, worker).await.unwrap(),
        claim => claim,
    };
    assert!(matches!(claim, Claim::Granted(_)), "{claim:?}");
    tokio::time::sleep(LEASE * 2).await;
}

/// An order with which all but the last of the allowed workers have died, while they asked for
/// quotes.
async fn on_its_last_chance(world: &World) -> OrderId {
    let (given, store) = (&world.given, world.store());
    let order = given.accepted(store).await;
    let mut lease = given.leased(store, order).await;
    given
        .record(store, &mut lease, EventData::RoutingStarted)
        .await;
    tokio::time::sleep(LEASE * 2).await;
    for _ in 2..POISON_DEATHS {
        dies_with(world, order).await;
    }
    order
}

#[tokio::test(start_paused = true)]
async fn an_order_that_stops_worker_after_worker_ends_as_poison() {
    let world = World::new().await;
    let order = on_its_last_chance(&world).await;
    dies_with(&world, order).await;

    let _running = world.start(settings());

    assert_eq!(world.failure(order).await.code, FailureCode::Poison);
    assert_eq!(world.chain.built(order), 0);
}

#[tokio::test(start_paused = true)]
async fn grants_that_nobody_heard_of_poison_nothing() {
    let world = World::new().await;
    let running = world.start(settings());
    world
        .when("it to be enlisted", || running.worker.is_enlisted())
        .await;
    world.faults.lose_grants(2 * POISON_DEATHS);

    let order = world.order().await;

    world.until(order, Status::Confirmed).await;
    assert_eq!(world.chain.landed(), 1);
}

#[tokio::test(start_paused = true)]
async fn bystanders_of_kills_while_quotes_are_asked_are_executed() {
    let world = World::new().await;
    world.venue.set(Mood::Hesitates);
    let orders = world.orders(8).await;
    for _ in 1..POISON_DEATHS {
        let running = world.start(settings());
        world
            .when("the venue to be asked", || world.venue.waiting() == 8)
            .await;
        running.shutdown.request_hard();
        world
            .when("it to be gone", || world.venue.waiting() == 0)
            .await;
        tokio::time::sleep(LEASE * 2).await;
    }

    let _running = world.start(settings());

    world
        .when("one to have the worker to itself", || {
            world.venue.waiting() == 1
        })
        .await;
    world.venue.set(Mood::Offers);
    world.all_until(&orders, Status::Confirmed).await;
    assert_eq!(world.chain.landed(), 8);
}

#[tokio::test(start_paused = true)]
async fn an_order_on_its_last_chance_has_a_worker_to_itself() {
    let world = World::new().await;
    world.venue.set(Mood::Hesitates);
    let order = on_its_last_chance(&world).await;
    let _running = world.start(settings());
    world
        .when("the venue to be asked", || world.venue.waiting() == 1)
        .await;

    let others = world.orders(5).await;
    tokio::time::sleep(LEASE).await;

    assert_eq!(world.venue.waiting(), 1);
    assert_eq!(world.get(order).await.status(), Status::Routing);
    assert_eq!(world.count(&others, Status::Pending).await, 5);
    world.venue.set(Mood::Offers);
    world.until(order, Status::Confirmed).await;
    world.all_until(&others, Status::Confirmed).await;
}

#[tokio::test(start_paused = true)]
async fn an_order_on_its_last_chance_waits_for_those_in_hand() {
    let world = World::new().await;
    world.venue.set(Mood::Hesitates);
    let last_chance = on_its_last_chance(&world).await;
    let others = world.orders(5).await;
    let mut at_first = settings();
    // The sweeper comes too late: by then the others are in its hands.
    at_first.sweep = LEASE * 4;
    let _running = world.start(at_first);
    world
        .when("the venue to be asked", || world.venue.waiting() > 0)
        .await;
    let asked = world.venue.waiting();

    tokio::time::sleep(LEASE * 8).await;

    // Whichever came first, it is alone.
    assert_eq!(world.venue.waiting(), asked);
    assert!(asked == 1 || asked == 5, "{asked} are in hand");
    world.venue.set(Mood::Offers);
    world.until(last_chance, Status::Confirmed).await;
    world.all_until(&others, Status::Confirmed).await;
}
