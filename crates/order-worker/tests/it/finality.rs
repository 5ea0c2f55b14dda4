//! What becomes of confirmed orders afterwards: final, vanished, landed once more, lost. In none of these cases another
//! transaction is made.

use domain::transaction::Signature;
use domain::{BaseUnits, OrderId, Status};
use ports::finality::Standing;
use testkit::contract::eventually;

use crate::world::chain::receipt;
use crate::world::{Running, World, settings};

/// Waits until this holds of what is known of the order's transaction.
async fn when(world: &World, order: OrderId, what: &str, holds: impl Fn(&Standing) -> bool) {
    eventually(what, || async {
        holds(&world.standing(order).await).then_some(())
    })
    .await;
}

/// An order whose block is confirmed and not final.
async fn confirmed(world: &World) -> (Running, OrderId, Signature) {
    world.chain.hold_finality();
    let running = world.start(settings());
    let order = world.order().await;
    world.until(order, Status::Confirmed).await;
    let signature = world.chain.signature_of(order).unwrap();
    (running, order, signature)
}

/// Nothing has happened beside it.
async fn check_untouched(world: &World, order: OrderId) {
    assert_eq!(world.chain.built(order), 1, "no other transaction is made");
    assert_eq!(world.get(order).await.status(), Status::Confirmed);
    assert_eq!(world.events(order).await.len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_confirmed_order_becomes_final_in_the_background() {
    let world = World::new().await;
    let (_running, order, signature) = confirmed(&world).await;
    assert_eq!(world.store().waiting(0).await.unwrap().count, 1);

    world.chain.finalize_all();

    when(&world, order, "finality", |it| it.finality.is_some()).await;
    let finality = world.standing(order).await.finality.unwrap();
    assert_eq!((finality.slot, finality.fill), (receipt().slot, None));
    assert_eq!(world.store().waiting(0).await.unwrap().count, 0);
    assert_eq!(world.chain.sends(&signature), 1);
    check_untouched(&world, order).await;
}

#[tokio::test(start_paused = true)]
async fn many_pages_of_orders_become_final() {
    let world = World::new().await;
    world.chain.hold_finality();
    let _running = world.start(settings());
    let orders = world.orders(600).await;
    world.all_until(&orders, Status::Confirmed).await;

    world.chain.finalize_all();

    eventually("all of them to be final", || async {
        let waiting = world.store().waiting(0).await.unwrap();
        (waiting.count == 0).then_some(())
    })
    .await;
    for standing in world.store().standings(&orders).await.unwrap() {
        assert!(standing.finality.is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn a_confirmation_that_vanishes_is_sent_again_until_it_lands_once_more() {
    let world = World::new().await;
    let (_running, order, signature) = confirmed(&world).await;

    world.chain.vanish_for_good(&signature);

    when(&world, order, "the alarm", |it| it.vanished.is_some()).await;
    let first = world.standing(order).await.vanished;
    world
        .when("the same bytes to be sent again", || {
            world.chain.sends(&signature) >= 4
        })
        .await;
    assert_eq!(world.standing(order).await.vanished, first);
    world.chain.land(&signature);
    when(&world, order, "it to be found", |it| it.vanished.is_none()).await;
    world.chain.finalize_all();
    when(&world, order, "finality", |it| it.finality.is_some()).await;
    check_untouched(&world, order).await;
}

#[tokio::test(start_paused = true)]
async fn a_vanished_transaction_that_dies_is_told_and_nothing_else_is_done() {
    let world = World::new().await;
    let (_running, order, signature) = confirmed(&world).await;
    world.chain.vanish_for_good(&signature);
    when(&world, order, "the alarm", |it| it.vanished.is_some()).await;

    world.chain.advance_to_last_valid();
    world.chain.advance(1);

    let is_dead = |it: &Standing| it.vanished.is_some_and(|it| it.dead_at.is_some());
    when(&world, order, "the proof", is_dead).await;
    let sends = world.chain.sends(&signature);
    assert_eq!(world.store().waiting(0).await.unwrap().count, 0);
    check_untouched(&world, order).await;
    assert_eq!(world.chain.sends(&signature), sends, "it is dead");
}

#[tokio::test(start_paused = true)]
async fn what_brought_something_else_in_the_block_that_is_final_is_kept() {
    let world = World::new().await;
    let (_running, order, signature) = confirmed(&world).await;

    let paid = BaseUnits::new(223_000_000);
    world.chain.land_elsewhere(&signature, 1_020, paid);

    when(&world, order, "finality", |it| it.finality.is_some()).await;
    let finality = world.standing(order).await.finality.unwrap();
    let fill = finality.fill.unwrap();
    assert_eq!(
        (finality.slot, fill.amount_out, fill.signature),
        (1_020, paid, signature)
    );
    check_untouched(&world, order).await;
}

#[tokio::test(start_paused = true)]
async fn a_chain_that_says_nothing_makes_nothing_vanish() {
    let world = World::new().await;
    let (_running, order, signature) = confirmed(&world).await;
    world.chain.set_mute(true);
    world.chain.vanish_for_good(&signature);

    tokio::time::sleep(settings().sweep * 20).await;

    assert_eq!(world.standing(order).await, Standing::default());
    assert_eq!(world.chain.sends(&signature), 1);
    world.chain.set_mute(false);
    when(&world, order, "the alarm", |it| it.vanished.is_some()).await;
}

#[tokio::test(start_paused = true)]
async fn several_workers_do_no_harm_to_each_other() {
    let world = World::new().await;
    let (_running, order, signature) = confirmed(&world).await;
    let _others = [world.start(settings()), world.start(settings())];
    let more = world.orders(20).await;
    world.all_until(&more, Status::Confirmed).await;

    world.chain.vanish(&signature);

    world
        .when("the same bytes to be sent again", || {
            world.chain.sends(&signature) >= 2
        })
        .await;
    world.chain.finalize_all();
    for order in more.into_iter().chain([order]) {
        when(&world, order, "finality", |it| it.finality.is_some()).await;
        check_untouched(&world, order).await;
    }
}
